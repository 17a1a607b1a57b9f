import { setTimeout as sleepReal } from 'node:timers/promises'

/** A pending timer; `cancel` is safe to call twice. */
export interface Timer {
  cancel(): void
}

/** Time and chance, injected so that tests move them by hand. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  nowMs(): number
  /** Never goes back; for durations and deadlines. */
  monotonicMs(): number
  /** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
  /** Calls once after `delayMs`. The owner cancels it; a pending timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer
  /** In [0, 1). */
  random(): number
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (delayMs, signal) => {
    await sleepReal(delayMs, undefined, signal === undefined ? undefined : { signal })
  },
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  random: () => Math.random(),
}
