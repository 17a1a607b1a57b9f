/** Crashes in memory on their way to the history, oldest first, up to a size. */
import type { CrashRecord } from '../model/crash.ts'
import type { OutboxEntry } from './notification-log.ts'

interface Held {
  readonly record: CrashRecord
  readonly characters: number
  /** The outbox has it too, so that it may be forgotten here and read again. */
  isInOutbox: boolean
}

export interface Batch {
  readonly most: number
  readonly mostCharacters: number
}

/** `forgotten` are in the outbox, `lost` are nowhere. */
export interface Excess {
  readonly forgotten: number
  readonly lost: number
}

export class CrashSpool {
  readonly #mostCharacters: number
  readonly #held = new Map<string, Held>()
  #characters = 0

  constructor(mostCharacters: number) {
    this.#mostCharacters = mostCharacters
  }

  get size(): number {
    return this.#held.size
  }

  /** Gives how it stands in the outbox. One that is known already stays as it is. */
  add(record: CrashRecord, isInOutbox: boolean): OutboxEntry {
    const entry = entryOf(record)
    if (this.#held.has(record.id)) return entry
    this.#held.set(record.id, { record, characters: entry.value.length, isInOutbox })
    this.#characters += entry.value.length
    return entry
  }

  isInOutbox(id: string): void {
    const held = this.#held.get(id)
    if (held !== undefined) held.isInOutbox = true
  }

  allAreInOutbox(): void {
    for (const held of this.#held.values()) held.isInOutbox = true
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) {
      this.#characters -= this.#held.get(id)?.characters ?? 0
      this.#held.delete(id)
    }
  }

  /** The oldest; at least one, where there is any. */
  oldest({ most, mostCharacters }: Batch): CrashRecord[] {
    const batch: CrashRecord[] = []
    let characters = 0
    for (const held of this.#held.values()) {
      characters += held.characters
      if (batch.length === most || (batch.length > 0 && characters > mostCharacters)) break
      batch.push(held.record)
    }
    return batch
  }

  /** The newest go until the rest fits: first those that can be read again. */
  dropExcess(): Excess {
    const forgotten = this.#drop(({ isInOutbox }) => isInOutbox)
    return { forgotten, lost: this.#drop(() => true) }
  }

  /** All of it: for an outbox that may have become another. */
  all(): OutboxEntry[] {
    return [...this.#held.values()].map(({ record }) => entryOf(record))
  }

  #drop(mayGo: (held: Held) => boolean): number {
    if (this.#characters <= this.#mostCharacters) return 0
    let dropped = 0
    for (const [id, held] of [...this.#held].reverse()) {
      if (this.#characters <= this.#mostCharacters) break
      if (!mayGo(held)) continue
      this.remove([id])
      dropped += 1
    }
    return dropped
  }
}

function entryOf(record: CrashRecord): OutboxEntry {
  return { id: record.id, value: JSON.stringify(record) }
}
