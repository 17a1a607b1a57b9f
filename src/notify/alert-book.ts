/** Which alerts are open, by key and by group. An alert's episode has an id of its own, so that history tells episodes apart. */
import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Alert, AlertRoute } from '../model/alert.ts'
import type { Acknowledgement, AlertRecord } from '../store/notification-log.ts'

export interface AlertChange {
  readonly record: AlertRecord
  /** Whether it is worth writing down. */
  readonly isNews: boolean
}

export class AlertBook {
  readonly #open = new Map<string, AlertRecord>()
  /** Over, and some receiver has not been told so. */
  readonly #ended = new Map<string, AlertRecord>()
  readonly #groups = new Map<string, Set<string>>()

  get openCount(): number {
    return this.#open.size
  }

  /** Those that are over and of which somebody must still hear included. */
  get size(): number {
    return this.#open.size + this.#ended.size
  }

  /** Undefined: the end of something that nobody knows. */
  put(alert: Alert, route: AlertRoute, nowMs: number): AlertChange | undefined {
    const known = this.#open.get(alert.key)
    if (alert.state !== 'firing') return known && { record: this.#end(known, alert, nowMs), isNews: true }
    if (known === undefined) return { record: this.#start(alert, route, nowMs), isNews: true }
    const record = { ...known, alert, route }
    this.#set(record, known)
    const isOther = known.alert.severity !== alert.severity || known.alert.stage !== alert.stage
    return { record, isNews: isOther || !isDeepStrictEqual(known.route, route) }
  }

  restore(record: AlertRecord): void {
    this.#set(record, undefined)
  }

  /** Over, and somebody must still hear of it. */
  restoreEnded(record: AlertRecord): void {
    if (!this.#open.has(record.alert.key)) this.#ended.set(record.alert.key, record)
  }

  acknowledge(record: AlertRecord, acknowledged: Acknowledgement): AlertRecord {
    const next = { ...record, acknowledged }
    this.#set(next, record)
    return next
  }

  open(key: string): AlertRecord | undefined {
    return this.#open.get(key)
  }

  /** As it is, or as it ended. */
  latest(key: string): AlertRecord | undefined {
    return this.#open.get(key) ?? this.#ended.get(key)
  }

  openById(id: string): AlertRecord | undefined {
    return [...this.#open.values()].find((record) => record.id === id)
  }

  allOpen(): IterableIterator<AlertRecord> {
    return this.#open.values()
  }

  allEnded(): IterableIterator<AlertRecord> {
    return this.#ended.values()
  }

  openOf(policyUid: string): AlertRecord[] {
    return [...this.#open.values()].filter(({ alert }) => alert.policy.uid === policyUid)
  }

  keysOfGroup(groupKey: string): ReadonlySet<string> {
    return this.#groups.get(groupKey) ?? noKeys
  }

  /** Nobody is owed a word about its end any more. */
  forgetEnded(key: string): void {
    this.#ended.delete(key)
  }

  #start(alert: Alert, route: AlertRoute, startedMs: number): AlertRecord {
    const record = { id: newEpisodeId(), alert, route, startedMs }
    this.#set(record, undefined)
    return record
  }

  /** Of what is gone nobody can say any more where it was: it ends under the labels under which it was told. */
  #end(known: AlertRecord, alert: Alert, endedMs: number): AlertRecord {
    const labels = { ...alert.labels, ...known.alert.labels }
    const record = { ...known, alert: { ...alert, labels }, endedMs }
    this.#open.delete(alert.key)
    this.#ended.set(alert.key, record)
    this.#leaveGroup(known)
    return record
  }

  #set(record: AlertRecord, previous: AlertRecord | undefined): void {
    const { key } = record.alert
    const groupKey = record.route.grouping.key
    if (previous !== undefined && previous.route.grouping.key !== groupKey) this.#leaveGroup(previous)
    this.#open.set(key, record)
    this.#ended.delete(key)
    const group = this.#groups.get(groupKey) ?? new Set()
    this.#groups.set(groupKey, group.add(key))
  }

  #leaveGroup({ alert, route }: AlertRecord): void {
    const group = this.#groups.get(route.grouping.key)
    group?.delete(alert.key)
    if (group?.size === 0) this.#groups.delete(route.grouping.key)
  }
}

const noKeys: ReadonlySet<string> = new Set()

const letters = 'abcdefghijkmnpqrstuvwxyz23456789'
const idLength = 12
/** Random bytes are drawn for many ids at a time: each draw costs more than its bytes. */
let drawn = randomBytes(0)

/** 60 random bits in 12 characters. */
function newEpisodeId(): string {
  if (drawn.length < idLength) drawn = randomBytes(256 * idLength)
  const id = Array.from(drawn.subarray(0, idLength), (byte) => letters[byte & 31]).join('')
  drawn = drawn.subarray(idLength)
  return id
}
