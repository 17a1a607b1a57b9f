/**
 * Signs of life: to each receiver that wants them, at least as often as it says, while this process is the one that tells
 * people. They pass no stage of the pipeline and no log. One that was not taken is tried again before the receiver misses it.
 */
import { randomUUID } from 'node:crypto'
import type { Clock, Timer } from '../base/clock.ts'
import { DueQueue } from '../base/due-queue.ts'
import type { Logger } from '../base/log.ts'
import type { ReceiverReference } from '../model/alert.ts'
import type { Message } from '../model/message.ts'
import { composeMessage } from './compose.ts'
import type { Delivery } from './notifier.ts'
import type { Receiver, Receivers } from './receivers.ts'
import { tryOnce, unloggedSteps } from './send-once.ts'
import { receiverKey } from './thread.ts'

export interface HeartbeatsOptions {
  readonly receivers: Receivers
  readonly clock: Clock
  readonly logger: Logger
  readonly clusterName: string | undefined
  /** Whether it is up to this process to tell people, at this moment. */
  readonly mayTell: () => boolean
  readonly observe: (receiver: Receiver, delivery: Delivery) => void
}

const mostUnderWay = 16
/** While this process may not tell, it looks again this often. */
const lookAgainMs = 1_000
const longestRetryMs = 30_000

export class Heartbeats {
  readonly #options: HeartbeatsOptions
  readonly #references = new Map<string, ReceiverReference>()
  readonly #due = new DueQueue()
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #abort = new AbortController()
  #timer: Timer | undefined
  #isOpen = false

  constructor(options: HeartbeatsOptions) {
    this.#options = options
    options.receivers.onChange((reference) => this.#changed(reference))
  }

  /** From here on they are sent, the first at once: it is not known when the last one was. */
  open(): void {
    if (this.#abort.signal.aborted) return
    this.#isOpen = true
    for (const receiver of this.#options.receivers.all()) this.#schedule(receiver)
    this.#pump()
  }

  /** Nothing is sent until it is opened again. */
  pause(): void {
    this.#isOpen = false
    this.#timer?.cancel()
    this.#due.clear()
  }

  async stop(): Promise<void> {
    this.pause()
    this.#abort.abort()
    await Promise.all(this.#underWay.values())
  }

  #changed(reference: ReceiverReference): void {
    if (!this.#isOpen) return
    this.#due.delete(receiverKey(reference))
    const receiver = this.#options.receivers.get(reference)
    if (receiver !== undefined) this.#schedule(receiver)
    this.#pump()
  }

  #schedule(receiver: Receiver): void {
    if (receiver.heartbeatMs === undefined) return
    const { namespace, name } = receiver
    this.#references.set(receiverKey(receiver), { namespace, name })
    this.#due.set(receiverKey(receiver), 0)
  }

  #pump(): void {
    const { clock, mayTell } = this.#options
    this.#timer?.cancel()
    if (!this.#isOpen) return
    while (mayTell() && this.#underWay.size < mostUnderWay) {
      const key = this.#due.take(clock.monotonicMs())
      if (key === undefined) break
      this.#beat(key)
    }
    const next = this.#due.first()
    if (next === undefined || this.#underWay.size >= mostUnderWay) return
    const waitMs = mayTell() ? Math.max(0, next.atMs - clock.monotonicMs()) : lookAgainMs
    this.#timer = clock.after(waitMs, () => this.#pump())
  }

  #beat(key: string): void {
    const reference = this.#references.get(key)
    const receiver = reference && this.#options.receivers.get(reference)
    if (receiver?.heartbeatMs === undefined || this.#underWay.has(key)) return
    const startMs = this.#options.clock.monotonicMs()
    const sending = this.#send(receiver, receiver.heartbeatMs).then((waitMs) => {
      this.#underWay.delete(key)
      if (this.#isOpen) this.#due.setEarlier(key, startMs + waitMs)
      this.#pump()
    })
    this.#underWay.set(key, sending)
  }

  /** Gives after which time, from its beginning, the next one is due. */
  async #send(receiver: Receiver, everyMs: number): Promise<number> {
    const { clock, logger, observe } = this.#options
    const message = this.#messageFor(receiver, everyMs)
    const context = { incident: {}, steps: unloggedSteps, clock, signal: this.#abort.signal }
    const delivery = await tryOnce(receiver.notifier, message, context)
    if (this.#abort.signal.aborted) return everyMs
    observe(receiver, delivery)
    if (delivery.sent) return everyMs
    const { namespace, name } = receiver
    const fields = { kind: 'AlertReceiver', namespace, name, reason: delivery.reason, error: delivery.message }
    logger.warn(fields, 'Heartbeat not delivered')
    return Math.max(delivery.retryAfterMs ?? 0, Math.min(everyMs / 4, longestRetryMs))
  }

  #messageFor(receiver: Receiver, everyMs: number): Message {
    const { clock, clusterName } = this.#options
    const incident = `heartbeat/${receiverKey(receiver)}`
    const message = composeMessage({
      ...{ id: randomUUID(), incident, reason: 'heartbeat', nowMs: clock.nowMs(), clusterName },
      ...{ firing: [], ended: [], dropped: 0, isPossibleRepeat: false, slackChannel: undefined },
    })
    return { ...message, nextWithinMs: everyMs }
  }
}
