import { OperatorError } from '../base/errors.ts'
import type { Change, Consumer, Subscription } from './consumer.ts'
import type { Content } from './encoding.ts'
import type { KubeObject } from './resource.ts'

/** An object on its way to the consumers: parsed once for all of them. */
export interface Arrival {
  readonly key: string
  readonly object: KubeObject
  readonly raw: Buffer
}

/** What a complete state takes away: keys that are gone, and keys whose object was replaced by another of the same name. */
export interface Removals {
  readonly gone: readonly string[]
  readonly replaced: ReadonlySet<string>
}

type Listed = Pick<KubeObject['metadata'], 'uid' | 'resourceVersion'>

export interface FeedOptions {
  /** Told of what the consumer's functions throw. */
  readonly onConsumerError: (consumer: string, error: unknown) => void
  readonly onStop: () => void
}

/**
 * One consumer's side of a reflector: its projections, and the guard around its functions. Until the first complete state
 * is committed nothing is visible; what arrives is gathered in `#staged`. A state gathered later, during a re-list, is
 * likewise invisible until its commit, so that a consumer never sees half a list.
 */
export class ConsumerFeed<T> implements Subscription<T> {
  readonly #consumer: Consumer<T>
  readonly #options: FeedOptions
  #values = new Map<string, T>()
  #staged = new Map<string, T>()
  /** Keys that the live stream spoke of while a late joiner's list was still coming: newer than the list. */
  #touched = new Set<string>()
  /**
   * Each object that came from a late joiner's list and is not what the stream told last. The stream's next word about it
   * counts, or the next complete state.
   */
  readonly #ahead = new Map<string, Listed>()
  #replacedAhead = new Set<string>()
  #isSynced = false
  #isStopped = false
  #waiters = new Set<() => void>()

  constructor(consumer: Consumer<T>, options: FeedOptions) {
    this.#consumer = consumer
    this.#options = options
  }

  get name(): string {
    return this.#consumer.name
  }

  get content(): Content {
    return this.#consumer.content ?? 'whole'
  }

  get size(): number {
    return this.#values.size
  }

  get isSynced(): boolean {
    return this.#isSynced
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  get(key: string): T | undefined {
    return this.#values.get(key)
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  entries(): IterableIterator<[string, T]> {
    return this.#values.entries()
  }

  values(): IterableIterator<T> {
    return this.#values.values()
  }

  whenSynced(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        if (!this.#isSynced && !this.#isStopped && !signal.aborted) return
        signal.removeEventListener('abort', settle)
        this.#waiters.delete(settle)
        if (this.#isSynced) resolve()
        else
          reject(
            this.#isStopped
              ? new OperatorError('SHUTTING_DOWN', `${this.name}: the subscription was stopped`)
              : signal.reason,
          )
      }
      this.#waiters.add(settle)
      signal.addEventListener('abort', settle, { once: true })
      settle()
    })
  }

  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#options.onStop()
    this.#settleWaiters()
  }

