/** One try of one delivery: with a deadline, and with each of its calls in the log. */
import type { Clock } from '../base/clock.ts'
import { errorText } from '../base/errors.ts'
import type { Message } from '../model/message.ts'
import type { DeliveryRecord } from '../store/notification-log.ts'
import type { Delivery, DeliverySteps, IncidentData, Notifier } from './notifier.ts'

const deadlineMs = 10_000

export interface SendInput {
  readonly notifier: Notifier
  readonly delivery: DeliveryRecord
  /** What the channel remembers of the incident. */
  readonly incident: IncidentData
  /** Resolves when the record is in the log; with false when another process has taken over. */
  readonly remember: (delivery: DeliveryRecord) => Promise<boolean>
  readonly clock: Clock
  /** Aborted when the process ends. */
  readonly signal: AbortSignal
}

export interface SendResult {
  readonly delivery: Delivery
  /** With the calls that were made. */
  readonly record: DeliveryRecord
}

export async function sendOnce({ notifier, delivery, remember, ...rest }: SendInput): Promise<SendResult> {
  const steps = new LoggedSteps(delivery, remember)
  const result = await tryOnce(notifier, delivery.message, { ...rest, steps })
  return { delivery: result, record: steps.record }
}

export interface TryInput {
  readonly incident: IncidentData
  readonly steps: DeliverySteps
  readonly clock: Clock
  /** Aborted when the process ends. */
  readonly signal: AbortSignal
}

/** For what is not worth a line in the log: each call is simply made. */
export const unloggedSteps: DeliverySteps = { run: async (_name, call) => call() }

/** A notifier that ignores its signal does not hold the caller; one that throws has failed. */
export async function tryOnce(notifier: Notifier, message: Message, input: TryInput): Promise<Delivery> {
  const { incident, steps, clock, signal } = input
  const attempt = new AbortController()
  const giveUp = () => attempt.abort()
  const timer = clock.after(deadlineMs, giveUp)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    const context = { signal: attempt.signal, incident, steps }
    return await Promise.race([notifier.notify(message, context), whenGivenUp(attempt.signal)])
  } catch (error) {
    return { sent: false, retry: true, reason: 'client', message: errorText(error), mayHaveArrived: true }
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', giveUp)
  }
}

/** A notifier that obeys its signal has its word first: it knows whether anything was written. */
function whenGivenUp(signal: AbortSignal): Promise<Delivery> {
  return new Promise((resolve) => {
    const message = `no answer within ${deadlineMs / 1000} s`
    const late = { sent: false, retry: true, reason: 'timeout', message, mayHaveArrived: true } as const
    signal.addEventListener('abort', () => setImmediate(() => resolve(late)), { once: true })
  })
}

class LoggedSteps implements DeliverySteps {
  record: DeliveryRecord
  readonly #remember: SendInput['remember']

  constructor(record: DeliveryRecord, remember: SendInput['remember']) {
    this.record = record
    this.#remember = remember
  }

  async run(
    name: string,
    call: () => Promise<IncidentData>,
    find?: () => Promise<IncidentData | undefined>,
  ): Promise<IncidentData> {
    const known = this.record.steps[name]
    if (known) return known
    const found = known === null ? await find?.() : undefined
    if (found !== undefined) return this.#note(name, found)
    await this.#note(name, null)
    return this.#note(name, await call())
  }

  async #note<T extends IncidentData | null>(name: string, data: T): Promise<T> {
    this.record = { ...this.record, steps: { ...this.record.steps, [name]: data } }
    if (await this.#remember(this.record)) return data
    throw new Error('another process has taken over')
  }
}
