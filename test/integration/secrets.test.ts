/** Secrets of receivers on a real API server, with the rights of the install: what is read, how often, and what is said of what is not there. */
import { join } from 'node:path'
import { expect } from 'chai'
import { type Cluster, missingForCluster, startCluster } from '../../hack/testbed/cluster.ts'
import { systemClock } from '../../src/base/clock.ts'
import { errorText, hasCode, OperatorError } from '../../src/base/errors.ts'
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts'
import { CredentialSource } from '../../src/kube/credentials.ts'
import { loadKubeConfig } from '../../src/kube/kube-config.ts'
import { SecretReader } from '../../src/notify/secret-reader.ts'
import { eventually } from '../support/eventually.ts'
import { skipUnless } from '../support/skip.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const root = join(import.meta.dirname, '../..')
const system = 'dogwatch-system'
const account = `${system}:dogwatch`
const signal = AbortSignal.timeout(15 * 60_000)
const token = { name: 'slack', key: 'token' }

describe('secrets of receivers', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let client: KubeClient
  let clock: VirtualClock
  let reader: SecretReader
  /** Whether the API server can be reached. */
  let isReachable = true
  let requests = 0

  before(async function () {
    this.timeout(180_000)
    skipUnless(this, missingForCluster({}).length === 0, 'the control plane is not built: hack/testbed/testbed build')
    cluster = await startCluster({ controllers: false })
    const namespaces = [system, 'team-a'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
    await cluster.apply(namespaces)
    for (const file of ['config/operator/service-account.yaml', 'config/rbac/cluster-wide/rbac.yaml']) {
      await cluster.mustKubectl(['apply', '-n', system, '-f', join(root, file)])
    }
    const kubeconfig = await cluster.kubeconfigFor({ token: await cluster.createToken(account.replace(':', '/')) })
    const credentials = new CredentialSource(() => loadKubeConfig({ kubeconfig }), systemClock)
    const real = createKubeClient({ credentials, clock: systemClock })
    client = {
      ...real,
      requestJson: (request) => {
        requests += 1
        if (!isReachable) return Promise.reject(new OperatorError('API_UNREACHABLE', 'connection refused'))
        return real.requestJson(request)
      },
    }
  })

  beforeEach(() => {
    clock = new VirtualClock()
    reader = new SecretReader({ client, clock, serviceAccount: account })
    isReachable = true
    requests = 0
  })

  afterEach(() => reader?.stop())

  after(async () => {
    await client?.close()
    await cluster?.stop()
  })

  const put = (namespace: string, name: string, stringData: Record<string, string>) =>
    cluster.apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData }])

  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error) => error,
    )

  it('are read once a minute, however many ask', async () => {
    await put(system, 'slack', { token: 'xoxb-1\n', other: 'o' })
    const secrets = reader.of(system)
    const values = await Promise.all([1, 2, 3].map(() => secrets.read(token, signal)))
    expect(values).to.deep.equal(['xoxb-1', 'xoxb-1', 'xoxb-1'])
    expect(await secrets.read({ name: 'slack', key: 'other' }, signal)).to.equal('o')
    expect(requests).to.equal(1)
    await put(system, 'slack', { token: 'xoxb-2' })
    await clock.advance(59_000)
    expect(await secrets.read(token, signal)).to.equal('xoxb-1')
    await clock.advance(1_000)
    expect(await secrets.read(token, signal)).to.equal('xoxb-2')
    expect(requests).to.equal(2)
  })

  it('are read again at once when the value was refused', async () => {
    await put(system, 'slack', { token: 'old' })
    const secrets = reader.of(system)
    await secrets.read(token, signal)
    await put(system, 'slack', { token: 'rotated' })
    secrets.refused(token)
    expect(await secrets.read(token, signal)).to.equal('rotated')
  })

  it('are those of the namespace alone: of another one they are refused until it binds the role', async () => {
    await put('team-a', 'slack', { token: 'of-team-a' })
    await put(system, 'slack', { token: 'of-the-system' })
    const error = await failure(reader.of('team-a').read(token, signal))
    expect(hasCode(error, 'SECRET_UNAVAILABLE')).to.equal(true)
    const advice = /kubectl (create rolebinding .*)$/.exec(errorText(error))?.[1]
    expect(errorText(error)).to.match(/^Secret team-a\/slack may not be read: kubectl create rolebinding /)
    await cluster.mustKubectl((advice ?? '').split(' '))
    const read = () =>
      reader
        .of('team-a')
        .read(token, signal)
        .catch(() => undefined)
    expect(await eventually('the binding counts', read)).to.equal('of-team-a')
    expect(await reader.of(system).read(token, signal)).to.equal('of-the-system')
  })

  it('that are not there are named, and what to do', async () => {
    await put(system, 'slack', { tokn: 'secret-value', empty: '' })
    const secrets = reader.of(system)
    const say = async (name: string, key: string) => errorText(await failure(secrets.read({ name, key }, signal)))
    expect(await say('absent', 'token')).to.equal(
      `Secret ${system}/absent does not exist: create it or correct the reference`,
    )
    expect(await say('slack', 'absent-key')).to.match(/^Secret \S+\/slack has no key absent-key \(it has .*tokn.*\)/)
    expect(await say('slack', 'empty')).to.include('has nothing under key empty')
    expect(await say('slack', 'constructor')).to.include('has no key constructor')
    expect(await say('slack', 'absent-key')).not.to.include('secret-value')
  })

  it('that came meanwhile are found at the next try', async () => {
    const secrets = reader.of(system)
    await failure(secrets.read({ name: 'late', key: 'token' }, signal))
    await put(system, 'late', { token: 'here' })
    expect(await secrets.read({ name: 'late', key: 'token' }, signal)).to.equal('here')
  })

  it('stay known while the API server is away, but for a value that was refused, and one that was deleted', async () => {
    await put(system, 'slack', { token: 'known' })
    const secrets = reader.of(system)
    await secrets.read(token, signal)
    isReachable = false
    await clock.advance(3_600_000)
    expect(await secrets.read(token, signal)).to.equal('known')
    secrets.refused(token)
    const error = await failure(secrets.read(token, signal))
    expect(errorText(error)).to.equal(`Secret ${system}/slack cannot be read now: connection refused`)
    isReachable = true
    await secrets.read(token, signal)
    await cluster.mustKubectl(['delete', 'secret', 'slack', '-n', system])
    await clock.advance(60_000)
    expect(errorText(await failure(secrets.read(token, signal)))).to.include('does not exist')
  })

  it('keep nobody waiting who was told to stop', async () => {
    const stop = new AbortController()
    const reading = failure(reader.of(system).read({ name: 'slack', key: 'token' }, stop.signal))
    stop.abort(new Error('enough'))
    expect(errorText(await reading)).to.equal('enough')
  })
})
