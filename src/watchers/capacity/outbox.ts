import { errorText } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { Alert } from '../../model/alert.ts'

export interface OutboxOptions {
  /** Resolves with whether anybody took the alert. */
  readonly deliver: (alert: Alert) => Promise<boolean>
  readonly onDelivered: () => void
  readonly logger: Logger
}

/**
 * Alerts of one policy on their way out. An alert counts as told when somebody took it; what nobody took is offered again
 * at the next evaluation, the newest word about a thing replacing the older. At most a few words about a thing are on
 * their way at a time: it is not reminded of while something about it is.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #underWay = new Map<string, number>()
  readonly #refused = new Map<string, Alert>()
  /** Open, and nobody has taken the first word about it. */
  readonly #untold = new Set<string>()
  /** Over, though somebody knows it as open: nobody took the last word. */
  readonly #owed = new Set<string>()
  readonly #deliveries = new Set<Promise<void>>()

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Whether somebody knows what is open under this key. */
  isTold(key: string): boolean {
    return !this.#untold.has(key)
  }

  put(alert: Alert): void {
    const { key, reason } = alert
    if (reason === 'first') this.#untold.add(key)
    if (isEnd(alert)) this.#untold.delete(key)
    const wasRefused = this.#refused.delete(key)
    if (wasRefused) this.#replace(alert)
    else if (reason !== 'reminder' || !this.#underWay.has(key)) this.#send(alert)
  }

  /** Offers again what nobody took. */
  retry(): void {
    const refused = [...this.#refused.values()]
    this.#refused.clear()
    for (const alert of refused) this.#send(alert)
  }

  /** Resolves when nothing is on its way. */
  async drained(): Promise<void> {
    await Promise.all(this.#deliveries)
  }

  /** The newer word about something of which nobody took the last. */
  #replace(alert: Alert): void {
    if (!isEnd(alert)) this.#send({ ...alert, reason: 'first' })
    // Where nobody heard that it began, nobody needs to hear that it is over.
    else if (this.#owed.has(alert.key)) this.#send(alert)
  }

  #send(alert: Alert): void {
    this.#underWay.set(alert.key, (this.#underWay.get(alert.key) ?? 0) + 1)
    const delivery = this.#deliver(alert).finally(() => this.#deliveries.delete(delivery))
    this.#deliveries.add(delivery)
  }

  async #deliver(alert: Alert): Promise<void> {
    const { key } = alert
    const wasTaken = await this.#offer(alert)
    const left = (this.#underWay.get(key) ?? 1) - 1
    if (left > 0) this.#underWay.set(key, left)
    else this.#underWay.delete(key)
    this.#note(alert, wasTaken)
    if (wasTaken) this.#options.onDelivered()
    else if (left === 0 && alert.reason !== 'reminder') this.#refused.set(key, alert)
  }

  #note(alert: Alert, wasTaken: boolean): void {
    const { key } = alert
    if (isEnd(alert) && !wasTaken) this.#owed.add(key)
    else if (isEnd(alert)) this.#owed.delete(key)
    else if (wasTaken) this.#untold.delete(key)
  }

  async #offer(alert: Alert): Promise<boolean> {
    try {
      return await this.#options.deliver(alert)
    } catch (error) {
      this.#options.logger.error(
        { component: 'capacity', alert: alert.key, error: errorText(error) },
        'Delivery failed',
      )
      return false
    }
  }
}

function isEnd({ reason }: Alert): boolean {
  return reason === 'resolved' || reason === 'closed'
}
