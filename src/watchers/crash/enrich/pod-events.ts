/**
 * What Events say of the pod: why it could not start, what a probe answered. They decorate; only why the kubelet ended a container is
 * known from them alone.
 */

import type { Sighting } from '../sighting.ts'
import { eventFacts } from './event-facts.ts'
import type { CountedEvent } from './event-object.ts'
import { listEvents } from './list-events.ts'
import type { EnrichPart, PartContext } from './part.ts'
import { proofOf } from './proof-of.ts'

export const podEvents: EnrichPart = {
  what: 'events',
  withinMs: 5_000,
  isLeftOutInStorms: true,
  isFor: ({ pod }) => pod !== undefined,
  find: async (context, signal) => {
    const { sighting } = context
    const events = await eventsOf(context, signal)
    const proven = proofOf(sighting, events)
    return {
      facts: eventFacts(
        events.filter((event) => isAbout(event, sighting)),
        { crashMs: sighting.atMs, redactor: context.redactor },
      ),
      ...(proven && { proven }),
    }
  },
}

/** The kubelet writes an Event a little later than what it is about, and not in order. */
const lateMs = 500

async function eventsOf(context: PartContext, signal: AbortSignal): Promise<CountedEvent[]> {
  const { client, clock, pod, sighting } = context
  if (pod === undefined) return []
  const query = { namespace: pod.namespace, fieldSelector: `involvedObject.uid=${pod.uid}` }
  const events = await listEvents(client, query, signal)
  if (!isProofAwaited(events, sighting)) return events
  await clock.sleep(lateMs, signal)
  return listEvents(client, query, signal)
}

/** How long before its end a container's last probe failed, when that was the reason for it; in between it may end in peace. */
const graceMs = 60_000

/** A probe failed right before the end, and nobody says yet that the container was ended for it. */
function isProofAwaited(events: readonly CountedEvent[], sighting: Sighting): boolean {
  const { finishedMs } = sighting
  if (finishedMs === undefined || sighting.reason !== 'Error' || proofOf(sighting, events) !== undefined) return false
  return events.some(
    (event) =>
      event.reason === 'Unhealthy' &&
      /^(?:Liveness|Startup) probe /.test(event.message) &&
      isAbout(event, sighting) &&
      Math.abs(finishedMs - event.lastMs) < graceMs,
  )
}

/** Of the container, or of the pod as a whole. */
function isAbout({ fieldPath }: CountedEvent, { container }: Sighting): boolean {
  const of = /\{(.+)\}$/.exec(fieldPath ?? '')?.[1]
  return of === undefined || container === undefined || of === container.name
}
