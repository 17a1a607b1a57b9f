import type { Clock } from '../base/clock.ts'

/** Less than that is what clocks are corrected by all the time. */
const smallestStepMs = 1_000

/** Notices, by the monotonic clock, that the wall clock was set back. */
export class WallClock {
  readonly #clock: Clock
  #aheadMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#aheadMs = aheadOf(clock)
  }

  /** By how much since the last call; 0 where it was not. */
  takeSetBackMs(): number {
    const before = this.#aheadMs
    this.#aheadMs = aheadOf(this.#clock)
    const setBackMs = before - this.#aheadMs
    return setBackMs >= smallestStepMs ? setBackMs : 0
  }
}

function aheadOf(clock: Clock): number {
  return clock.nowMs() - clock.monotonicMs()
}
