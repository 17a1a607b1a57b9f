/**
 * Takes an alert to its receivers: all at once, each with its own deadline and its own retries, so that one that hangs
 * delays nobody. Order is kept for each receiver: its messages go out one after the other.
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

/** One receiver as the dispatcher needs it. */
export type Destination = ReceiverReference & { readonly notifier: Notifier }

/** Told once for each message and receiver, after the last try. */
export type DeliveryObserver = (destination: ReceiverReference, result: 'sent' | DeliveryFailure) => void

export interface DispatcherOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly observe?: DeliveryObserver
}

export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #queues = new Map<string, Promise<unknown>>()
  readonly #abort = new AbortController()

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /** Resolves when every receiver has taken the alert or was given up; true when at least one took it. */
  async deliver(alert: Alert, destinations: readonly Destination[]): Promise<boolean> {
    const results = await Promise.all(destinations.map((destination) => this.#enqueue(alert, destination)))
    return results.some((delivery) => delivery.sent)
  }

  /** Gives up what is still being tried. */
  async stop(): Promise<void> {
    this.#abort.abort()
    await Promise.all(this.#queues.values())
  }

  #enqueue(alert: Alert, destination: Destination): Promise<Delivery> {
    const key = `${destination.namespace}/${destination.name}`
    const before = this.#queues.get(key) ?? Promise.resolve()
    const turn = before.then(() => this.#send(alert, destination))
    this.#queues.set(key, turn)
    void turn.then(() => {
      if (this.#queues.get(key) === turn) this.#queues.delete(key)
    })
    return turn
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
    for (;;) {
      const delivery = await this.#tryOnce(alert, destination)
      if (delivery.sent || !delivery.retry || backoff.attempt >= mostTries - 1 || this.#abort.signal.aborted)
        return delivery
      await this.#options.clock.sleep(backoff.nextMs(), this.#abort.signal).catch(() => undefined)
    }
  }

  async #tryOnce(alert: Alert, destination: Destination): Promise<Delivery> {
    const deadline = new AbortController()
    const timer = this.#options.clock.after(deadlineMs, () => deadline.abort())
    const signal = AbortSignal.any([deadline.signal, this.#abort.signal])
    try {
      return await Promise.race([destination.notifier.notify(alert, signal), onAbort(signal)])
    } catch (error) {
      return { sent: false, retry: true, reason: 'client', message: errorText(error) }
    } finally {
      timer.cancel()
    }
  }
}

/** A notifier that ignores its signal must not hold the queue. */
function onAbort(signal: AbortSignal): Promise<Delivery> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () =>
      resolve({ sent: false, retry: true, reason: 'timeout', message: `no answer within ${deadlineMs / 1000} s` }),
    )
  })
}
