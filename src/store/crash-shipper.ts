/**
 * Brings crashes to the history. Each is first posted to the outbox of the notification log, which is never away for as long as a
 * history may be, then written to the history, then taken from the outbox. A process that is killed anywhere between leaves it in
 * the outbox, and the next one brings it: twice does no harm, as the history keeps each id once.
 *
 * Memory holds what is under way, up to a size; what is beyond that is read from the outbox again. While the notification log is
 * away too, memory is all there is.
 */
import { Backoff } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { within } from '../base/deadline.ts'
import { errorText, OperatorError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { CrashRecord } from '../model/crash.ts'
import type { CrashHistory, RefusedCrash } from './crash-history.ts'
import type { CrashShipperMetrics } from './crash-shipper-metrics.ts'
import { CrashSpool } from './crash-spool.ts'
import type { NotificationLog, OutboxEntry, WriteResult } from './notification-log.ts'

/** The outbox as its leader writes it. */
export interface OutboxWriter {
  postOutbox(entries: readonly OutboxEntry[]): Promise<WriteResult>
  endOutbox(ids: readonly string[]): Promise<WriteResult>
}

export interface CrashShipperOptions {
  readonly history: Pick<CrashHistory, 'write'>
  readonly log: Pick<NotificationLog, 'outbox' | 'outboxBytes'>
  readonly outbox: OutboxWriter
  /** Beyond it nothing more is posted. */
  readonly mostOutboxBytes: number
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: CrashShipperMetrics
  /** The history can be written no longer, with why, or it can again. */
  readonly onProblem: (why: string | undefined) => void
}

/** What JavaScript needs for 32 MB of text, at most two bytes each. */
const mostCharacters = 16 * 1024 * 1024
const batchSize = { most: 100, mostCharacters: 1_000_000 }
const pageSize = 50
/** What comes together is written together, and the alert of a crash has the disk first. */
const gatherMs = 200
const retryBackoff = { initialMs: 1_000, maximumMs: 30_000 }
const writeMs = 60_000

interface Term {
  readonly spool: CrashSpool
  readonly over: AbortController
  /** The outbox may have what memory has not. */
  hasMore: boolean
  isOutboxFull: boolean
  /** The outbox cannot be read or written; `logIsBack` says when it can. */
  isLogAway: boolean
  running: Promise<void> | undefined
}

export class CrashShipper {
  readonly #options: CrashShipperOptions
  readonly #backoff: Backoff
  #term: Term | undefined
  #problem: string | undefined
  #most = batchSize.most
  /** Of those who wait until it is drained. */
  readonly #awaiting: (() => void)[] = []

  constructor(options: CrashShipperOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.clock, retryBackoff)
  }

  /** Why the history cannot be written; undefined where it can. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** This process writes the outbox from now on: what an earlier one left in it is brought first. */
  lead(): void {
    this.follow()
    const spool = new CrashSpool(mostCharacters)
    const over = new AbortController()
    this.#term = { spool, over, hasMore: true, isOutboxFull: false, isLogAway: false, running: undefined }
    this.#wake(this.#term)
  }

  follow(): void {
    this.#term?.over.abort(new Error('another process writes the outbox'))
    this.#term = undefined
    this.#rest()
    this.#solved()
    this.#options.metrics.waiting(0)
  }

  /**
   * Posts it to the outbox, before anything that is written to the log afterwards; keeps it in memory alone where the outbox is away
   * or full. Who does not lead forgets it.
   */
  put(record: CrashRecord): void {
    const term = this.#term
    if (term === undefined) return
    const entry = term.spool.add(record, false)
    this.#wake(term)
    void this.#post(term, entry)
  }

  async #post(term: Term, entry: OutboxEntry): Promise<void> {
    const result = term.isOutboxFull ? 'away' : await this.#options.outbox.postOutbox([entry])
    if (result === 'written') term.spool.isInOutbox(entry.id)
    this.#dropExcess(term)
  }

  /** For a log that was away: what is not in the history yet. */
  unshipped(): readonly OutboxEntry[] {
    return this.#term?.spool.all() ?? []
  }

  /** The notification log can be written again; it may have what was shipped meanwhile. */
  logIsBack(): void {
    const term = this.#term
    if (term === undefined) return
    term.isLogAway = false
    term.hasMore = true
    term.spool.allAreInOutbox()
    this.#wake(term)
  }

  /** Resolves when all is in the history, or cannot be brought there now. */
  async drained(): Promise<void> {
    if (this.#problem !== undefined || this.#term?.running === undefined) return
    await new Promise<void>((resolve) => this.#awaiting.push(resolve))
  }

  #rest(): void {
    for (const resolve of this.#awaiting.splice(0)) resolve()
  }

  #wake(term: Term): void {
    this.#options.metrics.waiting(term.spool.size)
    term.running ??= this.#ship(term).finally(() => {
      term.running = undefined
      const isLeft = term.spool.size > 0 || (term.hasMore && !term.isLogAway)
      if (isLeft && !term.over.signal.aborted) this.#wake(term)
      else this.#rest()
    })
  }

  async #ship(term: Term): Promise<void> {
    const { clock } = this.#options
    const { signal } = term.over
    await clock.sleep(gatherMs, signal).catch(() => undefined)
    while (!signal.aborted) {
      try {
        const batch = await this.#nextBatch(term)
        if (batch.length === 0) return
        await this.#bring(term, batch)
      } catch (error) {
        if (signal.aborted) return
        this.#failed(error)
        await this.#lookAtOutbox(term)
        await clock.sleep(this.#backoff.nextMs(), signal).catch(() => undefined)
      }
    }
  }

  async #nextBatch(term: Term): Promise<CrashRecord[]> {
    const batch = () => term.spool.oldest({ ...batchSize, most: this.#most })
    if (term.spool.size > 0 || !term.hasMore || term.isLogAway) return batch()
    await this.#readOutbox(term)
    return batch()
  }

  /** From its beginning: what was shipped is in it no more. */
  async #readOutbox(term: Term): Promise<void> {
    const { log, logger } = this.#options
    try {
      // Before it is read: what comes meanwhile, and is too much for memory, is more.
      term.hasMore = false
      const page = await log.outbox({ limit: pageSize })
      if (page.length === pageSize) term.hasMore = true
      for (const { id, value } of page) await this.#take(term, id, value)
    } catch (error) {
      logger.warn({ component: 'store', error: errorText(error) }, 'The outbox of crashes cannot be read')
      term.hasMore = true
      term.isLogAway = true
    }
  }

  async #take(term: Term, id: string, value: string): Promise<void> {
    try {
      term.spool.add(JSON.parse(value) as CrashRecord, true)
    } catch (error) {
      await this.#ended(term, [id], [{ id, why: errorText(error) }])
    }
  }

  async #bring(term: Term, batch: readonly CrashRecord[]): Promise<void> {
    const refused = await this.#write(batch)
    this.#solved()
    this.#most = batchSize.most
    this.#backoff.reset()
    const ids = batch.map(({ id }) => id)
    await this.#ended(term, ids, refused)
    if (term.isOutboxFull) await this.#lookAtOutbox(term)
  }

  async #write(batch: readonly CrashRecord[]): Promise<readonly RefusedCrash[]> {
    const { history, clock } = this.#options
    const reason = () => new OperatorError('STORE_UNAVAILABLE', 'no answer within 60 s')
    try {
      return await within(history.write(batch), { clock, withinMs: writeMs, reason })
    } catch (error) {
      const [only] = batch
      if (error instanceof OperatorError || only === undefined) throw error
      // Not the store but one of them may be at fault: it is found by halves.
      this.#most = Math.max(1, batch.length >> 1)
      if (batch.length > 1) throw error
      return [{ id: only.id, why: errorText(error) }]
    }
  }

  async #ended(term: Term, ids: readonly string[], refused: readonly RefusedCrash[]): Promise<void> {
    const { outbox, metrics, logger } = this.#options
    for (const { id, why } of refused) {
      logger.error({ component: 'store', crash: id, error: why }, 'The crash history refuses a crash for good')
    }
    metrics.ended('refused', refused.length)
    metrics.ended('shipped', ids.length - refused.length)
    term.spool.remove(ids)
    metrics.waiting(term.spool.size)
    if ((await outbox.endOutbox(ids)) !== 'written') term.isLogAway = true
  }

  #failed(error: unknown): void {
    const { logger, metrics, onProblem } = this.#options
    const why = errorText(error)
    const isNew = this.#problem === undefined
    this.#problem = why
    this.#rest()
    if (!isNew) return
    logger.error({ component: 'store', error: why }, 'The crash history cannot be written; crashes wait in the outbox')
    metrics.degraded(true)
    onProblem(why)
  }

  #solved(): void {
    const { logger, metrics, onProblem } = this.#options
    if (this.#problem === undefined) return
    this.#problem = undefined
    logger.info({ component: 'store' }, 'The crash history is written again')
    metrics.degraded(false)
    onProblem(undefined)
  }

  async #lookAtOutbox(term: Term): Promise<void> {
    const { log, mostOutboxBytes } = this.#options
    // Where it cannot be read it cannot be written either.
    const bytes = await log.outboxBytes().catch(() => 0)
    term.isOutboxFull = bytes > mostOutboxBytes
  }

  #dropExcess(term: Term): void {
    const { metrics, logger } = this.#options
    const { forgotten, lost } = term.spool.dropExcess()
    if (forgotten > 0) term.hasMore = true
    if (lost === 0) return
    metrics.ended('lost', lost)
    logger.error({ component: 'store', lost }, 'There is no room for crashes while their history is away')
  }
}
