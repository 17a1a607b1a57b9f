/** Senders whose receiver changed or went: each is closed once what it was sending has had its time. */
import type { Clock, Timer } from '../base/clock.ts'
import { errorText } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Notifier } from './notifier.ts'

/** Longer than the deadline of a delivery. */
const graceMs = 15_000

export class RetiredNotifiers {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #closing = new Map<Notifier, Timer>()

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  retire(notifier: Notifier): void {
    if (notifier.close === undefined || this.#closing.has(notifier)) return
    this.#closing.set(
      notifier,
      this.#clock.after(graceMs, () => void this.#close(notifier)),
    )
  }

  /** Closes all that are still open. */
  async stop(): Promise<void> {
    await Promise.all([...this.#closing.keys()].map((notifier) => this.#close(notifier)))
  }

  async #close(notifier: Notifier): Promise<void> {
    this.#closing.get(notifier)?.cancel()
    this.#closing.delete(notifier)
    try {
      await notifier.close?.()
    } catch (error) {
      this.#logger.debug({ error: errorText(error) }, 'A sender that is not needed any more did not close')
    }
  }
}
