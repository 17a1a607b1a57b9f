/**
 * Whether to say something about one number, now. A pure state machine; every word of what it remembers is in `Verdict`.
 *
 *     Ok ── above ──> Pending ── above for all of `for` ──> Firing ── not above `clear` ──> Ok
 *
 * - Above means strictly greater than the percent; what fires is over when the number is `clear` percent or less.
 * - A number that is not known neither fires nor recovers. What fires goes on firing, without reminders, and says that
 *   it is unknown. What is pending starts anew: `for` asks to have seen it above all that time.
 * - A lower bound (some samples missing) that is above is above; otherwise it counts as not known.
 * - Each alert is raised once. Who is told of it, and reminded, is not decided here.
 */
import { isAbove, type Measurement } from './measurement.ts'
import type { Thresholds } from './watched-policy.ts'

export type Verdict =
  | { readonly phase: 'Ok'; readonly isUnknown: boolean }
  | { readonly phase: 'Pending'; readonly sinceMs: number }
  | FiringVerdict

export interface FiringVerdict {
  readonly phase: 'Firing'
  readonly isUnknown: boolean
  /** When the number went above the threshold. */
  readonly sinceMs: number
}

export type JudgeEvent = 'raise' | 'recover'

export interface Judgement {
  readonly verdict: Verdict
  readonly event?: JudgeEvent
}

export interface JudgeInput {
  readonly thresholds: Thresholds
  readonly measurement: Measurement
  readonly nowMs: number
}

export const okVerdict: Verdict = { phase: 'Ok', isUnknown: false }
const unknownVerdict: Verdict = { phase: 'Ok', isUnknown: true }

export function judge(previous: Verdict, input: JudgeInput): Judgement {
  return previous.phase === 'Firing' ? judgeFiring(previous, input) : judgeQuiet(previous, input)
}

/** When the verdict can change without anything else changing: the end of `for`. */
export function nextCheckAtMs(verdict: Verdict, { forMs }: Thresholds): number | undefined {
  return verdict.phase === 'Pending' ? verdict.sinceMs + forMs : undefined
}

type Position = 'Above' | 'NotAbove' | 'Unknown'

function position(measurement: Measurement, percent: bigint): Position {
  if (!measurement.isKnown) return 'Unknown'
  if (isAbove(measurement, percent)) return 'Above'
  return measurement.isAtLeast ? 'Unknown' : 'NotAbove'
}

function judgeQuiet(previous: Exclude<Verdict, FiringVerdict>, input: JudgeInput): Judgement {
  const { thresholds, measurement, nowMs } = input
  const where = position(measurement, thresholds.abovePercent)
  if (where !== 'Above') return { verdict: where === 'Unknown' ? unknownVerdict : okVerdict }
  const sinceMs = previous.phase === 'Pending' ? previous.sinceMs : nowMs
  if (nowMs - sinceMs < thresholds.forMs) return { verdict: { phase: 'Pending', sinceMs } }
  return { verdict: { phase: 'Firing', isUnknown: false, sinceMs }, event: 'raise' }
}

function judgeFiring(previous: FiringVerdict, { thresholds, measurement }: JudgeInput): Judgement {
  const where = position(measurement, thresholds.clearPercent)
  if (where === 'NotAbove') return { verdict: okVerdict, event: 'recover' }
  const isUnknown = where === 'Unknown'
  return { verdict: previous.isUnknown === isUnknown ? previous : { ...previous, isUnknown } }
}
