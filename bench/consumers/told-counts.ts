import type { Notifier } from '../../src/notify/notifier.ts'

/** How many firing alerts each receiver was told of, by what its messages count. */
export class ToldCounts {
  /** Resolves when each of the receivers has taken messages that speak of all alerts. */
  readonly all: Promise<void>
  readonly #resolve: () => void
  readonly #wanted: number
  readonly #missing: Set<string>

  constructor(names: readonly string[], wanted: number) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.all = promise
    this.#resolve = resolve
    this.#wanted = wanted
    this.#missing = new Set(names)
  }

  counting(name: string, notifier: Notifier): Notifier {
    const byIncident = new Map<string, number>()
    let sum = 0
    return {
      ...notifier,
      notify: async (message, context) => {
        const delivery = await notifier.notify(message, context)
        if (!delivery.sent) return delivery
        sum += message.counts.firing - (byIncident.get(message.incident) ?? 0)
        byIncident.set(message.incident, message.counts.firing)
        if (sum >= this.#wanted) this.#isTold(name)
        return delivery
      },
    }
  }

  #isTold(name: string): void {
    this.#missing.delete(name)
    if (this.#missing.size === 0) this.#resolve()
  }
}
