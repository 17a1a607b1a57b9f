/** Crashes over HTTP: who gets what. The rights are a list here; test/integration/api-crashes.test.ts asks a real API server. */
import { expect } from 'chai'
import type { FastifyInstance } from 'fastify'
import { OperatorError } from '../../src/base/errors.ts'
import { isPlain } from '../../src/model/harmless-text.ts'
import { ApiWorld } from '../support/api-world.ts'
import { sampleCrash } from '../support/sample-crashes.ts'

const hourMs = 3_600_000
const see = (namespace: string) => `get pods ${namespace}/*`
const read = (namespace: string) => `get pods/log ${namespace}/*`

describe('crash routes', () => {
  let world: ApiWorld
  let app: FastifyInstance
  let nowMs: number

  beforeEach(async () => {
    world = new ApiWorld()
    app = world.app()
    nowMs = Date.now()
    await world.crashes.write([
      sampleCrash('a1', { atMs: nowMs - hourMs, log: { text: 'one\nneedle in the stack\n', isCut: true } }),
      sampleCrash('a2', {
        atMs: nowMs - 30 * hourMs,
        reason: 'OOMKilled',
        crashes: 4,
        node: 'worker-b1',
        message: 'thread needle',
      }),
      sampleCrash('b1', { atMs: nowMs - 2 * hourMs, namespace: 'team-b', log: { text: 'needle', isCut: false } }),
      withoutLog('c1', nowMs - 3 * hourMs),
    ])
  })
  afterEach(() => app.close())

  function withoutLog(id: string, atMs: number) {
    const { log: _, ...crash } = sampleCrash(id, { atMs, namespace: 'team-c', missing: ['log: the node is gone'] })
    return { ...crash, workload: { kind: 'Job', name: 'nightly' } }
  }

  const ask = (path: string, headers: object) => app.inject({ url: `/api/v1${path}`, headers: { ...headers } })
  const get = async (path: string, headers: object) => (await ask(path, headers)).json()
  const ids = async (query: string, headers: object) => {
    const { crashes } = await get(`/crashes${query}`, headers)
    return crashes.map(({ id }: { id: string }) => id)
  }
  const everybody = () => world.user('all', see('*'), read('*'))

  it('shows each caller the crashes of the namespaces whose pods he may get', async () => {
    expect(await ids('', everybody())).to.deep.equal(['a1', 'b1', 'c1', 'a2'])
    expect(await ids('', world.user('a', see('team-a'), see('team-c')))).to.deep.equal(['a1', 'c1', 'a2'])
    expect(await ids('', world.user('logs', read('*')))).to.deep.equal([])
    expect(await ids('', world.user('one-pod', 'get pods team-a/api-7c9d5-x2x4z'))).to.deep.equal([])
    expect(await ids('', world.user('nobody'))).to.deep.equal([])
  })

  it('names the right that is missing in a namespace that is asked for by name', async () => {
    const anna = world.user('anna', see('team-a'))
    expect(await ids('?namespace=team-a', anna)).to.deep.equal(['a1', 'a2'])
    for (const path of ['/crashes?namespace=team-b', '/crashes?namespace=absent', '/crashes/top?namespace=team-b']) {
      expect((await ask(path, anna)).statusCode, path).to.equal(403)
    }
    expect(await get('/crashes?namespace=team-a&q=needle', anna)).to.include({ status: 403, detail: read('team-a') })
    expect(await ids('?namespace=team-b', everybody())).to.deep.equal(['b1'])
  })

  it('asks for rights in a thousand namespaces at most; who may see all, or names one, needs no such thing', async () => {
    const many = Array.from({ length: 1_001 }, (_, i) => sampleCrash(`m${i}`, { namespace: `n${i}`, atMs: nowMs - i }))
    await world.crashes.write(many)
    const anna = world.user('anna', see('team-a'), see('n7'))
    const refused = await get('/crashes', anna)
    expect(refused.status).to.equal(400)
    expect(refused.detail).to.match(/^1004 namespaces have crashes, .* name one of them \(namespace=, or -n\)$/)
    expect(await ids('?namespace=n7', anna)).to.deep.equal(['m7'])
    expect(await ids('?limit=500', world.user('all', see('*')))).to.have.length(500)
  })

  it('searches only where the caller may read logs, and says where it did not', async () => {
    expect(await ids('?q=NEEDLE', everybody())).to.deep.equal(['a1', 'b1', 'a2'])
    const anna = world.user('anna', see('team-a'), see('team-b'), read('team-b'), read('team-c'))
    const answer = await get('/crashes?q=needle', anna)
    expect(answer.crashes).to.have.length(1)
    expect(answer.crashes[0]).to.include({ id: 'b1', snippet: 'needle' })
    expect(answer.unsearched).to.deep.equal(['team-a'])
    const seesAll = world.user('sees-all', see('*'), read('team-b'))
    expect(await ids('?q=needle', seesAll)).to.deep.equal(['b1'])
    expect((await get('/crashes/top?q=needle&by=namespace', anna)).rows).to.have.length(1)
    expect(await get('/crashes?q=needle', world.user('blind', see('*')))).to.deep.equal({
      ...{ crashes: [], unsearched: ['team-a', 'team-b', 'team-c'] },
    })
    expect(await ids(`?q=${encodeURIComponent('"needle in" one')}`, everybody())).to.deep.equal(['a1'])
  })

  it('finds by time, workload, pod, container, node and reason', async () => {
    const all = everybody()
    const at = (agoHours: number) => encodeURIComponent(new Date(nowMs - agoHours * hourMs).toISOString())
    const cases: [query: string, wanted: string[]][] = [
      ['?from=24h', ['a1', 'b1', 'c1']],
      ['?from=1d12h&to=90m', ['b1', 'c1', 'a2']],
      [`?from=${at(2.5)}&to=${at(1.5)}`, ['b1']],
      ['?workload=nightly', ['c1']],
      ['?workload=job/nightly', ['c1']],
      ['?workload=Deployment/nightly', []],
      ['?pod=api-7c9d5-x2x4z&namespace=team-b', ['b1']],
      ['?container=web', []],
      ['?node=worker-b1', ['a2']],
      ['?reason=OOMKilled', ['a2']],
      ['?reason=OOMKilled&reason=Error', ['a1', 'b1', 'c1', 'a2']],
    ]
    for (const [query, wanted] of cases) expect(await ids(query, all), query).to.deep.equal(wanted)
  })

  it('says what of a request it does not understand', async () => {
    const cases: [query: string, words: RegExp][] = [
      ['?from=yesterday', /write RFC 3339, or how long ago: 24h, 7d/],
      ['?from=', /write RFC 3339/],
      ['?from=2026-13-45T00:00:00Z', /from is no such day or time/],
      ['?from=1h&to=2h', /from is not before to/],
      ['?reason=Crashed', /reason/],
      ['?workload=a/b/c', /write name or kind\/name/],
      ['?q=***', /write at least one word/],
      ['?limit=501', /limit/],
      ['?cursor=abc', /the cursor is none that an earlier answer gave/],
      ['?colour=red', /colour/],
    ]
    for (const [query, words] of cases) {
      const { status, detail } = await get(`/crashes${query}`, everybody())
      expect([status, detail], query).to.satisfy(([code, text]: [number, string]) => code === 400 && words.test(text))
    }
  })

  it('gives pages that put together are all, each once', async () => {
    const more = Array.from({ length: 23 }, (_, i) =>
      sampleCrash(`p${i}`, { atMs: nowMs - (i % 4) * 1_000, namespace: 'pages' }),
    )
    await world.crashes.write(more)
    const seen: string[] = []
    const anna = world.user('anna', see('pages'))
    for (let query: string | undefined = ''; query !== undefined; ) {
      const { crashes, next } = await get(`/crashes?limit=5${query}`, anna)
      seen.push(...crashes.map(({ id }: { id: string }) => id))
      query = next && `&cursor=${next}`
    }
    expect(seen).to.have.length(23)
    expect(new Set(seen).size).to.equal(23)
    expect((await get('/crashes?limit=23', anna)).next).to.equal(undefined)
  })

  it('shows one crash, also by the beginning of its id, and hides that there is one from those who may not see it', async () => {
    const shown = await get('/crashes/a2', world.user('anna', see('team-a')))
    expect(shown).to.deep.equal({
      ...{ id: 'a2', at: new Date(nowMs - 30 * hourMs).toISOString() },
      seenAt: new Date(nowMs - 30 * hourMs + 400).toISOString(),
      ...{ namespace: 'team-a', workload: { kind: 'Deployment', name: 'api' }, node: 'worker-b1' },
      pod: { name: 'api-7c9d5-x2x4z', uid: 'uid-of-a2' },
      container: { name: 'api', role: 'app', image: 'registry.example/api:1.4.2' },
      ...{ reason: 'OOMKilled', cause: 'ended with exit code 1', exitCode: 1, message: 'thread needle' },
      startedAt: new Date(nowMs - 30 * hourMs - 840_000).toISOString(),
      finishedAt: new Date(nowMs - 30 * hourMs).toISOString(),
      ...{ restartCount: 3, crashes: 4, facts: [], missing: [], hasLog: true },
    })
    expect((await get('/crashes/c', everybody())).id).to.equal('c1')
    expect((await ask('/crashes/a', everybody())).statusCode).to.equal(404)
    const ben = world.user('ben', see('team-b'), read('team-a'))
    for (const path of ['/crashes/a1', '/crashes/a1/logs']) {
      const [hidden, absent] = [await get(path, ben), await get(path.replace('a1', 'xx'), ben)]
      expect(hidden).to.include({ status: 404 })
      expect(hidden.detail.replace('a1', 'xx')).to.equal(absent.detail)
    }
  })

  it('gives the log to those who may read logs, as data and as a text to download', async () => {
    const anna = world.user('anna', see('team-a'), read('team-a'))
    const log = { id: 'a1', text: 'one\nneedle in the stack\n', isCut: true }
    expect(await get('/crashes/a1/logs', anna)).to.deep.equal(log)
    const text = await ask('/crashes/a1/logs?format=text', anna)
    expect([text.statusCode, text.body]).to.deep.equal([200, log.text])
    expect(text.headers).to.include({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': 'attachment; filename="crash-a1.log"',
      'x-content-type-options': 'nosniff',
    })
    const seesOnly = await get('/crashes/a1/logs', world.user('ben', see('team-a')))
    expect(seesOnly).to.include({ status: 403, detail: read('team-a') })
    expect(await get('/crashes/c1/logs', everybody())).to.include({
      ...{ status: 404, detail: 'crash c1 has no log: log: the node is gone' },
    })
  })

  it('counts what crashes most, of what the caller may see', async () => {
    const top = async (query: string, headers: object) =>
      (await get(`/crashes/top${query}`, headers)).rows.map(
        ({ value, crashes }: { value: string; crashes: number }) => [value, crashes],
      )
    const anna = world.user('anna', see('team-a'))
    expect(await top('', everybody())).to.deep.equal([
      ['team-a/Deployment/api', 5],
      ['team-b/Deployment/api', 1],
      ['team-c/Job/nightly', 1],
    ])
    expect(await top('?by=reason', anna)).to.deep.equal([
      ['OOMKilled', 4],
      ['Error', 1],
    ])
    expect(await top('?by=namespace&limit=1&from=24h', everybody())).to.deep.equal([['team-a', 1]])
    expect(await top('?by=node', world.user('nobody'))).to.deep.equal([])
    const [row] = (await get('/crashes/top?by=image', anna)).rows
    expect(row).to.deep.equal({
      ...{ value: 'registry.example/api:1.4.2', crashes: 5 },
      firstAt: new Date(nowMs - 30 * hourMs).toISOString(),
      lastAt: new Date(nowMs - hourMs).toISOString(),
    })
  })

  it('says within its time that the history is away, whether it fails or only does not answer', async () => {
    const paths = ['/crashes', '/crashes/top', '/crashes/a1', '/crashes/a1/logs']
    await app.close()
    world.crashesWithinMs = 200
    app = world.app()
    world.crashes.hindrance = new Promise(() => undefined)
    for (const path of paths) {
      const { status, detail, type } = await get(path, everybody())
      expect([status, type], path).to.deep.equal([503, 'urn:dogwatch:problem:unavailable'])
      expect(detail).to.match(/the crash history does not answer within 0.2 s; crashes are kept until it does/)
    }
    const away = new OperatorError('STORE_UNAVAILABLE', 'the crash history cannot be reached: connection refused')
    world.crashes.hindrance = Promise.reject(away)
    world.crashes.hindrance.catch(() => undefined)
    for (const path of paths) {
      const answer = await ask(path, everybody())
      expect(answer.statusCode, path).to.equal(503)
      expect(answer.json().detail).to.match(/connection refused/)
      expect(answer.headers['retry-after']).to.equal('5')
    }
  })

  it('answers where it stands by', async () => {
    world.isLeading = false
    expect(await ids('', everybody())).to.have.length(4)
  })

  it('gives texts of strangers as texts', async () => {
    const evil = '\u001b[2J\u001b]0;owned\u0007<script>alert(1)</script> <!channel> \u009b31m \u202egnp.exe'
    const line = `${evil}${'x'.repeat(10_000_000)}`
    await world.crashes.write([
      sampleCrash('e1', {
        cause: line,
        message: line,
        facts: [evil],
        missing: [line],
        log: { text: line, isCut: false },
      }),
    ])
    const all = everybody()
    const shown = await ask('/crashes/e1', all)
    expect([isPlain(shown.body), shown.body.length < 100_000]).to.deep.equal([true, true])
    expect(shown.json().facts).to.deep.equal([evil])
    expect(shown.headers['content-type']).to.equal('application/json; charset=utf-8')
    const log = await ask('/crashes/e1/logs', all)
    expect([isPlain(log.body), log.json().text === line]).to.deep.equal([true, true])
    const text = await ask('/crashes/e1/logs?format=text', all)
    expect([isPlain(text.body), text.body.length > 10_000_000]).to.deep.equal([true, true])
    expect(text.body.slice(0, 60)).to.equal('<script>alert(1)</script> <!channel> �31m �gnp.exexxxxxxxxxx')
  })
})
