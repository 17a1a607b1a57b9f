/**
 * Keeps a copy of one selection in step with the API server, for as long as somebody wants it. One loop: an attempt (a
 * sync, or a watch from where the last one stood) ends in an `Outcome`; `reflector-moves.ts` says what that means; the loop
 * waits, and tries again. Nothing that happens in an attempt leaves the loop.
 */
import { Backoff } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { errorText, OperatorError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { errorFromStatus } from './api-error.ts'
import type { KubeClient } from './client.ts'
import type { Encoding } from './encoding.ts'
import { listObjects } from './list.ts'
import { ObjectFormat } from './object-format.ts'
import { type AnyFeed, ObjectStore } from './object-store.ts'
import type { ReflectorMetrics } from './reflector-metrics.ts'
import {
  afterProbe,
  type Cause,
  causes,
  listsInPages,
  type Move,
  nextMove,
  type Outcome,
  type Position,
  startPosition,
} from './reflector-moves.ts'
import type { ReflectorTiming } from './reflector-timing.ts'
import type { KubeObject } from './resource.ts'
import { describeSelection, type Selection, selectionPath } from './selection.ts'
import type { Slots } from './slots.ts'
import type { WatchEvent } from './watch-event.ts'
import { type StreamEnd, WatchStream } from './watch-stream.ts'

export type ReflectorState = 'starting' | 'syncing' | 'paging' | 'watching' | 'probing' | 'waiting' | 'stopped'

export interface ReflectorStatus {
  readonly selection: string
  readonly state: ReflectorState
  readonly isSynced: boolean
  readonly objects: number
  readonly consumers: readonly string[]
  /** Where the stream stands; '' before the first complete state. */
  readonly resourceVersion: string
  /** Complete states taken over, the first included. */
  readonly syncs: number
  readonly endings: Readonly<Record<Cause, number>>
  /** Milliseconds since the server last said anything, bookmarks included; undefined before that. */
  readonly silentForMs: number | undefined
  /** Why the last attempt ended, when it ended badly; '' after a good one. */
  readonly lastError: string
}

export interface ReflectorOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ReflectorMetrics
  readonly timing: ReflectorTiming
  /** Complete states being fetched at the same time, over all reflectors. */
  readonly syncSlots: Slots
  readonly onSynced: () => void
}

export class Reflector {
  readonly #selection: Selection
  readonly #options: ReflectorOptions
  readonly #logger: Logger
  readonly #label: { resource: string }
  readonly #format: ObjectFormat
  readonly #feeds = new Set<AnyFeed>()
  /** They want more than comes: they wait for a sync that is made for them. */
  readonly #waiting = new Set<AnyFeed>()
  readonly #store = new ObjectStore(this.#feeds)
  readonly #backoff: Backoff
  readonly #controller = new AbortController()
  readonly #endings = Object.fromEntries(causes.map((cause) => [cause, 0])) as Record<Cause, number>
  #joining = new AbortController()
  #attempting = new AbortController()
  #position: Position = startPosition
  #state: ReflectorState = 'starting'
  #syncs = 0
  #lastByteMs: number | undefined
  #lastError = ''
  #done: Promise<void> = Promise.resolve()

  constructor(selection: Selection, options: ReflectorOptions) {
    this.#selection = selection
    this.#options = options
    this.#format = new ObjectFormat(selection.type)
    this.#label = { resource: describeSelection(selection) }
    this.#logger = options.logger.child({ component: 'reflector', ...this.#label })
    const [initialMs, maximumMs] = options.timing.backoffMs
    this.#backoff = new Backoff(options.clock, { initialMs, maximumMs })
  }

  get consumerCount(): number {
    return this.#feeds.size + this.#waiting.size
  }

