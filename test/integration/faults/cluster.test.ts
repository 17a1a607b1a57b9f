/**
 * The whole operator on a real API server: the API server stalled, killed and rolled back, the operator killed, policies,
 * receivers and Secrets changed while a delivery is under way, and a second operator that wants to lead.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { missingForCluster } from '../../../hack/testbed/cluster.ts'
import { eventually } from '../../support/eventually.ts'
import { faultCase } from '../../support/faults/fault-case.ts'
import { heardOf, type Recorder } from '../../support/faults/recorder.ts'
import { recordWebhook, type WebhookRecorder } from '../../support/faults/recorders.ts'
import type { OperatorProcess } from '../../support/operator-process.ts'
import { type OperatorWorld, startOperatorWorld, systemNamespace } from '../../support/operator-world.ts'

const webhook = { channel: 'webhook', promise: 'once where the receiver honours the key' }
const receiversPath = `/apis/dogwatch.dev/v1alpha1/namespaces/${systemNamespace}/alertreceivers`
const cpuRule = { name: 'cpu', scope: 'Node', resource: 'cpu', measure: 'Requests', above: 80 }
const missing = () =>
  missingForCluster({ kwok: true }).length === 0
    ? undefined
    : 'the control plane is not built: hack/testbed/testbed build'

/** One case on the shared cluster: a policy of its own, nodes of its own, receivers of its own. */
class Scene {
  readonly world: OperatorWorld
  readonly story = `story-${randomUUID().slice(0, 8)}`
  readonly dataDir: string
  readonly #kubeconfig: string
  readonly #recorders: Recorder[] = []
  #markers = 0

  constructor(world: OperatorWorld, kubeconfig: string) {
    this.world = world
    this.#kubeconfig = kubeconfig
    this.dataDir = world.newFolder()
  }

