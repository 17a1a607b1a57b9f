import { explainByEvents, type KubeletEvent } from '../detectors/probe-killed.ts'
import type { Sighting } from '../sighting.ts'
import type { Proof } from './enrichment.ts'

/** What the Events of its pod prove about the end of a run, if they do. */
export function proofOf(sighting: Sighting, events: readonly KubeletEvent[]): Proof | undefined {
  const explained = explainByEvents(sighting, events)
  if (explained === sighting) return undefined
  return { reason: explained.reason, cause: explained.cause }
}
