/** The cluster that the demo shows: 50 pretended nodes in two pools, 500 pods of four teams, two nodes too full. */
import { createObjects } from '../testbed/bulk.ts'
import type { Cluster } from '../testbed/cluster.ts'
import { kwokNode, kwokPod } from '../testbed/kwok-objects.ts'

export const nodeCount = 50
export const podCount = 500
export const teams = ['payments', 'search', 'shop', 'warehouse'] as const

/** The node that the demo empties to show a recovery. */
export const crowdedNode = 'node-07'
const alsoCrowdedNode = 'node-31'

/** Pods that somebody put on the crowded node by hand: deleting them is the recovery. */
export const burstNamespace = 'payments'
export const burstLabel = 'app=burst'
const burstPods = 4

function nodeName(index: number): string {
  return `node-${String(index + 1).padStart(2, '0')}`
}

function* nodes(): Iterable<object> {
  for (let index = 0; index < nodeCount; index += 1) {
    const isBatch = index >= 40
    const size = isBatch ? { cpu: '16', memory: '64Gi' } : { cpu: '8', memory: '32Gi' }
    yield kwokNode(nodeName(index), { ...size, labels: { 'node-pool': isBatch ? 'batch' : 'general' } })
  }
}

const sizes = [
  {
    requests: { cpu: '250m', memory: '512Mi' },
    limits: { cpu: '1', memory: '1Gi' },
    usage: { cpu: '120m', memory: '410Mi' },
  },
  { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '2Gi' }, usage: { cpu: '300m', memory: '900Mi' } },
  {
    requests: { cpu: '100m', memory: '256Mi' },
    limits: { cpu: '200m', memory: '256Mi' },
    usage: { cpu: '20m', memory: '90Mi' },
  },
] as const

interface Placed {
  readonly namespace: string
  readonly pod: object
}

function* placedPods(): Iterable<Placed> {
  for (let index = 0; index < podCount - 2 * burstPods; index += 1) {
    const namespace = teams[index % teams.length] ?? teams[0]
    const size = sizes[index % sizes.length] ?? sizes[0]
    yield { namespace, pod: kwokPod(`${namespace}-api-${index}`, { nodeName: nodeName(index % nodeCount), ...size }) }
  }
  const burst = {
    requests: { cpu: '1500m', memory: '4Gi' },
    limits: { memory: '12Gi' },
    usage: { cpu: '1100m', memory: '3Gi' },
  }
  for (let index = 0; index < burstPods; index += 1) {
    const labels = { app: 'burst' }
    yield { namespace: burstNamespace, pod: kwokPod(`burst-${index}`, { nodeName: crowdedNode, labels, ...burst }) }
    yield { namespace: 'warehouse', pod: kwokPod(`reindex-${index}`, { nodeName: alsoCrowdedNode, ...burst }) }
  }
}

/** Creates namespaces, nodes and pods. */
export async function createWorld(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const namespaces = ['dogwatch-system', ...teams].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  }))
  await cluster.apply(namespaces)
  await createObjects(cluster, '/api/v1/nodes', nodes(), { signal })
  const pods = [...placedPods()]
  for (const team of teams) {
    await waitForServiceAccount(cluster, team)
    const own = pods.filter(({ namespace }) => namespace === team).map(({ pod }) => pod)
    await createObjects(cluster, `/api/v1/namespaces/${team}/pods`, own, { signal })
  }
}

/** Pods are refused until the controller manager has made the namespace's account. */
async function waitForServiceAccount(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.mustKubectl(['wait', '--for=create', 'serviceaccount/default', '-n', namespace, '--timeout=30s'])
}
