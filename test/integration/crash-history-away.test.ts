/**
 * Crashes keep coming while Elasticsearch is away: killed, hanging, or with a full disk. None is lost, none is there twice. The
 * outbox is that of a real notification log, and another process takes it over in between.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { type Elasticsearch, missingForElasticsearch, startElasticsearch } from '../../hack/testbed/elasticsearch.ts'
import { systemClock } from '../../src/base/clock.ts'
import { errorText } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/log.ts'
import type { CrashPosition } from '../../src/store/crash-history.ts'
import { CrashShipper } from '../../src/store/crash-shipper.ts'
import { ElasticsearchHistory } from '../../src/store/elasticsearch/elasticsearch-history.ts'
import type { LogEntry, WriteResult } from '../../src/store/notification-log.ts'
import { SqliteLog } from '../../src/store/sqlite/sqlite-log.ts'
import { logOf, numberedCrash } from '../support/crash-records.ts'
import { eventually } from '../support/eventually.ts'
import { skipUnless } from '../support/skip.ts'

const isFull = process.env.DOGWATCH_TEST === 'full'
/** How long it is away; the crashes that come meanwhile are of several days. */
const awayMs = isFull ? 600_000 : 60_000
const everyMs = 20
const prefix = 'crashes-'

/** One operator after the other: each has the outbox that the one before it left. */
class Operators {
  readonly #log: SqliteLog
  readonly #url: string
  readonly problems: string[] = []
  #epoch = 0
  #current: { shipper: CrashShipper; history: ElasticsearchHistory } | undefined

  constructor(log: SqliteLog, url: string) {
    this.#log = log
    this.#url = url
  }

  get shipper(): CrashShipper {
    if (this.#current === undefined) throw new Error('no operator leads')
    return this.#current.shipper
  }

  /** The one before it ends in the midst of what it was doing. */
  async next(): Promise<void> {
    await this.stop()
    this.#epoch += 1
    const epoch = this.#epoch
    await this.#log.takeOver(epoch)
    const history = new ElasticsearchHistory({ urls: [this.#url], indexPrefix: prefix }, systemClock)
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

  async stop(): Promise<void> {
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
}

describe('crashes while Elasticsearch is away', function () {
  this.timeout(awayMs * 2 + 300_000)
  let server: Elasticsearch
  let folder = ''
  let log: SqliteLog
  let operators: Operators
  let put = 0

  before(async function () {
    const missing = missingForElasticsearch()
    skipUnless(this, missing === undefined, missing ?? '')
    server = await startElasticsearch()
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-away-'))
    log = new SqliteLog(join(folder, 'notifications.db'))
    operators = new Operators(log, server.url)
  })
  after(async () => {
    await operators?.stop()
    await log?.close()
    await server?.stop()
    if (folder !== '') await rm(folder, { recursive: true })
  })
  beforeEach(() => operators.next())

  async function putFor(ms: number): Promise<void> {
    const endMs = performance.now() + ms
    while (performance.now() < endMs) {
      await putOne()
      await sleep(everyMs)
    }
  }

  async function putOne(): Promise<void> {
    const number = put++
    // Each hundred crashes are of another day.
    const atMs = numberedCrash(0).atMs + Math.floor(number / 100) * 24 * 60 * 60_000 + number
    await operators.shipper.put(numberedCrash(number, { atMs, log: logOf(`the end of run ${number}`) }))
  }

  async function kept(): Promise<number> {
    await server.request('POST', `${prefix}*/_refresh`)
    return (await server.request<{ count: number }>('GET', `${prefix}*/_count`)).count
  }

  async function ids(): Promise<string[]> {
    const history = new ElasticsearchHistory({ urls: [server.url], indexPrefix: prefix }, systemClock)
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

  /** That all are there, that none is there twice, and that nothing waits any more. */
  async function expectAll(): Promise<void> {
    await eventually('all arrived', async () => (await kept().catch(() => 0)) >= put, 120_000)
    expect(await kept()).to.equal(put)
    expect(new Set(await ids()).size).to.equal(put)
    await eventually('the outbox is empty', async () => (await log.outbox({ limit: 1 })).length === 0)
  }

  it(`${awayMs / 1000} s, killed: all are there when it is back, once, though the operator changed meanwhile`, async () => {
    await putFor(2_000)
    await eventually('it has some', async () => (await kept()) > 0)
    await server.kill()
    await putFor(awayMs / 2)
    await operators.next()
    await putFor(awayMs / 2)
    expect(operators.problems.at(-1)).to.include('Elasticsearch').and.not.include('the end of run')
    expect((await log.outbox({ limit: 1 })).length).to.equal(1)
    await Promise.all([server.start(), putFor(5_000)])
    await expectAll()
    expect(operators.problems.at(-1)).to.equal('over')
  })

  it('hanging: what it took without an answer is not there twice', async () => {
    await putFor(1_000)
    server.pause()
    await putFor(3_000)
    await operators.next()
    await putFor(3_000)
    server.resume()
    await putFor(1_000)
    await expectAll()
  })

  it('with a full disk: they wait until there is room', async () => {
    await putFor(500)
    await expectAll()
    await setFloodStage('900tb')
    const blocked = async () =>
      JSON.stringify(await server.request('GET', `${prefix}*/_settings`)).includes('read_only')
    await eventually('the server guards its disk', blocked, 60_000)
    await putFor(1_000)
    await eventually('somebody is told why', () => operators.problems.at(-1)?.includes('disk is full'))
    await setFloodStage(null)
    await eventually('there is room', async () => !(await blocked()), 60_000)
    await expectAll()
  })

  /** A server with less room than this takes no more writes. */
  async function setFloodStage(size: string | null): Promise<void> {
    const disk = 'cluster.routing.allocation.disk'
    const levels = ['low', 'high', 'flood_stage'].map((level) => [`${disk}.watermark.${level}`, size])
    await server.request('PUT', '_cluster/settings', {
      persistent: {
        ...Object.fromEntries(levels),
        [`${disk}.threshold_enabled`]: size === null ? null : true,
        'cluster.info.update.interval': size === null ? null : '10s',
      },
    })
    if (size === null) await server.request('POST', '_cluster/reroute')
  }
})
