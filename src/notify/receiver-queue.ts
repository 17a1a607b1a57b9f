/**
 * Everything that one receiver is to hear. What is said is decided at the moment it can be sent, so a message is never
 * older than its sending: what waited and is over meanwhile is not told at all. A receiver that hangs delays nobody else.
 *
 * Rate: a token for each message, of the place where it is said and of all places together. Where more incidents begin at a place
 * than it has tokens, one digest tells of them all.
 * Failure: the whole receiver pauses (Retry-After, or a growing time), or a place alone where it says so; what was refused for
 * itself alone waits by itself.
 */
import { Backoff } from '../base/backoff.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Alert, ReceiverReference, ReceiverUse } from '../model/alert.ts'
import type { AlertRecord, DeliveryRecord, LogEntry, ThreadRecord } from '../store/notification-log.ts'
import type { AlertBook } from './alert-book.ts'
import type { LogWriter } from './log-writer.ts'
import type { Gates } from './mute.ts'
import type { Delivery, DeliveryFailure, FailedDelivery, IncidentData } from './notifier.ts'
import { type Plan, planThread } from './planner.ts'
import { RateLimits } from './rate-limits.ts'
import { placeOf } from './ready-threads.ts'
import { atAnyHour, type Receiver } from './receivers.ts'
import { sendOnce, tryOnce, unloggedSteps } from './send-once.ts'
import { type Thread, toldBy } from './thread.ts'
import { ThreadBoard } from './thread-board.ts'
import { WallClock } from './wall-clock.ts'

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
  readonly isSuspended: (alert: Alert) => boolean
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
/** The wall clock may be set at any time: so often it is looked at. */
const longestTimerMs = 60_000

type Word = Exclude<Plan, { do: 'wait' | 'end' }>

export class ReceiverQueue {
  /** What the receiver knows, to be asked by the pipeline. */
  readonly board: ThreadBoard
  readonly #options: QueueOptions
  readonly #sending = new Set<Promise<void>>()
  readonly #abort = new AbortController()
  readonly #backoff: Backoff
  readonly #wallClock: WallClock
  #limits: RateLimits | undefined
  #pausedUntilMs = 0
  #timer: Timer | undefined
  #isOpen = false
  #isPumping = false
  #isPumpingSoon = false
  #dropped = 0

  get reference(): ReceiverReference {
    return this.#options.reference
  }

  constructor(options: QueueOptions) {
    this.#options = options
    this.board = new ThreadBoard(options.book)
    this.#backoff = new Backoff(options.clock, retryBackoff)
    this.#wallClock = new WallClock(options.clock)
  }

