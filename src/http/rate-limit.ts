import type { Clock } from '../base/clock.ts'
import { Problem } from './problem.ts'

export interface RateLimitOptions {
  readonly clock: Clock
  /** So many at once, and one more each `intervalMs`. */
  readonly burst: number
  readonly intervalMs: number
}

/** Of more callers than this, those that were quiet for longest begin anew. */
const mostCallers = 10_000

/** So many requests for each caller. */
export class RateLimit {
  readonly #options: RateLimitOptions
  readonly #callers = new Map<string, { tokens: number; atMs: number }>()

  constructor(options: RateLimitOptions) {
    this.#options = options
  }

  /** Throws a Problem that says when to come again. */
  take(caller: string): void {
    const { clock, burst, intervalMs } = this.#options
    const nowMs = clock.monotonicMs()
    const { tokens, atMs } = this.#callers.get(caller) ?? { tokens: burst, atMs: nowMs }
    const left = Math.min(burst, tokens + (nowMs - atMs) / intervalMs)
    this.#remember(caller, { tokens: left < 1 ? left : left - 1, atMs: nowMs })
    if (left >= 1) return
    const waitMs = Math.ceil((1 - left) * intervalMs)
    throw new Problem('tooManyRequests', `more than ${Math.round(1_000 / intervalMs)} requests a second`, waitMs)
  }

  #remember(caller: string, bucket: { tokens: number; atMs: number }): void {
    this.#callers.delete(caller)
    this.#callers.set(caller, bucket)
    const [quietest] = this.#callers.keys()
    if (this.#callers.size > mostCallers && quietest !== undefined) this.#callers.delete(quietest)
  }
}
