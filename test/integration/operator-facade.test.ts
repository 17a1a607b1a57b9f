/** The operator's base class on a real API server, through a proxy that breaks what a network breaks. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type ResourceEvent, ResourceEventType, type ResourceMeta } from '@dot-i/k8s-operator'
import { expect } from 'chai'
import { type Cluster, missingForCluster, startCluster } from '../../hack/testbed/cluster.ts'
import { type FaultProxy, startFaultProxy, watchOf } from '../../hack/testbed/fault-proxy.ts'
import { answer } from '../../hack/testbed/faults.ts'
import { systemClock } from '../../src/base/clock.ts'
import { hasCode } from '../../src/base/errors.ts'
import { createLogger } from '../../src/base/log.ts'
import { Operator, type OperatorDependencies } from '../../src/controller/operator.ts'
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts'
import { CredentialSource } from '../../src/kube/credentials.ts'
import { loadKubeConfig } from '../../src/kube/kube-config.ts'
import type { KubeObject } from '../../src/kube/resource.ts'
import { WatchCache } from '../../src/kube/watch-cache.ts'
import { establishKinds } from '../support/cluster-kinds.ts'
import { eventually } from '../support/eventually.ts'
import { type Poison, poisonPackage } from '../support/poison.ts'
import { skipUnless } from '../support/skip.ts'

type Handler = (event: ResourceEvent, operator: PolicyOperator) => Promise<void>

const group = 'dogwatch.dev'
const version = 'v1alpha1'
const plural = 'capacitypolicies'

/** What a user of the package writes: `extends Operator`, `init`, `watchResource`. */
class PolicyOperator extends Operator {
  readonly #namespace: string
  readonly #handler: Handler

  constructor(dependencies: OperatorDependencies, namespace: string, handler: Handler) {
    super(dependencies)
    this.#namespace = namespace
    this.#handler = handler
  }

  protected override async init(): Promise<void> {
    await this.watchResource(group, version, plural, (event) => this.#handler(event, this), this.#namespace)
  }

  setStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    return this.setResourceStatus(meta, status)
  }

  patchStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    return this.patchResourceStatus(meta, status)
  }

  setFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    return this.setResourceFinalizers(meta, finalizers)
  }

  finalize(event: ResourceEvent, finalizer: string, act: (event: ResourceEvent) => Promise<void>): Promise<boolean> {
    return this.handleResourceFinalizer(event, finalizer, act)
  }

  register(file: string) {
    return this.registerCustomResourceDefinition(file)
  }
}

const spec = { rules: [{ name: 'cpu', scope: 'Pod', resource: 'cpu', measure: 'Requests', above: 80 }] }

