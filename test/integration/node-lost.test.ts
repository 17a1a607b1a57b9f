/** A node that answers no more, with the controllers that taint it and delete its pods: who is told of it, how often, and when it is over. */
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { AlertRecorder } from '../support/alert-recorder.ts'
import { eventually } from '../support/eventually.ts'
import { type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { skipUnless } from '../support/skip.ts'

const withinMs = 60_000
const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
const now = () => new Date().toISOString()
const unreachable = 'node.kubernetes.io/unreachable'

/** Pods that stay on a tainted node for so long. */
function deployment(name: string, replicas: number, staysSeconds: number) {
  const labels = { app: name }
  const toleration = { key: unreachable, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: staysSeconds }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { tolerations: [toleration], containers: [{ name: 'main', image: 'example.test/main:1' }] },
      },
    },
  }
}

describe('a node that does not answer', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let recorder: AlertRecorder
  let heart: NodeJS.Timeout | undefined

  before(async function () {
    const isBuilt = missingForCluster({ kwok: true }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld({ kwok: true })
    recorder = await AlertRecorder.start()
    await world.namespace('shop')
    await beginNode()
    await world.receiver(systemNamespace, 'hook', { webhook: { url: recorder.url } })
    const { kubeconfig } = await world.operatorAccess()
    await world.operator(kubeconfig, ['--allow-local-receivers', '--lease-duration', '30s']).working()
    await world.crashRoute(systemNamespace, 'all', {
      grouping: { wait: '0s', interval: '0s', healthyFor: '1s' },
      receivers: [{ name: 'hook' }],
    })
    const isReady = async () => (await world.crashStatus(systemNamespace, 'all')).open === 0
    await eventually('the route is at work', isReady, withinMs)
  })
  after(async () => {
    clearInterval(heart)
    await recorder?.stop()
    await world?.stop()
  })

  /** What people were told of a workload, oldest first. */
  const told = (workload: string) =>
    recorder.once().flatMap(({ message }) => {
      const alerts = [...message.firing, ...message.ended].filter(({ object }) => object.name === workload)
      return alerts.map(({ title }) => `${message.reason}: ${title}`)
    })
  const toldWhen = (workload: string, count: number) =>
    eventually(`${count} messages about ${workload}`, () => told(workload).length >= count && told(workload), withinMs)

  /** A node whose Lease is somebody else's, so that nobody pretends to be its kubelet but this test. */
  async function beginNode(): Promise<void> {
    const spec = {
      holderIdentity: 'its own kubelet',
      leaseDurationSeconds: 3_600,
      renewTime: now().replace('Z', '000Z'),
    }
    const metadata = { name: 'lost-1', namespace: 'kube-node-lease' }
    await world.send('POST', leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec })
    await world.node('lost-1')
    await answer('True')
  }

  /** As its kubelet would, for as long as it lives. */
  async function answer(status: 'True' | 'Unknown'): Promise<void> {
    clearInterval(heart)
    const ready = { type: 'Ready', status, reason: 'ByTest', lastTransitionTime: now(), lastHeartbeatTime: now() }
    await world.merge('/api/v1/nodes/lost-1/status', { status: { conditions: [ready] } })
    if (status === 'Unknown') return
    heart = setInterval(() => {
      const spec = { renewTime: now().replace('Z', '000Z') }
      world.merge(`${leases}/lost-1`, { spec }).catch(() => undefined)
    }, 5_000)
  }

  /** What its kubelet would write of the pods that come to it. */
  async function runPods(): Promise<void> {
    const state = { running: { startedAt: now() } }
    const main = { name: 'main', image: 'x', imageID: '', restartCount: 0, ready: true, started: true, state }
    const status = { phase: 'Running', startTime: now(), containerStatuses: [main] }
    for (const { metadata } of await podsOn('lost-1')) {
      await world.merge(`/api/v1/namespaces/shop/pods/${metadata.name}/status`, { status })
    }
  }

  async function podsOn(node: string): Promise<{ metadata: { name: string } }[]> {
    return (await world.send('GET', `/api/v1/namespaces/shop/pods?fieldSelector=spec.nodeName=${node}`)).items
  }

  async function runningPods(): Promise<{ metadata: { name: string }; spec: { nodeName: string } }[]> {
    const { items } = await world.send('GET', '/api/v1/namespaces/shop/pods?fieldSelector=status.phase=Running')
    return items
  }

  it('is told once for each workload on it, however many pods that has, and of no other', async () => {
    await world.cluster.apply([deployment('steady', 6, 3_600), deployment('moving', 4, 2)])
    await eventually('all to have a node', async () => (await podsOn('lost-1')).length === 10, withinMs)
    await runPods()
    await world.node('kept-1')
    await eventually('the other node', async () => (await world.send('GET', '/api/v1/nodes/kept-1')).status.conditions)
    await world.cluster.apply([{ ...deployment('elsewhere', 2, 3_600) }].map(onNode('kept-1')))
    await eventually('those elsewhere to run', async () => (await runningPods()).length === 12, withinMs)
    await answer('Unknown')
    expect((await toldWhen('steady', 1))[0]).to.equal('first: Deployment shop/steady: NodeLost')
    expect((await toldWhen('moving', 1))[0]).to.equal('first: Deployment shop/moving: NodeLost')
  })

  it('is over for those whose pods are made again elsewhere, whose deletion is no crash', async () => {
    const isMoved = async () => {
      const there = (await runningPods()).filter(({ spec }) => spec.nodeName === 'kept-1')
      return there.filter(({ metadata }) => metadata.name.startsWith('moving')).length === 4
    }
    await eventually('the pods to be made again elsewhere', isMoved, withinMs)
    await toldWhen('moving', 2)
    expect(told('moving')).to.deep.equal([
      'first: Deployment shop/moving: NodeLost',
      'resolved: Deployment shop/moving: well again after 4 crashes',
    ])
    expect(told('steady')).to.deep.equal(['first: Deployment shop/steady: NodeLost'])
  })

  it('is over for the others when it answers again', async () => {
    await answer('True')
    await toldWhen('steady', 2)
    expect(told('steady')).to.deep.equal([
      'first: Deployment shop/steady: NodeLost',
      'resolved: Deployment shop/steady: well again after 6 crashes',
    ])
    expect(told('elsewhere')).to.deep.equal([])
    expect((await world.crashStatus(systemNamespace, 'all')).lastCrash).to.include({ reason: 'NodeLost' })
  })
})

function onNode(name: string) {
  return (object: ReturnType<typeof deployment>) => {
    const { template } = object.spec
    const spec = { ...template.spec, nodeSelector: { 'kubernetes.io/hostname': name } }
    return { ...object, spec: { ...object.spec, template: { ...template, spec } } }
  }
}
