/**
 * Crashes that keep coming for one history, over operators that follow one another: each has the outbox that the one before it left
 * in a real notification log.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { systemClock } from '../../src/base/clock.ts'
import { errorText } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/log.ts'
import type { CrashHistory, CrashPosition } from '../../src/store/crash-history.ts'
import { CrashShipper } from '../../src/store/crash-shipper.ts'
import type { LogEntry, WriteResult } from '../../src/store/notification-log.ts'
import { SqliteLog } from '../../src/store/sqlite/sqlite-log.ts'
import { logOf, numberedCrash } from './crash-records.ts'
import { eventually } from './eventually.ts'

export interface CrashStreamOptions {
  readonly open: () => CrashHistory
  /** How many crashes the server has, those that are there twice twice. */
  readonly count: () => Promise<number>
  readonly everyMs: number
  /** So many crashes are of one day. */
  readonly perDay: number
  readonly arriveWithinMs: number
}

export class CrashStream {
  readonly problems: string[] = []
  readonly #options: CrashStreamOptions
  readonly #folder: string
  readonly #log: SqliteLog
  #epoch = 0
  #put = 0
  #current: { shipper: CrashShipper; history: CrashHistory } | undefined

  private constructor(options: CrashStreamOptions, folder: string) {
    this.#options = options
    this.#folder = folder
    this.#log = new SqliteLog(join(folder, 'notifications.db'))
  }

  static async start(options: CrashStreamOptions): Promise<CrashStream> {
    const stream = new CrashStream(options, await mkdtemp(join(tmpdir(), 'dogwatch-away-')))
    await stream.nextOperator()
    return stream
  }

  /** The one before it ends in the midst of what it was doing. */
  async nextOperator(): Promise<void> {
    await this.#end()
    this.#epoch += 1
    const epoch = this.#epoch
    await this.#log.takeOver(epoch)
    const history = this.#options.open()
    const write = (entries: readonly LogEntry[]) => this.#write(entries, epoch)
    const shipper = new CrashShipper({
      ...{ history, log: this.#log, mostOutboxBytes: 1_000_000_000, clock: systemClock, logger: silentLogger },
      outbox: {
        postOutbox: (entries) => write(entries.map(({ id, value }) => ({ type: 'outbox', id, value }))),
        endOutbox: (ids) => write(ids.map((id) => ({ type: 'outboxEnd', id }))),
      },
      metrics: { waiting: () => undefined, ended: () => undefined, degraded: () => undefined },
      onProblem: (why) => this.problems.push(why ?? 'over'),
    })
    this.#current = { shipper, history }
    shipper.lead()
  }

  async putFor(ms: number): Promise<void> {
    const endMs = performance.now() + ms
    while (performance.now() < endMs) {
      this.#putOne()
      await sleep(this.#options.everyMs)
    }
  }

  async hasSome(): Promise<void> {
    await eventually('it has some', async () => (await this.#options.count().catch(() => 0)) > 0)
  }

  async isWaiting(): Promise<boolean> {
    return (await this.#log.outbox({ limit: 1 })).length > 0
  }

  /** That all are there, that none is there twice, and that nothing waits any more. */
  async expectAll(): Promise<void> {
    const { count, arriveWithinMs } = this.#options
    const show = async () => ({ put: this.#put, there: await count().catch(errorText), last: this.problems.at(-1) })
    const isAll = async () => (await count().catch(() => 0)) >= this.#put
    await eventually('all arrived', isAll, arriveWithinMs, show)
    expect(await count()).to.equal(this.#put)
    expect(new Set(await this.#ids()).size).to.equal(this.#put)
    await eventually('the outbox is empty', async () => !(await this.isWaiting()))
  }

  async stop(): Promise<void> {
    await this.#end()
    await this.#log.close()
    await rm(this.#folder, { recursive: true })
  }

  #putOne(): void {
    if (this.#current === undefined) throw new Error('no operator leads')
    const number = this.#put
    this.#put += 1
    const day = Math.floor(number / this.#options.perDay)
    const atMs = numberedCrash(0).atMs + day * 24 * 60 * 60_000 + number
    this.#current.shipper.put(numberedCrash(number, { atMs, log: logOf(`the end of run ${number}`) }))
  }

  async #end(): Promise<void> {
    this.#current?.shipper.follow()
    await this.#current?.history.close()
    this.#current = undefined
  }

  async #write(entries: readonly LogEntry[], epoch: number): Promise<WriteResult> {
    try {
      await this.#log.write(entries, epoch)
      return 'written'
    } catch (error) {
      throw new Error(`the notification log of the test: ${errorText(error)}`)
    }
  }

  async #ids(): Promise<string[]> {
    const history = this.#options.open()
    const found: string[] = []
    for (let after: CrashPosition | undefined; ; ) {
      const page = await history.find({ limit: 1_000, ...(after === undefined ? {} : { after }) })
      found.push(...page.map(({ id }) => id))
      after = page.at(-1)
      if (after === undefined) break
    }
    await history.close()
    return found
  }
}
