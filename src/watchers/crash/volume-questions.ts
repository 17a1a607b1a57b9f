/**
 * Of which pods it is asked why they have not got their volumes: only their Events say so, and to read those costs the API server
 * much. So each pod is asked about once a minute at most, and so many of all pods in some seconds. The others have their turn
 * later, each of them: first come workloads that were never asked about, then those that have waited the longest.
 */
import type { PodFacts } from './pod-facts.ts'

const againAfterMs = 60_000
const mostInRound = 8
const roundMs = 5_000
const never = Number.NEGATIVE_INFINITY

interface Question extends QuestionWish {
  readonly pod: PodFacts
  askedMs: number
  /** As the last answer had it. */
  failure: string | undefined
}

export interface QuestionWish {
  /** What the pod is of, as text. */
  readonly workload: string
  /** From when on it is to be asked; infinite where nobody has to know. */
  readonly dueMs: number
}

export class VolumeQuestions {
  readonly #questions = new Map<string, Question>()
  #roundMs = never
  #left = mostInRound
  #nextMs = Number.POSITIVE_INFINITY

  /** When `take` may give something; infinite where it will not. May be too early, never too late. */
  get nextMs(): number {
    return this.#nextMs
  }

  /** The pod waits. Takes the place of what was wanted of it before. */
  want(pod: PodFacts, wish: QuestionWish): void {
    const { askedMs = never, failure } = this.#questions.get(pod.uid) ?? {}
    const question = { ...wish, pod, askedMs, failure }
    this.#questions.set(pod.uid, question)
    this.#nextMs = Math.min(this.#nextMs, this.#turnMs(question))
  }

  /** Those that are asked about now, which counts as their turn. */
  take(nowMs: number): PodFacts[] {
    const due = this.#all().filter((question) => this.#turnMs(question) <= nowMs)
    if (due.length > 0 && nowMs >= this.#roundMs + roundMs) this.#beginRound(nowMs)
    const taken = inTurn(due, lastAskedOf(this.#all()), { most: this.#left, nowMs })
    for (const question of taken) question.askedMs = nowMs
    this.#left -= taken.length
    this.#nextMs = this.#all().reduce(
      (nextMs, question) => Math.min(nextMs, this.#turnMs(question)),
      Number.POSITIVE_INFINITY,
    )
    return taken.map(({ pod }) => pod)
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

  #all(): Question[] {
    return [...this.#questions.values()]
  }

  #turnMs({ dueMs, askedMs }: Question): number {
    return Math.max(dueMs, askedMs + againAfterMs, this.#left === 0 ? this.#roundMs + roundMs : never)
  }

  #beginRound(nowMs: number): void {
    this.#roundMs = nowMs
    this.#left = mostInRound
  }
}

function lastAskedOf(questions: readonly Question[]): Map<string, number> {
  const asked = new Map<string, number>()
  for (const { workload, askedMs } of questions) asked.set(workload, Math.max(asked.get(workload) ?? never, askedMs))
  return asked
}

function inTurn(
  due: readonly Question[],
  asked: Map<string, number>,
  { most, nowMs }: { readonly most: number; readonly nowMs: number },
): Question[] {
  const left = new Set(due)
  const taken: Question[] = []
  while (taken.length < most && left.size > 0) {
    const next = [...left].reduce((first, one) => (isBefore(one, first, asked) ? one : first))
    left.delete(next)
    taken.push(next)
    asked.set(next.workload, nowMs)
  }
  return taken
}

function isBefore(one: Question, other: Question, asked: ReadonlyMap<string, number>): boolean {
  const timesOf = ({ workload, askedMs, dueMs }: Question) => [asked.get(workload) ?? never, askedMs, dueMs]
  const [times, others] = [timesOf(one), timesOf(other)]
  const index = times.findIndex((time, place) => time !== others[place])
  return index >= 0 && (times[index] ?? never) < (others[index] ?? never)
}