  get status(): ReflectorStatus {
    return {
      selection: this.#label.resource,
      state: this.#state,
      isSynced: this.#syncs > 0,
      objects: this.#store.size,
      consumers: [...this.#feeds, ...this.#waiting].map((feed) => feed.name),
      resourceVersion: this.#position.resourceVersion ?? '',
      syncs: this.#syncs,
      endings: { ...this.#endings },
      silentForMs: this.#lastByteMs === undefined ? undefined : this.#options.clock.monotonicMs() - this.#lastByteMs,
      lastError: this.#lastError,
    }
  }

  /** Starts after the current turn, so that consumers that come together are served by one sync. */
  start(): void {
    this.#options.metrics.start(this.#label)
    this.#done = Promise.resolve().then(() => this.#run())
  }

  async stop(): Promise<void> {
    this.#controller.abort(new OperatorError('SHUTTING_DOWN', `${this.#label.resource}: no consumer is left`))
    this.#joining.abort(this.#controller.signal.reason)
    await this.#done
  }

  add(feed: AnyFeed): void {
    if (this.#format.serves(feed.content)) this.#admit(feed)
    else this.#startOverFor(feed)
  }

  #admit(feed: AnyFeed): void {
    this.#feeds.add(feed)
    const isGathering = this.#state === 'syncing' || this.#state === 'paging'
    if (isGathering) this.#store.admit(feed)
    else if (this.#syncs > 0) this.#startJoin(feed)
  }

  remove(feed: AnyFeed): void {
    this.#feeds.delete(feed)
    this.#waiting.delete(feed)
  }

  #startOverFor(feed: AnyFeed): void {
    this.#waiting.add(feed)
    this.#attempting.abort(new OperatorError('SHUTTING_DOWN', `${feed.name} wants whole objects`))
  }

  /** What was synced in one form cannot be continued in another. */
  #admitWaiting(): void {
    if (this.#waiting.size > 0) this.#position = { ...this.#position, resourceVersion: undefined }
    for (const feed of this.#waiting) this.#feeds.add(feed)
    this.#waiting.clear()
    this.#attempting = new AbortController()
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller
    while (!signal.aborted) {
      this.#admitWaiting()
      const attempting = AbortSignal.any([signal, this.#attempting.signal])
      try {
        await this.#step(attempting)
      } catch (error) {
        if (!attempting.aborted) this.#logger.error({ error: errorText(error) }, 'Reflector step failed')
      }
    }
    this.#state = 'stopped'
    this.#options.metrics.forget(this.#label)
  }

  async #step(signal: AbortSignal): Promise<void> {
    const outcome = await this.#attempt(signal)
    if (signal.aborted) return
    const move = nextMove(this.#position, outcome)
    this.#account(move, outcome)
    if (move.isGone === true) this.#store.clear()
    this.#position = move.next
    await this.#wait(move, signal)
  }

  async #attempt(signal: AbortSignal): Promise<Outcome> {
    if (this.#position.resourceVersion !== undefined) return await this.#resume(signal)
    this.#abandonJoins()
    this.#format.begin([...this.#feeds].every((feed) => feed.content === 'fields') ? 'fields' : 'whole')
    const release = await this.#options.syncSlots.take(signal)
    try {
      return this.#position.syncBy === 'stream'
        ? await this.#syncByStream(release, signal)
        : await this.#syncByPages(signal)
    } finally {
      release()
    }
  }

  /** The stream that brings the state goes on to bring the events: nothing can be lost between the two. */
  #syncByStream(release: () => void, signal: AbortSignal): Promise<Outcome> {
    this.#state = 'syncing'
    this.#store.beginSync()
    const query = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
    return this.#read(query, signal, release)
  }

  async #resume(signal: AbortSignal): Promise<Outcome> {
    if (this.#position.isDoubted) {
      const answer = await this.#probe(signal)
      if (answer.end !== 'silent') return answer
      this.#position = { ...this.#position, isDoubted: false }
    }
    return await this.#watch(signal)
  }

  #watch(signal: AbortSignal): Promise<Outcome> {
    this.#state = 'watching'
    return this.#read({ resourceVersion: this.#position.resourceVersion }, signal, () => {})
  }

  async #read(
    query: Readonly<Record<string, string | boolean | undefined>>,
    signal: AbortSignal,
    onSynced: () => void,
  ): Promise<Outcome> {
    const { timing, clock, client } = this.#options
    const stream = new WatchStream({
      ...{ client, clock, timing, query },
      selection: this.#selection,
      encoding: this.#format.preferred,
    })
    const end = await stream.read(signal, {
      onFrame: (frame, encoding) => this.#onEvent(stream, this.#format.decodeEvent(frame, encoding), onSynced),
      onBytes: (bytes) => this.#onBytes(bytes),
    })
    if (stream.livedMs >= timing.healthyMs && this.#position.resourceVersion !== undefined) this.#backoff.reset()
    return await this.#outcomeOf(end, stream, signal)
  }

  async #outcomeOf(end: StreamEnd, stream: WatchStream, signal: AbortSignal): Promise<Outcome> {
    if (end.end === 'closed') {
      return { end: 'closed', isShort: stream.livedMs < this.#options.timing.shortMs && stream.frames === 0 }
    }
    if (end.end === 'silent' && this.#position.resourceVersion !== undefined) return await this.#probe(signal)
    return end
  }

  #onBytes(bytes: number): void {
    this.#lastByteMs = this.#options.clock.monotonicMs()
    this.#options.metrics.bytes.add(this.#label, bytes)
  }

  #onEvent(stream: WatchStream, event: WatchEvent, onSynced: () => void): void {
    if (event.type === 'ERROR') throw errorFromStatus(`WATCH ${selectionPath(this.#selection)}`, event.status)
    if (this.#state === 'syncing') this.#gather(stream, event, onSynced)
    else this.#apply(stream, event)
  }

  #gather(stream: WatchStream, event: Exclude<WatchEvent, { type: 'ERROR' }>, onSynced: () => void): void {
    if (event.type === 'DELETED') this.#store.unstage(event.object)
    else if (event.type !== 'BOOKMARK') this.#store.stage(event.object, event.raw)
    else if (event.endsInitialEvents) {
      this.#state = 'watching'
      stream.expectBookmark()
      this.#commit(event.resourceVersion)
      onSynced()
    }
  }

  #apply(stream: WatchStream, event: Exclude<WatchEvent, { type: 'ERROR' }>): void {
    if (event.type === 'BOOKMARK') {
      stream.sawBookmark()
      this.#advance(event.resourceVersion)
      return
    }
    const isNews = this.#store.apply(event)
    this.#options.metrics.events.add({ ...this.#label, type: isNews ? event.type : 'repeat' })
    this.#options.metrics.objects.set(this.#label, this.#store.size)
    this.#advance(event.object.metadata.resourceVersion)
  }

