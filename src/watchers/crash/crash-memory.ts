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

interface HeldLook {
  readonly memory: PodMemory | undefined
  left: number
}

export class CrashMemory {
  readonly #facts: FactStore
  readonly #memories = new Map<string, PodMemory>()
  /** By pod the looks that something is under way of, the oldest first. */
  readonly #looks = new Map<string, HeldLook[]>()

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

  /** What a look leaves to remember; `held`: how much of what it found is on its way to people. */
  set(uid: string, memory: PodMemory | undefined, held = 0): void {
    if (memory === undefined) this.#memories.delete(uid)
    else this.#memories.set(uid, memory)
    const looks = this.#looks.get(uid)
    if (looks !== undefined) looks.push({ memory, left: held })
    else if (held > 0) this.#looks.set(uid, [{ memory, left: held }])
    else this.#write(uid, memory)
  }

  /** The pod is gone. */
  forget(uid: string): void {
    if (this.#memories.has(uid)) this.set(uid, undefined)
  }

  /** Forgets those that are not there any more. */
  keepOnly(isThere: (uid: string) => boolean): void {
    for (const uid of [...this.#memories.keys()]) if (!isThere(uid)) this.forget(uid)
  }

  /** The oldest thing that was on its way was handed on. */
  release(uid: string): void {
    const looks = this.#looks.get(uid) ?? []
    const [oldest] = looks
    if (oldest !== undefined) oldest.left -= 1
    let done: HeldLook | undefined
    while ((looks[0]?.left ?? 1) <= 0) done = looks.shift()
    if (looks.length === 0) this.#looks.delete(uid)
    if (done !== undefined) this.#write(uid, done.memory)
  }

  #write(uid: string, memory: PodMemory | undefined): void {
    this.#facts.remember(`${prefix}${uid}`, memory === undefined ? undefined : JSON.stringify(memory))
  }
}
