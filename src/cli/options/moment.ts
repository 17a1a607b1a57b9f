/** Times as people type them. */
import { tryLongDurationMs } from '../../api/duration.ts'
import { OperatorError } from '../../base/errors.ts'
import { type Now, wallTimeMs } from '../output/time.ts'

const dayMs = 86_400_000

const clockShape = /^(\d{1,2}):(\d{2})$/
const dateShape = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{1,2}):(\d{2}))?$/

/**
 * The moment that is meant: RFC 3339, `2026-12-01 22:00` or `22:00` (the next time the clock shows it) where the person is, or
 * a duration from now. Throws INVALID_OPTION naming the option.
 */
export function momentMs(option: string, text: string, now: Now): number {
  const atMs = fromRfc3339(text) ?? fromDate(text, now) ?? fromClock(text, now, 'next') ?? fromNow(text, now, 1)
  if (atMs !== undefined && Number.isFinite(atMs)) return atMs
  throw new OperatorError(
    'INVALID_OPTION',
    `${option} "${text}" is not a time: write 22:00, "2026-12-01 22:00", 2026-12-01T22:00:00Z, or 2h from now`,
  )
}

/** As `momentMs`, of what is over: `22:00` is the last time that the clock showed it, `24h` or `7d` so long ago. */
export function pastMomentMs(option: string, text: string, now: Now): number {
  const atMs = fromRfc3339(text) ?? fromDate(text, now) ?? fromClock(text, now, 'last') ?? fromNow(text, now, -1)
  if (atMs !== undefined && Number.isFinite(atMs)) return atMs
  throw new OperatorError(
    'INVALID_OPTION',
    `${option} "${text}" is not a time: write 24h or 7d ago, 22:00, "2026-12-01 22:00", or 2026-12-01T22:00:00Z`,
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

function fromClock(text: string, { nowMs, timeZone }: Now, which: 'next' | 'last'): number | undefined {
  const [, hour, minute] = clockShape.exec(text) ?? []
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59) return undefined
  const onDayOf = (dayAtMs: number) => {
    const date = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(dayAtMs)
    return wallTimeMs([...date.split('-'), hour, minute].map(Number), timeZone)
  }
  const today = onDayOf(nowMs)
  if (which === 'last') return today <= nowMs ? today : onDayOf(nowMs - dayMs)
  return today > nowMs ? today : onDayOf(nowMs + dayMs)
}

function fromNow(text: string, { nowMs }: Now, sign: 1 | -1): number | undefined {
  const spanMs = tryLongDurationMs(text)
  return spanMs === undefined ? undefined : nowMs + sign * spanMs
}