  /** A complete state is about to be gathered. */
  beginStage(): void {
    this.#staged = new Map()
    this.#touched = new Set()
    this.#replacedAhead = new Set()
    if (!this.#isSynced) this.#ahead.clear()
  }

  stage(arrival: Arrival): void {
    if (this.#isOtherThanListed(arrival)) this.#replacedAhead.add(arrival.key)
    this.#project(arrival, (value) => this.#staged.set(arrival.key, value))
  }

  unstage(key: string): void {
    this.#staged.delete(key)
    this.#replacedAhead.delete(key)
  }

  /** From the list of a late joiner: whatever the live stream said meanwhile is newer. */
  stageListed(arrival: Arrival, isAsStreamed: boolean): void {
    if (this.#touched.has(arrival.key)) return
    this.stage(arrival)
    if (!isAsStreamed) this.#ahead.set(arrival.key, arrival.object.metadata)
  }

  /** Whether a complete state has to bring this object even though the stream told of no change. */
  needs(key: string): boolean {
    return !this.#isSynced || this.#ahead.has(key)
  }

  /** The list of a late joiner is whole. */
  commitListed(): void {
    this.#commit({ gone: [], replaced: new Set() })
  }

  /** Makes the gathered state visible, all of it before the first change is told. */
  commit(removals: Removals): void {
    const unseen = [...this.#ahead.keys()].filter((key) => !this.#staged.has(key))
    this.#ahead.clear()
    const replaced = new Set([...removals.replaced, ...this.#replacedAhead])
    this.#commit({ gone: [...removals.gone, ...unseen], replaced })
  }

  #commit(removals: Removals): void {
    const changes: Change<T>[] = []
    for (const key of removals.gone) this.#take(key, changes)
    for (const key of removals.replaced) this.#take(key, changes)
    for (const [key, value] of this.#staged) this.#put(key, value, changes)
    const isFirst = !this.#isSynced
    this.#isSynced = true
    this.beginStage()
    for (const change of changes) this.#tell(change)
    if (isFirst) this.#announce()
  }

  /** An event of the live stream. */
  update(arrival: Arrival, isReplaced: boolean): void {
    const isOther = isReplaced || this.#isOtherThanListed(arrival)
    const isAsListed = this.#isAsListed(arrival)
    this.#ahead.delete(arrival.key)
    if (!this.#isSynced) {
      this.#touched.add(arrival.key)
      this.stage(arrival)
      return
    }
    if (isAsListed) return
    const changes: Change<T>[] = []
    if (isOther) this.#take(arrival.key, changes)
    this.#project(arrival, (value) => this.#put(arrival.key, value, changes))
    for (const change of changes) this.#tell(change)
  }

  remove(key: string): void {
    this.#ahead.delete(key)
    if (!this.#isSynced) {
      this.#touched.add(key)
      this.unstage(key)
      return
    }
    const changes: Change<T>[] = []
    this.#take(key, changes)
    for (const change of changes) this.#tell(change)
  }

  /** All objects are gone. */
  clear(): void {
    for (const key of [...this.#values.keys(), ...this.#staged.keys()]) this.remove(key)
  }

  #isOtherThanListed({ key, object }: Arrival): boolean {
    const uid = this.#ahead.get(key)?.uid
    return uid !== undefined && uid !== object.metadata.uid
  }

  /** The stream has come as far as the list was: nothing new. */
  #isAsListed({ key, object }: Arrival): boolean {
    const listed = this.#ahead.get(key)
    return listed?.uid === object.metadata.uid && listed.resourceVersion === object.metadata.resourceVersion
  }

  #project({ key, object, raw }: Arrival, use: (value: T) => void): void {
    let value: T
    try {
      value = this.#consumer.project(object, raw, key)
    } catch (error) {
      this.#options.onConsumerError(this.name, error)
      return
    }
    use(value)
  }

  #put(key: string, value: T, changes: Change<T>[]): void {
    const previous = this.#values.get(key)
    if (previous !== undefined || this.#values.has(key)) {
      changes.push({ type: 'updated', key, value, previous: previous as T })
    } else changes.push({ type: 'added', key, value })
    this.#values.set(key, value)
  }

  #take(key: string, changes: Change<T>[]): void {
    if (!this.#values.has(key)) return
    const previous = this.#values.get(key) as T
    this.#values.delete(key)
    changes.push({ type: 'deleted', key, value: previous, previous })
  }

  #tell(change: Change<T>): void {
    if (this.#isStopped) return
    this.#guard(() => this.#consumer.onChange?.(change))
  }

  #announce(): void {
    this.#guard(() => this.#consumer.onSynced?.())
    this.#settleWaiters()
  }

  #settleWaiters(): void {
    for (const settle of [...this.#waiters]) settle()
  }

  /** An async function fits the signature too: what it rejects with must not end the process either. */
  #guard(call: () => unknown): void {
    try {
      const result = call()
      if (result instanceof Promise) result.catch((error) => this.#options.onConsumerError(this.name, error))
    } catch (error) {
      this.#options.onConsumerError(this.name, error)
    }
  }
}
