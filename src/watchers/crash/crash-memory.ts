/**
 * What is remembered of each pod, so that a restart tells nothing again and misses nothing. It counts at once; it is written
 * down when everything that came of it is: until then the next process would find it anew.
 */
import { parseMemory } from './memory-text.ts'
import type { PodMemory } from './sighting.ts'

/** Small facts that outlive the process, written in the order of the calls and after what was told before. */
export interface FactStore {
  remember(name: string, value: string | undefined): void
  recall(prefix: string): ReadonlyMap<string, string>
}

const prefix = 'crash/pod/'

export class CrashMemory {
  readonly #facts: FactStore
  readonly #memories = new Map<string, PodMemory>()
  /** How much is under way of each. */
  readonly #held = new Map<string, number>()

  constructor(facts: FactStore) {
    this.#facts = facts
  }

  /** What an earlier process wrote down. */
  restore(): void {
    for (const [name, value] of this.#facts.recall(prefix)) {
      const memory = parseMemory(value)
      if (memory !== undefined) this.#memories.set(name.slice(prefix.length), memory)
    }
  }

  get(uid: string): PodMemory | undefined {
    return this.#memories.get(uid)
  }

  set(uid: string, memory: PodMemory | undefined): void {
    if (memory === undefined) this.#memories.delete(uid)
    else this.#memories.set(uid, memory)
    this.#write(uid)
  }

  /** The pod is gone. */
  forget(uid: string): void {
    if (this.#memories.has(uid)) this.set(uid, undefined)
  }

  /** Forgets those that are not there any more. */
  keepOnly(isThere: (uid: string) => boolean): void {
    for (const uid of [...this.#memories.keys()]) if (!isThere(uid)) this.forget(uid)
  }

  /** Something that was found in the pod is on its way to people. */
  hold(uid: string): void {
    this.#held.set(uid, (this.#held.get(uid) ?? 0) + 1)
  }

  /** It was handed on. */
  release(uid: string): void {
    const left = (this.#held.get(uid) ?? 1) - 1
    if (left > 0) this.#held.set(uid, left)
    else this.#held.delete(uid)
    this.#write(uid)
  }

  #write(uid: string): void {
    if (this.#held.has(uid)) return
    const memory = this.#memories.get(uid)
    this.#facts.remember(`${prefix}${uid}`, memory === undefined ? undefined : JSON.stringify(memory))
  }
}
