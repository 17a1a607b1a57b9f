import { apiGroup } from '../api/kind.ts'
import type { KubeObject } from '../kube/resource.ts'
import { type Access, mayForAny } from './access.ts'

export interface ObjectLister {
  list(resource: string, namespace: string | undefined, signal: AbortSignal): Promise<readonly KubeObject[]>
}

export interface Looker {
  readonly access: Access
  readonly signal: AbortSignal
}

/** The objects that a caller may get, of one namespace or of all; by namespace and name. */
export async function listSeenObjects(
  objects: ObjectLister,
  resource: string,
  namespace: string | undefined,
  { access, signal }: Looker,
): Promise<readonly KubeObject[]> {
  const seen: KubeObject[] = []
  for (const object of await objects.list(resource, namespace, signal)) {
    const { namespace: own, name } = object.metadata
    const right = { verb: 'get', group: apiGroup, resource, namespace: own, name } as const
    if (await mayForAny(access, right)) seen.push(object)
  }
  return seen
}