describe('operator base class on a real API server', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let proxy: FaultProxy
  let client: KubeClient
  let cache: WatchCache
  let poison: Poison
  const logs: string[] = []
  const operators: PolicyOperator[] = []
  let count = 0

  before(async function () {
    skipUnless(this, missingForCluster({}).length === 0, 'the control plane is not built: hack/testbed/testbed build')
    cluster = await startCluster({ controllers: false })
    await establishKinds(cluster)
    proxy = await startFaultProxy(cluster)
    const kubeconfig = await cluster.kubeconfigFor({ user: 'operator', groups: ['system:masters'], server: proxy.url })
    const credentials = new CredentialSource(() => loadKubeConfig({ kubeconfig }), systemClock)
    client = createKubeClient({ credentials, clock: systemClock })
    const logger = createLogger('info', { write: (line) => void logs.push(line) })
    const timing = { backoffMs: [50, 500] as const, patientMs: 500 }
    cache = new WatchCache({ client, clock: systemClock, logger, timing })
  })

  after(async () => {
    await cache?.stop()
    await client?.close()
    await proxy?.stop()
    await cluster?.stop()
  })

  beforeEach(() => {
    poison = poisonPackage()
  })

  afterEach(async () => {
    await Promise.all(operators.splice(0).map((operator) => operator.stop()))
    proxy.clear()
    poison.remove()
    expect(poison.touched).to.deep.equal([])
  })

  /** A namespace of its own, and an operator that watches it and writes down what it is told. */
  async function startIn(handle: Handler = async () => {}) {
    count += 1
    const namespace = `facade-${count}`
    await send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    const told: string[] = []
    const events: ResourceEvent[] = []
    const logger = createLogger('info', { write: (line) => void logs.push(line) })
    const dependencies = { client, cache, clock: systemClock, logger }
    const operator = new PolicyOperator(dependencies, namespace, async (event, self) => {
      told.push(`${event.type} ${event.meta.name}`)
      events.push(event)
      await handle(event, self)
    })
    operators.push(operator)
    await operator.start()
    return { namespace, operator, told, events, policies: policiesIn(namespace) }
  }

  async function send(method: string, path: string, body?: object, headers?: Record<string, string>) {
    const answered = await cluster.request(path, {
      method,
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
    })
    if (answered.status >= 300 && answered.status !== 404) throw new Error(`${method} ${path}: ${answered.body}`)
    return answered.status === 404 ? undefined : (JSON.parse(answered.body) as KubeObject & { status?: object })
  }

  /** What somebody else does to the policies of a namespace. */
  function policiesIn(namespace: string) {
    const path = `/apis/${group}/${version}/namespaces/${namespace}/${plural}`
    return {
      create: (name: string) =>
        send('POST', path, { apiVersion: `${group}/${version}`, kind: 'CapacityPolicy', metadata: { name }, spec }),
      relabel: (name: string, value: string) =>
        send(
          'PATCH',
          `${path}/${name}`,
          { metadata: { labels: { value } } },
          { 'content-type': 'application/merge-patch+json' },
        ),
      delete: (name: string) => send('DELETE', `${path}/${name}`),
      get: (name: string) => send('GET', `${path}/${name}`),
    }
  }

  const refusalOf = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    )

  it('tells what is there, what comes, what changes and what goes', async () => {
    const { told, policies } = await startIn()
    await policies.create('one')
    await eventually('ADDED', () => told.includes('ADDED one'))
    await policies.relabel('one', 'changed')
    await eventually('MODIFIED', () => told.includes('MODIFIED one'))
    await policies.delete('one')
    await eventually('DELETED', () => told.includes('DELETED one'))
    expect(told).to.deep.equal(['ADDED one', 'MODIFIED one', 'DELETED one'])
  })

  it('tells what was deleted, changed and replaced while it could not watch', async () => {
    const { told, policies } = await startIn()
    for (const name of ['gone', 'changed', 'replaced', 'same']) await policies.create(name)
    await eventually('four are known', () => told.length === 4)
    proxy.setConnections('refuse')
    proxy.cutConnections()
    await policies.delete('gone')
    await policies.relabel('changed', 'meanwhile')
    await policies.delete('replaced')
    await policies.create('replaced')
    proxy.setConnections('serve')
    await eventually(
      'all is told',
      () => told.length === 8,
      60_000,
      () => told,
    )
    expect(told.slice(4)).to.have.members(['DELETED gone', 'MODIFIED changed', 'DELETED replaced', 'ADDED replaced'])
    expect(told.indexOf('DELETED replaced')).to.be.lessThan(told.lastIndexOf('ADDED replaced'))
  })

  it('outlives a server that is gone and has forgotten its history (410)', async () => {
    const { told, policies } = await startIn()
    for (const name of ['gone', 'same']) await policies.create(name)
    await eventually('two are known', () => told.length === 2)
    proxy.setConnections('refuse')
    proxy.cutConnections()
    await policies.delete('gone')
    await cluster.expireResourceVersions()
    await policies.create('new')
    proxy.setConnections('serve')
    await eventually(
      'all is told',
      () => told.length === 4,
      60_000,
      () => [told, logs.slice(-5)],
    )
    expect(told.slice(2)).to.have.members(['DELETED gone', 'ADDED new'])
  })

  it('goes on after it was forbidden to watch (403)', async () => {
    const forbidden = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 403, reason: 'Forbidden' }
    const { told, policies } = await startIn()
    proxy.fault({
      matches: watchOf(plural),
      times: 3,
      action: answer({ status: 403, headers: { 'content-type': 'application/json' }, body: JSON.stringify(forbidden) }),
    })
    proxy.cutConnections()
    await policies.create('one')
    await eventually(
      'the policy is told',
      () => told.includes('ADDED one'),
      60_000,
      () => logs.slice(-5),
    )
    expect(proxy.requests.filter(({ status, url }) => status === 403 && url.includes(plural))).to.have.length(3)
  })

  it('calls a handler that throws again, with the same event, and lets no other object wait', async () => {
    let failures = 2
    const { told, policies } = await startIn(async ({ meta }) => {
      if (meta.name === 'hard' && failures-- > 0) throw new Error('not yet')
    })
    await policies.create('hard')
    await policies.create('easy')
    await eventually(
      'the third call',
      () => told.length === 4,
      60_000,
      () => told,
    )
    expect(told.filter((line) => line.endsWith('hard'))).to.deep.equal(['ADDED hard', 'ADDED hard', 'ADDED hard'])
    expect(told.indexOf('ADDED easy')).to.be.lessThan(told.lastIndexOf('ADDED hard'))
    expect(logs.some((line) => line.includes('not yet') && line.includes('"name":"hard"'))).to.equal(true)
  })

  it('runs a finalizer before the object goes, and leaves the cache as it was', async () => {
    const finalizer = 'dogwatch.dev/test'
    const acted: string[] = []
    const { told, policies, namespace } = await startIn(async (event, operator) => {
      if (event.type === ResourceEventType.Deleted) return
      await operator.finalize(event, finalizer, async ({ meta }) => void acted.push(meta.name))
    })
    const finalizers: (readonly string[])[] = []
    const witness = cache.subscribe<KubeObject>(
      { type: { group, version, resource: plural }, namespace },
      {
        name: 'witness',
        project: (object) => object,
        onChange: ({ value }) => finalizers.push(value.metadata.finalizers ?? []),
      },
    )
    await policies.create('one')
    const held = await eventually('the finalizer is there', async () => {
      const policy = await policies.get('one')
      return policy?.metadata.finalizers?.includes(finalizer) === true && policy
    })
    expect(held.metadata.finalizers).to.deep.equal([finalizer])
    await policies.delete('one')
    await eventually('DELETED', () => told.includes('DELETED one'))
    witness.stop()
    expect(acted).to.deep.equal(['one'])
    expect(await policies.get('one')).to.equal(undefined)
    expect(finalizers).to.deep.equal([[], [finalizer], [finalizer], [finalizer]])
  })

  it('writes a status whole, merges into one, and refuses to write over what it has not seen', async () => {
    const { operator, events, policies } = await startIn()
    await policies.create('one')
    const { meta } = await eventually('ADDED', () => events[0])
    const first = await operator.setStatus(meta, { firing: 1, unknown: 2 })
    expect((await policies.get('one'))?.status).to.deep.equal({ firing: 1, unknown: 2 })
    const second = await operator.setStatus(first, { firing: 3 })
    expect((await policies.get('one'))?.status).to.deep.equal({ firing: 3 })
    const third = await operator.patchStatus(second, { unknown: 4 })
    expect((await policies.get('one'))?.status).to.deep.equal({ firing: 3, unknown: 4 })
    await policies.relabel('one', 'changed')
    const refusals = await Promise.all([
      refusalOf(operator.setStatus(third, { firing: 9 })),
      refusalOf(operator.patchStatus(third, { firing: 9 })),
      refusalOf(operator.setFinalizers(third, ['dogwatch.dev/test'])),
    ])
    for (const refusal of refusals) expect(hasCode(refusal, 'API_CONFLICT'), String(refusal)).to.equal(true)
    const policy = await policies.get('one')
    expect(policy?.status).to.deep.equal({ firing: 3, unknown: 4 })
    expect(policy?.metadata.finalizers).to.equal(undefined)
  })

  it('writes no status to an object that is gone, nor to another that has its name', async () => {
    const { operator, events, policies } = await startIn()
    await policies.create('one')
    const { meta } = await eventually('ADDED', () => events[0])
    await policies.delete('one')
    const gone = await refusalOf(operator.setStatus(meta, { firing: 1 }))
    expect(hasCode(gone, 'API_NOT_FOUND'), String(gone)).to.equal(true)
    await policies.create('one')
    const replaced = await refusalOf(operator.setStatus(meta, { firing: 1 }))
    expect(hasCode(replaced, 'API_CONFLICT'), String(replaced)).to.equal(true)
    expect((await policies.get('one'))?.status).to.equal(undefined)
  })

  it('works on what it wrote, though the watch has not told it yet', async () => {
    const gate = { isOpen: true }
    const passWhileOpen = async function* (body: AsyncIterable<Buffer>) {
      for await (const chunk of body) {
        await eventually('the gate is open', () => gate.isOpen)
        yield chunk
      }
    }
    proxy.fault({ matches: watchOf(plural), action: { body: passWhileOpen } })
    let calls = 0
    const { events, policies } = await startIn(async ({ meta }, operator) => {
      calls += 1
      if (calls > 1) return
      gate.isOpen = false
      await operator.setStatus(meta, { firing: 7 })
      throw new Error('call me again')
    })
    await policies.create('one')
    await eventually('the second call', () => events.length === 2)
    expect(gate.isOpen).to.equal(false)
    expect(events[1]?.object).to.have.deep.nested.property('status.firing', 7)
    gate.isOpen = true
  })

  it('registers a definition, and takes one that is there', async () => {
    const { operator } = await startIn()
    const file = join(import.meta.dirname, '../../crds/capacitypolicies.yaml')
    const { group: registered, plural: name } = await operator.register(file)
    expect([registered, name]).to.deep.equal([group, plural])
  })

  it('ends with exit code 0 and no socket left, also while the server is away', async () => {
    for (const isAway of [false, true]) {
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, '../support/facade-child.ts'), cluster.kubeconfigPath],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      )
      const lines: string[] = []
      createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
      const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)))
      await eventually('the child has started', () => lines.includes('started'))
      if (isAway) cluster.part('kube-apiserver').pause()
      child.stdin.end()
      const code = await exited
      if (isAway) cluster.part('kube-apiserver').resume()
      expect({ isAway, code, last: lines.at(-1) }).to.deep.equal({ isAway, code: 0, last: 'sockets left: 0' })
    }
  })
})
