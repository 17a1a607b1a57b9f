import type { Clock } from '../../../base/clock.ts'
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

export interface EventWait {
  readonly pod: { readonly namespace: string; readonly uid: string }
  /** Before each question, the first one too. */
  readonly waitsMs: readonly number[]
  readonly isEnough: (events: readonly CountedEvent[]) => boolean | Promise<boolean>
}

/** The Events of a pod, asked for again until they are enough; else those that were there last. Throws the client's errors. */
export async function awaitEvents(
  { client, clock }: { readonly client: KubeClient; readonly clock: Clock },
  { pod, waitsMs, isEnough }: EventWait,
  signal: AbortSignal,
): Promise<CountedEvent[]> {
  const query = { namespace: pod.namespace, fieldSelector: `involvedObject.uid=${pod.uid}` }
  let events: CountedEvent[] = []
  for (const waitMs of waitsMs) {
    if (waitMs > 0) await clock.sleep(waitMs, signal)
    events = await listEvents(client, query, signal)
    if (await isEnough(events)) break
  }
  return events
}
