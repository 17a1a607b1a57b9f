/** Which threads of a receiver speak of which alerts: what was told, and what may be told at this moment. */
import type { Thread } from './thread.ts'

export class Claims {
  readonly #threads = new Map<string, Set<Thread>>()
  readonly #keys = new Map<Thread, readonly string[]>()

  /** The thread as it is now. `underWay`: of the message that is being sent. */
  note(thread: Thread, underWay: readonly string[] = []): void {
    this.forget(thread)
    const keys = [...new Set([...(thread.record?.told ?? []), ...(thread.pending?.after?.told ?? []), ...underWay])]
    if (keys.length === 0) return
    this.#keys.set(thread, keys)
    for (const key of keys) this.#threads.set(key, (this.#threads.get(key) ?? new Set()).add(thread))
  }

  forget(thread: Thread): void {
    for (const key of this.#keys.get(thread) ?? []) {
      const threads = this.#threads.get(key)
      threads?.delete(thread)
      if (threads?.size === 0) this.#threads.delete(key)
    }
    this.#keys.delete(thread)
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