  start(dataDir = this.dataDir): OperatorProcess {
    return this.world.operator(this.#kubeconfig, ['--allow-local-receivers'], dataDir)
  }

  async receiver(name: string, more: object = {}): Promise<WebhookRecorder> {
    const recorder = await recordWebhook()
    this.#recorders.push(recorder)
    await this.world.receiver(systemNamespace, this.named(name), {
      webhook: { url: `${recorder.server.url}/in`, ...more },
    })
    return recorder
  }

  named(name: string): string {
    return `${this.story}-${name}`
  }

  changeReceiver(name: string, webhookSpec: object): Promise<unknown> {
    return this.world.merge(`${receiversPath}/${this.named(name)}`, { spec: { webhook: webhookSpec } })
  }

  async policy(...receivers: readonly string[]): Promise<void> {
    const nodes = { selector: { matchLabels: { story: this.story } } }
    const names = receivers.map((name) => ({ name: this.named(name) }))
    const spec = { nodes, interval: '5s', rules: [cpuRule], receivers: names }
    await this.world.policy(systemNamespace, this.story, spec)
  }

  /** A node that is fuller than the policy wants. */
  async fill(name: string): Promise<string> {
    const node = this.nodeNamed(name)
    await this.world.node(node, { labels: { story: this.story } })
    await this.world.pod('apps', `${node}-big`, { nodeName: node, requests: { cpu: '7' } })
    return node
  }

  nodeNamed(name: string): string {
    return `${name}-${this.story}`
  }

  empty(name: string): Promise<unknown> {
    return this.world.deletePod('apps', `${this.nodeNamed(name)}-big`)
  }

  async heard(by: Recorder, name: string, what: string): Promise<void> {
    const node = this.nodeNamed(name)
    const isThere = async () => (await heardOf(by, node)).includes(what)
    await eventually(`${what} of ${node}`, isThere, 60_000, () => heardOf(by, node))
  }

  /** Once this has come, what is not there did not come. */
  async mark(by: Recorder): Promise<void> {
    this.#markers += 1
    await this.fill(`marker${this.#markers}`)
    await this.heard(by, `marker${this.#markers}`, 'first')
  }

  async end(): Promise<void> {
    await this.world.send('DELETE', this.world.policyPath(systemNamespace, this.story))
    for (const recorder of this.#recorders) await recorder.stop()
  }
}

describe('the operator and its cluster in trouble', function () {
  this.timeout(240_000)
  let world: OperatorWorld
  let kubeconfig: string
  const running: OperatorProcess[] = []

  before(async () => {
    if (missing() !== undefined) return
    world = await startOperatorWorld()
    await world.namespace('apps')
    kubeconfig = (await world.operatorAccess()).kubeconfig
  })

  after(async () => world?.stop())

  interface Given {
    readonly area: string
    readonly fault: string
    readonly expected: string
    readonly isLong?: boolean
  }

  function clusterCase(given: Given, work: (scene: Scene, start: () => OperatorProcess) => Promise<string>): void {
    const record = async () => {
      const scene = new Scene(world, kubeconfig)
      const start = (dataDir = scene.dataDir) => {
        const operator = scene.start(dataDir)
        running.push(operator)
        return operator
      }
      try {
        return await work(scene, start)
      } finally {
        await Promise.all(running.splice(0).map((operator) => operator.end('SIGKILL')))
        await scene.end()
      }
    }
    faultCase({ ...webhook, ...given, missing, record })
  }

  /** Told, then the fault, then the end; gives what was heard of it. */
  async function throughFault(scene: Scene, fault: () => Promise<unknown>): Promise<string> {
    const people = await scene.receiver('people')
    await scene.policy('people')
    await scene.fill('victim')
    await scene.heard(people, 'victim', 'first')
    await fault()
    await scene.mark(people)
    await scene.empty('victim')
    await scene.heard(people, 'victim', 'resolved')
    await scene.mark(people)
    return heardOf(people, scene.nodeNamed('victim'))
  }

  const onCluster = { area: 'the API server', expected: 'first, resolved' }
  clusterCase({ ...onCluster, fault: 'stalled for longer than the Lease' }, async (scene, start) => {
    const operator = await start().working()
    return throughFault(scene, async () => {
      const server = world.cluster.part('kube-apiserver')
      server.pause()
      await operator.says('Operator is paused')
      await sleep(3_000)
      server.resume()
    })
  })

  clusterCase({ ...onCluster, isLong: true, fault: 'killed and started again' }, async (scene, start) => {
    await start().working()
    return throughFault(scene, async () => {
      await world.cluster.part('kube-apiserver').kill()
      await sleep(2_000)
      await world.cluster.part('kube-apiserver').restart()
    })
  })

  clusterCase(
    { ...onCluster, isLong: true, fault: 'killed, and the operator (-9) while it is away' },
    async (scene, start) => {
      const first = await start().working()
      return throughFault(scene, async () => {
        await world.cluster.part('kube-apiserver').kill()
        await first.end('SIGKILL')
        start()
        await sleep(2_000)
        await world.cluster.part('kube-apiserver').restart()
      })
    },
  )

  clusterCase(
    {
      ...onCluster,
      isLong: true,
      fault: 'rolled back to before the alert by an etcd snapshot; new alerts come',
      expected: 'first',
    },
    async (scene, start) => {
      await start().working()
      const people = await scene.receiver('people')
      await scene.policy('people')
      await scene.mark(people)
      await world.cluster.saveSnapshot(scene.story)
      await scene.fill('victim')
      await scene.heard(people, 'victim', 'first')
      await world.cluster.restoreSnapshot(scene.story)
      await scene.mark(people)
      return heardOf(people, scene.nodeNamed('victim'))
    },
  )

  clusterCase(
    { ...onCluster, area: 'kill -9 of the operator', isLong: true, fault: 'killed and started again' },
    async (scene, start) => {
      const first = await start().working()
      return throughFault(scene, async () => {
        await first.end('SIGKILL')
        await start().working()
      })
    },
  )

  const inFlight = { area: 'changes while a delivery is under way' }

  /** The receiver takes what comes and does not answer while `change` is made. */
  async function underWay(scene: Scene, people: WebhookRecorder, change: () => Promise<unknown>): Promise<void> {
    people.server.fault = { status: 503 }
    await scene.fill('victim')
    await eventually('it is being tried', async () => running.some(({ log }) => log.some(isFailure)))
    await change()
    await sleep(1_000)
    people.server.fault = undefined
  }

  clusterCase({ ...inFlight, fault: 'the policy is deleted', expected: 'nothing' }, async (scene, start) => {
    await start().working()
    const people = await scene.receiver('people')
    await scene.policy('people')
    const gone = () => world.send('DELETE', world.policyPath(systemNamespace, scene.story))
    await underWay(scene, people, gone)
    await sleep(1_000)
    await scene.empty('victim')
    await scene.policy('people')
    await scene.mark(people)
    return heardOf(people, scene.nodeNamed('victim'))
  })

  clusterCase(
    {
      ...inFlight,
      fault: "the policy's receiver is another from now on",
      expected: 'the old one nothing, the new one first, resolved',
    },
    async (scene, start) => {
      await start().working()
      const [people, others] = [await scene.receiver('people'), await scene.receiver('others')]
      await scene.policy('people')
      const change = { receivers: [{ name: scene.named('others') }] }
      await underWay(scene, people, () => world.changePolicy(systemNamespace, scene.story, change))
      await scene.heard(others, 'victim', 'first')
      await scene.empty('victim')
      await scene.heard(others, 'victim', 'resolved')
      await scene.mark(others)
      const node = scene.nodeNamed('victim')
      return `the old one ${await heardOf(people, node)}, the new one ${await heardOf(others, node)}`
    },
  )

  clusterCase(
    {
      ...inFlight,
      fault: 'the receiver gets another address',
      expected: 'the old one nothing, the new one first, resolved',
    },
    async (scene, start) => {
      await start().working()
      const [people, others] = [await scene.receiver('people'), await scene.receiver('others')]
      await scene.policy('people')
      await underWay(scene, people, () => scene.changeReceiver('people', { url: `${others.server.url}/in` }))
      await scene.heard(others, 'victim', 'first')
      await scene.empty('victim')
      await scene.heard(others, 'victim', 'resolved')
      await scene.mark(others)
      const node = scene.nodeNamed('victim')
      return `the old one ${await heardOf(people, node)}, the new one ${await heardOf(others, node)}`
    },
  )

  clusterCase(
    { ...inFlight, isLong: true, fault: 'the receiver is deleted, and made again', expected: 'first, resolved' },
    async (scene, start) => {
      await start().working()
      const people = await scene.receiver('people')
      await scene.policy('people')
      await underWay(scene, people, () => world.send('DELETE', `${receiversPath}/${scene.named('people')}`))
      const spec = { webhook: { url: `${people.server.url}/in` } }
      await world.receiver(systemNamespace, scene.named('people'), spec)
      await scene.heard(people, 'victim', 'first')
      await scene.empty('victim')
      await scene.heard(people, 'victim', 'resolved')
      await scene.mark(people)
      return heardOf(people, scene.nodeNamed('victim'))
    },
  )

  clusterCase(
    {
      area: 'two leaders',
      isLong: true,
      fault: 'a second operator; the first sleeps past its Lease and awakes',
      expected: 'first, resolved',
    },
    async (scene, start) => {
      const first = await start().working()
      return throughFault(scene, async () => {
        const second = start()
        await second.says('Lease is held by another process; waiting')
        first.signal('SIGSTOP')
        await second.working()
        first.signal('SIGCONT')
        await first.says('Lease is held by another process; waiting')
      })
    },
  )
})

function isFailure({ message }: { message: string }): boolean {
  return message === 'Message not delivered'
}