  /** Only after the store took the event: whatever fails before makes the server tell it again. */
  #advance(resourceVersion: string): void {
    this.#lastError = ''
    this.#position = { ...this.#position, resourceVersion, fruitless: 0 }
  }

  #commit(resourceVersion: string): void {
    if (resourceVersion === '') {
      const advice = 'it can be listed but not watched'
      throw new OperatorError(
        'STREAM_MALFORMED',
        `GET ${selectionPath(this.#selection)}: no resourceVersion: ${advice}`,
      )
    }
    const result = this.#store.commitSync()
    this.#syncs += 1
    this.#advance(resourceVersion)
    this.#options.metrics.syncs.add(this.#label)
    this.#options.metrics.objects.set(this.#label, this.#store.size)
    this.#logger.info({ ...result, by: this.#position.syncBy }, 'Reflector synced')
    for (const feed of this.#feeds) if (!feed.isSynced) this.#startJoin(feed)
    this.#options.onSynced()
  }

  async #syncByPages(signal: AbortSignal): Promise<Outcome> {
    this.#state = 'paging'
    this.#store.beginSync()
    try {
      const limit = listsInPages(this.#position) ? { limit: this.#options.timing.pageSize } : {}
      const stage = (object: KubeObject, raw: Buffer) => this.#store.stage(object, raw)
      let page = await this.#list(limit, stage, signal)
      while (page.continue !== undefined) page = await this.#list({ ...limit, continue: page.continue }, stage, signal)
      this.#commit(page.resourceVersion)
      return { end: 'listed' }
    } catch (error) {
      return { end: 'failed', error, wasOpen: false }
    }
  }

  #list(
    query: { readonly limit?: number; readonly continue?: string },
    onObject: (object: KubeObject, raw: Buffer) => void,
    signal: AbortSignal,
  ): ReturnType<typeof listObjects> {
    const format = this.#format
    const receive = (raw: Buffer, encoding: Encoding) => onObject(format.decodeObject(raw, encoding), raw)
    return listObjects(this.#options.client, { ...this.#selection, ...query, content: format.content }, receive, signal)
  }

  async #probe(signal: AbortSignal): Promise<Outcome> {
    this.#state = 'probing'
    try {
      const answer = await this.#options.client.requestJson<{ metadata?: { resourceVersion?: string } }>({
        path: selectionPath(this.#selection),
        query: { limit: 1 },
        signal,
        timeoutMs: this.#options.timing.probeTimeoutMs,
      })
      return afterProbe(this.#position, answer.metadata?.resourceVersion ?? '')
    } catch (error) {
      return { end: 'failed', error, wasOpen: false }
    }
  }

  /**
   * A consumer that comes late gets its first state from a list beside the running stream: nobody else notices. Events
   * that come meanwhile are newer than the list and win; where the stream is behind the list, it catches up.
   */
  #startJoin(feed: AnyFeed): void {
    const { signal } = this.#joining
    this.#join(feed, signal).catch((error) => {
      if (!signal.aborted) this.#logger.error({ error: errorText(error), consumer: feed.name }, 'Consumer cannot join')
    })
  }

  async #join(feed: AnyFeed, signal: AbortSignal): Promise<void> {
    const [initialMs, maximumMs] = this.#options.timing.backoffMs
    const backoff = new Backoff(this.#options.clock, { initialMs, maximumMs })
    while (!signal.aborted && !feed.isStopped) {
      try {
        feed.beginStage()
        await this.#list({}, (object, raw) => this.#store.stageListed(feed, object, raw), signal)
        return feed.commitListed()
      } catch (error) {
        if (signal.aborted) return
        this.#logger.warn({ error: errorText(error), consumer: feed.name }, 'List for a new consumer failed')
        await this.#options.clock.sleep(backoff.nextMs(), signal)
      }
    }
  }

  /** A full sync serves the joining consumers too. */
  #abandonJoins(): void {
    this.#joining.abort(new OperatorError('SHUTTING_DOWN', 'a full sync takes over'))
    this.#joining = new AbortController()
  }

  #account(move: Move, outcome: Outcome): void {
    this.#endings[move.cause] += 1
    this.#options.metrics.endings.add({ ...this.#label, cause: move.cause })
    this.#options.metrics.objects.set(this.#label, this.#store.size)
    if (outcome.end !== 'failed') {
      this.#logger.debug({ cause: move.cause }, 'Watch ended')
      return
    }
    this.#lastError = errorText(outcome.error)
    const action = move.next.resourceVersion === undefined ? 'full sync' : 'resume'
    this.#logger.warn({ cause: move.cause, error: this.#lastError, action }, 'Watch failed')
  }

  async #wait(move: Move, signal: AbortSignal): Promise<void> {
    if (move.wait === 'none') return
    this.#state = 'waiting'
    const { clock, timing } = this.#options
    const patientMs = timing.patientMs * (0.5 + clock.random() / 2)
    const atLeastMs = typeof move.wait === 'object' ? move.wait.atLeastMs : move.wait === 'patient' ? patientMs : 0
    await clock.sleep(Math.max(this.#backoff.nextMs(), atLeastMs), signal)
  }
}
