/**
 * Writes to the notification log in order. Where the log cannot be written, alerts go out all the same, at least once: the
 * writer says so, keeps what history would lose in bounded memory, and when the log is back writes the whole present state.
 */
import { Backoff } from '../base/backoff.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { errorText, hasCode } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { LogEntry, NotificationLog } from '../store/notification-log.ts'

export interface LogWriterOptions {
  readonly log: NotificationLog
  readonly clock: Clock
  readonly logger: Logger
  /** Everything that must be known after a restart, as entries. */
  readonly presentState: () => LogEntry[]
  /** Told when the log can be written no longer, with why, and again, with undefined, when it can. */
  readonly onDegraded: (why: string | undefined) => void
  /** Another process writes it now. */
  readonly onFenced: () => void
}

/** Ended alerts and finished deliveries kept for history while the log is away. */
const mostKept = 10_000
const repairBackoff = { initialMs: 1_000, maximumMs: 30_000 }
/** A log that does not answer for so long is treated as gone. */
const patienceMs = 5_000

export class LogWriter {
  readonly #options: LogWriterOptions
  readonly #epoch: number
  readonly #backoff: Backoff
  #degraded: string | undefined
  #kept: LogEntry[] = []
  #lost = 0
  #repair: Timer | undefined
  #isFenced = false

  constructor(options: LogWriterOptions, epoch: number) {
    this.#options = options
    this.#epoch = epoch
    this.#backoff = new Backoff(options.clock, repairBackoff)
  }

  /** Why the log cannot be written; undefined when it can. */
  get degraded(): string | undefined {
    return this.#degraded
  }

  /** Resolves with whether to go on: false when another process has taken over. Where the log is away it says true. */
  async commit(entries: readonly LogEntry[]): Promise<boolean> {
    if (this.#isFenced) return false
    if (this.#degraded !== undefined) {
      this.#keep(entries)
      return true
    }
    try {
      await this.#within(this.#options.log.write(entries, this.#epoch))
      return true
    } catch (error) {
      if (hasCode(error, 'STORE_FENCED')) return this.#fenced()
      this.#keep(entries)
      this.#degrade(errorText(error))
      return !this.#isFenced
    }
  }

  /** Writes without waiting; the order is kept. */
  append(entries: readonly LogEntry[]): void {
    void this.commit(entries)
  }

  stop(): void {
    this.#isFenced = true
    this.#repair?.cancel()
  }

  #fenced(): boolean {
    if (!this.#isFenced) this.#options.onFenced()
    this.stop()
    return false
  }

  #keep(entries: readonly LogEntry[]): void {
    const history = entries.filter(isHistory)
    this.#kept.push(...history)
    const excess = Math.max(0, this.#kept.length - mostKept)
    if (excess > 0) this.#kept.splice(0, excess)
    this.#lost += excess
  }

  #degrade(why: string): void {
    if (this.#degraded === undefined) {
      const component = { component: 'notify', error: why }
      this.#options.logger.error(component, 'The notification log cannot be written; alerts go out at least once')
      this.#options.onDegraded(why)
    }
    this.#degraded = why
    if (this.#isFenced) return
    this.#repair?.cancel()
    this.#repair = this.#options.clock.after(this.#backoff.nextMs(), () => void this.#tryRepair())
  }

  async #tryRepair(): Promise<void> {
    const kept = this.#kept
    this.#kept = []
    try {
      await this.#within(this.#options.log.write([...kept, ...this.#options.presentState()], this.#epoch))
    } catch (error) {
      if (hasCode(error, 'STORE_FENCED')) this.#fenced()
      this.#kept = [...kept, ...this.#kept].slice(-mostKept)
      this.#degrade(errorText(error))
      return
    }
    this.#repaired()
  }

  /** What came while the repair was written is written now. */
  #repaired(): void {
    const { logger, onDegraded, presentState } = this.#options
    logger.info({ component: 'notify', lostHistory: this.#lost }, 'The notification log is written again')
    this.#degraded = undefined
    this.#backoff.reset()
    const kept = this.#kept
    this.#kept = []
    this.append([...kept, ...presentState()])
    onDegraded(undefined)
  }

  async #within(write: Promise<void>): Promise<void> {
    const late = new AbortController()
    const timer = this.#options.clock.after(patienceMs, () => late.abort())
    const tooLate = new Promise<never>((_resolve, reject) => {
      late.signal.addEventListener('abort', () => reject(new Error(`no answer within ${patienceMs / 1_000} s`)))
    })
    try {
      await Promise.race([write, tooLate])
    } finally {
      timer.cancel()
      write.catch(() => undefined)
    }
  }
}

/** What the present state does not contain. */
function isHistory(entry: LogEntry): boolean {
  if (entry.type === 'alert') return entry.record.endedMs !== undefined
  return entry.type === 'delivery' ? entry.record.state !== 'intended' : entry.type !== 'thread'
}
