/** One namespace as routes of crashes see it. */
import { hasCode } from '../../base/errors.ts'
import type { KubeClient } from '../../kube/client.ts'
import { getObject } from '../../kube/writer.ts'
import {
  type CrashNamespace,
  type NamespaceObject,
  projectCrashNamespace,
} from '../../watchers/crash/crash-namespace.ts'

const type = { group: '', version: 'v1', resource: 'namespaces' }

export async function readNamespace(
  client: KubeClient,
  name: string,
  signal: AbortSignal,
): Promise<CrashNamespace | 'absent' | 'forbidden'> {
  try {
    return projectCrashNamespace((await getObject(client, { type, name }, signal)) as NamespaceObject)
  } catch (cause) {
    if (hasCode(cause, 'API_NOT_FOUND')) return 'absent'
    if (hasCode(cause, 'API_FORBIDDEN')) return 'forbidden'
    throw cause
  }
}
