/**
 * Whether somebody wanted a run to end: a container gets another image, or resources that its resize policy starts it anew for, while
 * its pod stays. The kubelet's Event proves it, and comes late now and then; that the pod was changed right before is what it is
 * awaited for. No other part says so, and in a storm nobody does: an end too many is told rather than a crash too few.
 */
import type { CountedEvent } from './event-object.ts'
import { isChangedBeforeEnd, isWantedEnd } from './is-wanted-end.ts'
import { awaitEvents } from './list-events.ts'
import type { EnrichPart } from './part.ts'
import { proofOf } from './proof-of.ts'

export const wantedEnd: EnrichPart = {
  what: 'who ended it',
  withinMs: 10_000,
  isLeftOutInStorms: true,
  isFor: ({ pod, sighting }) => pod !== undefined && sighting.reason === 'Error' && sighting.exitCode !== undefined,
  find: async (context, signal) => {
    const { pod, podNow, sighting } = context
    const now = await podNow().catch(() => undefined)
    if (pod === undefined || now === undefined || !isChangedBeforeEnd(now, sighting)) return {}
    const isEnough = (known: readonly CountedEvent[]) => proofOf(sighting, known) !== undefined
    const events = await awaitEvents(context, { pod, waitsMs, isEnough }, signal)
    const proven = proofOf(sighting, events)
    if (proven !== undefined) {
      return { proven: isWantedEnd(now, sighting, events) ? { ...proven, isWanted: true } : proven }
    }
    return { facts: ['Its pod was changed right before it ended; no Event says that it was ended for that.'] }
  },
}

/** The kubelet writes its Events within a second or two as a rule, and later where it has much to write of. */
const waitsMs = [0, 250, 500, 1_000, 2_000, 4_000]
