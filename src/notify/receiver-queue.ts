/**
 * Everything that one receiver is to hear. What is said is decided at the moment it can be sent, so a message is never
 * older than its sending: what waited and is over meanwhile is not told at all. A receiver that hangs delays nobody else.
 *
 * Rate: a token for each message. Where more incidents begin than tokens are there at once, one digest tells of them all.
 * Failure: the whole receiver pauses (Retry-After, or a growing time); what was refused for itself alone waits by itself.
 */
import { randomUUID } from 'node:crypto'
import { Backoff } from '../base/backoff.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { DueQueue } from '../base/due-queue.ts'
import type { Logger } from '../base/log.ts'
import type { Alert, ReceiverReference, ReceiverUse } from '../model/alert.ts'
import type { AlertRecord, DeliveryRecord, LogEntry } from '../store/notification-log.ts'
import type { AlertBook } from './alert-book.ts'
import { ToldNodes } from './inhibition.ts'
import type { LogWriter } from './log-writer.ts'
import type { Gates, Mute } from './mute.ts'
import type { Delivery, DeliveryFailure, FailedDelivery } from './notifier.ts'
import { type Plan, planThread } from './planner.ts'
import type { Receiver } from './receivers.ts'
import { sendOnce } from './send-once.ts'
import { digestGroupKey, newThread, receiverKey, restoredThread, type Thread, threadKey } from './thread.ts'
import { TokenBucket } from './token-bucket.ts'

export interface QueueOptions {
  readonly reference: ReceiverReference
  /** As it is now; undefined while it cannot be used: then everything waits. */
  readonly receiver: () => Receiver | undefined
  readonly book: AlertBook
  readonly writer: LogWriter
  readonly clock: Clock
  readonly logger: Logger
  readonly clusterName: string | undefined
  /** Whether it is up to this process to tell people, at this moment. */
  readonly mayTell: () => boolean
  readonly isSilenced: (alert: Alert) => boolean
  readonly describe: (alert: Alert) => Alert | undefined
  readonly observe: (result: 'sent' | DeliveryFailure) => void
  /** What the receiver knows of these alerts has changed. */
  readonly onTold: (alertKeys: readonly string[]) => void
}

/** Messages of different incidents that may be under way to one receiver at a time. */
const mostUnderWay = 4
const retryBackoff = { initialMs: 500, maximumMs: 60_000 }
const refusedBackoff = { initialMs: 10_000, maximumMs: 600_000 }
/** While this process may not tell, it looks again this often. */
const lookAgainMs = 250

export class ReceiverQueue {
  readonly #options: QueueOptions
  readonly #threads = new Map<string, Thread>()
  readonly #due = new DueQueue()
  /** Due now, in the order in which they became so. */
  readonly #ready = new Set<string>()
  /** Why a thread is held back. */
  readonly #muted = new Map<string, Mute['because']>()
  /** Alerts that a digest speaks of, and which. */
  readonly #digested = new Map<string, string>()
  readonly #toldNodes = new ToldNodes()
  readonly #sending = new Set<Promise<void>>()
  readonly #abort = new AbortController()
  readonly #backoff: Backoff
  #bucket: TokenBucket | undefined
  #pausedUntilMs = 0
  #timer: Timer | undefined
  #isOpen = false
  #dropped = 0

