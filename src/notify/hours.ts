/**
 * When a receiver wants to hear of what: its working hours in time zones of their own, and the least severity. Pure, but that the
 * last answer is kept until its time is over, because it is asked for every alert.
 *
 * A window belongs to the day on which it begins; where `to` is not after `from` it ends on the next day. On the two nights of a year
 * when clocks change, a time of day that comes twice begins at its first and ends at its second coming, and one that is left
 * out stands for the moment at which it is left out. So hours are never shorter than they read.
 */
import type { Alert, Severity } from '../model/alert.ts'
import { rank } from './compose.ts'
import { type LocalDate, LocalTime } from './local-time.ts'
import type { ReceiverHours } from './receivers.ts'

export const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
export type Weekday = (typeof weekdays)[number]

/** Times of day as `HH:MM`; `to` may be `24:00`. `timeZone` is a name of the IANA database. */
export interface ActiveWindow {
  readonly days: readonly Weekday[]
  readonly from: string
  readonly to: string
  readonly timeZone: string
}

export interface HoursOptions {
  /** Empty: at any hour. */
  readonly active: readonly ActiveWindow[]
  /** Severities that come at any hour. */
  readonly except: readonly Severity[]
  readonly minSeverity: Severity
}

/** A time in which the answer stays the same. */
interface Stretch {
  readonly startMs: number
  readonly endMs: number
  /** Undefined: these are hours. */
  readonly heldUntilMs: number | undefined
}

interface Span {
  readonly startMs: number
  readonly endMs: number
}

const dayMs = 24 * 60 * 60_000
/** Two weeks and a day: a weekly window that a change of clocks swallows whole comes again a week later. */
const daysAhead = 15

/** Throws RangeError for a time zone that nobody knows. */
export function createHours({ active, except, minSeverity }: HoursOptions): ReceiverHours {
  const windows = active.map((window) => ({ window, time: new LocalTime(window.timeZone) }))
  let known: Stretch | undefined
  const stretchAt = (nowMs: number): Stretch => {
    if (known === undefined || nowMs < known.startMs || nowMs >= known.endMs) known = findStretch(windows, nowMs)
    return known
  }
  return {
    takes: ({ severity }) => rank(severity) >= rank(minSeverity),
    heldUntilMs: ({ severity }: Alert, nowMs) =>
      windows.length === 0 || except.includes(severity) ? undefined : stretchAt(nowMs).heldUntilMs,
  }
}

interface ZonedWindow {
  readonly window: ActiveWindow
  readonly time: LocalTime
}

function findStretch(windows: readonly ZonedWindow[], nowMs: number): Stretch {
  const spans = windows.flatMap((window) => spansAround(window, nowMs)).sort((a, b) => a.startMs - b.startMs)
  let endMs = Number.NEGATIVE_INFINITY
  let startMs = Number.NEGATIVE_INFINITY
  for (const span of spans) {
    if (span.startMs <= endMs) {
      endMs = Math.max(endMs, span.endMs)
      continue
    }
    if (nowMs < endMs) break
    if (nowMs < span.startMs) {
      // What was before the first span is not known.
      const sinceMs = Number.isFinite(endMs) ? endMs : nowMs
      return { startMs: sinceMs, endMs: span.startMs, heldUntilMs: span.startMs }
    }
    startMs = span.startMs
    endMs = span.endMs
  }
  return { startMs, endMs, heldUntilMs: undefined }
}

/** From the day before yesterday on: a window can reach into today, and the day over there may be another one. */
function spansAround({ window, time }: ZonedWindow, nowMs: number): Span[] {
  const today = time.dateAt(nowMs)
  const dates = Array.from({ length: daysAhead + 2 }, (_, index) => today + index - 2)
  return dates
    .filter((date) => window.days.includes(weekdays[weekdayOf(date)] as Weekday))
    .map((date) => spanOn(date, { window, time }))
    .filter(({ startMs, endMs }) => startMs < endMs)
}

function spanOn(date: LocalDate, { window, time }: ZonedWindow): Span {
  const [fromMs, toMs] = [timeOfDayMs(window.from), timeOfDayMs(window.to)]
  return {
    startMs: time.instants(date * dayMs + fromMs).first,
    endMs: time.instants(date * dayMs + toMs + (toMs <= fromMs ? dayMs : 0)).last,
  }
}

/** 1 January 1970 was a Thursday. */
function weekdayOf(date: LocalDate): number {
  return (((date + 4) % 7) + 7) % 7
}

function timeOfDayMs(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return (hours * 60 + minutes) * 60_000
}
