/** What the operator does when it, its rival or the API server is killed, stopped or paused: nothing lost, nothing told twice. */
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { eventually } from '../support/eventually.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { skipUnless } from '../support/skip.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const cpuRule = { name: 'cpu', scope: 'Node', resource: 'cpu', measure: 'Requests', above: 80 }

describe('operator and faults', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let kubeconfig: string
  const running: OperatorProcess[] = []
  /** What an operator keeps outlives it, as on a volume. */
  let dataDir: string

  before(async function () {
    const isBuilt = missingForCluster({ kwok: true }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld()
    await world.namespace('apps')
    await world.receiver(systemNamespace, 'console', { console: {} })
    kubeconfig = (await world.operatorAccess()).kubeconfig
  })

  after(async () => world?.stop())

  beforeEach(() => {
    dataDir = world.newFolder()
  })

  afterEach(async () => {
    await Promise.all(running.splice(0).map((operator) => operator.end('SIGKILL')))
    const { items } = await world.send('GET', '/apis/dogwatch.dev/v1alpha1/capacitypolicies')
    for (const { metadata } of items) await world.send('DELETE', world.policyPath(metadata.namespace, metadata.name))
  })

  function start(): OperatorProcess {
    const operator = world.operator(kubeconfig, [], dataDir)
    running.push(operator)
    return operator
  }

  /** Nodes of 8 CPUs, each with a pod that requests 7, and a policy that sees these nodes alone. */
  async function watchFullNodes(story: string, names: readonly string[], more: object = {}): Promise<void> {
    for (const name of names) {
      await world.node(name, { labels: { story } })
      await world.pod('apps', `${name}-big`, { nodeName: name, requests: { cpu: '7' } })
    }
    const nodes = { selector: { matchLabels: { story } } }
    const receivers = [{ name: 'console' }]
    await world.policy(systemNamespace, story, { nodes, interval: '5s', rules: [cpuRule], receivers, ...more })
  }

  const whenTold = (policy: string, count: number) =>
    world.statusWhen(
      systemNamespace,
      policy,
      ({ alerts = [] }) => alerts.filter(({ toldTime }) => toldTime !== undefined).length === count,
    )

  const titles = (operator: OperatorProcess) =>
    operator.messages.map(({ word, title }) => `${word} ${title.split(':')[0]}`)

  it('killed and started again repeats nothing, tells what ended meanwhile, and closes what is gone', async () => {
    const first = start()
    await watchFullNodes('restart', ['stays', 'recovers', 'vanishes'])
    await whenTold('restart', 3)
    await eventually('all is printed', () => first.messages.length >= 3)
    expect(first.messages).to.have.length(3)
    await first.end('SIGKILL')
    await world.deletePod('apps', 'recovers-big')
    await world.send('DELETE', '/api/v1/nodes/vanishes')
    const second = start()
    await second.tells('RESOLVED', 'Node recovers')
    await second.tells('CLOSED', 'Node vanishes')
    await whenTold('restart', 1)
    await sleep(6_000)
    expect(titles(second)).to.have.members(['RESOLVED Node recovers', 'CLOSED Node vanishes'])
  })

  it('told to end right after it told something repeats nothing after its start', async () => {
    const first = start()
    await first.working()
    await watchFullNodes('farewell', ['hasty'])
    await first.tells('WARNING', 'Node hasty')
    expect((await first.end('SIGTERM')).code).to.equal(0)
    const second = start()
    await second.working()
    await world.statusWhen(systemNamespace, 'farewell', ({ firing }) => firing === 1)
    await sleep(6_000)
    expect(second.messages).to.deep.equal([])
  })

  it('outlives the death of the API server, stays healthy, and tells what comes afterwards', async () => {
    const operator = start()
    await watchFullNodes('death', ['before'])
    await whenTold('death', 1)
    await world.cluster.part('kube-apiserver').kill()
    for (let n = 0; n < 10; n += 1) {
      expect((await operator.get('/healthz')).status).to.equal(200)
      await sleep(200)
    }
    await world.cluster.part('kube-apiserver').restart()
    await world.node('after', { labels: { story: 'death' } })
    await world.pod('apps', 'after-big', { nodeName: 'after', requests: { cpu: '7' } })
    await operator.tells('WARNING', 'Node after')
    await whenTold('death', 2)
    await eventually('it is ready again', async () => (await operator.get('/readyz')).status === 200)
    expect(titles(operator)).to.deep.equal(['WARNING Node before', 'WARNING Node after'])
    expect(operator.isRunning).to.equal(true)
  })

  it('outlives an API server that hangs for longer than its Lease, and tells nothing twice', async () => {
    const operator = start()
    await watchFullNodes('hang', ['hung'], { reminder: { every: '5s', max: 3 } })
    await operator.tells('STILL WARNING', 'Node hung')
    const server = world.cluster.part('kube-apiserver')
    server.pause()
    try {
      await operator.says('Operator is paused')
      expect((await operator.get('/healthz')).status).to.equal(200)
      expect((await operator.get('/readyz')).status).to.equal(503)
      const told = titles(operator)
      await sleep(6_000)
      expect(titles(operator)).to.deep.equal(told)
    } finally {
      server.resume()
    }
    await eventually('it is ready again', async () => (await operator.get('/readyz')).status === 200)
    await world.deletePod('apps', 'hung-big')
    await operator.tells('RESOLVED', 'Node hung')
    const words = operator.messages.map(({ word }) => word)
    expect(words.filter((word) => word === 'WARNING')).to.have.length(1)
    expect(words.filter((word) => word === 'STILL WARNING').length).to.be.within(1, 3)
    const told = operator.messages.map(({ lines }) => /reminder (\d) of 3/.exec(lines.join())?.[1]).filter(Boolean)
    expect(new Set(told).size).to.equal(told.length)
  })

  it('ends within 5 s while the API server hangs', async () => {
    const operator = await start().working()
    const server = world.cluster.part('kube-apiserver')
    server.pause()
    try {
      await sleep(500)
      const { code, afterMs } = await operator.end('SIGTERM')
      expect(code).to.equal(0)
      expect(afterMs).to.be.lessThan(5_000)
    } finally {
      server.resume()
    }
  })

  it('takes over from another that was killed, and repeats nothing that one told', async () => {
    const first = await start().working()
    await watchFullNodes('succession', ['inherited'])
    await whenTold('succession', 1)
    const second = start()
    await second.says('Lease is held by another process; waiting')
    await sleep(1_000)
    expect(second.messages).to.deep.equal([])
    await first.end('SIGKILL')
    await second.working()
    await world.deletePod('apps', 'inherited-big')
    await second.tells('RESOLVED', 'Node inherited')
    expect(titles(second)).to.deep.equal(['RESOLVED Node inherited'])
  })

  it('tells nothing once another has taken over from it, however long it slept', async () => {
    const first = await start().working()
    await watchFullNodes('stale', ['disputed'], { reminder: { every: '5s', max: 1_000 } })
    await whenTold('stale', 1)
    const second = start()
    await second.says('Lease is held by another process; waiting')
    first.signal('SIGSTOP')
    await second.working()
    await second.tells('STILL WARNING', 'Node disputed')
    await world.deletePod('apps', 'disputed-big')
    await second.tells('RESOLVED', 'Node disputed')
    const before = titles(first)
    first.signal('SIGCONT')
    await first.says('Lease is held by another process; waiting')
    await sleep(2_000)
    expect(titles(first)).to.deep.equal(before)
    expect(titles(second).filter((title) => title.startsWith('WARNING'))).to.deep.equal([])
    expect((await first.get('/readyz')).status).to.equal(503)
    await second.end('SIGTERM')
    await eventually(
      'the first is at work again',
      () => first.log.filter(({ message }) => message === 'Operator is working').length === 2,
    )
  })
})