  constructor(options: QueueOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.clock, retryBackoff)
  }

  /** Takes up what an earlier process told. */
  restore(thread: Thread): void {
    this.#threads.set(thread.key, thread)
    for (const key of thread.members ?? []) this.#digested.set(key, thread.key)
    this.#noteNodes(thread.record?.told ?? [])
    this.#due.set(thread.key, 0)
  }

  /** A delivery whose end nobody knows: it is made again, as its channel promises. */
  resume(delivery: DeliveryRecord): void {
    const thread = this.#threads.get(delivery.threadKey) ?? pendingThread(delivery)
    if (thread === undefined) return
    thread.pending = delivery
    this.restore(thread)
  }

  /** From here on it sends. */
  open(): void {
    this.#isOpen = true
    this.#pump()
  }

  /** Nothing is sent until it is opened again. */
  pause(): void {
    this.#isOpen = false
    this.#timer?.cancel()
  }

  /** Something about an alert changed. */
  touch(groupKey: string, alertKey: string, use: ReceiverUse): void {
    const digest = this.#digested.get(alertKey)
    if (digest !== undefined) return this.#touchThread(digest)
    const key = threadKey(groupKey, use)
    if (!this.#threads.has(key)) this.#threads.set(key, newThread(groupKey, use, this.#options.clock.nowMs()))
    this.#touchThread(key)
  }

  /** Whoever was told of an alert is to hear of its end, wherever its route goes now. */
  touchKnowing(alertKey: string): void {
    for (const { key, record } of this.#threads.values()) if (record?.told.includes(alertKey)) this.#touchThread(key)
  }

  /** An alert came that there was no room for. */
  drop(): void {
    this.#dropped += 1
  }

  /** Silences changed, or hours, or what a route says: everything is looked at again. */
  recheck(): void {
    for (const key of this.#threads.keys()) this.#touchThread(key)
  }

  /** The receiver came or changed: what it refused may be taken now. */
  receiverChanged(): void {
    this.#backoff.reset()
    this.#pausedUntilMs = 0
    this.#bucket = undefined
    for (const thread of this.#threads.values()) thread.failures = 0
    this.recheck()
  }

  /** What it was told of an alert. */
  toldOf(alertKey: string, groupKey: string): { firstMs: number; lastMs: number; reminders: number } | undefined {
    const digest = this.#digested.get(alertKey)
    for (const { groupKey: own, key, record } of this.#threads.values()) {
      const isMeant = digest === undefined ? own === groupKey : key === digest
      if (isMeant && record?.told.includes(alertKey)) {
        return { firstMs: record.firstToldMs, lastMs: record.lastToldMs, reminders: record.reminders }
      }
    }
    return undefined
  }

  /** Whether it has still to be told that this alert is over. */
  knows(alertKey: string, groupKey: string): boolean {
    return this.toldOf(alertKey, groupKey) !== undefined
  }

  get waiting(): number {
    return this.#ready.size + this.#sending.size
  }

  /** Everything that must be known after a restart. */
  presentState(): LogEntry[] {
    return [...this.#threads.values()].flatMap(({ record, pending }): LogEntry[] => [
      ...(record === undefined ? [] : [{ type: 'thread' as const, record }]),
      ...(pending === undefined ? [] : [{ type: 'delivery' as const, record: pending }]),
    ])
  }

  /** The receiver was deleted: nobody there remembers anything. */
  forget(): LogEntry[] {
    const entries = [...this.#threads.values()].flatMap(({ record }): LogEntry[] =>
      record === undefined ? [] : [{ type: 'threadEnd', key: record.key }],
    )
    this.#threads.clear()
    this.#digested.clear()
    this.#ready.clear()
    this.#due.clear()
    return entries
  }

  /** Resolves when nothing is ready or under way. */
  async drained(): Promise<void> {
    while (this.#sending.size > 0) await Promise.all(this.#sending)
  }

  async stop(): Promise<void> {
    this.#isOpen = false
    this.#timer?.cancel()
    this.#abort.abort()
    await Promise.all(this.#sending)
  }

  #touchThread(key: string): void {
    this.#due.delete(key)
    this.#ready.add(key)
    this.#pump()
  }

  #isPumping = false

  /** Sends what can be sent, and sets the timer for what comes next. */
  #pump(): void {
    if (!this.#isOpen || this.#isPumping) return
    this.#isPumping = true
    this.#timer?.cancel()
    const waitMs = this.#work()
    this.#isPumping = false
    this.#wakeIn(waitMs)
  }

  /** Gives how long to wait where something is ready and cannot go now. */
  #work(): number | undefined {
    const { clock, mayTell, receiver: receiverNow } = this.#options
    for (;;) {
      this.#gatherDue()
      const thread = this.#nextReady()
      const receiver = receiverNow()
      if (thread === undefined || receiver === undefined || this.#sending.size >= mostUnderWay) return undefined
      if (!mayTell()) return lookAgainMs
      const pauseMs = this.#pausedUntilMs - clock.monotonicMs()
      if (pauseMs > 0) return pauseMs
      const waitMs = this.#advance(thread, receiver)
      if (waitMs > 0) return waitMs
    }
  }

  #gatherDue(): void {
    const nowMs = this.#options.clock.nowMs()
    for (let key = this.#due.take(nowMs); key !== undefined; key = this.#due.take(nowMs)) this.#ready.add(key)
  }

  #nextReady(): Thread | undefined {
    for (const key of this.#ready) {
      const thread = this.#threads.get(key)
      if (thread === undefined) this.#ready.delete(key)
      else if (!thread.isUnderWay) return thread
    }
    return undefined
  }

  /** One thread a step further. Gives how long the bucket is empty; 0 when it went on. */
  #advance(thread: Thread, receiver: Receiver): number {
    const plan = this.#plan(thread, receiver)
    if (plan.do === 'wait' || plan.do === 'end') {
      this.#settle(thread, plan)
      return 0
    }
    this.#bucket ??= new TokenBucket(receiver.notifier.rate, this.#options.clock.monotonicMs())
    const { waitMs } = this.#bucket.take(this.#options.clock.monotonicMs())
    if (waitMs > 0) return waitMs
    const [speaker, word] = this.#digestOf(thread, plan, receiver)
    this.#ready.delete(speaker.key)
    this.#muted.delete(speaker.key)
    this.#start(speaker, word, receiver)
    return 0
  }

  #plan(thread: Thread, receiver: Receiver): Plan {
    const { book, clock, clusterName, describe } = this.#options
    return planThread(thread, {
      ...{ clusterName, describe, nowMs: clock.nowMs(), dropped: this.#dropped },
      gates: this.#gates(receiver),
      members: this.#membersOf(thread, receiver),
      latest: (key) => book.latest(key),
      refreshMs: receiver.notifier.refreshMs,
    })
  }

  #gates({ hours }: Receiver): Gates {
    return {
      isInhibited: (alert) => this.#toldNodes.isCauseOf(alert),
      isSilenced: this.#options.isSilenced,
      heldUntilMs: hours.heldUntilMs,
    }
  }

  #membersOf(thread: Thread, { hours }: Receiver): AlertRecord[] {
    const { book } = this.#options
    const keys = thread.members ?? book.keysOfGroup(thread.groupKey)
    return [...keys].flatMap((key) => {
      const record = book.open(key)
      if (record === undefined || !hours.takes(record.alert)) return []
      if (thread.members !== undefined) return [record]
      return this.#digested.has(key) || !isRoutedTo(record, thread.use) ? [] : [record]
    })
  }

  #settle(thread: Thread, plan: Extract<Plan, { do: 'wait' | 'end' }>): void {
    this.#ready.delete(thread.key)
    this.#muted.delete(thread.key)
    if (plan.do === 'end') {
      this.#threads.delete(thread.key)
      return
    }
    if (plan.because !== undefined) this.#muted.set(thread.key, plan.because)
    if (plan.untilMs !== undefined) this.#due.set(thread.key, plan.untilMs)
  }

  /** Where too many incidents begin at once, one word for all of them. */
  #digestOf(thread: Thread, plan: Exclude<Plan, { do: 'wait' | 'end' }>, receiver: Receiver): [Thread, typeof plan] {
    if (plan.do !== 'send' || plan.delivery.reason !== 'first' || thread.pending !== undefined) return [thread, plan]
    const { burst } = receiver.notifier.rate
    const beginning = this.#beginning(thread.use, receiver)
    if (beginning.length <= burst) return [thread, plan]
    const digest = this.#gatherDigest(thread.use, beginning)
    const word = this.#plan(digest, receiver)
    return word.do === 'send' ? [digest, word] : [thread, plan]
  }

  /** Ready threads of the same place whose first word can go now. */
  #beginning(use: ReceiverUse, receiver: Receiver): Thread[] {
    return [...this.#ready].flatMap((key) => {
      const thread = this.#threads.get(key)
      if (thread === undefined || thread.record !== undefined || thread.pending !== undefined) return []
      if (thread.isUnderWay || thread.use.slackChannel !== use.slackChannel) return []
      return this.#plan(thread, receiver).do === 'send' ? [thread] : []
    })
  }

  #gatherDigest(use: ReceiverUse, threads: readonly Thread[]): Thread {
    const receiver = this.#options.receiver()
    const keys = threads.flatMap((thread) =>
      receiver === undefined ? [] : this.#membersOf(thread, receiver).map(({ alert }) => alert.key),
    )
    const groupKey = digestGroupKey(randomUUID())
    const digest = { ...newThread(groupKey, use, this.#options.clock.nowMs()), members: new Set(keys) }
    for (const thread of threads) {
      this.#threads.delete(thread.key)
      this.#ready.delete(thread.key)
    }
    this.#threads.set(digest.key, digest)
    for (const key of keys) this.#digested.set(key, digest.key)
    return digest
  }

  #start(thread: Thread, plan: Exclude<Plan, { do: 'wait' | 'end' }>, receiver: Receiver): void {
    thread.isUnderWay = true
    const work = plan.do === 'refresh' ? this.#refresh(thread, plan, receiver) : this.#deliver(thread, plan, receiver)
    const sending = work.finally(() => {
      this.#sending.delete(sending)
      thread.isUnderWay = false
      this.#pump()
    })
    this.#sending.add(sending)
  }

  /** Idempotent, and soon made again: not worth a line in the log. */
  async #refresh(thread: Thread, { message }: Extract<Plan, { do: 'refresh' }>, receiver: Receiver): Promise<void> {
    const { clock } = this.#options
    const steps = { run: async (_name: string, call: () => Promise<Readonly<Record<string, string>>>) => call() }
    const context = { signal: this.#abort.signal, incident: thread.record?.data ?? {}, steps }
    const result = await receiver.notifier.notify(message, context)
    thread.lastSentMs = clock.nowMs()
    if (!result.sent) this.#pause(result)
    this.#ready.add(thread.key)
  }

  async #deliver(thread: Thread, { delivery }: Extract<Plan, { do: 'send' }>, { notifier }: Receiver): Promise<void> {
    const { writer, clock, mayTell } = this.#options
    const remember = (record: DeliveryRecord) => writer.commit([{ type: 'delivery', record }])
    if (!(await remember(delivery))) return
    this.#ready.add(thread.key)
    if (!mayTell() || this.#abort.signal.aborted) {
      thread.pending = delivery
      return
    }
    const dropped = this.#dropped
    const incident = thread.record?.data ?? {}
    const sent = await sendOnce({ notifier, delivery, incident, remember, clock, signal: this.#abort.signal })
    if (sent.delivery.sent) this.#dropped -= dropped
    this.#remember(thread, sent.delivery, sent.record)
  }

  #remember(thread: Thread, result: Delivery, record: DeliveryRecord): void {
    const endedMs = this.#options.clock.nowMs()
    this.#options.observe(result.sent ? 'sent' : result.reason)
    if (result.sent) this.#rememberSent(thread, result.incident, { ...record, state: 'sent', endedMs })
    else this.#rememberFailed(thread, result, record, endedMs)
  }

  #rememberSent(thread: Thread, data: Readonly<Record<string, string>> | undefined, delivery: DeliveryRecord): void {
    const { writer, onTold } = this.#options
    const before = thread.record?.told ?? []
    this.#backoff.reset()
    thread.failures = 0
    thread.pending = undefined
    thread.lastSentMs = this.#options.clock.nowMs()
    const { after } = delivery
    thread.record = after ? { ...after, data: data ?? thread.record?.data ?? {} } : undefined
    const entry: LogEntry =
      thread.record === undefined
        ? { type: 'threadEnd', key: thread.key }
        : { type: 'thread', record: { ...thread.record } }
    writer.append([{ type: 'delivery', record: delivery }, entry])
    const now = thread.record?.told ?? []
    this.#toldChanged(thread, before, now)
    onTold([...new Set([...before, ...now])])
  }

  #toldChanged(thread: Thread, before: readonly string[], now: readonly string[]): void {
    const gone = before.filter((key) => !now.includes(key))
    for (const key of gone) if (this.#digested.get(key) === thread.key) this.#digested.delete(key)
    if (thread.record === undefined && thread.members !== undefined) this.#threads.delete(thread.key)
    this.#noteNodes(now)
    const { book } = this.#options
    const lifted = gone.filter((key) => {
      const alert = book.latest(key)?.alert
      return alert !== undefined && this.#toldNodes.remove(alert)
    })
    if (lifted.length === 0) return
    for (const [key, because] of this.#muted) if (because === 'inhibited') this.#ready.add(key)
  }

  #noteNodes(keys: readonly string[]): void {
    for (const key of keys) {
      const alert = this.#options.book.latest(key)?.alert
      if (alert !== undefined) this.#toldNodes.add(alert)
    }
  }

  #rememberFailed(thread: Thread, failure: FailedDelivery, record: DeliveryRecord, endedMs: number): void {
    const { writer, clock, logger, reference } = this.#options
    const { reason, message } = failure
    const failed: DeliveryRecord = { ...record, state: 'failed', endedMs, failure: { reason, message } }
    // What may have arrived stays intended in the log, so that a restart finishes it as the channel promises.
    const isOpen = failure.mayHaveArrived === true
    writer.append([{ type: 'delivery', record: isOpen ? record : failed }])
    thread.pending = isOpen ? record : undefined
    thread.failures += 1
    this.#pause(failure)
    const waitMs = failure.retry ? 0 : refusedWaitMs(thread.failures)
    this.#ready.delete(thread.key)
    this.#due.set(thread.key, clock.nowMs() + waitMs)
    const fields = { kind: 'AlertReceiver', namespace: reference.namespace, name: reference.name }
    logger.error({ ...fields, reason, error: message, thread: thread.key }, 'Message not delivered')
  }

  #pause({ retry, reason, retryAfterMs }: FailedDelivery): void {
    if (!retry && reason !== 'auth') return
    const waitMs = Math.max(retryAfterMs ?? 0, this.#backoff.nextMs())
    this.#pausedUntilMs = this.#options.clock.monotonicMs() + waitMs
  }

  #wakeIn(waitMs: number | undefined): void {
    const { clock } = this.#options
    const first = this.#due.first()
    const times = [waitMs, first === undefined ? undefined : first.atMs - clock.nowMs()].filter(
      (ms) => ms !== undefined,
    )
    if (times.length === 0 || !this.#isOpen) return
    this.#timer = clock.after(Math.min(Math.max(0, ...[Math.min(...times)]), longestTimerMs), () => this.#pump())
  }
}

/** Timers count in 32 bits of milliseconds. */
const longestTimerMs = 24 * 60 * 60_000

function isRoutedTo({ route }: AlertRecord, use: ReceiverUse): boolean {
  return route.receivers.some((one) => receiverKey(one) === receiverKey(use) && one.slackChannel === use.slackChannel)
}

/** Of a first word that a crash cut short. */
function pendingThread({ after, receiver, threadKey: key, intendedMs }: DeliveryRecord): Thread | undefined {
  if (after === undefined) return undefined
  if (after === null) return { ...newThread(key, receiver, intendedMs), key }
  return { ...restoredThread(after), record: undefined }
}

function refusedWaitMs(failures: number): number {
  const { initialMs, maximumMs } = refusedBackoff
  return Math.min(maximumMs, initialMs * 2 ** Math.min(failures - 1, 20))
}
