import type { Clock, Timer } from '../../src/base/clock.ts'

/** A clock that stands still until a test moves it; timers fire in order while it moves. */
export class VirtualClock implements Clock {
  #nowMs: number
  #setMs = 0
  #timers: { atMs: number; callback: () => void }[] = []

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs + this.#setMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  random(): number {
    return 0.5
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason)
      const timer = this.after(delayMs, resolve)
      signal?.addEventListener('abort', () => {
        timer.cancel()
        reject(signal.reason)
      })
    })
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.push(entry)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((timer) => timer !== entry)
      },
    }
  }

  /** Sets the wall clock, forward or back; durations go on as before. */
  setBy(distanceMs: number): void {
    this.#setMs += distanceMs
  }

  get pendingTimers(): number {
    return this.#timers.length
  }

  /** Moves time forward, firing what falls due, and lets promises settle after each. */
  async advance(durationMs: number): Promise<void> {
    await settle()
    const endMs = this.#nowMs + durationMs
    for (let next = this.#nextDue(endMs); next !== undefined; next = this.#nextDue(endMs)) {
      this.#timers = this.#timers.filter((timer) => timer !== next)
      this.#nowMs = next.atMs
      next.callback()
      await settle()
    }
    this.#nowMs = endMs
    await settle()
  }

  #nextDue(endMs: number): { atMs: number; callback: () => void } | undefined {
    return this.#timers.filter((timer) => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
  }
}

/** Lets every promise that can settle now do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
