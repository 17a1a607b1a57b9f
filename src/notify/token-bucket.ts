import type { Rate } from './notifier.ts'

/** Lets `burst` through at once and one more each `intervalMs`. */
export class TokenBucket {
  readonly #rate: Rate
  #tokens: number
  #atMs: number

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate
    this.#tokens = rate.burst
    this.#atMs = nowMs
  }

  /** Takes a token, or gives how long there will be none. `nowMs` is of a clock that never goes back. */
  take(nowMs: number): { readonly waitMs: number } {
    const waitMs = this.emptyForMs(nowMs)
    if (waitMs === 0) this.#tokens -= 1
    return { waitMs }
  }

  /** How long there will be no token; 0: there is one. */
  emptyForMs(nowMs: number): number {
    this.#fill(nowMs)
    return this.#tokens < 1 ? Math.ceil((1 - this.#tokens) * this.#rate.intervalMs) : 0
  }

  /** Whether it is as if nothing had ever been taken. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs)
    return this.#tokens === this.#rate.burst
  }

  #fill(nowMs: number): void {
    const { burst, intervalMs } = this.#rate
    this.#tokens = intervalMs === 0 ? burst : Math.min(burst, this.#tokens + (nowMs - this.#atMs) / intervalMs)
    this.#atMs = nowMs
  }
}
