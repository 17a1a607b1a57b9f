import type { Clock, Timer } from '../base/clock.ts'

/**
 * Watches over a stream: trips when no byte came for `silenceMs`, or when the stream lives longer than `lifetimeMs`. One
 * timer is set anew only when it fires, so that a byte costs a clock reading and nothing more. A process that was itself
 * stopped finds its deadline passed on waking: it first gets a moment to read what is waiting in the socket.
 */
export class StreamDeadline {
  readonly #clock: Clock
  readonly #onTrip: (what: 'silent' | 'overdue') => void
  readonly #endMs: number
  #silenceMs: number
  #lastByteMs: number
  #isGrace = false
  #timer: Timer

  constructor(
    clock: Clock,
    limits: { readonly silenceMs: number; readonly lifetimeMs: number },
    onTrip: (what: 'silent' | 'overdue') => void,
  ) {
    this.#clock = clock
    this.#onTrip = onTrip
    this.#silenceMs = limits.silenceMs
    this.#lastByteMs = clock.monotonicMs()
    this.#endMs = this.#lastByteMs + limits.lifetimeMs
    this.#timer = this.#arm(limits.silenceMs)
  }

  touch(): void {
    this.#lastByteMs = this.#clock.monotonicMs()
    this.#isGrace = false
  }

  allowSilence(silenceMs: number): void {
    this.#silenceMs = silenceMs
    this.#timer.cancel()
    this.#timer = this.#arm(silenceMs)
  }

  close(): void {
    this.#timer.cancel()
  }

  #arm(delayMs: number): Timer {
    const untilEndMs = this.#endMs - this.#clock.monotonicMs()
    return this.#clock.after(Math.max(1, Math.min(delayMs, untilEndMs)), () => this.#check())
  }

  #check(): void {
    const nowMs = this.#clock.monotonicMs()
    const leftMs = this.#lastByteMs + this.#silenceMs - nowMs
    if (nowMs >= this.#endMs) this.#onTrip('overdue')
    else if (leftMs > 0) this.#timer = this.#arm(leftMs)
    else if (this.#isGrace) this.#onTrip('silent')
    else {
      this.#isGrace = true
      this.#timer = this.#arm(Math.min(1000, this.#silenceMs / 10))
    }
  }
}
