/** One index a day, so that a day can be removed at once. A crash's day is that of its time in UTC, wherever and whenever it is written. */

const dayMs = 24 * 60 * 60_000

export function indexOf(prefix: string, atMs: number): string {
  return prefix + new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '.')
}

/** The end of the day of an index; undefined for a name that is none of a day. */
export function endOfIndexMs(prefix: string, name: string): number | undefined {
  if (!name.startsWith(prefix)) return undefined
  const match = /^(\d{4})\.(\d{2})\.(\d{2})$/.exec(name.slice(prefix.length))
  const startMs = match === null ? Number.NaN : Date.parse(`${match[1]}-${match[2]}-${match[3]}T00:00:00Z`)
  return Number.isNaN(startMs) ? undefined : startMs + dayMs
}

/** Not so for what another prefix made, which may begin with this one. */
export function isDay(prefix: string, name: string): boolean {
  return endOfIndexMs(prefix, name) !== undefined
}

/** All of them, in one word of Elasticsearch's, and those of longer prefixes; for questions alone. */
export function everyIndex(prefix: string): string {
  return `${prefix}*`
}

/** Of the year of the day that `name` is. */
export function everyDayOfYear(prefix: string, name: string): string {
  return `${name.slice(0, prefix.length + 'yyyy.'.length)}*`
}
