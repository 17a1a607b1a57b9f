/** What is found out about a crash, at a real API server, with real controllers, with the rights of the install; the logs are kwok's. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts'
import { CredentialSource } from '../../src/kube/credentials.ts'
import { loadKubeConfig } from '../../src/kube/kube-config.ts'
import { createEnricher } from '../../src/watchers/crash/enrich/enricher.ts'
import type { Enricher, EnrichRequest } from '../../src/watchers/crash/enrich/enrichment.ts'
import { eventually } from '../support/eventually.ts'
import { type Anything, grantNamespaceOnly, type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts'
import { redactorOf } from '../support/redactor.ts'
import { skipUnless } from '../support/skip.ts'

const ended = 'containerd://the-run-that-crashed'
const finishedMs = Math.floor(Date.now() / 1_000) * 1_000
const at = (ms: number) => new Date(ms).toISOString().replace(/Z$/, '000000Z')

/** As containerd writes it: long lines in pieces, two streams in one file. */
function previousLog(): string {
  const lines = Array.from({ length: 300 }, (_, index) => `stdout F line ${index}`)
  const long = ['stdout P ', 'stdout P ', 'stdout F '].map((head) => `${head}${'x'.repeat(16_384)}`)
  const last = ['stdout F \u001b[31mconnecting with password=hunter2\u001b[0m', 'stderr F panic: it broke']
  return [...lines, ...long, ...last].map((line) => `${at(finishedMs - 500)} ${line}\n`).join('')
}

