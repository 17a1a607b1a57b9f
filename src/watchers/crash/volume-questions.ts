/**
 * Of which pods it is asked why they have not got their volumes: only their Events say so, and to read those costs the API server
 * much. So each pod is asked about once a minute at most, and so many of all pods in some seconds; the others have their turn later.
 */
const againAfterMs = 60_000
const mostInRound = 8
const roundMs = 5_000

interface Question {
  readonly askedMs: number
  /** As the last answer had it. */
  failure: string | undefined
}

export class VolumeQuestions {
  readonly #questions = new Map<string, Question>()
  #roundMs = Number.NEGATIVE_INFINITY
  #left = mostInRound

  /** `now`: it is asked, which counts as its turn; else when to come again. */
  turnOf(uid: string, { dueMs, nowMs }: { readonly dueMs: number; readonly nowMs: number }): 'now' | number {
    const known = this.#questions.get(uid)
    const atMs = known === undefined ? dueMs : Math.max(dueMs, known.askedMs + againAfterMs)
    if (atMs > nowMs) return atMs
    if (nowMs >= this.#roundMs + roundMs) this.#beginRound(nowMs)
    if (this.#left === 0) return this.#roundMs + roundMs
    this.#left -= 1
    this.#questions.set(uid, { askedMs: nowMs, failure: known?.failure })
    return 'now'
  }

  answer(uid: string, failure: string | undefined): void {
    const known = this.#questions.get(uid)
    if (known !== undefined) known.failure = failure
  }

  failureOf(uid: string): string | undefined {
    return this.#questions.get(uid)?.failure
  }

  forget(uid: string): void {
    this.#questions.delete(uid)
  }

  #beginRound(nowMs: number): void {
    this.#roundMs = nowMs
    this.#left = mostInRound
  }
}
