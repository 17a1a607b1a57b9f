/**
 * The numbers of capacity against `kubectl describe node` 1.36 on a real API server: more than 200 generated pods on nodes that
 * state what they offer in different notations. No controller and no kubelet runs: objects stay as they are written.
 */
import { expect } from 'chai'
import { createObjects } from '../../hack/testbed/bulk.ts'
import { type Cluster, missingForCluster, startCluster } from '../../hack/testbed/cluster.ts'
import { commands } from '../../src/cli/commands.ts'
import {
  formatQuantity,
  milliValue,
  parseQuantity,
  type Quantity,
  wholeValue,
  zeroQuantity,
} from '../../src/model/quantity.ts'
import { addResources, type MutableResourceList, type ResourceList } from '../../src/model/resource-list.ts'
import { CapacityLedger, type NodeEntry } from '../../src/watchers/capacity/ledger.ts'
import { type NodeObject, projectNode } from '../../src/watchers/capacity/node-facts.ts'
import {
  amountsWithStatus,
  createPodProjection,
  isTerminated,
  type PodFacts,
} from '../../src/watchers/capacity/pod-facts.ts'
import type { PodObject } from '../../src/watchers/capacity/pod-object.ts'
import { runCli } from '../support/cli.ts'
import { type DescribedNode, parseNodeDescriptions } from '../support/described-nodes.ts'
import { skipUnless } from '../support/skip.ts'
import { runtimeClasses, truthPods } from '../support/truth-pods.ts'

const namespaces = ['a', 'a-b', 'b', 'zz']
const podCount = 240

const rest = { 'example.com/gpu': '8', 'hugepages-2Mi': '1Gi', pods: '110' }
const nodes: Readonly<Record<string, { allocatable?: object; capacity: object }>> = {
  'node-1': {
    capacity: { cpu: '8', memory: '32Gi', ...rest },
    allocatable: { cpu: '7910m', memory: '31.5Gi', 'ephemeral-storage': '100Gi', ...rest },
  },
  'node-2': {
    capacity: { cpu: '4', memory: '16e9' },
    allocatable: { cpu: '3.92', memory: '15e9', 'ephemeral-storage': '90G' },
  },
  'node-3': { capacity: { cpu: '64', memory: '256Gi', 'ephemeral-storage': '1Ti', ...rest } },
  'node-4': { capacity: { cpu: '1', memory: '1Gi' }, allocatable: { cpu: '940m', memory: '1000000Ki', ...rest } },
  'node-5': {
    capacity: { cpu: '2', memory: '4Gi' },
    allocatable: { cpu: '0', memory: '3Gi', 'ephemeral-storage': '1e11' },
  },
  'node-6': {
    capacity: { cpu: '16', memory: '64Gi' },
    allocatable: { cpu: '15500m', memory: '60Gi', 'example.com/gpu': '2' },
  },
  'node-empty': { capacity: { cpu: '2', memory: '4Gi' }, allocatable: { cpu: '2', memory: '4Gi' } },
}
const busyNodes = Object.keys(nodes).filter((name) => name !== 'node-empty')

