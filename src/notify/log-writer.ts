/**
 * Writes to the notification log in order. Where the log cannot be written, alerts go out all the same, at least once: the
 * writer says so, keeps what history would lose in bounded memory, and when the log is back brings it up to the present: ends
 * in it what memory knows of no more, then the kept history, then everything that is true now.
 *
 * What goes through the outbox is not kept here: whoever posted it still has it until the crash history has it, so it is part of
 * the present; and an end that the log missed is written again by whoever finds the entry there.
 *
 * A log that could not even be read at the start (`beginWithout`) is taken up first, as if it had been read then.
 */
import { Backoff } from '../base/backoff.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { within } from '../base/deadline.ts'
import { errorText, hasCode } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { LogEntry, LogState, NotificationLog, WriteResult } from '../store/notification-log.ts'
import { givenUp, missedEnds } from './log-repair.ts'

export interface LogWriterOptions {
  readonly log: NotificationLog
  readonly clock: Clock
  readonly logger: Logger
  /** Everything that must be known after a restart, as entries. */
  readonly presentState: () => LogEntry[]
  /** Takes up a log that could not be read at the start. */
  readonly takeUp: (state: LogState) => void
  /** Told when the log can be written no longer, with why, and again, with undefined, when it can. */
  readonly onDegraded: (why: string | undefined) => void
  /** Another process writes it now. */
  readonly onFenced: () => void
}

/** Ended alerts and finished deliveries kept for history while the log is away. */
const mostKept = 10_000
const repairBackoff = { initialMs: 1_000, maximumMs: 30_000 }
/** A log that does not answer for so long is treated as gone. */
const writeMs = 5_000
const readMs = 30_000
/** What a repair writes at a time. */
const repairEntries = 500

export class LogWriter {
  readonly #options: LogWriterOptions
  readonly #epoch: number
  readonly #backoff: Backoff
  #degraded: string | undefined
  /** Nobody has read what the log knows. */
  #isUnread = false
  /** Something changed since the repair that is under way looked at the present. */
  #isBehind = false
  #kept: LogEntry[] = []
  #lost = 0
  #repair: Timer | undefined
  #isFenced = false
  #isRepairing = false

  constructor(options: LogWriterOptions, epoch: number) {
    this.#options = options
    this.#epoch = epoch
    this.#backoff = new Backoff(options.clock, repairBackoff)
  }

  /** Why the log cannot be written; undefined when it can. */
  get degraded(): string | undefined {
    return this.#degraded
  }

  /** The log could not be read: what it knows is taken up when it can be. */
  beginWithout(why: string): void {
    this.#isUnread = true
    this.#degrade(why)
  }

  /** Resolves with whether to go on: false when another process has taken over. Where the log is away it says true. */
  async commit(entries: readonly LogEntry[]): Promise<boolean> {
    return (await this.write(entries)) !== 'fenced'
  }

  /** Where the log is `away`, history is kept for it, and what is true then is written when it is back. */
  async write(entries: readonly LogEntry[]): Promise<WriteResult> {
    if (this.#isFenced) return 'fenced'
    if (this.#degraded !== undefined) {
      this.#keep(entries)
      return 'away'
    }
    try {
      await this.#written(entries)
      return 'written'
    } catch (error) {
      if (hasCode(error, 'STORE_FENCED')) return this.#fenced()
      this.#keep(entries)
      this.#degrade(errorText(error))
      return this.#isFenced ? 'fenced' : 'away'
    }
  }

  /** Writes without waiting; the order is kept. */
  append(entries: readonly LogEntry[]): void {
    void this.commit(entries)
  }

  stop(): void {
    this.#isFenced = true
    this.#repair?.cancel()
    if (this.#degraded !== undefined) this.#options.onDegraded(undefined)
    this.#degraded = undefined
  }

  #fenced(): WriteResult {
    if (!this.#isFenced) this.#options.onFenced()
    this.stop()
    return 'fenced'
  }

  #keep(entries: readonly LogEntry[]): void {
    this.#isBehind = true
    this.#kept.push(...entries.filter(isHistory))
    this.#dropExcess()
  }

  #dropExcess(): void {
    const excess = Math.max(0, this.#kept.length - mostKept)
    if (excess > 0) this.#kept.splice(0, excess)
    this.#lost += excess
  }

  #degrade(why: string): void {
    if (this.#isFenced) return
    if (this.#degraded === undefined) {
      const component = { component: 'notify', error: why }
      this.#options.logger.error(component, 'The notification log cannot be written; alerts go out at least once')
      this.#options.onDegraded(why)
    }
    this.#degraded = why
    if (this.#isRepairing) return
    this.#repair?.cancel()
    this.#repair = this.#options.clock.after(this.#backoff.nextMs(), () => void this.#tryRepair())
  }

  async #tryRepair(): Promise<void> {
    const kept = this.#kept
    this.#kept = []
    this.#isRepairing = true
    try {
      await this.#bringUp(kept)
      this.#isRepairing = false
    } catch (error) {
      this.#isRepairing = false
      if (hasCode(error, 'STORE_FENCED')) this.#fenced()
      this.#kept = [...kept, ...this.#kept]
      this.#dropExcess()
      this.#degrade(errorText(error))
      return
    }
    if (!this.#isFenced) this.#repaired()
  }

  /** Brings the log up to the present. Each entry replaces what is under its key, so a repair that failed half-way is begun anew. */
  async #bringUp(kept: readonly LogEntry[]): Promise<void> {
    const { log, clock, presentState, takeUp } = this.#options
    const state = await this.#inTime(log.takeOver(this.#epoch), readMs)
    if (this.#isFenced) return
    const wasUnread = this.#isUnread
    this.#isUnread = false
    if (wasUnread) takeUp(state)
    this.#isBehind = false
    const now = outboxFirst([...kept, ...presentState()])
    const nowMs = clock.nowMs()
    const missed = [...missedEnds(state, now, nowMs), ...(wasUnread ? givenUp(state, now, nowMs) : []), ...now]
    for (let start = 0; start < missed.length && !this.#isFenced; start += repairEntries) {
      await this.#written(missed.slice(start, start + repairEntries))
    }
  }

  /** What came while the repair was written is written now. */
  #repaired(): void {
    const { logger, onDegraded, presentState } = this.#options
    logger.info({ component: 'notify', lostHistory: this.#lost }, 'The notification log is written again')
    this.#degraded = undefined
    this.#lost = 0
    this.#backoff.reset()
    const kept = this.#kept
    this.#kept = []
    if (this.#isBehind) this.append([...kept, ...presentState()])
    onDegraded(undefined)
  }

  #written(entries: readonly LogEntry[]): Promise<void> {
    return this.#inTime(this.#options.log.write(entries, this.#epoch), writeMs)
  }

  #inTime<T>(work: Promise<T>, withinMs: number): Promise<T> {
    const { clock } = this.#options
    return within(work, { clock, withinMs, reason: () => new Error(`no answer within ${withinMs / 1_000} s`) })
  }
}

/** What the present state does not contain. */
function isHistory(entry: LogEntry): boolean {
  if (entry.type === 'alert') return entry.record.endedMs !== undefined
  if (entry.type === 'delivery') return entry.record.state !== 'intended'
  return entry.type === 'threadEnd' || entry.type === 'setting'
}

/** A record comes before what was concluded from it: else a process that is killed between the two has lost it. */
function outboxFirst(entries: readonly LogEntry[]): LogEntry[] {
  const isPost = ({ type }: LogEntry) => type === 'outbox'
  return [...entries.filter(isPost), ...entries.filter((entry) => !isPost(entry))]
}
