/** Removes now and then what retention does not keep. */
import type { Clock, Timer } from '../base/clock.ts'
import { errorText } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Retention } from '../store/notification-log.ts'

export interface HistoryKeeperOptions {
  /** What is in it. */
  readonly name: string
  readonly store: { prune(retention: Retention, nowMs: number): Promise<number> }
  readonly retention: Retention
  readonly clock: Clock
  readonly logger: Logger
  /** Whether it is up to this process, at this moment. */
  readonly mayAct: () => boolean
}

const everyMs = 5 * 60_000

export class HistoryKeeper {
  readonly #options: HistoryKeeperOptions
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: HistoryKeeperOptions) {
    this.#options = options
    this.#wait()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #wait(): void {
    if (!this.#isStopped) this.#timer = this.#options.clock.after(everyMs, () => void this.#prune())
  }

  async #prune(): Promise<void> {
    const { name, store, retention, clock, logger, mayAct } = this.#options
    const about = { component: 'store', history: name }
    try {
      const removed = mayAct() ? await store.prune(retention, clock.nowMs()) : 0
      if (removed > 0) logger.info({ ...about, removed }, 'What is too old or too much was removed from history')
    } catch (error) {
      logger.warn({ ...about, error: errorText(error) }, 'Old history could not be removed; it is tried again')
    }
    this.#wait()
  }
}