  /** What an earlier process told. */
  takeUp(record: ThreadRecord): void {
    this.board.takeUp(toldBy(record, this.#options.clock.nowMs()))
    this.#pump()
  }

  /** A delivery of an earlier process whose end nobody knows. */
  resume(delivery: DeliveryRecord): void {
    this.board.resume(delivery)
    this.#pump()
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
  touch(record: AlertRecord, use: ReceiverUse): void {
    this.#followClock()
    this.board.touchAlert(record, use, this.#now())
    if (record.endedMs !== undefined) this.board.dropIdle(record, use)
    this.#pumpSoon()
  }

  /** Whoever was told of an alert is to hear of its end, wherever its route goes now. */
  touchKnowing(alertKey: string): void {
    this.#followClock()
    this.board.touchKnowing(alertKey, this.#now())
    this.#pumpSoon()
  }

  /** An alert came that there was no room for. */
  drop(): void {
    this.#dropped += 1
  }

  /** Silences changed, or hours, or what a route says: everything is looked at again. */
  recheck(): void {
    this.board.touchAll()
    this.#pump()
  }

  /** The receiver came or changed: what it refused may be taken now. */
  receiverChanged(): void {
    this.#backoff.reset()
    this.#pausedUntilMs = 0
    this.#limits = undefined
    this.board.resetFailures()
    this.recheck()
  }

  /** Resolves when nothing is under way. */
  async drained(): Promise<void> {
    await Promise.resolve()
    while (this.#sending.size > 0) await Promise.all(this.#sending)
  }

  /** The receiver was deleted: what is under way is given up; gives what the log has to forget. */
  async forget(): Promise<LogEntry[]> {
    await this.stop()
    return this.board.clear(this.#options.clock.nowMs())
  }

  async stop(): Promise<void> {
    this.pause()
    this.#abort.abort()
    await Promise.all(this.#sending)
  }

  /** Once for all that changes in one turn. */
  #pumpSoon(): void {
    if (this.#isPumpingSoon) return
    this.#isPumpingSoon = true
    queueMicrotask(() => {
      this.#isPumpingSoon = false
      this.#pump()
    })
  }

  /** Sends what can be sent, and sets the timer for what comes next. */
  #pump(): void {
    if (!this.#isOpen || this.#isPumping) return
    this.#isPumping = true
    this.#timer?.cancel()
    this.#followClock()
    const waitMs = this.#work()
    this.#isPumping = false
    if (this.#mayBegin()) this.#wakeIn(waitMs)
  }

  /** Where nothing may, no time of day changes that: the receiver does, or a delivery that ends, and both pump. */
  #mayBegin(): boolean {
    return this.#options.receiver() !== undefined && this.#sending.size < mostUnderWay
  }

  #now() {
    const { clock, receiver } = this.#options
    return { nowMs: clock.nowMs(), takes: (receiver()?.hours ?? atAnyHour).takes }
  }

  #followClock(): void {
    const setBackMs = this.#wallClock.takeSetBackMs()
    if (setBackMs > 0) this.board.setBack(setBackMs)
  }

  /** Gives how long to wait where something is ready and cannot go now. */
  #work(): number | undefined {
    const { clock, mayTell, receiver: receiverNow } = this.#options
    for (;;) {
      const receiver = receiverNow()
      if (receiver === undefined || this.#sending.size >= mostUnderWay) return undefined
      const { thread, waitMs } = this.#nextReady(receiver)
      if (thread === undefined) return waitMs
      if (!mayTell()) return lookAgainMs
      const pausedMs = this.#pausedUntilMs - clock.monotonicMs()
      if (pausedMs > 0) return pausedMs
      this.#advance(thread, receiver)
    }
  }

  /** The first thread that may go out now; where others wait for a token, how long. So what waits need not be composed. */
  #nextReady({ notifier }: Receiver): { thread: Thread | undefined; waitMs: number | undefined } {
    const { clock } = this.#options
    const nowMs = clock.monotonicMs()
    this.#limits ??= new RateLimits(notifier, nowMs)
    const limits = this.#limits
    let waitMs: number | undefined
    const thread = this.board.nextReady(clock.nowMs(), (place) => {
      const emptyMs = limits.emptyForMs(place, nowMs)
      if (emptyMs > 0) waitMs = Math.min(waitMs ?? emptyMs, emptyMs)
      return emptyMs === 0
    })
    return { thread, waitMs }
  }

  #wakeIn(waitMs: number | undefined): void {
    const { clock } = this.#options
    const dueMs = this.board.nextDueMs
    const times = [waitMs, dueMs === undefined ? undefined : dueMs - clock.nowMs()].filter((ms) => ms !== undefined)
    if (times.length === 0 || !this.#isOpen) return
    const delayMs = Math.min(Math.max(0, Math.min(...times)), longestTimerMs)
    this.#timer = clock.after(delayMs, () => this.#pump())
  }

  /** One thread a step further. */
  #advance(thread: Thread, receiver: Receiver): void {
    const plan = this.#plan(thread, receiver)
    if (plan.do === 'wait' || plan.do === 'end') {
      this.board.settle(thread, plan)
      return
    }
    this.#limits?.take(placeOf(thread.use), this.#options.clock.monotonicMs())
    const [speaker, word] = this.#digestOf(thread, plan, receiver)
    this.#start(speaker, word, receiver)
  }

  #plan(thread: Thread, receiver: Receiver): Plan {
    const { book, clock, clusterName, describe } = this.#options
    return planThread(thread, {
      ...{ clusterName, describe, nowMs: clock.nowMs(), dropped: this.#dropped },
      gates: this.#gates(receiver),
      members: this.board.membersOf(thread, receiver.hours.takes),
      latest: (key) => book.latest(key),
      refreshMs: receiver.notifier.refreshMs,
      mostAlerts: receiver.notifier.mostAlerts,
    })
  }

  #gates({ hours }: Receiver): Gates {
    return {
      isSuspended: this.#options.isSuspended,
      isInhibited: (alert) => this.board.toldNodes.isCauseOf(alert),
      isSilenced: this.#options.isSilenced,
      heldUntilMs: hours.heldUntilMs,
    }
  }

  /** Where too many incidents begin at once, one word for all of them. */
  #digestOf(thread: Thread, plan: Word, receiver: Receiver): [Thread, Word] {
    const isFirst = plan.do === 'send' && plan.delivery.reason === 'first' && thread.pending === undefined
    // A program that is told again and again is told of each incident by itself, however many there are.
    if (!isFirst || receiver.notifier.refreshMs !== undefined) return [thread, plan]
    const { burst } = receiver.notifier.rate
    const ready = this.board.beginning(thread.use, burst)
    const beginning = ready.filter((one) => this.#plan(one, receiver).do === 'send')
    if (beginning.length <= burst) return [thread, plan]
    const now = { takes: receiver.hours.takes, nowMs: this.#options.clock.nowMs() }
    const digest = this.board.digest(beginning, thread.use, now)
    return [digest, this.#plan(digest, receiver) as Word]
  }

  #start(thread: Thread, word: Word, receiver: Receiver): void {
    thread.isUnderWay = true
    this.board.speaks(thread, word.do === 'send' ? (word.delivery.after?.told ?? []) : [])
    const work =
      word.do === 'send' ? this.#deliver(thread, word.delivery, receiver) : this.#refresh(thread, word, receiver)
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
    const incident = thread.record?.data ?? {}
    const context = { incident, steps: unloggedSteps, clock, signal: this.#abort.signal }
    const result = await tryOnce(receiver.notifier, message, context)
    thread.lastSentMs = clock.nowMs()
    if (!result.sent) this.#pauseAfter(thread, result)
    this.board.touch(thread.key)
  }

  async #deliver(thread: Thread, delivery: DeliveryRecord, { notifier }: Receiver): Promise<void> {
    const { writer, clock, mayTell } = this.#options
    const remember = (record: DeliveryRecord) => writer.commit([{ type: 'delivery', record }])
    if (!(await remember(delivery))) return
    this.board.touch(thread.key)
    if (!mayTell() || !this.#isOpen || this.#abort.signal.aborted) {
      thread.pending = delivery
      this.board.noteTold(thread, thread.record?.told ?? [])
      return
    }
    const incident = thread.record?.data ?? {}
    const sent = await sendOnce({ notifier, delivery, incident, remember, clock, signal: this.#abort.signal })
    if (sent.delivery.sent) this.#dropped = Math.max(0, this.#dropped - (delivery.message.dropped ?? 0))
    this.#remember(thread, sent.delivery, sent.record)
  }

  #remember(thread: Thread, result: Delivery, record: DeliveryRecord): void {
    const endedMs = this.#options.clock.nowMs()
    this.#options.observe(result.sent ? 'sent' : result.reason)
    if (result.sent && result.note !== undefined) this.#noteTrouble(result.note)
    if (result.sent) this.#rememberSent(thread, result.incident, { ...record, state: 'sent', endedMs })
    else this.#rememberFailed(thread, result, { ...record, endedMs })
  }

  #noteTrouble(note: string): void {
    const { logger, reference } = this.#options
    const { namespace, name } = reference
    logger.warn({ kind: 'AlertReceiver', namespace, name, trouble: note }, 'Message delivered, not all of it')
  }

  #rememberSent(thread: Thread, data: IncidentData | undefined, delivery: DeliveryRecord): void {
    const { writer, onTold, clock } = this.#options
    const { record: before } = thread
    const { after, ...finished } = delivery
    this.#backoff.reset()
    thread.failures = 0
    thread.pending = undefined
    const nowMs = clock.nowMs()
    thread.lastSentMs = nowMs
    thread.record = after ? { ...toldBy(after, nowMs), data: data ?? before?.data ?? {} } : undefined
    writer.append([{ type: 'delivery', record: finished }, threadEntry(thread)])
    this.board.noteTold(thread, before?.told ?? [])
    onTold([...new Set([...(before?.told ?? []), ...(thread.record?.told ?? [])])])
  }

  /** What may have arrived stays intended in the log, so that a restart finishes it as the channel promises. */
  #rememberFailed(thread: Thread, failure: FailedDelivery, delivery: DeliveryRecord): void {
    const { writer, clock, onTold } = this.#options
    const { reason, message } = failure
    const { endedMs: _endedMs, ...open } = delivery
    const isOpen = mayHaveArrived(delivery, failure)
    const record: DeliveryRecord = isOpen ? open : { ...delivery, state: 'failed', failure: { reason, message } }
    writer.append([{ type: 'delivery', record }])
    thread.pending = isOpen ? record : undefined
    thread.failures += 1
    this.board.noteTold(thread, thread.record?.told ?? [])
    if (!isOpen) onTold(record.after?.told ?? [])
    this.#pauseAfter(thread, failure)
    this.board.postpone(thread, clock.nowMs() + (failure.retry ? 0 : refusedWaitMs(thread.failures)))
    this.#logFailure(thread, failure)
  }

  #logFailure(thread: Thread, { reason, message }: FailedDelivery): void {
    const { logger, reference } = this.#options
    const fields = { kind: 'AlertReceiver', namespace: reference.namespace, name: reference.name }
    logger.error({ ...fields, reason, error: message, thread: thread.key }, 'Message not delivered')
  }

  #pauseAfter({ use }: Thread, { retry, reason, retryAfterMs, isOfPlace }: FailedDelivery): void {
    if (!retry && reason !== 'auth') return
    const nowMs = this.#options.clock.monotonicMs()
    const untilMs = nowMs + Math.max(retryAfterMs ?? 0, this.#backoff.nextMs())
    if (isOfPlace === true && this.#limits?.pause(placeOf(use), untilMs, nowMs) === true) return
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs)
  }
}

/** An earlier try that may have arrived is not made undone by a later one that did not; only a message that is refused itself ends. */
function mayHaveArrived({ message }: DeliveryRecord, { mayHaveArrived, retry, reason }: FailedDelivery): boolean {
  return mayHaveArrived === true || (message.isPossibleRepeat && (retry || reason === 'auth'))
}

function threadEntry({ key, record }: Thread): LogEntry {
  return record === undefined ? { type: 'threadEnd', key } : { type: 'thread', record }
}

function refusedWaitMs(failures: number): number {
  const { initialMs, maximumMs } = refusedBackoff
  return Math.min(maximumMs, initialMs * 2 ** Math.min(failures - 1, 20))
}
