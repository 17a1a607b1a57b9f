import type { Content } from './encoding.ts'
import type { KubeObject } from './resource.ts'

/**
 * Somebody who wants to know about the objects of a selection. All calls are synchronous and come in the order of the
 * stream; what they throw is caught, logged and counted, and never reaches the reflector or another consumer.
 *
 * Calls should be short: events wait while one runs. A consumer that stays slower than the stream makes the server end
 * the watch; it is then resumed where it stood, or listed again, and the consumer sees the newest state instead of each step.
 */
export interface Consumer<T> {
  /** For logs and metrics; of a small fixed set. */
  readonly name: string
  /** What `project` needs of each object; `whole` by default. */
  readonly content?: Content
  /**
   * What to keep of an object; everything else is forgotten. `raw` is the object's JSON, or its protobuf where fields are
   * enough, and valid during the call only: a consumer that wants bytes copies them. `key` is the one that the object is kept
   * under; a consumer that wants it keeps that one text. When this throws, what was kept before stays.
   */
  project(object: KubeObject, raw: Buffer, key: string): T
  onChange?(change: Change<T>): void
  /** The first complete state is there; everything in it was told by `onChange` before. */
  onSynced?(): void
}

/** A deletion carries what was kept last, as `value` and `previous`. */
export type Change<T> =
  | { readonly type: 'added'; readonly key: string; readonly value: T }
  | { readonly type: 'updated'; readonly key: string; readonly value: T; readonly previous: T }
  | { readonly type: 'deleted'; readonly key: string; readonly value: T; readonly previous: T }

/** What a consumer has. Keys are `namespace/name`, or `name` for objects without namespace. */
export interface Subscription<T> {
  get(key: string): T | undefined
  has(key: string): boolean
  entries(): IterableIterator<[string, T]>
  values(): IterableIterator<T>
  readonly size: number
  readonly isSynced: boolean
  /** Resolves when the first complete state is there; rejects with the signal's reason, or when the subscription is stopped. */
  whenSynced(signal: AbortSignal): Promise<void>
  stop(): void
}
