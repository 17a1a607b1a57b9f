import { hasCode } from '../../../base/errors.ts'
import type { KubeClient } from '../../../kube/client.ts'
import { resourcePath } from '../../../kube/resource.ts'
import type { CrashedPod } from './enrichment.ts'
import type { PodObject } from './pod-object.ts'

const withinMs = 5_000

/** The pod as it is now. Throws GonePodError where it is no more, also where another one took its name; and the client's errors. */
export async function askPod(client: KubeClient, pod: CrashedPod, signal: AbortSignal): Promise<PodObject> {
  const path = resourcePath({ group: '', version: 'v1', resource: 'pods' }, pod)
  try {
    const found = await client.requestJson<PodObject>({ path, signal, timeoutMs: withinMs })
    if (found.metadata.uid === pod.uid) return found
  } catch (error) {
    if (!hasCode(error, 'API_NOT_FOUND')) throw error
  }
  throw new GonePodError()
}

export class GonePodError extends Error {
  constructor() {
    super('the pod is gone')
    this.name = 'GonePodError'
  }
}
