/** The threads of one receiver: which are due, which are held back and why, and what the receiver knows. It sends nothing. */
import { randomUUID } from 'node:crypto'
import { DueQueue } from '../base/due-queue.ts'
import type { Grouping, ReceiverUse } from '../model/alert.ts'
import type { AlertRecord, DeliveryRecord, LogEntry, ThreadRecord } from '../store/notification-log.ts'
import type { AlertBook } from './alert-book.ts'
import { Claims } from './claims.ts'
import { ToldNodes } from './inhibition.ts'
import type { Mute } from './mute.ts'
import type { Plan } from './planner.ts'
import { ReadyThreads } from './ready-threads.ts'
import type { ReceiverHours } from './receivers.ts'
import {
  digestGroupKey,
  digestTimes,
  newsNotBeforeMs,
  newThread,
  receiverKey,
  restoredThread,
  setThreadBack,
  supersededThread,
  type Thread,
  threadKey,
} from './thread.ts'

interface Now {
  readonly nowMs: number
  readonly takes: ReceiverHours['takes']
}

export class ThreadBoard {
  readonly toldNodes = new ToldNodes()
  readonly #book: AlertBook
  readonly #threads = new Map<string, Thread>()
  readonly #due = new DueQueue()
  /** Due now, in the order in which they became so. */
  readonly #ready = new ReadyThreads()
  /** Why a thread is held back. */
  readonly #muted = new Map<string, Mute['because']>()
  /** Which digest speaks of an alert, by the place that it speaks at and the alert. */
  readonly #digested = new Map<string, string>()
  readonly #claims = new Claims()

  constructor(book: AlertBook) {
    this.#book = book
  }

  get size(): number {
    return this.#threads.size
  }

  /** When the next thread is due, of those that are not ready. */
  get nextDueMs(): number | undefined {
    return this.#due.first()?.atMs
  }

  /** Takes up what an earlier process told; beside what this one told already, where it began without knowing. */
  takeUp(record: ThreadRecord): void {
    const isBusy = this.#hasBegun(record.key)
    this.#restore(isBusy ? supersededThread(record) : restoredThread(record))
  }

  /** A delivery whose end nobody knows. */
  resume(delivery: DeliveryRecord): void {
    const { threadKey: key } = delivery
    if (this.#hasBegun(key, delivery.message.incident)) return
    const thread = this.#threads.get(key) ?? pendingThread(delivery)
    if (thread === undefined) return
    thread.pending = delivery
    this.#restore(thread)
  }

  /** Whether this process has said something there, in another incident. */
  #hasBegun(key: string, incident?: string): boolean {
    const thread = this.#threads.get(key)
    if (thread === undefined) return false
    const { record, pending, isUnderWay } = thread
    if (incident !== undefined && record?.incident === incident) return false
    return record !== undefined || pending !== undefined || isUnderWay
  }

