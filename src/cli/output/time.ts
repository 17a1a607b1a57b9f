/** Times as people say them: on the clock of their wall, and from now. */

const [secondMs, minuteMs, hourMs, dayMs] = [1_000, 60_000, 3_600_000, 86_400_000]

/** What both ways of saying a time depend on. */
export interface Now {
  readonly nowMs: number
  /** IANA name; undefined: the process's own. */
  readonly timeZone: string | undefined
}

/** `45s`, `12m`, `1h58m`, `3d4h`: the two largest units, what is smaller left out. */
export function spanText(spanMs: number): string {
  const ms = Math.abs(spanMs)
  if (ms < minuteMs) return `${Math.floor(ms / secondMs)}s`
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)}m`
  const [large, small] = ms < dayMs ? ([hourMs, minuteMs] as const) : ([dayMs, hourMs] as const)
  const [largeUnit, smallUnit] = ms < dayMs ? ['h', 'm'] : ['d', 'h']
  const rest = Math.floor((ms % large) / small)
  return `${Math.floor(ms / large)}${largeUnit}${rest === 0 ? '' : `${rest}${smallUnit}`}`
}

/** `in 1h58m`, `3m ago`, `now`. */
export function relativeText(atMs: number, nowMs: number): string {
  if (Math.abs(atMs - nowMs) < secondMs) return 'now'
  return atMs > nowMs ? `in ${spanText(atMs - nowMs)}` : `${spanText(nowMs - atMs)} ago`
}

/** `22:00` today, `Dec 1 22:00` this year, `2027-12-01 22:00` else. */
export function localText(atMs: number, { nowMs, timeZone }: Now): string {
  const at = wallClock(atMs, timeZone)
  const now = wallClock(nowMs, timeZone)
  if (at.date === now.date) return at.time
  return at.year === now.year ? `${at.month} ${at.day} ${at.time}` : `${at.date} ${at.time}`
}

interface WallClock {
  readonly date: string
  readonly year: string
  readonly month: string
  readonly day: string
  readonly time: string
}

function wallClock(atMs: number, timeZone: string | undefined): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'short', day: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit' },
  })
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]))
  const get = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? ''
  const [year, month, day] = [get('year'), get('month'), get('day')]
  const number = String(monthNames.indexOf(month) + 1).padStart(2, '0')
  return {
    date: `${year}-${number}-${day.padStart(2, '0')}`,
    year,
    month,
    day,
    time: `${get('hour')}:${get('minute')}`,
  }
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The moment at which a clock in the zone shows year, month, day, hour, minute. What a change of clocks skips is taken as an hour later. */
export function wallTimeMs(fields: readonly number[], timeZone: string | undefined): number {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = fields
  const asUtcMs = Date.UTC(year, month - 1, day, hour, minute)
  const firstMs = asUtcMs - offsetMs(asUtcMs, timeZone)
  return asUtcMs - offsetMs(firstMs, timeZone)
}

/** How far the zone's clock is before UTC. */
function offsetMs(atMs: number, timeZone: string | undefined): number {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric' },
  })
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]))
  const get = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
  const shownMs = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'))
  return shownMs - Math.floor(atMs / minuteMs) * minuteMs
}