describe('capacity against kubectl describe node', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let described: Map<string, DescribedNode>
  const ledger = new CapacityLedger()

  before(async function () {
    const isBuilt = missingForCluster({ controllers: false }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    cluster = await startCluster({ controllers: false })
    await createSurroundings()
    await createPods()
    described = parseNodeDescriptions(await cluster.mustKubectl(['describe', 'nodes', '--show-events=false']))
    await fillLedger()
  })

  after(() => cluster?.stop())

  async function createSurroundings(): Promise<void> {
    const inEach = namespaces.flatMap((namespace) => [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } },
    ])
    const classes = runtimeClasses.map(({ name, podFixed }) => ({
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name },
      handler: name,
      overhead: { podFixed },
    }))
    await cluster.apply([...inEach, ...classes])
    const bare = Object.keys(nodes).map((name) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } }))
    await createObjects(cluster, '/api/v1/nodes', bare)
    for (const [name, status] of Object.entries(nodes)) await patch(`/api/v1/nodes/${name}/status`, { status })
  }

  async function createPods(): Promise<void> {
    for (const { object, status, isDeleted } of truthPods(podCount, namespaces, busyNodes)) {
      const { name, namespace } = object.metadata
      const path = `/api/v1/namespaces/${namespace}/pods`
      await createObjects(cluster, path, [{ apiVersion: 'v1', kind: 'Pod', ...object }])
      await patch(`${path}/${name}/status`, { status })
      if (isDeleted) await send('DELETE', `${path}/${name}`)
    }
  }

  async function send(method: string, path: string, body?: object): Promise<void> {
    const headers = { 'content-type': 'application/merge-patch+json' }
    const answer = await cluster.request(path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.body}`)
  }

  const patch = (path: string, body: object) => send('PATCH', path, body)

  async function list<T>(path: string): Promise<T[]> {
    return JSON.parse((await cluster.request(path)).body).items as T[]
  }

  async function fillLedger(): Promise<void> {
    const project = createPodProjection()
    for (const node of await list<NodeObject>('/api/v1/nodes')) ledger.putNode(projectNode(node))
    for (const pod of await list<PodObject>('/api/v1/pods')) ledger.putPod(project(pod))
  }

  function entry(name: string): NodeEntry {
    const found = ledger.nodes.get(name)
    if (found === undefined) throw new Error(`the ledger has no ${name}`)
    return found
  }

  /** As the API server lists them, which decides in whose notation a sum is written. */
  function podsOf(name: string): PodFacts[] {
    const key = (pod: PodFacts) => `${pod.namespace}/${pod.name}`
    return [...entry(name).pods].sort((a, b) => (key(a) < key(b) ? -1 : 1))
  }

  it('has every kind of pod to compare', async () => {
    const pods = await list<PodObject & { metadata: { deletionTimestamp?: string } }>('/api/v1/pods')
    const counts = {
      all: pods.length,
      deleting: pods.filter(({ metadata }) => metadata.deletionTimestamp).length,
      ended: pods.filter(({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed').length,
      waiting: pods.filter(({ spec }) => !spec?.nodeName).length,
      sidecars: pods.filter(({ spec }) => spec?.initContainers?.some(({ restartPolicy }) => restartPolicy)).length,
      overhead: pods.filter(({ spec }) => spec?.overhead).length,
      podLevel: pods.filter(({ spec }) => spec?.resources).length,
      infeasible: pods.filter(({ status }) => status?.conditions?.some(({ reason }) => reason === 'Infeasible')).length,
      resized: [...ledger.namespaces.values()]
        .flatMap((one) => [...one.pods.values()])
        .filter((pod) => pod.resources.resizing).length,
    }
    expect(counts.all).to.equal(podCount)
    for (const [kind, count] of Object.entries(counts)) expect(count, kind).to.be.greaterThan(7)
  })

  it('gives for every node the totals of requests and limits, every resource, to the digit', () => {
    expect([...described.keys()].sort()).to.deep.equal(Object.keys(nodes).sort())
    for (const [name, { totals }] of described) {
      const { requests, limits } = foldedTotals(podsOf(name))
      expect(totals.size, name).to.be.greaterThan(2)
      for (const [resource, row] of totals) {
        const ours = { requests: textOf(requests, resource), limits: textOf(limits, resource) }
        expect(ours, `${name} ${resource}`).to.deep.equal({ requests: row.requests.text, limits: row.limits.text })
      }
    }
  })

  it('counts by the spec in totals and with the status in rows, as kubectl does: resizes make these differ', () => {
    const differing = [...described].filter(([name, { totals }]) => {
      const rows = podsOf(name).map((pod) => amountsWithStatus(pod).requests.get('cpu')?.nano ?? 0n)
      const sum = rows.reduce((total, nano) => total + nano, 0n)
      return sum !== parseQuantity(totals.get('cpu')?.requests.text ?? '0').nano
    })
    expect(differing.length).to.be.greaterThan(3)
  })

  it('keeps sums that are the same numbers', () => {
    for (const [name, { totals }] of described) {
      for (const [resource, row] of totals) {
        const { totals: kept } = entry(name)
        expect(kept.requested(resource), `${name} ${resource}`).to.equal(parseQuantity(row.requests.text).nano)
        expect(kept.limited(resource), `${name} ${resource}`).to.equal(parseQuantity(row.limits.text).nano)
      }
    }
  })

  it('gives the percents that kubectl prints', () => {
    for (const [name, { totals }] of described) {
      for (const [resource, row] of totals) {
        if (row.requests.percent === undefined) continue
        const { totals: kept, facts } = entry(name)
        const allocatable = facts?.allocatable.get(resource) ?? zeroQuantity
        const percents = [kept.requested(resource), kept.limited(resource)].map((nano) => {
          return describedPercent(resource, { nano, format: 'DecimalSI' }, allocatable)
        })
        expect(percents, `${name} ${resource}`).to.deep.equal([row.requests.percent, row.limits.percent])
      }
    }
  })

  it('counts each pod as its row does, with the status of its resize', () => {
    for (const [name, { pods }] of described) {
      const ours = podsOf(name)
      expect(
        ours.map((pod) => `${pod.namespace}/${pod.name}`),
        name,
      ).to.deep.equal([...pods.keys()])
      for (const pod of ours) {
        const { requests, limits } = amountsWithStatus(pod)
        const row = {
          cpu: [textOf(requests, 'cpu'), textOf(limits, 'cpu')],
          memory: [textOf(requests, 'memory'), textOf(limits, 'memory')],
        }
        expect(row, `${pod.namespace}/${pod.name}`).to.deep.equal(pods.get(`${pod.namespace}/${pod.name}`))
      }
    }
  })

  it('counts no pod that has ended, and none that waits for a node', () => {
    for (const name of busyNodes) expect(podsOf(name).some(isTerminated), name).to.equal(false)
    expect([...ledger.unscheduled].every(({ nodeName }) => nodeName === undefined)).to.equal(true)
    expect(ledger.unscheduled.size).to.be.greaterThan(7)
  })

  it('is what dogwatch capacity prints', async () => {
    const args = ['capacity', 'nodes', '-o', 'json', '-r', 'all', '--kubeconfig', cluster.kubeconfigPath]
    const { stdout, stderr, exitCode } = await runCli(commands, args)
    expect({ stderr, exitCode }).to.deep.equal({ stderr: '', exitCode: 0 })
    const items = JSON.parse(stdout).items as {
      name: string
      requests: Record<string, string>
      limits: Record<string, string>
    }[]
    expect(items.map(({ name }) => name).sort()).to.deep.equal(Object.keys(nodes).sort())
    for (const { name, requests, limits } of items) {
      for (const [resource, row] of described.get(name)?.totals ?? []) {
        const printed = { requests: requests[resource] ?? '0', limits: limits[resource] ?? '0' }
        expect(printed, `${name} ${resource}`).to.deep.equal({ requests: row.requests.text, limits: row.limits.text })
      }
    }
  })
})

function foldedTotals(pods: readonly PodFacts[]): { requests: ResourceList; limits: ResourceList } {
  const [requests, limits]: [MutableResourceList, MutableResourceList] = [new Map(), new Map()]
  for (const { resources } of pods) {
    addResources(requests, resources.requests)
    addResources(limits, resources.limits)
  }
  return { requests, limits }
}

function textOf(list: ResourceList, resource: string): string {
  return formatQuantity(list.get(resource) ?? zeroQuantity)
}

/** kubectl's own arithmetic: of thousandths for cpu, of units for all else, cut off; of nothing it is 0. */
function describedPercent(resource: string, part: Quantity, whole: Quantity): number {
  const value = resource === 'cpu' ? milliValue : wholeValue
  const of = Number(value(whole))
  return of === 0 ? 0 : Math.trunc((Number(value(part)) / of) * 100)
}
