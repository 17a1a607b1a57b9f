/**
 * From alerts to messages. An alert comes in by `put` and passes, at each receiver of its route:
 *
 *     route -> suspend -> inhibit -> silence -> hours -> group -> decide -> rate -> retry -> remember
 *
 * `alert-book.ts` knows what is open and which group it belongs to; a `ReceiverQueue` for each receiver holds the threads;
 * `planner.ts` says what a thread has to say (`mute.ts` holds back, `decide.ts` gives the reason); the queue obeys the rate,
 * tries again, and remembers: the intent before a message goes out, its result after.
 *
 * Only a leader tells. What was told is in the notification log, so the next leader goes on where this one ends.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Alert, AlertRoute, ReceiverReference } from '../model/alert.ts'
import type {
  Acknowledgement,
  AlertRecord,
  LogEntry,
  LogState,
  NotificationLog,
  OutboxEntry,
  WriteResult,
} from '../store/notification-log.ts'
import { AlertBook } from './alert-book.ts'
import { timeText } from './compose.ts'
import { Facts, settingOf } from './facts.ts'
import { LogWriter } from './log-writer.ts'
import type { PipelineMetrics } from './pipeline-metrics.ts'
import { ReceiverQueue } from './receiver-queue.ts'
import type { Receivers } from './receivers.ts'
import { takeOverInTime } from './take-over.ts'
import { isOwed, stop, type Term } from './term.ts'
import { receiverKey } from './thread.ts'

export interface PipelineOptions {
  readonly log: NotificationLog
  readonly receivers: Receivers
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: PipelineMetrics
  readonly clusterName: string | undefined
  /** Takes what no receiver is named for. */
  readonly ownConsole: ReceiverReference
  /** Whether it is up to this process to tell people, at this moment. */
  readonly mayTell: () => boolean
  readonly isSilenced: (alert: Alert) => boolean
  /** An open alert as it is now; undefined where that cannot be said: it is not reminded of. */
  readonly describe: (alert: Alert) => Alert | undefined
  /** What was posted to the outbox and may not be in it yet: it goes into a log that was away, before anything that rests on it. */
  readonly unshipped: () => readonly OutboxEntry[]
  /** What people know of a policy's alerts has changed. */
  readonly onTold: (policyUid: string) => void
  /** A log that could not be read at the start was read now: more is open than was known. Whoever judges looks again. */
  readonly onLateStart: () => void
  /** The log can be written no longer, with why; or it can again. */
  readonly onDegraded: (why: string | undefined) => void
  readonly onFenced: () => void
}

/** Open alerts; what comes beyond is counted and told as a number. */
const mostOpenAlerts = 100_000
const stoppedSetting = 'stopped'
const neverAborted = new AbortController().signal

/** What people know of an alert. */
export interface ToldSummary {
  readonly firstMs: number
  readonly lastMs: number
  readonly reminders: number
}

export class Pipeline {
  readonly #options: PipelineOptions
  /** Uids of policies that rest. */
  readonly #suspended = new Set<string>()
  #term: Term | undefined

  constructor(options: PipelineOptions) {
    this.#options = options
    options.receivers.onChange((reference) => this.retryReceiver(reference))
  }

  /**
   * Takes up what the log knows. Where it cannot be read for a while, alerts wait no longer: what it knows is taken up when it
   * can be. Rejects where another process has a higher epoch or the log is of a newer version, and when the signal is aborted.
   */
  async lead(epoch: number, signal: AbortSignal = neverAborted): Promise<void> {
    const { log, clock } = this.#options
    const taken = await takeOverInTime(log, epoch, { clock, signal })
    const writer = this.#newWriter(epoch)
    const parts = { writer, book: new AlertBook(), queues: new Map(), facts: new Facts(writer) }
    const term: Term = { ...parts, isOpen: false, isStopped: false }
    this.#term = term
    if ('state' in taken) this.#takeUp(term, taken.state)
    else writer.beginWithout(taken.unreadable)
  }