describe('what is found out about a crash', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let folder: string
  let client: KubeClient
  let enricher: Enricher

  before(async function () {
    this.timeout(180_000)
    const isBuilt = missingForCluster({ kwok: true }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-logs.'))
    const [file, previousFile] = [join(folder, '1.log'), join(folder, '0.log')]
    await writeFile(file, `${at(finishedMs + 60_000)} stdout F of the next run\n`)
    await writeFile(previousFile, previousLog())
    const kwokLogs = [
      { namespace: 'shop', file, previousFile },
      { namespace: 'gone', file, previousFile: join(folder, 'absent.log') },
    ]
    world = await startOperatorWorld({ kwokLogs })
    await world.node('node-1')
    for (const namespace of ['shop', 'gone', 'other']) await world.namespace(namespace)
    client = clientFor((await world.operatorAccess()).kubeconfig)
    enricher = createEnricher({ client, clock: systemClock })
  })
  after(async () => {
    await client?.close()
    await world?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  function clientFor(kubeconfig: string): KubeClient {
    const credentials = new CredentialSource(() => loadKubeConfig({ kubeconfig }), systemClock)
    return createKubeClient({ credentials, clock: systemClock })
  }

  const workloads = (kind: string, namespace: string) => `/apis/apps/v1/namespaces/${namespace}/${kind}s`

  function workload(name: string, container: object): object {
    const labels = { app: name }
    const template = {
      metadata: { labels },
      spec: { containers: [{ name: 'main', image: 'testbed/web:1.4', ...container }] },
    }
    return { metadata: { name }, spec: { replicas: 1, serviceName: name, selector: { matchLabels: labels }, template } }
  }

  /** The pod of a workload that has this image, as soon as it runs. */
  const podOf = (namespace: string, app: string, image: string): Promise<Anything> =>
    eventually(`a pod of ${app} with ${image}`, async () => {
      const { items } = await world.send('GET', `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${app}`)
      return items.find(
        ({ spec, status }: Anything) => spec.containers[0].image === image && status.phase === 'Running',
      )
    })

  /** Writes into the pod's status what a kubelet would: a run ended, and another one runs. */
  async function crash({ metadata: { namespace, name } }: Anything): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`
    const { status } = await world.send('GET', path)
    const terminated = {
      exitCode: 137,
      reason: 'Error',
      containerID: ended,
      finishedAt: new Date(finishedMs).toISOString(),
    }
    const state = { running: { startedAt: new Date().toISOString() } }
    const crashed = { ...status.containerStatuses[0], state, lastState: { terminated }, restartCount: 3 }
    await world.merge(`${path}/status`, { status: { containerStatuses: [crashed] } })
  }

  function requestFor({ metadata, spec }: Anything, change: Partial<EnrichRequest> = {}): EnrichRequest {
    const { namespace, name, uid } = metadata
    return {
      sighting: {
        key: 'k',
        reason: 'Error',
        cause: 'killed by SIGKILL',
        container: { name: 'main', role: 'app', containerId: ended },
        atMs: finishedMs,
        startedMs: finishedMs - 12_000,
        finishedMs,
        exitCode: 137,
        restartCount: 3,
        crashes: 1,
      },
      pod: { namespace, name, uid, node: spec.nodeName },
      workload: { kind: 'Deployment', namespace, name: 'web' },
      logs: { tailLines: 5, maxBytes: 1_024 },
      redactor: redactorOf(),
      ...change,
    }
  }

  const event = (pod: Anything, reason: string, message: string, lastMs = finishedMs) => ({
    ...{ kind: 'Event', type: reason === 'Killing' ? 'Normal' : 'Warning', reason, message },
    metadata: { generateName: `${pod.metadata.name}.` },
    involvedObject: {
      ...{ kind: 'Pod', namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid },
      fieldPath: 'spec.containers{main}',
    },
    ...{ count: 2, firstTimestamp: new Date(lastMs).toISOString(), lastTimestamp: new Date(lastMs).toISOString() },
  })

  it('is the end of its log, what changed, what Events prove, its limits and its node', async () => {
    const deployments = workloads('deployment', 'shop')
    await world.send('POST', deployments, workload('web', { env: [{ name: 'LEVEL', value: 'info' }] }))
    await podOf('shop', 'web', 'testbed/web:1.4')
    const changed = workload('web', { image: 'testbed/web:1.5', resources: { limits: { memory: '64Mi' } } })
    await world.merge(`${deployments}/web`, changed)
    const pod = await podOf('shop', 'web', 'testbed/web:1.5')
    await crash(pod)
    const events = [
      event(pod, 'Unhealthy', 'Liveness probe failed: 500'),
      event(pod, 'Killing', 'Container main failed liveness probe, will be restarted'),
    ]
    for (const body of events) await world.send('POST', '/api/v1/namespaces/shop/events', body)
    await world.merge('/api/v1/nodes/node-1', { spec: { unschedulable: true } })

    const { log, facts, missing, proven } = await enricher.enrich(requestFor(pod), AbortSignal.timeout(60_000))
    await world.merge('/api/v1/nodes/node-1', { spec: { unschedulable: false } })
    expect(missing).to.deep.equal([])
    expect(log?.text).to.equal('connecting with password=[redacted]\npanic: it broke')
    expect(log?.isCut).to.equal(true)
    expect(proven?.reason).to.equal('ProbeKilled')
    expect(facts.map((fact) => fact.replace(/ \d+ (second|minute)s? (before|after)/, ' THEN'))).to.deep.equal([
      'Changed (revision 1 -> 2): image testbed/web:1.4 -> testbed/web:1.5; memory limit none -> 64Mi; env LEVEL.',
      'Event Killing (2 times, last THEN): Container main failed liveness probe, will be restarted',
      'Event Unhealthy (2 times, last THEN): Liveness probe failed: 500',
      'It ran 12 seconds; its container restarted 3 times so far.',
      'Memory: limit 64Mi, request 64Mi; CPU: no limit, no request.',
      'Node node-1 is cordoned: it takes no new pods.',
    ])
  })

  it('is the whole of a log that is as long as wanted, pieces put together', async () => {
    const pod = await podOf('shop', 'web', 'testbed/web:1.5')
    const logs = { tailLines: 5_000, maxBytes: 1_048_576 }
    const { log } = await enricher.enrich(requestFor(pod, { logs }), AbortSignal.timeout(60_000))
    const lines = log?.text.split('\n') ?? []
    expect(lines.map((line) => line.length)).to.deep.equal([
      ...Array.from({ length: 300 }, (_, index) => `line ${index}`.length),
      3 * 16_384,
      'connecting with password=[redacted]'.length,
      'panic: it broke'.length,
    ])
    expect(log?.isCut).to.equal(false)
  })

  for (const kind of ['statefulset', 'daemonset']) {
    it(`is what changed in a ${kind}`, async () => {
      await world.send('POST', workloads(kind, 'shop'), workload(kind, {}))
      await podOf('shop', kind, 'testbed/web:1.4')
      await world.merge(`${workloads(kind, 'shop')}/${kind}`, workload(kind, { image: 'testbed/web:1.5' }))
      const pod = await podOf('shop', kind, 'testbed/web:1.5')
      await crash(pod)
      const { facts } = await enricher.enrich(requestFor(pod), AbortSignal.timeout(60_000))
      expect(facts.filter((fact) => fact.startsWith('Changed'))).to.have.length(1)
      expect(facts[0]).to.match(/\(revision 1 -> 2\): image testbed\/web:1\.4 -> testbed\/web:1\.5\.$/)
    })
  }

  it('names a log that the node has no more', async () => {
    await world.pod('gone', 'bare', { nodeName: 'node-1' })
    const pod = await eventually('the pod runs', async () => {
      const found = await world.send('GET', '/api/v1/namespaces/gone/pods/bare')
      return found.status.phase === 'Running' && found
    })
    await crash(pod)
    const { log, missing } = await enricher.enrich(requestFor(pod), AbortSignal.timeout(60_000))
    expect(log).to.equal(undefined)
    expect(missing).to.have.length(1)
    expect(missing[0]).to.match(/^log: .*no such file or directory/)
  })

  it('names a pod and a node that are gone', async () => {
    const pod = await podOf('shop', 'web', 'testbed/web:1.5')
    const gone = { ...requestFor(pod), pod: { namespace: 'shop', name: 'nobody', uid: 'u', node: 'nowhere' } }
    const { facts, missing } = await enricher.enrich(gone, AbortSignal.timeout(60_000))
    expect(missing).to.deep.equal(['log, changes, limits: the pod is gone'])
    expect(facts).to.include('Node nowhere is gone.')
  })

  it('needs no right beyond its namespace where the operator has none', async () => {
    const kubeconfig = await grantNamespaceOnly(world, 'other')
    await world.pod('other', 'bare', { nodeName: 'node-1' })
    const pod = await eventually('the pod runs', async () => {
      const found = await world.send('GET', '/api/v1/namespaces/other/pods/bare')
      return found.status.phase === 'Running' && found
    })
    await crash(pod)
    const own = clientFor(kubeconfig)
    const { logs: _logs, ...request } = requestFor(pod)
    const local = createEnricher({ client: own, clock: systemClock, isClusterWide: false })
    const { missing } = await local.enrich(request, AbortSignal.timeout(60_000))
    await own.close()
    expect(missing).to.deep.equal([])
  })
})
