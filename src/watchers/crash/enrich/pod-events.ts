/**
 * What Events say of the pod: why it could not start, what a probe answered. They decorate; only why the kubelet ended a container is
 * known from them alone.
 */

import type { Sighting } from '../sighting.ts'
import { eventFacts } from './event-facts.ts'
import type { CountedEvent } from './event-object.ts'
import { awaitEvents } from './list-events.ts'
import type { EnrichPart, PartContext } from './part.ts'
import { hasStartHook } from './pod-object.ts'
import { proofOf } from './proof-of.ts'

export const podEvents: EnrichPart = {
  what: 'events',
  withinMs: 12_000,
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

/** The kubelet writes an Event a little later than what it is about, not in order, and later where it has much to write of. */
const waitsMs = [0, 500, 1_000, 2_000, 4_000]

async function eventsOf(context: PartContext, signal: AbortSignal): Promise<CountedEvent[]> {
  const { pod } = context
  if (pod === undefined) return []
  const isEnough = async (events: readonly CountedEvent[]) => !(await isProofAwaited(events, context))
  return awaitEvents(context, { pod, waitsMs, isEnough }, signal)
}

/** Something that the kubelet ends containers for happened, or may have, and nobody says yet that it ended this one for it. */
async function isProofAwaited(events: readonly CountedEvent[], { sighting, podNow }: PartContext): Promise<boolean> {
  const { finishedMs, reason, exitCode = 0, container } = sighting
  if (finishedMs === undefined || reason !== 'Error' || proofOf(sighting, events) !== undefined) return false
  if (events.some((event) => isFailedProbe(event, sighting, finishedMs))) return true
  if (!endingSignals.includes(exitCode) || container === undefined) return false
  const now = await podNow().catch(() => undefined)
  return now !== undefined && hasStartHook(now, container.name)
}

/** 128 and the number of the signal: SIGTERM, and SIGKILL when that was of no use. */
const endingSignals = [143, 137]

/** How long before its end a container's last probe failed, when that was the reason for it; in between it may end in peace. */
const graceMs = 60_000

function isFailedProbe(event: CountedEvent, sighting: Sighting, finishedMs: number): boolean {
  const isProbe = event.reason === 'Unhealthy' && /^(?:Liveness|Startup) probe /.test(event.message)
  return isProbe && isAbout(event, sighting) && Math.abs(finishedMs - event.lastMs) < graceMs
}

/** Of the container, or of the pod as a whole. */
function isAbout({ fieldPath }: CountedEvent, { container }: Sighting): boolean {
  const of = /\{(.+)\}$/.exec(fieldPath ?? '')?.[1]
  return of === undefined || container === undefined || of === container.name
}
