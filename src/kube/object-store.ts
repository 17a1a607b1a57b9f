import type { Arrival, ConsumerFeed } from './consumer-feed.ts'
import { type KubeObject, objectKey } from './resource.ts'
import { isOlderResourceVersion } from './resource-version.ts'
import { fingerprint, type ObjectEvent } from './watch-event.ts'

/** What is remembered of an object: enough to tell a change from a repeat, and a replacement from a change. */
interface Entry {
  readonly uid: string
  readonly resourceVersion: string
  /** Of the content: after an etcd restore, uid and resourceVersion can both come again with other content. */
  readonly fingerprint: number
  /** The last complete state in which it was seen. */
  seenInSync: number
}

export interface SyncResult {
  readonly added: number
  readonly updated: number
  readonly deleted: number
  readonly unchanged: number
}

// biome-ignore lint/suspicious/noExplicitAny: feeds of different projections live side by side
export type AnyFeed = ConsumerFeed<any>

/**
 * The objects of one selection as the stream last told them, and the feeds that hear of each difference. A complete state
 * (from a list, or from the first part of a watch) is gathered beside the live one and swapped in at once; only
 * what differs by content is told.
 */
export class ObjectStore {
  readonly #entries = new Map<string, Entry>()
  readonly #feeds: ReadonlySet<AnyFeed>
  #syncNumber = 0
  #staged = new Map<string, Entry>()
  #participants: AnyFeed[] = []
  #arrivals = 0

  constructor(feeds: ReadonlySet<AnyFeed>) {
    this.#feeds = feeds
  }

  get size(): number {
    return this.#entries.size
  }

  /** Hands an object of a late consumer's own list to that consumer. */
  stageListed(feed: AnyFeed, object: KubeObject, raw: Buffer): void {
    const key = objectKey(object.metadata)
    const known = this.#entries.get(key)
    const isAsStreamed = known?.uid === object.metadata.uid && known.fingerprint === fingerprint(raw)
    feed.stageListed({ key, object, raw }, isAsStreamed)
  }

  /** Applies an event of the live stream. False: a repeat of what is known, or older. */
  apply(event: ObjectEvent): boolean {
    return event.type === 'DELETED' ? this.#remove(event.object) : this.#put(event)
  }

  /** Starts gathering a complete state for all feeds that are there now. */
  beginSync(): void {
    this.#syncNumber += 1
    this.#staged = new Map()
    this.#arrivals = 0
    this.#participants = [...this.#feeds]
    for (const feed of this.#participants) feed.beginStage()
  }

  /** Lets a feed that came meanwhile take part, as long as it has missed nothing. */
  admit(feed: AnyFeed): void {
    if (this.#arrivals > 0) return
    this.#participants.push(feed)
    feed.beginStage()
  }

  stage(object: KubeObject, raw: Buffer): void {
    this.#arrivals += 1
    const key = objectKey(object.metadata)
    const content = fingerprint(raw)
    const known = this.#entries.get(key)
    const isKnown = known !== undefined && known.uid === object.metadata.uid && known.fingerprint === content
    if (isKnown) known.seenInSync = this.#syncNumber
    if (isKnown) this.#staged.delete(key)
    else this.#staged.set(key, entryOf(object, content, this.#syncNumber))
    for (const feed of this.#participants) this.#stageFor(feed, { key, object, raw }, isKnown)
  }

  unstage(object: KubeObject): void {
    const key = objectKey(object.metadata)
    this.#staged.delete(key)
    const known = this.#entries.get(key)
    if (known !== undefined) known.seenInSync = 0
    for (const feed of this.#participants) feed.unstage(key)
  }

  /** Swaps the gathered state in and tells the differences. */
  commitSync(): SyncResult {
    const gone = this.#keysNotSeen()
    const replaced = this.#keysReplaced()
    const updated = [...this.#staged.keys()].filter((key) => this.#entries.has(key)).length
    const added = this.#staged.size - updated
    for (const key of gone) this.#entries.delete(key)
    for (const [key, entry] of this.#staged) this.#entries.set(key, entry)
    const result = { added, updated, deleted: gone.length, unchanged: this.#entries.size - added - updated }
    this.#staged = new Map()
    const participants = this.#participants
    this.#participants = []
    for (const feed of participants) feed.commit({ gone, replaced })
    return result
  }

  /** The kind itself is gone, and every object with it. Feeds that never saw a state still wait for one. */
  clear(): void {
    this.#entries.clear()
    for (const feed of this.#feeds) feed.clear()
  }

  #put({ object, raw }: ObjectEvent): boolean {
    const key = objectKey(object.metadata)
    const content = fingerprint(raw)
    const known = this.#entries.get(key)
    const isSame = known !== undefined && known.uid === object.metadata.uid
    if (isSame && known.fingerprint === content) return false
    if (isSame && isOlderResourceVersion(object.metadata.resourceVersion, known.resourceVersion)) return false
    this.#entries.set(key, entryOf(object, content, this.#syncNumber))
    for (const feed of this.#feeds) feed.update({ key, object, raw }, known !== undefined && !isSame)
    return true
  }

  #remove(object: KubeObject): boolean {
    const key = objectKey(object.metadata)
    const known = this.#entries.get(key)
    if (known !== undefined && known.uid !== object.metadata.uid) return false
    for (const feed of this.#feeds) if (known !== undefined || feed.needs(key)) feed.remove(key)
    return this.#entries.delete(key)
  }

  #stageFor(feed: AnyFeed, arrival: Arrival, isKnown: boolean): void {
    if (isKnown && !feed.needs(arrival.key)) feed.unstage(arrival.key)
    else feed.stage(arrival)
  }

  #keysNotSeen(): string[] {
    const gone: string[] = []
    for (const [key, entry] of this.#entries) {
      if (entry.seenInSync !== this.#syncNumber && !this.#staged.has(key)) gone.push(key)
    }
    return gone
  }

  #keysReplaced(): Set<string> {
    const replaced = new Set<string>()
    for (const [key, entry] of this.#staged) {
      const known = this.#entries.get(key)
      if (known !== undefined && known.uid !== entry.uid) replaced.add(key)
    }
    return replaced
  }
}

function entryOf(object: KubeObject, content: number, syncNumber: number): Entry {
  const { uid, resourceVersion } = object.metadata
  return { uid, resourceVersion, fingerprint: content, seenInSync: syncNumber }
}
