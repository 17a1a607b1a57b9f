/**
 * Whether to say something about one number, now. A pure state machine; every word of what it remembers is in `Verdict`.
 *
 *     Ok ── above ──> Pending ── above for all of `for` ──> Firing ── not above `clear` ──> Ok
 *
 * - Above means strictly greater than the percent; what fires is over when the number is `clear` percent or less.
 * - A number that is not known neither fires nor recovers. What fires goes on firing, without reminders, and says that
 *   it is unknown. What is pending starts anew: `for` asks to have seen it above all that time.
 * - A lower bound (some samples missing) that is above is above; otherwise it counts as not known.
 * - Each alert is told once, then at most `max` times again, `every` so often. A verdict that was restored with
 *   `toldAtMs` is not told again.
 */
import { isAbove, type Measurement } from './measurement.ts'
import type { ReminderPlan, Thresholds } from './watched-policy.ts'

export type Verdict =
  | { readonly phase: 'Ok'; readonly isUnknown: boolean }
  | { readonly phase: 'Pending'; readonly sinceMs: number }
  | FiringVerdict

export interface FiringVerdict {
  readonly phase: 'Firing'
  readonly isUnknown: boolean
  /** When the number went above the threshold. */
  readonly sinceMs: number
  /** When it was first told; absent: not yet. */
  readonly toldAtMs?: number
  /** Reminders included. */
  readonly lastToldAtMs?: number
  readonly reminders: number
}

export type JudgeEvent = 'raise' | 'remind' | 'recover'

export interface Judgement {
  readonly verdict: Verdict
  readonly event?: JudgeEvent
}

export interface JudgeInput {
  readonly thresholds: Thresholds
  readonly reminder: ReminderPlan | undefined
  readonly measurement: Measurement
  readonly nowMs: number
}

export const okVerdict: Verdict = { phase: 'Ok', isUnknown: false }
const unknownVerdict: Verdict = { phase: 'Ok', isUnknown: true }

export function judge(previous: Verdict, input: JudgeInput): Judgement {
  return previous.phase === 'Firing' ? judgeFiring(previous, input) : judgeQuiet(previous, input)
}

/** When the verdict can change without anything else changing: the end of `for`, or the next reminder. */
export function nextCheckAtMs(
  verdict: Verdict,
  { forMs }: Thresholds,
  reminder: ReminderPlan | undefined,
): number | undefined {
  if (verdict.phase === 'Ok') return undefined
  if (verdict.phase === 'Pending') return verdict.sinceMs + forMs
  if (reminder === undefined || verdict.isUnknown || verdict.reminders >= reminder.max) return undefined
  return verdict.lastToldAtMs === undefined ? undefined : verdict.lastToldAtMs + reminder.everyMs
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
  return raise({ phase: 'Firing', isUnknown: false, sinceMs, reminders: 0 }, nowMs)
}

function judgeFiring(previous: FiringVerdict, input: JudgeInput): Judgement {
  const { thresholds, reminder, measurement, nowMs } = input
  const where = position(measurement, thresholds.clearPercent)
  if (where === 'NotAbove') return recover(previous)
  const isUnknown = where === 'Unknown'
  const verdict: FiringVerdict = previous.isUnknown === isUnknown ? previous : { ...previous, isUnknown }
  if (isUnknown) return { verdict }
  if (verdict.toldAtMs === undefined) return raise(verdict, nowMs)
  const dueAtMs = nextCheckAtMs(verdict, thresholds, reminder)
  if (dueAtMs === undefined || nowMs < dueAtMs) return { verdict }
  return { verdict: { ...verdict, lastToldAtMs: nowMs, reminders: verdict.reminders + 1 }, event: 'remind' }
}

function raise(verdict: FiringVerdict, nowMs: number): Judgement {
  return { verdict: { ...verdict, toldAtMs: nowMs, lastToldAtMs: nowMs }, event: 'raise' }
}

/** Nobody is told that something is over which nobody was told of. */
function recover(previous: FiringVerdict): Judgement {
  return previous.toldAtMs === undefined ? { verdict: okVerdict } : { verdict: okVerdict, event: 'recover' }
}
