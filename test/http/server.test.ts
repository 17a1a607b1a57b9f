import { expect } from 'chai'
import { Counter, Registry } from 'prom-client'
import { silentLogger } from '../../src/base/log.ts'
import type { HttpServer } from '../../src/http/listen.ts'
import { healthRoute } from '../../src/http/routes/health.ts'
import { createMetricsRoute } from '../../src/http/routes/metrics.ts'
import { createReadyRoute } from '../../src/http/routes/ready.ts'
import { startHttpServer } from '../../src/http/server.ts'

describe('http server', () => {
  let isSynced = false
  let server: HttpServer
  const listen = { host: '127.0.0.1', port: 0 }
  const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method })

  before(async () => {
    const registry = new Registry()
    new Counter({ name: 'dogwatch_test_total', help: 'A test.', registers: [registry] }).inc(3)
    const ready = createReadyRoute([
      { name: 'caches synced', isReady: () => isSynced },
      { name: 'lease held', isReady: () => true },
    ])
    const broken = { path: '/broken', answer: () => Promise.reject(new Error('password=hunter2')) }
    const routes = [healthRoute, ready, createMetricsRoute(registry), broken]
    server = await startHttpServer({ listen, routes, logger: silentLogger })
  })
  after(() => server.close())

  it('is healthy as soon as it answers', async () => {
    expect((await get('/healthz')).status).to.equal(200)
  })

  it('says what is waited for until it is ready', async () => {
    const before = await get('/readyz')
    expect([before.status, await before.text()]).to.deep.equal([503, '[-] caches synced\n[+] lease held\n'])
    isSynced = true
    expect((await get('/readyz?verbose')).status).to.equal(200)
  })

  it('prints metrics for Prometheus', async () => {
    const answer = await get('/metrics')
    expect(answer.headers.get('content-type')).to.match(/^text\/plain; version=/)
    expect(await answer.text()).to.include('dogwatch_test_total 3')
  })

  it('refuses other paths and methods, and keeps an error to itself', async () => {
    const answers = await Promise.all([get('/'), get('/healthz', 'POST'), get('/broken')])
    expect(answers.map((answer) => answer.status)).to.deep.equal([404, 405, 500])
    expect(await answers[2]?.text()).not.to.include('hunter2')
  })

  it('says what to do when the port is taken', async () => {
    const attempt = startHttpServer({ listen: { ...listen, port: server.port }, routes: [], logger: silentLogger })
    const error = await attempt.then(
      () => undefined,
      (reason: Error) => reason,
    )
    expect(error?.message).to.match(/Cannot listen on 127.0.0.1:\d+.*--listen/)
  })
})
