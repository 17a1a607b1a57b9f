import type { Clock } from './clock.ts'

export interface ShortMemoryOptions {
  readonly clock: Clock
  readonly keepMs: number
  /** Beyond this the oldest go. */
  readonly most: number
}

/** Answers that may be some seconds old. Whoever asks while an answer is on its way gets that one; failures are not kept. */
export class ShortMemory<T> {
  readonly #options: ShortMemoryOptions
  readonly #known = new Map<string, { readonly answer: Promise<T>; readonly untilMs: number }>()

  constructor(options: ShortMemoryOptions) {
    this.#options = options
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const { clock, keepMs, most } = this.#options
    const known = this.#known.get(key)
    if (known !== undefined && known.untilMs > clock.monotonicMs()) return known.answer
    const answer = ask()
    const entry = { answer, untilMs: clock.monotonicMs() + keepMs }
    this.#known.delete(key)
    this.#known.set(key, entry)
    answer.catch(() => {
      if (this.#known.get(key) === entry) this.#known.delete(key)
    })
    const [oldest] = this.#known.keys()
    if (this.#known.size > most && oldest !== undefined) this.#known.delete(oldest)
    return answer
  }
}
