/**
 * What is remembered of each pod, so that a restart tells nothing again and misses nothing. It counts at once; it is written
 * down when everything that came of it is: until then the next process would find it anew. What is gone is remembered for a
 * while: a cluster that is rolled back has its pods again, and their crashes were told.
 */
import { parseMemory } from './memory-text.ts'
import type { PodMemory } from './sighting.ts'

/** Small facts that outlive the process, written in the order of the calls and after what was told before. */
export interface FactStore {
  remember(name: string, value: string | undefined): void
  recall(prefix: string): ReadonlyMap<string, string>
}

const prefix = 'crash/pod/'
/** Who restores a cluster takes the last night's backup, as a rule. */
const goneMs = 24 * 60 * 60_000
const mostGone = 2_000

interface Step {
  readonly memory: PodMemory | undefined
  /** What came of it is on its way to people. */
  isHeld: boolean
}

export class CrashMemory {
  readonly #facts: FactStore
  readonly #memories = new Map<string, PodMemory>()
  /** Of those that are not there: since when, the oldest first. */
  readonly #gone = new Map<string, number>()
  /** By pod what is not written down yet, the oldest first. */
  readonly #steps = new Map<string, Step[]>()

  constructor(facts: FactStore) {
    this.#facts = facts
  }

  /** What an earlier process wrote down. */
  restore(): void {
    for (const [name, value] of this.#facts.recall(prefix)) {
      const memory = parseMemory(value)
      if (memory !== undefined) this.#memories.set(name.slice(prefix.length), memory)
    }
    const gone = [...this.#memories].flatMap(([uid, { goneMs }]) =>
      goneMs === undefined ? [] : [[uid, goneMs] as const],
    )
    for (const [uid, sinceMs] of gone.sort(([, left], [, right]) => left - right)) this.#gone.set(uid, sinceMs)
  }

  get(uid: string): PodMemory | undefined {
    return this.#memories.get(uid)
  }

  /** What a look leaves to remember; `steps`: what of it can be written down as each thing that it found is handed on. */
  set(uid: string, memory: PodMemory | undefined, steps: readonly PodMemory[] = []): void {
    this.#gone.delete(uid)
    if (memory === undefined) this.#memories.delete(uid)
    else this.#memories.set(uid, memory)
    const waiting = this.#steps.get(uid) ?? []
    if (waiting.length === 0 && steps.length === 0) {
      this.#write(uid, memory)
      return
    }
    const held = steps.map((step): Step => ({ memory: step, isHeld: true }))
    this.#steps.set(uid, [...waiting, ...held, { memory, isHeld: false }])
  }

  /** It is not there any more. */
  gone(uid: string, nowMs: number): void {
    const memory = this.#memories.get(uid)
    if (memory === undefined || this.#gone.has(uid)) return
    this.set(uid, { ...memory, goneMs: nowMs })
    this.#gone.set(uid, nowMs)
    for (const [oldest, sinceMs] of this.#gone) {
      if (this.#gone.size <= mostGone && nowMs - sinceMs <= goneMs) return
      this.set(oldest, undefined)
    }
  }

  /** All others are gone. */
  keepThose(isThere: (uid: string) => boolean, nowMs: number): void {
    for (const uid of [...this.#memories.keys()]) if (!isThere(uid)) this.gone(uid, nowMs)
  }

  /** Forgets all, also what the next process would find. */
  clear(): void {
    for (const uid of [...this.#memories.keys()]) this.set(uid, undefined)
  }

  /** The oldest thing that was on its way was handed on. */
  release(uid: string): void {
    const [oldest, ...steps] = this.#steps.get(uid) ?? []
    let done = oldest
    while (steps[0]?.isHeld === false) done = steps.shift()
    if (steps.length === 0) this.#steps.delete(uid)
    else this.#steps.set(uid, steps)
    if (done !== undefined) this.#write(uid, done.memory)
  }

  #write(uid: string, memory: PodMemory | undefined): void {
    this.#facts.remember(`${prefix}${uid}`, memory === undefined ? undefined : JSON.stringify(memory))
  }
}
