import type { Alert } from '../../model/alert.ts'

export interface OutboxOptions {
  /** Resolves with whether anybody took the alert. */
  readonly deliver: (alert: Alert) => Promise<boolean>
  readonly onDelivered: () => void
}

/**
 * Alerts of one policy on their way out. An alert counts as told when somebody took it; what nobody took is offered again
 * at the next evaluation, the newest word about a thing replacing the older.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #underWay = new Map<string, number>()
  readonly #refused = new Map<string, Alert>()
  readonly #deliveries = new Set<Promise<void>>()

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Whether something about this key has not been told yet. */
  has(key: string): boolean {
    return this.#underWay.has(key) || this.#refused.has(key)
  }

  put(alert: Alert): void {
    const wasRefused = this.#refused.delete(alert.key)
    const isOver = alert.reason === 'resolved' || alert.reason === 'closed'
    // Nobody heard that it began, so nobody needs to hear that it is over.
    if (wasRefused && isOver) return
    this.#send(wasRefused ? { ...alert, reason: 'first' } : alert)
  }

  /** Offers again what nobody took. */
  retry(): void {
    const refused = [...this.#refused.values()]
    this.#refused.clear()
    for (const alert of refused) this.#send(alert)
  }

  async drained(): Promise<void> {
    await Promise.all(this.#deliveries)
  }

  #send(alert: Alert): void {
    this.#underWay.set(alert.key, (this.#underWay.get(alert.key) ?? 0) + 1)
    const delivery = this.#deliver(alert).finally(() => this.#deliveries.delete(delivery))
    this.#deliveries.add(delivery)
  }

  async #deliver(alert: Alert): Promise<void> {
    const wasTaken = await this.#options.deliver(alert)
    const left = (this.#underWay.get(alert.key) ?? 1) - 1
    if (left > 0) this.#underWay.set(alert.key, left)
    else this.#underWay.delete(alert.key)
    if (wasTaken) this.#options.onDelivered()
    else if (alert.reason !== 'reminder') this.#refused.set(alert.key, alert)
  }
}
