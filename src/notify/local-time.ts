/** The time on the clocks of a time zone: from an instant to it and back. Node brings the database of time zones. */

/** Days since 1 January 1970, as a calendar on the wall counts them. */
export type LocalDate = number

const dayMs = 24 * 60 * 60_000

export class LocalTime {
  readonly #format: Intl.DateTimeFormat

  /** Throws RangeError for a time zone that nobody knows. */
  constructor(timeZone: string) {
    const digits = '2-digit'
    this.#format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, calendar: 'iso8601', numberingSystem: 'latn', hourCycle: 'h23', year: 'numeric' },
      ...{ month: digits, day: digits, hour: digits, minute: digits, second: digits },
    })
  }

  dateAt(atMs: number): LocalDate {
    return Math.floor((atMs + this.#offsetMs(atMs)) / dayMs)
  }

  /**
   * When clocks show a date and time, given in milliseconds as if they showed UTC: the first and the last time that they do. Where
   * they never do, both are the moment at which they skip it.
   */
  instants(localMs: number): { readonly first: number; readonly last: number } {
    const [before, after] = [this.#offsetMs(localMs - dayMs), this.#offsetMs(localMs + dayMs)]
    const [early, late] = [localMs - Math.max(before, after), localMs - Math.min(before, after)]
    const found = [early, late].filter((atMs) => atMs + this.#offsetMs(atMs) === localMs)
    const [first, last = first] = found
    if (first !== undefined && last !== undefined) return { first, last }
    const skippedMs = this.#changeBetween(early, late)
    return { first: skippedMs, last: skippedMs }
  }

  /** The first millisecond with the offset of `lateMs`. */
  #changeBetween(earlyMs: number, lateMs: number): number {
    const offsetMs = this.#offsetMs(lateMs)
    let [low, high] = [earlyMs, lateMs]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.#offsetMs(middle) === offsetMs) high = middle
      else low = middle
    }
    return high
  }

  /** How far clocks are ahead of UTC. */
  #offsetMs(atMs: number): number {
    const parts = Object.fromEntries(this.#format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 1, day = 0, hour = 0, minute = 0, second = 0 } = parts
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1_000) * 1_000
  }
}