  #restore(thread: Thread): void {
    this.#threads.set(thread.key, thread)
    for (const key of thread.members ?? []) this.#digested.set(digestKey(thread.use, key), thread.key)
    this.#claims.note(thread)
    this.#noteNodes(thread.record?.told ?? [])
    this.#ready.add(thread)
  }

  /** An alert has waited since it began, whoever was there to see it. */
  touchAlert({ alert, route, startedMs }: AlertRecord, use: ReceiverUse, now: Now): void {
    const digest = this.#threads.get(this.#digested.get(digestKey(use, alert.key)) ?? '')
    const key = digest?.key ?? threadKey(route.grouping.key, use)
    const thread = this.#threads.get(key) ?? newThread(route.grouping.key, use, Math.min(startedMs, now.nowMs))
    this.#threads.set(key, thread)
    this.#touchForNews(thread, now)
  }

  touchKnowing(alertKey: string, now: Now): void {
    for (const thread of this.#claims.threadsOf(alertKey)) this.#touchForNews(thread, now)
  }

  /**
   * Where nothing new may be said yet the whole thread is not looked at for each of its alerts: a storm would cost the square
   * of its size. What is over as a whole waits for nothing.
   */
  #touchForNews(thread: Thread, { takes, nowMs }: Now): void {
    const member = this.#anyMember(thread, takes)
    const notBeforeMs = member === undefined ? nowMs : newsNotBeforeMs(thread, timesOf(thread, member))
    if (thread.pending !== undefined || notBeforeMs <= nowMs) this.touch(thread.key)
    else if (!this.#ready.has(thread)) this.#due.setEarlier(thread.key, notBeforeMs)
  }

  touchAll(): void {
    for (const key of this.#threads.keys()) this.touch(key)
  }

  /** The wall clock was set back. */
  setBack(byMs: number): void {
    for (const thread of this.#threads.values()) setThreadBack(thread, byMs)
    this.touchAll()
  }

  /** To be looked at as soon as it may be. */
  touch(key: string): void {
    const thread = this.#threads.get(key)
    if (thread === undefined) return
    if (thread.notBeforeMs > 0) this.#due.set(key, thread.notBeforeMs)
    else {
      this.#due.delete(key)
      this.#ready.add(thread)
    }
  }

  /** Not before this time, whatever happens. */
  postpone(thread: Thread, atMs: number): void {
    thread.notBeforeMs = atMs
    this.#ready.delete(thread)
    this.#due.set(thread.key, atMs)
  }

  resetFailures(): void {
    for (const thread of this.#threads.values()) Object.assign(thread, { failures: 0, notBeforeMs: 0 })
  }

  /** Forgets threads of an alert's group that have nothing to say and nothing to remember, also while nobody looks at them. */
  dropIdle({ alert, route }: AlertRecord, use: ReceiverUse): void {
    const thread = this.#threads.get(threadKey(route.grouping.key, use))
    if (thread === undefined || thread.record !== undefined || thread.pending !== undefined || thread.isUnderWay) return
    const others = this.#book.keysOfGroup(thread.groupKey)
    if (others.size === 0 || (others.size === 1 && others.has(alert.key))) this.#drop(thread)
  }

  toldOf(alertKey: string): { firstMs: number; lastMs: number; reminders: number } | undefined {
    const record = this.#claims.threadsOf(alertKey).find((thread) => thread.record?.told.includes(alertKey))?.record
    if (record === undefined) return undefined
    return { firstMs: record.firstToldMs, lastMs: record.lastToldMs, reminders: record.reminders }
  }

  knows(alertKey: string): boolean {
    return this.#claims.threadsOf(alertKey).length > 0
  }

  presentState(): LogEntry[] {
    return [...this.#threads.values()].flatMap(({ record, pending }): LogEntry[] => [
      ...(record === undefined ? [] : [{ type: 'thread' as const, record }]),
      ...(pending === undefined ? [] : [{ type: 'delivery' as const, record: pending }]),
    ])
  }

  /** Gives what the log has to forget. */
  clear(nowMs: number): LogEntry[] {
    const threads = [...this.#threads.values()]
    const parts = [this.#threads, this.#claims, this.#digested, this.#ready, this.#due, this.#muted, this.toldNodes]
    for (const part of parts) part.clear()
    return threads.flatMap(({ record, pending }): LogEntry[] => [
      ...(record === undefined ? [] : [{ type: 'threadEnd' as const, key: record.key }]),
      ...(pending === undefined ? [] : [{ type: 'delivery' as const, record: givenUpBecauseGone(pending, nowMs) }]),
    ])
  }

  /** The first thread that is due and not under way, of the places where something may be said. */
  nextReady(nowMs: number, mayGoTo: (place: string) => boolean): Thread | undefined {
    for (let key = this.#due.take(nowMs); key !== undefined; key = this.#due.take(nowMs)) this.#becomeReady(key)
    return this.#ready.first(mayGoTo)
  }

  #becomeReady(key: string): void {
    const thread = this.#threads.get(key)
    if (thread === undefined) return
    thread.notBeforeMs = 0
    this.#ready.add(thread)
  }

  /** Open alerts that a thread may speak of. */
  membersOf(thread: Thread, takes: ReceiverHours['takes']): AlertRecord[] {
    const keys = thread.members ?? this.#book.keysOfGroup(thread.groupKey)
    return [...keys].flatMap((key) => this.#memberOf(thread, key, takes) ?? [])
  }

  #anyMember(thread: Thread, takes: ReceiverHours['takes']): AlertRecord | undefined {
    for (const key of thread.members ?? this.#book.keysOfGroup(thread.groupKey)) {
      const record = this.#memberOf(thread, key, takes)
      if (record !== undefined) return record
    }
    return undefined
  }

  #memberOf(thread: Thread, key: string, takes: ReceiverHours['takes']): AlertRecord | undefined {
    const record = this.#book.open(key)
    if (record === undefined || !takes(record.alert) || !isRoutedTo(record, thread.use)) return undefined
    const digest = this.#digested.get(digestKey(thread.use, key))
    return digest === (thread.members === undefined ? undefined : thread.key) ? record : undefined
  }

  /** The thread has nothing to say now. */
  settle(thread: Thread, plan: Extract<Plan, { do: 'wait' | 'end' }>): void {
    if (plan.do === 'end') {
      this.#drop(thread)
      return
    }
    this.#ready.delete(thread)
    this.#muted.delete(thread.key)
    if (plan.because !== undefined) this.#muted.set(thread.key, plan.because)
    if (plan.untilMs !== undefined) this.#due.set(thread.key, plan.untilMs)
  }

  /** What the thread is about to say; the receiver may know of these alerts from here on. */
  speaks(thread: Thread, alertKeys: readonly string[]): void {
    this.#ready.speaks(thread)
    this.#muted.delete(thread.key)
    this.#claims.note(thread, alertKeys)
  }

  /** Ready threads of the same place that have said nothing yet; none where there are no more than `atMost`. */
  beginning(use: ReceiverUse, atMost: number): Thread[] {
    if (this.#ready.countAt(use) <= atMost) return []
    const isBeginning = ({ record, pending, isUnderWay }: Thread) =>
      record === undefined && pending === undefined && !isUnderWay
    const beginning = this.#ready.at(use).filter(isBeginning)
    return beginning.length > atMost ? beginning : []
  }

  /** One thread in place of many, for their alerts of this moment. */
  digest(threads: readonly Thread[], use: ReceiverUse, now: Now): Thread {
    const members = new Set(threads.flatMap((one) => this.membersOf(one, now.takes).map(({ alert }) => alert.key)))
    const digest = { ...newThread(digestGroupKey(randomUUID()), use, now.nowMs), members }
    for (const thread of threads) this.#drop(thread)
    this.#threads.set(digest.key, digest)
    for (const key of members) this.#digested.set(digestKey(use, key), digest.key)
    return digest
  }

  /** A message arrived, or is known not to have: `before` is what the receiver knew until now. */
  noteTold(thread: Thread, before: readonly string[]): void {
    const now = new Set(thread.record?.told)
    const gone = before.filter((key) => !now.has(key))
    for (const key of gone) this.#leaveDigest(thread, key)
    this.#claims.note(thread)
    const isOver = thread.record === undefined && thread.pending === undefined && before.length > 0
    if (isOver && thread.members !== undefined) this.#drop(thread)
    this.#noteNodes(now)
    if (gone.filter((key) => this.#forgetNode(key)).length > 0) this.#touchInhibited()
  }

  /** The one way out: nothing anywhere keeps its key. */
  #drop(thread: Thread): void {
    this.#threads.delete(thread.key)
    this.#ready.delete(thread)
    this.#due.delete(thread.key)
    this.#muted.delete(thread.key)
    for (const key of thread.members ?? []) this.#leaveDigest(thread, key)
  }

  #leaveDigest({ key: digest, use }: Thread, alertKey: string): void {
    const key = digestKey(use, alertKey)
    if (this.#digested.get(key) === digest) this.#digested.delete(key)
  }

  #noteNodes(keys: Iterable<string>): void {
    for (const key of keys) {
      const alert = this.#book.latest(key)?.alert
      if (alert !== undefined) this.toldNodes.add(alert)
    }
  }

  #forgetNode(key: string): boolean {
    const alert = this.#book.latest(key)?.alert
    return alert !== undefined && this.toldNodes.remove(alert)
  }

  #touchInhibited(): void {
    for (const [key, because] of this.#muted) if (because === 'inhibited') this.touch(key)
  }
}

function givenUpBecauseGone(delivery: DeliveryRecord, endedMs: number): DeliveryRecord {
  const failure = { reason: 'client', message: 'the receiver was deleted' }
  return { ...delivery, state: 'failed', endedMs, failure }
}

function digestKey({ slackChannel = '' }: ReceiverUse, alertKey: string): string {
  return `${slackChannel}|${alertKey}`
}

function isRoutedTo({ route }: AlertRecord, use: ReceiverUse): boolean {
  return route.receivers.some((one) => receiverKey(one) === receiverKey(use) && one.slackChannel === use.slackChannel)
}

/** Of a first word that a crash cut short. */
function pendingThread({ after, receiver, threadKey: key, intendedMs }: DeliveryRecord): Thread | undefined {
  if (after === undefined) return undefined
  if (after === null) return { ...newThread(key, receiver, intendedMs), key }
  return { ...restoredThread(after), record: undefined }
}

function timesOf({ members }: Thread, { route }: AlertRecord): Pick<Grouping, 'waitMs' | 'intervalMs'> {
  return members === undefined ? route.grouping : digestTimes
}
