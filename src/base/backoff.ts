import type { Clock } from './clock.ts'

export interface BackoffOptions {
  readonly initialMs: number
  readonly maximumMs: number
}

/** Exponential back-off with full jitter: attempt n waits between half and all of `initialMs * 2^n`, capped at `maximumMs`. */
export class Backoff {
  readonly #clock: Clock
  readonly #options: BackoffOptions
  #attempt = 0

  constructor(clock: Clock, options: BackoffOptions) {
    this.#clock = clock
    this.#options = options
  }

  get attempt(): number {
    return this.#attempt
  }

  nextMs(): number {
    const ceilingMs = Math.min(this.#options.maximumMs, this.#options.initialMs * 2 ** Math.min(this.#attempt, 30))
    this.#attempt += 1
    return ceilingMs * (0.5 + this.#clock.random() / 2)
  }

  reset(): void {
    this.#attempt = 0
  }
}
