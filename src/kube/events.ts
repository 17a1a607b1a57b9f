/**
 * Events on objects, for people who run `kubectl describe`. An Event is a courtesy: recording never fails, never waits, and
 * never floods. The first of a kind is written at once; repeats within a window are counted and written as one Event with
 * a series when the window ends. Only the right to create Events is needed.
 */
import type { Clock, Timer } from '../base/clock.ts'
import { errorText, OperatorError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { KubeClient } from './client.ts'
import { microTime } from './micro-time.ts'
import { resourcePath } from './resource.ts'

/** The object that an Event is about. */
export interface EventSubject {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string | undefined
  readonly name: string
  readonly uid: string
}

export interface EventNews {
  readonly subject: EventSubject
  readonly type: 'Normal' | 'Warning'
  /** Why, as one CamelCase word: `InvalidSpec`. */
  readonly reason: string
  /** What was done or failed, as one CamelCase word: `Evaluate`. */
  readonly action: string
  /** For people; longer texts are cut at 1024 bytes. */
  readonly note: string
}

export interface EventRecorderOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  /** As `dogwatch.dev/operator`. */
  readonly reportingController: string
  readonly reportingInstance: string
}

interface Repeated {
  readonly news: EventNews
  count: number
  lastMs: number
  timer: Timer
}

const windowMs = 5 * 60_000
/** Different Events remembered for counting repeats; beyond that the oldest window ends early. */
const maximumRemembered = 500
/** Events on their way; what comes while so many wait is dropped and counted in the log. */
const maximumPending = 100
const maximumNoteBytes = 1024
const maximumNameLength = 200
const events = { group: 'events.k8s.io', version: 'v1', resource: 'events' }

export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #logger: Logger
  readonly #remembered = new Map<string, Repeated>()
  readonly #controller = new AbortController()
  readonly #pending = new Set<Promise<void>>()
  #dropped = 0
  #serial = 0

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#logger = options.logger.child({ component: 'events' })
  }

  record(news: EventNews): void {
    if (this.#controller.signal.aborted) return
    const { subject, type, reason, note } = news
    const key = JSON.stringify([subject.uid, subject.kind, subject.name, type, reason, note])
    const known = this.#remembered.get(key)
    if (known === undefined) this.#first(key, news)
    else {
      known.count += 1
      known.lastMs = this.#options.clock.nowMs()
    }
  }

  /** Writes what was counted and waits for what is on its way, until the signal is aborted. */
  async stop(signal: AbortSignal): Promise<void> {
    for (const key of [...this.#remembered.keys()]) this.#endWindow(key)
    const giveUp = () => this.#controller.abort(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    await Promise.all(this.#pending)
    signal.removeEventListener('abort', giveUp)
    this.#controller.abort(new OperatorError('SHUTTING_DOWN', 'the event recorder was stopped'))
  }

  #first(key: string, news: EventNews): void {
    const oldest = this.#remembered.keys().next()
    if (this.#remembered.size >= maximumRemembered && oldest.done !== true) this.#endWindow(oldest.value)
    const timer = this.#options.clock.after(windowMs, () => this.#endWindow(key))
    this.#remembered.set(key, { news, count: 1, lastMs: this.#options.clock.nowMs(), timer })
    this.#send(news, undefined)
  }

  #endWindow(key: string): void {
    const repeated = this.#remembered.get(key)
    if (repeated === undefined) return
    repeated.timer.cancel()
    this.#remembered.delete(key)
    const { news, count, lastMs } = repeated
    if (count > 1) this.#send(news, { count, lastObservedTime: microTime(lastMs) })
  }

  #send(news: EventNews, series: { count: number; lastObservedTime: string } | undefined): void {
    if (this.#pending.size >= maximumPending) {
      this.#dropped += 1
      return
    }
    const sending = this.#create(news, series).finally(() => this.#pending.delete(sending))
    this.#pending.add(sending)
  }

  async #create(news: EventNews, series: { count: number; lastObservedTime: string } | undefined): Promise<void> {
    const namespace = news.subject.namespace ?? 'default'
    const body = this.#eventFor(news, namespace, series)
    try {
      const path = resourcePath(events, { namespace })
      await this.#options.client.requestJson({ method: 'POST', path, body, signal: this.#controller.signal })
    } catch (error) {
      const { kind, name } = news.subject
      const fields = { kind, namespace, name, reason: news.reason, error: errorText(error), dropped: this.#dropped }
      this.#dropped = 0
      this.#logger.warn(fields, 'Event not recorded')
    }
  }

  #eventFor(news: EventNews, namespace: string, series: object | undefined): object {
    const { subject, type, reason, action, note } = news
    const nowMs = this.#options.clock.nowMs()
    this.#serial += 1
    const suffix = `${nowMs.toString(16)}${(this.#serial % 4096).toString(16).padStart(3, '0')}`
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, name: `${subject.name.slice(0, maximumNameLength)}.${suffix}` },
      eventTime: microTime(nowMs),
      reportingController: this.#options.reportingController,
      reportingInstance: this.#options.reportingInstance.slice(0, 128),
      regarding: { ...subject, namespace: subject.namespace },
      ...{ type, reason, action, note: cutBytes(note, maximumNoteBytes) },
      ...(series === undefined ? {} : { series }),
    }
  }
}

/** The longest beginning of a text that fits into so many bytes, with an ellipsis where something was cut. */
function cutBytes(text: string, maximumBytes: number): string {
  if (Buffer.byteLength(text) <= maximumBytes) return text
  const bytes = Buffer.from(text).subarray(0, maximumBytes - Buffer.byteLength('…'))
  return `${bytes.toString('utf8').replace(/\uFFFD+$/, '')}…`
}
