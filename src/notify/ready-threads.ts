/**
 * Threads that may say something now, by the place that they say it at. Places take turns, so that one with much to say
 * delays no other for long; at one place threads go in the order in which they became ready.
 */
import type { ReceiverUse } from '../model/alert.ts'
import type { Thread } from './thread.ts'

export class ReadyThreads {
  /** By place, by the key of the thread. The place that spoke last is the last. */
  readonly #places = new Map<string, Map<string, Thread>>()

  add(thread: Thread): void {
    const place = placeOf(thread.use)
    const threads = this.#places.get(place) ?? new Map()
    this.#places.set(place, threads.set(thread.key, thread))
  }

  has({ key, use }: Thread): boolean {
    return this.#places.get(placeOf(use))?.has(key) === true
  }

  delete({ key, use }: Thread): void {
    const place = placeOf(use)
    const threads = this.#places.get(place)
    threads?.delete(key)
    if (threads?.size === 0) this.#places.delete(place)
  }

  /** It speaks: the next turn of its place comes after those of all others. */
  speaks(thread: Thread): void {
    this.delete(thread)
    const place = placeOf(thread.use)
    const others = this.#places.get(place)
    if (others === undefined) return
    this.#places.delete(place)
    this.#places.set(place, others)
  }

  clear(): void {
    this.#places.clear()
  }

  /** Those of one place. */
  at(use: ReceiverUse): readonly Thread[] {
    return [...(this.#places.get(placeOf(use))?.values() ?? [])]
  }

  countAt(use: ReceiverUse): number {
    return this.#places.get(placeOf(use))?.size ?? 0
  }

  /** The first that is not under way, of the places where something may be said. */
  first(mayGoTo: (place: string) => boolean): Thread | undefined {
    for (const [place, threads] of this.#places) {
      const thread = firstFree(threads)
      if (thread !== undefined && mayGoTo(place)) return thread
    }
    return undefined
  }
}

function firstFree(threads: ReadonlyMap<string, Thread>): Thread | undefined {
  for (const thread of threads.values()) if (!thread.isUnderWay) return thread
  return undefined
}

/** Of one receiver: its own, or the Slack channel that a use of it names. */
export function placeOf({ slackChannel = '' }: ReceiverUse): string {
  return slackChannel
}
