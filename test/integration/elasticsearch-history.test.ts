/** The crash history in a real Elasticsearch: the contract, and what becomes of it when the server, the way or the rights go. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Elasticsearch, missingForElasticsearch, startElasticsearch } from '../../hack/testbed/elasticsearch.ts'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { errorText, OperatorError } from '../../src/base/errors.ts'
import type { CrashRecord } from '../../src/model/crash.ts'
import type { ElasticsearchSettings } from '../../src/store/elasticsearch/connection-settings.ts'
import { ElasticsearchHistory } from '../../src/store/elasticsearch/elasticsearch-history.ts'
import { templateOf, templateVersion } from '../../src/store/elasticsearch/index-template.ts'
import { itIsACrashHistory } from '../support/crash-history-contract.ts'
import { type ElasticsearchFront, startElasticsearchFront } from '../support/elasticsearch-front.ts'
import { eventually } from '../support/eventually.ts'
import { skipUnless } from '../support/skip.ts'

const dayMs = 24 * 60 * 60_000
const noonMs = Date.parse('2026-11-21T12:00:00Z')

function aCrash(number: number, more: Partial<CrashRecord> = {}): CrashRecord {
  return {
    id: `crash${String(number).padStart(6, '0')}`,
    ...{ atMs: noonMs + number, seenMs: noonMs + number + 5, namespace: 'shop', reason: 'Error' },
    workload: { kind: 'Deployment', namespace: 'shop', name: 'cart' },
    pod: { name: 'cart-5d8', uid: '7b1f' },
    container: { name: 'app', role: 'app', image: 'registry.example/cart:1.2' },
    ...{ cause: 'ended with exit code 1', exitCode: 1, restartCount: number, crashes: 1, facts: [], missing: [] },
    log: { text: `run ${number}\nthe end`, isCut: false },
    ...more,
  }
}

const numbered = (from: number, count: number) => Array.from({ length: count }, (_, index) => aCrash(from + index))

async function failureOf(work: Promise<unknown>): Promise<OperatorError> {
  try {
    await work
  } catch (error) {
    if (error instanceof OperatorError) return error
    throw new Error(`it failed otherwise: ${errorText(error)}`)
  }
  throw new Error('it did not fail')
}

/** Deadlines come twenty times sooner. */
const hurriedClock: Clock = { ...systemClock, after: (delayMs, callback) => systemClock.after(delayMs / 20, callback) }