  /** The cluster has been seen once: from here on people are told. */
  open(): void {
    const term = this.#term
    if (term === undefined || term.isOpen) return
    term.isOpen = true
    if (!term.isStopped) for (const queue of term.queues.values()) queue.open()
  }

  /** Whether people are told. */
  get isOpen(): boolean {
    return this.#term?.isOpen === true
  }

  /** Why the log cannot be written; undefined where it can. */
  get logProblem(): string | undefined {
    return this.#term?.writer.degraded
  }

  get isLeading(): boolean {
    return this.#term !== undefined
  }

  /** Another process tells now: everything is forgotten. */
  async follow(): Promise<void> {
    const term = this.#term
    this.#term = undefined
    if (term === undefined) return
    await Promise.all([...term.queues.values()].map((queue) => queue.stop()))
    term.writer.stop()
  }

  put(alert: Alert, route: AlertRoute): void {
    const term = this.#term
    if (term === undefined) return
    if (this.#isFull(term, alert)) {
      this.#drop(term, this.#routed(route))
      return
    }
    const change = term.book.put(alert, this.#routed(route), this.#options.clock.nowMs())
    if (change === undefined) return
    if (change.isNews) term.writer.append([{ type: 'alert', record: change.record }])
    this.#touch(term, change.record)
  }

  /** A policy's alerts go elsewhere from now on, or are grouped or repeated otherwise. */
  reroute(policyUid: string, routeOf: (alert: Alert) => AlertRoute): void {
    for (const { alert, route } of this.#term?.book.openOf(policyUid) ?? []) {
      const next = this.#routed(routeOf(alert))
      if (!isDeepStrictEqual(route, next)) this.put(alert, next)
    }
  }

  /** Of a policy that rests nothing is told, no end and no second try either; what there is to say then is said when that is over. */
  setSuspended(policyUid: string, isSuspended: boolean): void {
    if (isSuspended) this.#suspended.add(policyUid)
    else if (this.#suspended.delete(policyUid)) this.recheck()
  }

  /** What was open when this process took over, and still is. */
  openAlerts(policyUid: string): readonly Alert[] {
    return (this.#term?.book.openOf(policyUid) ?? []).map(({ alert }) => alert)
  }

  allOpenAlerts(): readonly AlertRecord[] {
    return [...(this.#term?.book.allOpen() ?? [])]
  }

  /** Ends alerts of policies that went while nobody looked. */
  closeOrphans(isKnown: (policyUid: string) => boolean): void {
    const uids = new Set(this.allOpenAlerts().map(({ alert }) => alert.policy.uid))
    for (const uid of uids) if (!isKnown(uid)) this.policyGone(uid)
  }

  /** Ends whatever is still open of a policy that was deleted. */
  policyGone(policyUid: string): void {
    const at = timeText(this.#options.clock.nowMs())
    for (const { alert, route } of this.#term?.book.openOf(policyUid) ?? []) {
      const title = `${alert.object.kind} ${alert.object.name}: the policy was deleted, so its alert ends`
      this.put({ ...alert, state: 'closed', title, lines: [`it was: ${alert.title}`], at }, route)
    }
    this.setSuspended(policyUid, false)
  }

  toldOf(alertKey: string): ToldSummary | undefined {
    const queues = [...(this.#term?.queues.values() ?? [])]
    const tellings = queues.flatMap((queue) => queue.board.toldOf(alertKey) ?? [])
    if (tellings.length === 0) return undefined
    return {
      firstMs: Math.min(...tellings.map(({ firstMs }) => firstMs)),
      lastMs: Math.max(...tellings.map(({ lastMs }) => lastMs)),
      reminders: Math.max(...tellings.map(({ reminders }) => reminders)),
    }
  }

  /** No reminders until something new happens. Undefined: no such open alert. */
  acknowledge(id: string, acknowledged: Acknowledgement): AlertRecord | undefined {
    const term = this.#term
    const known = term?.book.openById(id)
    if (term === undefined || known === undefined) return undefined
    const record = term.book.acknowledge(known, acknowledged)
    term.writer.append([{ type: 'alert', record }])
    this.#touch(term, record)
    return record
  }

  /** Silences or hours changed. */
  recheck(): void {
    for (const queue of this.#term?.queues.values() ?? []) queue.recheck()
  }

  /** The receiver came or changed, or what it refused may be taken now. */
  retryReceiver(reference: ReceiverReference): void {
    this.#term?.queues.get(receiverKey(reference))?.receiverChanged()
  }

  /** Receivers that were deleted while nobody led. */
  forgetMissingReceivers(): void {
    const { receivers, ownConsole } = this.#options
    for (const { reference } of [...(this.#term?.queues.values() ?? [])]) {
      const isOwn = receiverKey(reference) === receiverKey(ownConsole)
      if (!isOwn && !receivers.isKnown(reference)) this.forgetReceiver(reference)
    }
  }

  /** The receiver was deleted. */
  forgetReceiver(reference: ReceiverReference): void {
    const term = this.#term
    const key = receiverKey(reference)
    const queue = term?.queues.get(key)
    if (term === undefined || queue === undefined) return
    term.queues.delete(key)
    void queue.forget().then((entries) => {
      term.writer.append(entries)
      const ended = [...term.book.allEnded()].map(({ alert }) => alert.key)
      for (const alertKey of ended) if (!isOwed(term, alertKey)) term.book.forgetEnded(alertKey)
    })
  }

  /** Keeps a small fact for the next process; undefined forgets it. It is written after everything that was put before. */
  remember(name: string, value: string | undefined): void {
    this.#term?.facts.set(name, value)
  }

  /** What was remembered under names that begin so. */
  recall(prefix: string): ReadonlyMap<string, string> {
    return this.#term?.facts.named(prefix) ?? new Map()
  }

  get isStopped(): boolean {
    return this.#term?.isStopped === true
  }

  /** Stopped: nothing is told until it is started again; over restarts too. Resolves when that is written down. */
  async setStopped(isStopped: boolean): Promise<void> {
    const term = this.#term
    if (term === undefined || term.isStopped === isStopped) return
    term.isStopped = isStopped
    for (const queue of term.queues.values()) {
      if (isStopped) queue.pause()
      else if (term.isOpen) queue.open()
    }
    await term.writer.commit([settingOf(stoppedSetting, isStopped ? 'true' : undefined)])
  }

  /**
   * Records for the crash history, before anything that follows from them. Where the log is `away` only the caller has them; see
   * `unshipped`. Who does not lead is `fenced`.
   */
  async postOutbox(entries: readonly OutboxEntry[]): Promise<WriteResult> {
    const posts = entries.map(({ id, value }): LogEntry => ({ type: 'outbox', id, value }))
    return (await this.#term?.writer.write(posts)) ?? 'fenced'
  }

  /** The crash history has them. */
  async endOutbox(ids: readonly string[]): Promise<WriteResult> {
    return (await this.#term?.writer.write(ids.map((id) => ({ type: 'outboxEnd', id })))) ?? 'fenced'
  }

  /** What is held in memory. */
  get size(): { readonly alerts: number; readonly threads: number } {
    const threads = [...(this.#term?.queues.values() ?? [])].reduce((sum, queue) => sum + queue.board.size, 0)
    return { alerts: this.#term?.book.size ?? 0, threads }
  }

  /** Resolves when all that happened so far is written down; where the log is away: when it is kept for it. */
  async remembered(): Promise<void> {
    await this.#term?.writer.commit([])
  }

  /** Resolves when nothing is on its way to people. */
  async drained(): Promise<void> {
    await Promise.all([...(this.#term?.queues.values() ?? [])].map((queue) => queue.drained()))
  }

  #newWriter(epoch: number): LogWriter {
    const presentState = () => this.#presentState()
    const takeUp = (state: LogState) => this.#takeUpLate(state)
    return new LogWriter({ ...this.#options, presentState, takeUp }, epoch)
  }

  #takeUpLate(state: LogState): void {
    if (this.#term === undefined) return
    this.#takeUp(this.#term, state)
    this.#options.onLateStart()
  }

  /** What was found out since counts more than what the log knows. */
  #takeUp(term: Term, { alerts, owed, threads, unfinished, settings }: LogState): void {
    const { [stoppedSetting]: stopped, ...facts } = settings
    if (stopped === 'true') stop(term)
    term.facts.takeUp(facts)
    for (const record of alerts) if (term.book.open(record.alert.key) === undefined) term.book.restore(record)
    for (const record of owed) term.book.restoreEnded(record)
    for (const record of threads) this.#queueOf(term, record.receiver).takeUp(record)
    for (const delivery of unfinished) this.#queueOf(term, delivery.receiver).resume(delivery)
    // Whoever wrote an alert down may have died before anybody was told: nobody puts it again.
    for (const { alert } of alerts) this.#touchOpen(term, alert)
  }

  #presentState(): LogEntry[] {
    const term = this.#term
    if (term === undefined) return []
    const alerts = [...term.book.allOpen()].map((record): LogEntry => ({ type: 'alert', record }))
    const posts = this.#options.unshipped().map(({ id, value }): LogEntry => ({ type: 'outbox', id, value }))
    const stopped = settingOf(stoppedSetting, term.isStopped ? 'true' : undefined)
    const threads = [...term.queues.values()].flatMap((queue) => queue.board.presentState())
    return [...posts, ...alerts, stopped, ...term.facts.presentState(), ...threads]
  }

  #isFull({ book }: Term, alert: Alert): boolean {
    return book.openCount >= mostOpenAlerts && alert.state === 'firing' && book.open(alert.key) === undefined
  }

  #drop(term: Term, route: AlertRoute): void {
    this.#options.metrics.dropped()
    for (const use of route.receivers) this.#queueOf(term, use).drop()
  }

  #touch(term: Term, record: AlertRecord): void {
    for (const use of record.route.receivers) this.#queueOf(term, use).touch(record, use)
    if (record.alert.state !== 'firing') this.#tellOthers(term, record.alert)
  }

  #touchOpen(term: Term, { key }: Alert): void {
    const record = term.book.open(key)
    if (record !== undefined) this.#touch(term, record)
  }

  /** Receivers that were told and that the route names no more hear of the end. */
  #tellOthers(term: Term, { key }: Alert): void {
    for (const queue of term.queues.values()) queue.touchKnowing(key)
    if (!isOwed(term, key)) term.book.forgetEnded(key)
  }

  #routed(route: AlertRoute): AlertRoute {
    return route.receivers.length === 0 ? { ...route, receivers: [this.#options.ownConsole] } : route
  }

  #queueOf(term: Term, reference: ReceiverReference): ReceiverQueue {
    const key = receiverKey(reference)
    const known = term.queues.get(key)
    if (known !== undefined) return known
    const queue = this.#newQueue(term, { namespace: reference.namespace, name: reference.name })
    term.queues.set(key, queue)
    if (term.isOpen && !term.isStopped) queue.open()
    return queue
  }

  #newQueue({ book, writer }: Term, reference: ReceiverReference): ReceiverQueue {
    const { receivers, clock, metrics } = this.#options
    return new ReceiverQueue({
      ...this.#options,
      ...{ reference, book, writer },
      isSuspended: ({ policy }) => this.#suspended.has(policy.uid),
      receiver: () => receivers.get(reference),
      observe: (result) => {
        metrics.delivered(receivers.get(reference)?.channel ?? 'console', result)
        receivers.delivered(reference, clock.nowMs(), result === 'sent' ? undefined : result)
      },
      onTold: (alertKeys) => this.#onTold(alertKeys),
    })
  }

  #onTold(alertKeys: readonly string[]): void {
    const term = this.#term
    if (term === undefined) return
    const policies = new Set<string>()
    for (const key of alertKeys) {
      const record = term.book.latest(key)
      if (record === undefined) continue
      policies.add(record.alert.policy.uid)
      if (record.endedMs !== undefined && !isOwed(term, key)) term.book.forgetEnded(key)
    }
    for (const uid of policies) this.#options.onTold(uid)
  }
}
