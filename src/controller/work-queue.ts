/**
 * A queue of keys, as controllers have it. A key is queued at most once however often it is added; a key that is being
 * worked on and is added again comes back when its worker is done. So a burst of events costs one reconcile, and no two
 * workers ever hold the same key.
 */
import { Backoff } from '../base/backoff.ts'
import type { Clock, Timer } from '../base/clock.ts'

const retryBackoff = { initialMs: 200, maximumMs: 60_000 }

export class WorkQueue {
  readonly #clock: Clock
  readonly #ready = new Set<string>()
  readonly #working = new Set<string>()
  readonly #again = new Set<string>()
  readonly #timers = new Map<string, { timer: Timer; atMs: number }>()
  readonly #backoffs = new Map<string, Backoff>()
  #wake: (() => void) | undefined
  #isClosed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Keys waiting for a worker. */
  get depth(): number {
    return this.#ready.size
  }

  /** Nothing is ready and nothing is being worked on; there may be appointments. */
  get isIdle(): boolean {
    return this.#ready.size === 0 && this.#working.size === 0
  }

  add(key: string): void {
    if (this.#isClosed) return
    this.#cancelTimer(key)
    if (this.#working.has(key)) {
      this.#again.add(key)
      return
    }
    this.#ready.add(key)
    this.#wake?.()
  }

  /** Adds the key later; an earlier appointment for the same key stays. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isClosed) return
    const atMs = this.#clock.monotonicMs() + delayMs
    const pending = this.#timers.get(key)
    if (pending !== undefined && pending.atMs <= atMs) return
    this.#cancelTimer(key)
    this.#timers.set(key, { atMs, timer: this.#clock.after(delayMs, () => this.add(key)) })
  }

  /** Keeps every appointment now. */
  hurry(): void {
    for (const key of [...this.#timers.keys()]) this.add(key)
  }

  /** Adds the key after its own growing delay; `forget` ends the growth. `atLeastMs` honours a server's Retry-After. */
  retry(key: string, atLeastMs = 0): void {
    let backoff = this.#backoffs.get(key)
    if (backoff === undefined) {
      backoff = new Backoff(this.#clock, retryBackoff)
      this.#backoffs.set(key, backoff)
    }
    this.addAfter(key, Math.max(atLeastMs, backoff.nextMs()))
  }

  /** Whether its last work failed. */
  isRetried(key: string): boolean {
    return this.#backoffs.has(key)
  }

  forget(key: string): void {
    this.#backoffs.delete(key)
  }

  /** The next key to work on, or undefined once the queue is closed. One caller waits at a time. */
  async take(): Promise<string | undefined> {
    while (!this.#isClosed) {
      const [key] = this.#ready
      if (key !== undefined) {
        this.#ready.delete(key)
        this.#working.add(key)
        return key
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    return undefined
  }

  /** Says that the worker of this key has finished. */
  finish(key: string): void {
    this.#working.delete(key)
    if (this.#again.delete(key)) this.add(key)
  }

  close(): void {
    this.#isClosed = true
    for (const key of [...this.#timers.keys()]) this.#cancelTimer(key)
    this.#ready.clear()
    this.#again.clear()
    this.#wake?.()
  }

  #cancelTimer(key: string): void {
    this.#timers.get(key)?.timer.cancel()
    this.#timers.delete(key)
  }
}
