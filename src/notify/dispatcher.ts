/**
 * Takes an alert to its receivers: all at once, each with its own deadline and its own retries, so that one that hangs
 * delays nobody. Order is kept for each receiver: its messages go out one after the other, and only so many wait.
 */
import { Backoff } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { errorText } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Alert, ReceiverReference } from '../model/alert.ts'
import type { Delivery, DeliveryFailure, Notifier } from './notifier.ts'

const deadlineMs = 10_000
const mostTries = 5
const retryBackoff = { initialMs: 500, maximumMs: 10_000 }
/** Messages that wait for one receiver; what comes then is refused, and whoever sent it offers it again. */
const mostWaiting = 500

/** One receiver as the dispatcher needs it. */
export type Destination = ReceiverReference & { readonly notifier: Notifier }

/** Told once for each message and receiver, after the last try. */
export type DeliveryObserver = (destination: ReceiverReference, result: 'sent' | DeliveryFailure) => void

export interface DispatcherOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Asked before each try: whether it is still up to this process to tell people. */
  readonly mayTell?: () => boolean
  readonly observe?: DeliveryObserver
}

interface Queue {
  /** Resolves when everything that was put in has been sent or given up. */
  tail: Promise<unknown>
  waiting: number
}

export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #queues = new Map<string, Queue>()
  readonly #abort = new AbortController()

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /** Resolves with true as soon as one receiver has taken the alert; with false when all were given up. */
  async deliver(alert: Alert, destinations: readonly Destination[]): Promise<boolean> {
    const takings = destinations.map(async (destination) => {
      const delivery = await this.#enqueue(alert, destination)
      if (!delivery.sent) throw new Error(delivery.message)
    })
    return Promise.any(takings).then(
      () => true,
      () => false,
    )
  }

  /** Gives up what waits and what is still being tried. */
  async stop(): Promise<void> {
    this.#abort.abort()
    await Promise.all([...this.#queues.values()].map(({ tail }) => tail))
  }

  async #enqueue(alert: Alert, destination: Destination): Promise<Delivery> {
    const key = `${destination.namespace}/${destination.name}`
    const queue = this.#queues.get(key) ?? { tail: Promise.resolve(), waiting: 0 }
    this.#queues.set(key, queue)
    if (queue.waiting >= mostWaiting) return this.#refuse(destination)
    queue.waiting += 1
    const turn = queue.tail.then(() => this.#send(alert, destination))
    queue.tail = turn
    const delivery = await turn
    queue.waiting -= 1
    if (queue.waiting === 0) this.#queues.delete(key)
    return delivery
  }

  #refuse(destination: Destination): Delivery {
    this.#options.observe?.(destination, 'rateLimited')
    return { sent: false, retry: true, reason: 'rateLimited', message: `${mostWaiting} messages wait already` }
  }

  async #send(alert: Alert, destination: Destination): Promise<Delivery> {
    const delivery = await this.#tryUntilSent(alert, destination)
    const { logger, observe } = this.#options
    observe?.(destination, delivery.sent ? 'sent' : delivery.reason)
    if (delivery.sent) return delivery
    const fields = { kind: 'AlertReceiver', namespace: destination.namespace, name: destination.name }
    logger.error(
      { ...fields, reason: delivery.reason, error: delivery.message, alert: alert.key },
      'Message not delivered',
    )
    return delivery
  }

  async #tryUntilSent(alert: Alert, destination: Destination): Promise<Delivery> {
    const backoff = new Backoff(this.#options.clock, retryBackoff)
    let delivery = notOurs
    while (this.#mayTell) {
      delivery = await this.#tryOnce(alert, destination)
      if (delivery.sent || !delivery.retry || backoff.attempt >= mostTries - 1 || !this.#mayTell) break
      await this.#options.clock.sleep(backoff.nextMs(), this.#abort.signal).catch(() => undefined)
    }
    return delivery
  }

  get #mayTell(): boolean {
    return !this.#abort.signal.aborted && this.#options.mayTell?.() !== false
  }

  /** A notifier that ignores its signal does not hold the queue. */
  async #tryOnce(alert: Alert, destination: Destination): Promise<Delivery> {
    const attempt = new AbortController()
    const giveUp = () => attempt.abort()
    const timer = this.#options.clock.after(deadlineMs, giveUp)
    this.#abort.signal.addEventListener('abort', giveUp)
    try {
      return await Promise.race([destination.notifier.notify(alert, attempt.signal), whenGivenUp(attempt.signal)])
    } catch (error) {
      return { sent: false, retry: true, reason: 'client', message: errorText(error) }
    } finally {
      timer.cancel()
      this.#abort.signal.removeEventListener('abort', giveUp)
    }
  }
}

const notOurs: Delivery = {
  sent: false,
  retry: false,
  reason: 'client',
  message: 'this process is ending, or another one tells',
}

function whenGivenUp(signal: AbortSignal): Promise<Delivery> {
  return new Promise((resolve) => {
    const message = `no answer within ${deadlineMs / 1000} s`
    signal.addEventListener('abort', () => resolve({ sent: false, retry: true, reason: 'timeout', message }))
  })
}
