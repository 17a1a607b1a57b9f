/** Times as people type them. */
import { tryDurationMs } from '../../api/duration.ts'
import { OperatorError } from '../../base/errors.ts'
import { type Now, wallTimeMs } from '../output/time.ts'

const dayMs = 86_400_000

/** `2h`, `1h30m`, `3d`: milliseconds; undefined where it is none of these. */
export function tryLongDurationMs(text: string): number | undefined {
  const days = /^(\d{1,3})d(.*)$/.exec(text)
  if (days === null) return tryDurationMs(text)
  const restMs = days[2] === '' ? 0 : tryDurationMs(days[2]!)
  return restMs === undefined ? undefined : Number(days[1]) * dayMs + restMs
}

const clockShape = /^(\d{1,2}):(\d{2})$/
const dateShape = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{1,2}):(\d{2}))?$/

/**
 * The moment that is meant: RFC 3339, `2026-12-01 22:00` or `22:00` (the next time the clock shows it) where the person is, or
 * a duration from now. Throws INVALID_OPTION naming the option.
 */
export function momentMs(option: string, text: string, now: Now): number {
  const atMs = fromRfc3339(text) ?? fromDate(text, now) ?? fromClock(text, now) ?? fromNow(text, now)
  if (atMs !== undefined && Number.isFinite(atMs)) return atMs
  throw new OperatorError(
    'INVALID_OPTION',
    `${option} "${text}" is not a time: write 22:00, "2026-12-01 22:00", 2026-12-01T22:00:00Z, or 2h from now`,
  )
}

function fromRfc3339(text: string): number | undefined {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : undefined
}

function fromDate(text: string, { timeZone }: Now): number | undefined {
  const [, year, month, day, hour = '0', minute = '0'] = dateShape.exec(text) ?? []
  if (year === undefined || Number(hour) > 23 || Number(minute) > 59) return undefined
  return wallTimeMs([year, month, day, hour, minute].map(Number), timeZone)
}

function fromClock(text: string, { nowMs, timeZone }: Now): number | undefined {
  const [, hour, minute] = clockShape.exec(text) ?? []
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59) return undefined
  const onDayOf = (dayAtMs: number) => {
    const date = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(dayAtMs)
    return wallTimeMs([...date.split('-'), hour, minute].map(Number), timeZone)
  }
  const today = onDayOf(nowMs)
  return today > nowMs ? today : onDayOf(nowMs + dayMs)
}

function fromNow(text: string, { nowMs }: Now): number | undefined {
  const spanMs = tryLongDurationMs(text)
  return spanMs === undefined ? undefined : nowMs + spanMs
}
