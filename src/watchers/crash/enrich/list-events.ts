import type { KubeClient } from '../../../kube/client.ts'
import { resourcePath } from '../../../kube/resource.ts'
import { type CountedEvent, countedEvent, type EventObject } from './event-object.ts'

/** More of one object are not looked at. */
const most = 200
const answerWithinMs = 5_000

/** The Events in a namespace that a field selector such as `involvedObject.uid=...` selects. Throws the client's errors. */
export async function listEvents(
  client: KubeClient,
  { namespace, fieldSelector }: { readonly namespace: string; readonly fieldSelector: string },
  signal: AbortSignal,
): Promise<CountedEvent[]> {
  const path = resourcePath({ group: '', version: 'v1', resource: 'events' }, { namespace })
  const query = { fieldSelector, limit: most }
  const { items } = await client.requestJson<{ readonly items?: readonly EventObject[] | null }>({
    path,
    query,
    signal,
    timeoutMs: answerWithinMs,
  })
  return (items ?? []).map((event) => countedEvent(event))
}
