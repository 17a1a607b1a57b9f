import type { Clock, Timer } from '../base/clock.ts'

/**
 * The signal of one call: aborted with its parent, or when the call has not begun to answer in time. Not AbortSignal.any:
 * that leaves something behind in a parent that outlives its children.
 */
export class CallDeadline {
  readonly #parent: AbortSignal
  readonly #controller = new AbortController()
  readonly #timer: Timer
  readonly #forward = () => this.#controller.abort(this.#parent.reason)

  constructor(parent: AbortSignal, clock: Clock, timeout: { readonly afterMs: number; readonly reason: () => Error }) {
    this.#parent = parent
    this.#timer = clock.after(timeout.afterMs, () => this.#controller.abort(timeout.reason()))
    parent.addEventListener('abort', this.#forward, { once: true })
    if (parent.aborted) this.#forward()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The answer began: from now on only the parent aborts. */
  met(): void {
    this.#timer.cancel()
  }

  /** The call is over. */
  end(): void {
    this.#timer.cancel()
    this.#parent.removeEventListener('abort', this.#forward)
  }
}

/** The work's result, or the signal's reason if that comes first: for work that cannot be stopped. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
