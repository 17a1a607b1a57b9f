/** How often one receiver may be sent to: at each of its places, and at all of them together. */
import type { Rate } from './notifier.ts'
import { TokenBucket } from './token-bucket.ts'

export class RateLimits {
  readonly #rate: Rate
  readonly #total: TokenBucket | undefined
  /** A place that has been quiet until its bucket was full again needs none. */
  readonly #places = new Map<string, TokenBucket>()

  /** Until when nothing may be said at a place. */
  readonly #pauses = new Map<string, number>()

  constructor({ rate, totalRate }: { readonly rate: Rate; readonly totalRate?: Rate }, nowMs: number) {
    this.#rate = rate
    this.#total = totalRate === undefined ? undefined : new TokenBucket(totalRate, nowMs)
  }

  /** How long nothing may be said there; 0: something may. `nowMs` is of a clock that never goes back. */
  emptyForMs(place: string, nowMs: number): number {
    const pausedMs = (this.#pauses.get(place) ?? 0) - nowMs
    return Math.max(this.#total?.emptyForMs(nowMs) ?? 0, this.#places.get(place)?.emptyForMs(nowMs) ?? 0, pausedMs)
  }

  /** Nothing is said there until then. False where another place is paused too: then it may well be meant for all. */
  pause(place: string, untilMs: number, nowMs: number): boolean {
    for (const [known, endMs] of this.#pauses) if (endMs <= nowMs) this.#pauses.delete(known)
    this.#pauses.set(place, Math.max(untilMs, this.#pauses.get(place) ?? 0))
    return this.#pauses.size === 1
  }

  /** Something is said there. */
  take(place: string, nowMs: number): void {
    this.#total?.take(nowMs)
    const bucket = this.#places.get(place) ?? this.#add(place, nowMs)
    bucket.take(nowMs)
  }

  /** Of how many places something is kept. */
  get placeCount(): number {
    return this.#places.size
  }

  #add(place: string, nowMs: number): TokenBucket {
    for (const [known, bucket] of this.#places) if (bucket.isFull(nowMs)) this.#places.delete(known)
    const bucket = new TokenBucket(this.#rate, nowMs)
    this.#places.set(place, bucket)
    return bucket
  }
}
