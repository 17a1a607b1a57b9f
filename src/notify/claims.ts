/** Which threads of a receiver speak of which alerts: what was told, and what may be told at this moment. */
import type { Thread } from './thread.ts'

export class Claims {
  readonly #threads = new Map<string, Set<Thread>>()
  readonly #keys = new Map<Thread, ReadonlySet<string>>()

  /** The thread as it is now. `underWay`: of the message that is being sent. */
  note(thread: Thread, underWay: readonly string[] = []): void {
    const before = this.#keys.get(thread) ?? none
    const keys = new Set([...(thread.record?.told ?? []), ...(thread.pending?.after?.told ?? []), ...underWay])
    for (const key of before) if (!keys.has(key)) this.#drop(key, thread)
    for (const key of keys) if (!before.has(key)) this.#add(key, thread)
    if (keys.size === 0) this.#keys.delete(thread)
    else this.#keys.set(thread, keys)
  }

  #add(key: string, thread: Thread): void {
    const threads = this.#threads.get(key)
    if (threads === undefined) this.#threads.set(key, new Set([thread]))
    else threads.add(thread)
  }

  #drop(key: string, thread: Thread): void {
    const threads = this.#threads.get(key)
    threads?.delete(thread)
    if (threads?.size === 0) this.#threads.delete(key)
  }

  /** Threads that have told of the alert, or may have. */
  threadsOf(alertKey: string): readonly Thread[] {
    return [...(this.#threads.get(alertKey) ?? [])]
  }

  clear(): void {
    this.#threads.clear()
    this.#keys.clear()
  }
}

const none: ReadonlySet<string> = new Set()