describe('crash history in Elasticsearch', function () {
  this.timeout(600_000)
  let server: Elasticsearch
  let prefixNumber = 0
  let prefix = ''
  let folder = ''
  const opened: { close(): Promise<void> }[] = []
  const fronts: ElasticsearchFront[] = []

  before(async function () {
    const missing = missingForElasticsearch()
    skipUnless(this, missing === undefined, missing ?? '')
    server = await startElasticsearch()
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-elasticsearch-test-'))
  })
  after(async () => {
    await server?.stop()
    if (folder !== '') await rm(folder, { recursive: true })
  })

  beforeEach(() => {
    prefixNumber += 1
    prefix = `crashes${prefixNumber}-`
  })
  afterEach(async () => {
    for (const history of opened.splice(0)) await history.close()
    for (const front of fronts.splice(0)) await front.stop()
    // A server that is started again recovers all that there is.
    for (const day of await indices()) await server.request('DELETE', `${prefix}${day}`)
    await server.request('DELETE', `_index_template/dogwatch-crash*-crashes${prefixNumber}*`).catch(() => undefined)
  })

  function open(settings: Partial<ElasticsearchSettings> = {}, clock: Clock = systemClock): ElasticsearchHistory {
    const history = new ElasticsearchHistory({ urls: [server.url], indexPrefix: prefix, ...settings }, clock)
    opened.push(history)
    return history
  }

  async function startFront(
    ...options: Parameters<typeof startElasticsearchFront> extends [string, ...infer R] ? R : []
  ) {
    const front = await startElasticsearchFront(server.url, ...options)
    fronts.push(front)
    return front
  }

  async function aFile(name: string, text: string): Promise<string> {
    const path = join(folder, `${prefix}${name}`)
    await writeFile(path, text)
    return path
  }

  const indices = async () => {
    const rows = await server.request<{ index: string }[]>('GET', `_cat/indices/${prefix}*?format=json&h=index&s=index`)
    return rows.map(({ index }) => index.slice(prefix.length))
  }
  const count = async () => {
    await server.request('POST', `${prefix}*/_refresh`)
    return (await server.request<{ count: number }>('GET', `${prefix}*/_count`)).count
  }

  describe('as every history', () => {
    itIsACrashHistory(() => ({
      open: () => open(),
      clear: async () => undefined,
      // What another process wrote is found a second later.
      settle: async () => void (await server.request('POST', `${prefix}*/_refresh`)),
    }))
  })

  describe('its indices', () => {
    it('are one for each day of crashes in UTC, whenever they are written', async () => {
      const midnightMs = Date.parse('2026-11-21T00:00:00Z')
      await open().write([aCrash(1, { atMs: midnightMs - 1 }), aCrash(2, { atMs: midnightMs }), aCrash(3, { atMs: 0 })])
      expect(await indices()).to.deep.equal(['1970.01.01', '2026.11.20', '2026.11.21'])
    })

    it('have the fields of kubernetes-pod-monitor under its names, with logs that can be searched', async () => {
      await open().write([aCrash(1, { cluster: 'east', log: { text: 'Traceback: connection reset', isCut: true } })])
      await server.request('POST', `${prefix}*/_refresh`)
      const search = { query: { match_phrase: { logs: 'connection reset' } } }
      const found = await server.request<{ hits: { hits: { _id: string; _source: object }[] } }>(
        ...(['POST', `${prefix}*/_search`, search] as const),
      )
      expect(found.hits.hits.map(({ _id }) => _id)).to.deep.equal(['crash000001'])
      expect(found.hits.hits[0]?._source).to.include({
        ...{ namespace: 'shop', pod_name: 'cart-5d8', container_name: 'app', cluster_name: 'east', restart_count: 1 },
        ...{ created_at: '2026-11-21T12:00:00.001Z', logs: 'Traceback: connection reset' },
        termination_state: 'Error: ended with exit code 1',
      })
      const types = await fieldTypes('2026.11.21')
      expect(types).to.include({ namespace: 'keyword', pod_name: 'keyword', container_name: 'keyword', logs: 'text' })
      expect(types).to.include({ cluster_name: 'keyword', created_at: 'date', restart_count: 'long' })
      expect(types).to.include({ termination_state: 'text' })
    })

    it('get the fields of a newer version, those that are there too', async () => {
      const { name, body } = templateOf(prefix)
      const old = { ...body, version: 0, template: { mappings: { _meta: { dogwatch: 0 }, dynamic: false } } }
      await server.request('PUT', `_index_template/${name}`, { ...old, name: undefined })
      await server.request('PUT', `${prefix}2026.11.19`)
      await open().write([aCrash(1)])
      const { index_templates: templates } = await server.request<{
        index_templates: { index_template: { version: number } }[]
      }>('GET', `_index_template/${name}`)
      expect(templates[0]?.index_template.version).to.equal(templateVersion)
      expect(await fieldTypes('2026.11.19')).to.deep.equal(await fieldTypes('2026.11.21'))
    })

    it('of a newer version are left alone', async () => {
      const { name, body } = templateOf(prefix)
      await server.request('PUT', `_index_template/${name}`, { ...body, name: undefined, version: templateVersion + 1 })
      const error = await failureOf(open().write([aCrash(1)]))
      expect(error.code).to.equal('STORE_NEWER')
      expect(await indices()).to.deep.equal([])
    })

    it('that another program made take what fits, and are never removed', async () => {
      const seed = {
        created_at: { type: 'date' },
        logs: { type: 'text', index: false },
        namespace: { type: 'keyword' },
      }
      for (const day of ['2026.11.20', '2026.11.21'])
        await server.request('PUT', `${prefix}${day}`, { mappings: { properties: seed } })
      const theirs = { created_at: '2026-11-20T10:00:00Z', namespace: 'theirs', logs: 'run of theirs' }
      await server.request('POST', `${prefix}2026.11.20/_doc?refresh=true`, theirs)
      const history = open()
      expect(await history.write([aCrash(1), aCrash(2, { atMs: noonMs - 3 * dayMs })])).to.deep.equal([])
      const found = await history.find({ limit: 10, text: 'run' })
      expect(found.map(({ id }) => id)).to.deep.equal(['crash000001', 'crash000002'])
      expect(await history.namespaces()).to.deep.equal(['shop'])
      expect(await history.prune({ maxAgeMs: 1, maxBytes: 1 }, noonMs + 100 * dayMs)).to.equal(1)
      expect(await indices()).to.deep.equal(['2026.11.20', '2026.11.21'])
    })

    const fieldTypes = async (day: string) => {
      const index = `${prefix}${day}`
      const answer = await server.request<
        Record<string, { mappings: { properties: Record<string, { type: string }> } }>
      >(...(['GET', `${index}/_mapping`] as const))
      return Object.fromEntries(
        Object.entries(answer[index]!.mappings.properties).map(([name, { type }]) => [name, type]),
      )
    }
  })

  it('shows no crash of another cluster that shares the indices', async () => {
    const [here, there] = [open({ cluster: 'here' }), open({ cluster: 'there' })]
    await here.write([aCrash(1, { cluster: 'here' })])
    await there.write([aCrash(2, { cluster: 'there', namespace: 'secret' })])
    await server.request('POST', `${prefix}*/_refresh`)
    for (const history of [here, open({ cluster: 'here' })]) {
      expect((await history.find({ limit: 5 })).map(({ id }) => id)).to.deep.equal(['crash000001'])
      expect(await history.get('crash000002')).to.equal(undefined)
      expect(await history.namespaces()).to.deep.equal(['shop'])
      expect((await history.top('namespace', {}, 5)).map(({ value }) => value)).to.deep.equal(['shop'])
    }
    expect(await open().find({ limit: 5 })).to.deep.equal([])
  })

  describe('with a prefix each', () => {
    const plenty = Number.MAX_SAFE_INTEGER
    const days = (from: number) => [
      aCrash(from),
      aCrash(from + 1, { atMs: noonMs - 3 * dayMs, namespace: `ns${from}` }),
    ]

    async function expectApart([one, two]: readonly [ElasticsearchHistory, ElasticsearchHistory]): Promise<void> {
      expect(await one.write(days(10))).to.deep.equal([])
      expect(await two.write(days(20))).to.deep.equal([])
      for (const [history, from] of [[one, 10] as const, [two, 20] as const]) {
        const ids = [`crash0000${from}`, `crash0000${from + 1}`]
        expect((await history.find({ limit: 9 })).map(({ id }) => id)).to.deep.equal(ids)
        expect((await history.find({ limit: 9, text: 'end' })).map(({ id }) => id)).to.deep.equal(ids)
        expect(await history.namespaces()).to.deep.equal([`ns${from}`, 'shop'])
        expect((await history.top('workload', {}, 9)).map(({ crashes }) => crashes)).to.deep.equal([1, 1])
        expect(await history.get(`crash0000${30 - from}`)).to.equal(undefined)
      }
      const before = await indices()
      expect(await one.prune({ maxAgeMs: dayMs, maxBytes: plenty }, noonMs)).to.equal(1)
      expect(await two.find({ limit: 9 })).to.have.length(2)
      expect(await two.prune({ maxAgeMs: dayMs, maxBytes: plenty }, noonMs)).to.equal(1)
      expect(before.filter((name) => name.endsWith('18'))).to.have.length(2)
      expect(await indices()).to.deep.equal(before.filter((name) => name.endsWith('21')))
      expect([await one.find({ limit: 9 }), await two.find({ limit: 9 })].map(({ length }) => length)).to.deep.equal([
        ...[1, 1],
      ])
    }

    it('are apart where one prefix begins the other, whichever is first', async () => {
      await expectApart([open(), open({ indexPrefix: `${prefix}b-` })])
      await expectApart([open({ indexPrefix: `${prefix}c-` }), open({ indexPrefix: `${prefix}c-d-` })])
      await expectApart([open({ indexPrefix: `${prefix}e-f.` }), open({ indexPrefix: `${prefix}e-` })])
    })

    it('are apart where only the last sign is another', async () => {
      await expectApart([open({ indexPrefix: `${prefix}b-` }), open({ indexPrefix: `${prefix}b_` })])
      await expectApart([open({ indexPrefix: `${prefix}b--` }), open({ indexPrefix: `${prefix}b` })])
    })

    it('leave what a newer version made of its own indices as it is', async () => {
      const mappings = { _meta: { dogwatch: templateVersion + 1 }, properties: { created_at: { type: 'date' } } }
      await server.request('PUT', `${prefix}b-2026.11.21`, { mappings })
      const mapped = () => server.request<object>('GET', `${prefix}b-2026.11.21/_mapping`)
      const before = await mapped()
      await open().write([aCrash(1)])
      expect(await mapped()).to.deep.equal(before)
    })

    it('take the place of the templates that an earlier version made, and leave those of others', async () => {
      const earlier = (pattern: string) => {
        const { priority, name, ...body } = templateOf(prefix).body
        return { ...body, index_patterns: [pattern], priority: 500 }
      }
      const name = `dogwatch-crashes-${prefix.slice(0, -1)}`
      const templates = async () => {
        const path = `_index_template/dogwatch-crash*-${prefix.slice(0, -1)}*`
        const found = await server.request<{ index_templates: { name: string }[] }>('GET', path)
        return found.index_templates.map((template) => template.name).sort()
      }
      await server.request('PUT', `_index_template/${name}`, earlier(`${prefix}*`))
      await expectApart([open(), open({ indexPrefix: `${prefix}b-` })])
      expect(await templates()).to.deep.equal([templateOf(prefix).name, templateOf(`${prefix}b-`).name])
      await server.request('DELETE', `_index_template/${templateOf(prefix).name}`)
      await server.request('PUT', `_index_template/${name}`, earlier(`${prefix.slice(0, -1)}_*`))
      await open().write([aCrash(1)])
      expect(await templates()).to.include.members([name, templateOf(prefix).name])
    })
  })

  it('finds the crashes of a day whose index got another name, and is known by its own as well', async () => {
    const history = open()
    await history.write([aCrash(1), aCrash(2, { atMs: noonMs - dayMs })])
    await server.request('PUT', `${prefix}2026.11.20/_settings`, { 'index.blocks.write': true })
    await server.request('POST', `${prefix}2026.11.20/_clone/${prefix}clone?wait_for_active_shards=1`)
    await server.request('POST', '_aliases', {
      actions: [
        { remove_index: { index: `${prefix}2026.11.20` } },
        { add: { index: `${prefix}clone`, alias: `${prefix}2026.11.20` } },
      ],
    })
    await eventually('the copy is there', async () => (await history.find({ limit: 5 })).length === 2)
  })

  describe('retention', () => {
    const days = (...ages: readonly number[]) => ages.map((age) => aCrash(age, { atMs: noonMs - age * dayMs }))
    const plenty = Number.MAX_SAFE_INTEGER

    it('removes the days that are too old as a whole', async () => {
      const history = open()
      await history.write(days(0, 1, 2, 3, 4))
      expect(await history.prune({ maxAgeMs: 2 * dayMs, maxBytes: plenty }, noonMs)).to.equal(2)
      expect(await indices()).to.deep.equal(['2026.11.19', '2026.11.20', '2026.11.21'])
    })

    it('removes the oldest until the rest is small enough', async () => {
      const history = open()
      await history.write(days(0, 1, 2))
      const sizes = await server.request<{ size: string }[]>(
        ...(['GET', `_cat/indices/${prefix}*?format=json&h=size:store.size&bytes=b&s=index`] as const),
      )
      const rows = await server.request<Record<string, string>[]>('GET', `_cat/indices/${prefix}*?format=json&bytes=b`)
      const bytes = rows.map((row) => Number(row['store.size'])).reduce((sum, size) => sum + size, 0)
      expect(sizes).to.have.length(3)
      expect(await history.prune({ maxAgeMs: plenty, maxBytes: bytes - 1 }, noonMs)).to.equal(1)
      expect(await indices()).to.deep.equal(['2026.11.20', '2026.11.21'])
    })

    it('leaves indices whose names only look like it', async () => {
      await open().write(days(3))
      for (const name of ['2026.13.01', '2026.11.1', '2026.11.01-copy', 'old']) {
        await server.request('PUT', `${prefix}${name}`)
      }
      expect(await open().prune({ maxAgeMs: dayMs, maxBytes: 1 }, noonMs)).to.equal(1)
      expect(await indices()).to.deep.equal(['2026.11.01-copy', '2026.11.1', '2026.13.01', 'old'])
    })
  })

  describe('when things go wrong', () => {
    it('loses nothing and doubles nothing when the server is killed and started again under writes', async () => {
      const history = open()
      const total = 2_000
      let [written, failures] = [0, 0]
      const writeAll = async () => {
        for (let from = 0; from < total; from += 50) {
          for (;;) {
            try {
              expect(await history.write(numbered(from, 50))).to.deep.equal([])
              written += 50
              break
            } catch (error) {
              expect((error as OperatorError).code).to.equal('STORE_UNAVAILABLE')
              failures += 1
              await systemClock.sleep(100)
            }
          }
        }
      }
      const writing = writeAll()
      await eventually('some are written', () => written > 0)
      await server.kill()
      await eventually('a write failed', () => failures > 0)
      await server.start()
      await writing
      expect(await count()).to.equal(total)
      expect(new Set((await history.find({ limit: total })).map(({ id }) => id)).size).to.equal(total)
    })

    it('gives up a server that stopped answering, and doubles nothing when it goes on', async () => {
      const history = open()
      await history.write([aCrash(1)])
      server.pause()
      const error = await failureOf(open({}, hurriedClock).write([aCrash(2)])).finally(() => server.resume())
      expect(error.code).to.equal('STORE_UNAVAILABLE')
      expect(error.message).to.include('no answer within 30 s')
      await history.write([aCrash(1), aCrash(2)])
      expect(await count()).to.equal(2)
    })

    it('waits while an index takes no writes, and says why', async () => {
      const history = open()
      await history.write([aCrash(1)])
      for (const [block, said] of [
        ['read_only_allow_delete', "the server's disk is full"],
        ['write', 'an index is blocked'],
        ['read_only', 'an index is blocked'],
      ]) {
        await server.request('PUT', `${prefix}*/_settings`, { [`index.blocks.${block}`]: true })
        const error = await failureOf(history.write([aCrash(2), aCrash(3)]))
        expect(error.code, block).to.equal('STORE_UNAVAILABLE')
        expect(error.message, block).to.include(said)
        expect(await history.find({ limit: 5 }), block).to.have.length(1)
        await server.request('PUT', `${prefix}*/_settings`, { [`index.blocks.${block}`]: null })
      }
      expect(await history.write([aCrash(2), aCrash(3)])).to.deep.equal([])
      expect(await count()).to.equal(3)
    })

    it('waits while the server has no memory for more', async () => {
      const history = open()
      await history.write([aCrash(1)])
      const limit = (value: string | null) =>
        server.request('PUT', '_cluster/settings', { persistent: { 'network.breaker.inflight_requests.limit': value } })
      await limit('4kb')
      const large = [aCrash(2, { log: { text: 'word '.repeat(10_000), isCut: false } })]
      const error = await failureOf(history.write(large)).finally(() => limit(null))
      expect(error.code).to.equal('STORE_UNAVAILABLE')
      expect(error.message).to.include('too busy').and.not.include('word word')
      expect(await history.write(large)).to.deep.equal([])
      expect(await count()).to.equal(2)
    })

    it('writes all again where one of them could not be taken at that moment', async () => {
      const front = await startFront()
      const history = open({ urls: [front.url] })
      const full = { type: 'es_rejected_execution_exception', reason: 'rejected execution of a write' }
      front.after = ({ path }, answer) => {
        if (!path.startsWith('/_bulk')) return answer
        const said = JSON.parse(answer.body)
        said.items[1] = { create: { ...said.items[1].create, status: 429, error: full } }
        return { ...answer, body: JSON.stringify({ ...said, errors: true }) }
      }
      const error = await failureOf(history.write(numbered(1, 3)))
      expect(error.message).to.include('too busy').and.include('rejected execution')
      front.after = (_request, answer) => answer
      expect(await history.write(numbered(1, 3))).to.deep.equal([])
      expect(await count()).to.equal(3)
    })

    it('refuses by name what an index can never take, and keeps the rest', async () => {
      const theirs = { restart_count: { type: 'ip' }, created_at: { type: 'date' } }
      await server.request('PUT', `${prefix}2026.11.21`, { mappings: { properties: theirs } })
      const history = open()
      const refused = await history.write([aCrash(1), aCrash(2, { atMs: noonMs - dayMs })])
      expect(refused.map(({ id }) => id)).to.deep.equal(['crash000001'])
      expect(refused[0]?.why).to.include('restart_count').and.not.include('Preview')
      expect((await history.find({ limit: 5 })).map(({ id }) => id)).to.deep.equal(['crash000002'])
    })

    it('refuses a log that is too long for an index where logs are one word, and keeps the rest', async () => {
      await server.request('PUT', `${prefix}2026.11.21`, { mappings: { properties: { logs: { type: 'keyword' } } } })
      const large = aCrash(1, { log: { text: 'x'.repeat(40_000), isCut: false } })
      const refused = await open().write([large, aCrash(2)])
      expect(refused.map(({ id }) => id)).to.deep.equal(['crash000001'])
      expect(refused[0]?.why).to.include('[logs]').and.not.include('xxx')
      expect(await count()).to.equal(1)
    })

    it('waits while there is no room for the index of a new day, and says so', async () => {
      const history = open()
      const later = aCrash(3, { atMs: noonMs + dayMs })
      await history.write([aCrash(1)])
      const mostShards = (value: number | null) =>
        server.request('PUT', '_cluster/settings', { persistent: { 'cluster.max_shards_per_node': value } })
      await mostShards(1)
      try {
        for (const batch of [[later], [aCrash(2), later]]) {
          const error = await failureOf(history.write(batch))
          expect(error.code).to.equal('STORE_UNAVAILABLE')
          expect(error.message).to.include('no room for another index').and.include('shards open')
          expect(error.message).to.not.include('run 3')
        }
      } finally {
        await mostShards(null)
      }
      expect(await history.write([aCrash(2), later])).to.deep.equal([])
      expect((await history.find({ limit: 5 })).map(({ id }) => id)).to.deep.equal([
        ...['crash000003', 'crash000002', 'crash000001'],
      ])
    })

    it('waits where an index takes nothing at all for a reason that nobody foresaw', async () => {
      const history = open()
      await history.write([aCrash(1)])
      const throughPipeline = (name: string | null) =>
        server.request('PUT', `${prefix}*/_settings`, { 'index.default_pipeline': name })
      await throughPipeline('that-is-not-there')
      const error = await failureOf(history.write([aCrash(2), aCrash(3, { atMs: noonMs + dayMs })]))
      expect(error.code).to.equal('STORE_UNAVAILABLE')
      expect(error.message).to.include('pipeline with id [that-is-not-there] does not exist')
      await throughPipeline(null)
      expect(await history.write(numbered(2, 2))).to.deep.equal([])
    })

    it('refuses the one that fails for a reason that nobody foresaw, while others are taken', async () => {
      await server.request('PUT', `${prefix}2026.11.21`, { mappings: { properties: { cause: { type: 'keyword' } } } })
      const history = open()
      await history.write([aCrash(1)])
      await server.request('PUT', `${prefix}*/_settings`, { 'index.mapping.total_fields.limit': 1 })
      const refused = await history.write([aCrash(2), aCrash(3, { node: 'node-1' }), aCrash(4)])
      expect(refused.map(({ id }) => id)).to.deep.equal(['crash000003'])
      expect(refused[0]?.why).to.include('Limit of total fields [1] has been exceeded')
      expect(await count()).to.equal(3)
    })

    it('takes no record that it cannot read for trouble of the server, as that would hold up all others', async () => {
      const broken = { ...aCrash(1), workload: undefined } as unknown as CrashRecord
      const error = await open()
        .write([broken, aCrash(2)])
        .catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(TypeError)
    })

    it('writes in smaller portions where only those are let through, and refuses what is too large alone', async () => {
      const front = await startFront()
      const history = open({ urls: [front.url] })
      front.before = ({ body }) => (body.length > 5_000 ? { status: 413, body: '{}' } : undefined)
      const large = aCrash(99, { log: { text: 'x'.repeat(6_000), isCut: false } })
      const refused = await history.write([...numbered(1, 20), large, ...numbered(200, 20)])
      expect(refused.map(({ id }) => id)).to.deep.equal(['crash000099'])
      expect(refused[0]?.why).to.include('larger')
      expect(await count()).to.equal(40)
    })

    it('says that there is nobody, without a word of what was written', async () => {
      const error = await failureOf(open({ urls: ['http://127.0.0.1:1'] }).write([aCrash(1)]))
      expect(error.code).to.equal('STORE_UNAVAILABLE')
      expect(error.message).to.include('http://127.0.0.1:1').and.include('ECONNREFUSED').and.not.include('run 1')
    })

    it('goes on with another server of the cluster', async () => {
      const history = open({ urls: ['http://127.0.0.1:1', server.url] })
      for (let round = 0; round < 4; round++) await history.write([aCrash(round)])
      expect(await count()).to.equal(4)
    })
  })

  describe('credentials', () => {
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

    it('are a user and a password, read again when they are refused', async () => {
      const front = await startFront()
      front.authorization = basic('dogwatch:right')
      const passwordFile = await aFile('password', 'wr0ng-pass\n')
      const history = open({ urls: [front.url], user: 'dogwatch', passwordFile })
      const error = await failureOf(history.write([aCrash(1)]))
      expect(error.code).to.equal('STORE_UNAVAILABLE')
      expect(error.message).to.include('the credentials are refused')
      expect(JSON.stringify(error) + errorText(error)).to.not.include('wr0ng-pass')
      expect(errorText(error)).to.not.include(basic('dogwatch:wr0ng-pass').slice(6))
      await writeFile(passwordFile, 'right')
      expect(await history.write([aCrash(1)])).to.deep.equal([])
    })

    it('are an API key', async () => {
      const front = await startFront()
      front.authorization = 'ApiKey bXk6a2V5'
      const good = open({ urls: [front.url], apiKeyFile: await aFile('key', 'bXk6a2V5\n') })
      expect(await good.write([aCrash(1)])).to.deep.equal([])
      const bad = open({ urls: [front.url], apiKeyFile: await aFile('bad-key', 'b3RoZXI6a2V5') })
      const error = await failureOf(bad.find({ limit: 1 }))
      expect(errorText(error)).to.include('the credentials are refused').and.not.include('b3RoZXI6a2V5')
    })

    it('that lack a right are told which', async () => {
      const front = await startFront()
      const reason = 'action [indices:admin/index_template/put] is unauthorized for user [dogwatch]'
      front.before = () => ({
        status: 403,
        body: JSON.stringify({ error: { type: 'security_exception', reason }, status: 403 }),
      })
      const error = await failureOf(open({ urls: [front.url] }).write([aCrash(1)]))
      expect(error.message).to.include('the account lacks a right').and.include('indices:admin/index_template/put')
    })

    it('go to nobody whose certificate is not known', async () => {
      const front = await startFront({ tlsHost: 'localhost' })
      const passwordFile = await aFile('password', 'secret-pass')
      const settings = { urls: [front.url], user: 'dogwatch', passwordFile }
      const error = await failureOf(open(settings).write([aCrash(1)]))
      expect(error.message).to.include('--elasticsearch-ca-file')
      expect(front.requests).to.deep.equal([])
      const caFile = await aFile('ca.pem', front.ca)
      expect(await open({ ...settings, caFile }).write([aCrash(1)])).to.deep.equal([])
      expect(front.requests[0]?.authorization).to.equal(basic('dogwatch:secret-pass'))
    })

    it('go to nobody whose certificate is for another', async () => {
      const front = await startFront({ tlsHost: 'elsewhere.example' })
      const caFile = await aFile('ca.pem', front.ca)
      const error = await failureOf(open({ urls: [front.url], caFile }).write([aCrash(1)]))
      expect(error.message).to.include('for another name')
      expect(front.requests).to.deep.equal([])
    })
  })
})
