/**
 * Crashes keep coming while their history is away: Elasticsearch and MySQL, killed or hanging, side by side, and Elasticsearch with a
 * full disk. None is lost, none is there twice. The outbox is that of a real notification log, and another process takes it over in
 * between.
 */
import { expect } from 'chai'
import { type Elasticsearch, missingForElasticsearch, startElasticsearch } from '../../hack/testbed/elasticsearch.ts'
import { type Mariadb, missingForMariadb, startMariadb } from '../../hack/testbed/mariadb.ts'
import { systemClock } from '../../src/base/clock.ts'
import { ElasticsearchHistory } from '../../src/store/elasticsearch/elasticsearch-history.ts'
import { MysqlCrashHistory } from '../../src/store/mysql/crashes/mysql-crash-history.ts'
import { CrashStream } from '../support/crash-stream.ts'
import { eventually } from '../support/eventually.ts'
import { skipUnless } from '../support/skip.ts'

const isFull = process.env.DOGWATCH_TEST === 'full'
/** How long they are away; the crashes that come meanwhile are of several days. */
const awayMs = isFull ? 600_000 : 60_000
const everyMs = 20
const times = { everyMs, perDay: awayMs / everyMs / 30, arriveWithinMs: isFull ? 600_000 : 120_000 }
const prefix = 'crashes-'
const onFullDisk = 'full-'

/** An engine, and the crashes that are for it. */
interface Engine {
  /** What is said of it while it is away. */
  readonly problem: string
  readonly server: Pick<Elasticsearch | Mariadb, 'kill' | 'start' | 'pause' | 'resume'>
  readonly crashes: CrashStream
}

describe('crashes while their history is away', function () {
  this.timeout(awayMs * 3 + 300_000)
  let elasticsearch: Elasticsearch
  let mariadb: Mariadb
  const engines: Engine[] = []

  before(async function () {
    const missing = missingForElasticsearch() ?? missingForMariadb()
    skipUnless(this, missing === undefined, missing ?? '')
    elasticsearch = await startElasticsearch()
    mariadb = await startMariadb()
    const settings = { url: () => mariadb.url, tls: 'off' } as const
    const ofMysql = {
      ...times,
      open: () => new MysqlCrashHistory({ settings, clock: systemClock }),
      count: countInMysql,
    }
    engines.push(
      {
        problem: 'in Elasticsearch at',
        server: elasticsearch,
        crashes: await CrashStream.start(ofElasticsearch(prefix)),
      },
      { problem: 'the crash history dogwatch@', server: mariadb, crashes: await CrashStream.start(ofMysql) },
    )
  })
  after(async () => {
    for (const { crashes } of engines) await crashes.stop()
    await Promise.all([elasticsearch?.stop(), mariadb?.stop()])
  })
  beforeEach(() => each(({ crashes }) => crashes.nextOperator()))

  const each = async (act: (engine: Engine) => Promise<void>) => {
    await Promise.all(engines.map(act))
  }

  const ofElasticsearch = (indexPrefix: string) => ({
    ...times,
    open: () => new ElasticsearchHistory({ urls: [elasticsearch.url], indexPrefix }, systemClock),
    count: async () => {
      await elasticsearch.request('POST', `${indexPrefix}*/_refresh`)
      return (await elasticsearch.request<{ count: number }>('GET', `${indexPrefix}*/_count`)).count
    },
  })

  async function countInMysql(): Promise<number> {
    const [rows] = await mariadb.run('SELECT COUNT(*) AS count FROM dogwatch.dogwatch_crashes')
    return Number((rows as { count: number }[])[0]?.count)
  }

  it(`${awayMs / 1000} s, killed: all are there when it is back, once, though the operator changed meanwhile`, () =>
    each(async ({ problem, server, crashes }) => {
      await crashes.putFor(2_000)
      await crashes.hasSome()
      await server.kill()
      await crashes.putFor(awayMs / 2)
      await crashes.nextOperator()
      await crashes.putFor(awayMs / 2)
      expect(crashes.problems.at(-1)).to.include(problem).and.not.include('the end of run')
      expect(await crashes.isWaiting()).to.equal(true)
      await Promise.all([server.start(), crashes.putFor(5_000)])
      await crashes.expectAll()
      expect(crashes.problems.at(-1)).to.equal('over')
    }))

  it('hanging: what it took without an answer is not there twice', () =>
    each(async ({ server, crashes }) => {
      await crashes.putFor(1_000)
      server.pause()
      await crashes.putFor(3_000)
      await crashes.nextOperator()
      await crashes.putFor(3_000)
      server.resume()
      await crashes.putFor(1_000)
      await crashes.expectAll()
    }))

  it('with a full disk: they wait until there is room', async () => {
    // All of one day: the index of a new one has no place on a full disk, and the server says no more than that it takes long.
    const crashes = await CrashStream.start({ ...ofElasticsearch(onFullDisk), perDay: Number.POSITIVE_INFINITY })
    await crashes.putFor(500)
    await crashes.expectAll()
    await setFloodStage('900tb')
    const blocked = async () =>
      JSON.stringify(await elasticsearch.request('GET', `${onFullDisk}*/_settings`)).includes('read_only')
    await eventually('the server guards its disk', blocked, 60_000)
    await crashes.putFor(1_000)
    const isTold = () => crashes.problems.at(-1)?.includes('disk is full')
    await eventually('somebody is told why', isTold, 60_000, () => crashes.problems.slice(-5))
    await setFloodStage(null)
    await eventually('there is room', async () => !(await blocked()), 60_000)
    await crashes.expectAll()
    await crashes.stop()
  })

  /** A server with less room than this takes no more writes. */
  async function setFloodStage(size: string | null): Promise<void> {
    const disk = 'cluster.routing.allocation.disk'
    const levels = ['low', 'high', 'flood_stage'].map((level) => [`${disk}.watermark.${level}`, size])
    await elasticsearch.request('PUT', '_cluster/settings', {
      persistent: {
        ...Object.fromEntries(levels),
        [`${disk}.threshold_enabled`]: size === null ? null : true,
        'cluster.info.update.interval': size === null ? null : '10s',
      },
    })
    if (size === null) await elasticsearch.request('POST', '_cluster/reroute')
  }
})
