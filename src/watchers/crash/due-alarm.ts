import type { Clock, Timer } from '../../base/clock.ts'

/** A storm of changes is looked at for what time ended at most this often. */
const grainMs = 1_000
/** Timers count in 32 bits of milliseconds. */
const longestSleepMs = 24 * 60 * 60_000

/** One timer for the earliest of many times. */
export class DueAlarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #timer: Timer | undefined
  #ringsAtMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings then, or at the earlier time that it is set for already; for what is far away it may ring before that. */
  setFor(atMs: number): void {
    const nowMs = this.#clock.nowMs()
    const ringsAtMs = Math.min(Math.max(nowMs + grainMs, atMs), nowMs + longestSleepMs)
    if (ringsAtMs >= this.#ringsAtMs) return
    this.clear()
    this.#ringsAtMs = ringsAtMs
    this.#timer = this.#clock.after(ringsAtMs - nowMs, () => {
      this.clear()
      this.#ring()
    })
  }

  clear(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#ringsAtMs = Number.POSITIVE_INFINITY
  }
}
