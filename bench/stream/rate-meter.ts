export interface ServerRate {
  readonly events: number
  readonly seconds: number
  readonly eventsPerSecond: number
  readonly bestSecond: number
  /** How often the server ended the watch because it found no time to serve it. */
  readonly endings: number
}

/** Events by second, from the first one on. */
export class RateMeter {
  #watches = 0
  #events = 0
  #startedMs: number | undefined
  #lastMs = 0
  readonly #atSecond: number[] = []

  watchBegins(): void {
    this.#watches += 1
  }

  /** `events` is how many there were so far. */
  note(events: number, nowMs: number = performance.now()): void {
    this.#lastMs = nowMs
    this.#startedMs ??= nowMs
    this.#events = events
    this.#atSecond[Math.floor((nowMs - this.#startedMs) / 1000)] = events
  }

  rate(): ServerRate {
    const seconds = (this.#lastMs - (this.#startedMs ?? this.#lastMs)) / 1000
    return {
      events: this.#events,
      seconds,
      eventsPerSecond: seconds > 0 ? this.#events / seconds : 0,
      bestSecond: Math.max(0, ...this.#wholeSeconds()),
      endings: Math.max(0, this.#watches - 1),
    }
  }

  /** The last second is not over. */
  #wholeSeconds(): number[] {
    const counts: number[] = []
    let before = 0
    for (let second = 0; second < this.#atSecond.length - 1; second++) {
      const events = this.#atSecond[second] ?? before
      counts.push(events - before)
      before = events
    }
    return counts
  }
}
