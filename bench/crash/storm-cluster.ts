/** A cluster whose pods crash when told to: no kubelet runs them; their status is written as one would, and kwok serves their logs. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster, startCluster } from '../../hack/testbed/cluster.ts'
import { kwokNode } from '../../hack/testbed/kwok-objects.ts'
import { BulkClient } from '../cluster/bulk-client.ts'
import { createRandom } from '../cluster/random.ts'
import { installKinds } from '../kinds.ts'

export interface StormSize {
  readonly nodes: number
  readonly workloads: number
  readonly podsPerWorkload: number
}

const namespaces = 10
const logBytes = 4096

export const podsOf = ({ workloads, podsPerWorkload }: StormSize): number => workloads * podsPerWorkload

interface Place {
  readonly namespace: string
  readonly workload: string
  readonly pod: string
}

const templateHash = '5d8f7c9b46'

/** Neighbours in the order of crashing are of different workloads, as when a node or a database goes. */
function placeOf(index: number, { workloads }: StormSize): Place {
  const number = index % workloads
  const workload = `service-${String(number).padStart(3, '0')}`
  const suffix = createRandom(index + 1).suffix(5)
  return { namespace: `team-${number % namespaces}`, workload, pod: `${workload}-${templateHash}-${suffix}` }
}

/** Starts it, with the kinds installed and every pod running. */
export async function startStormCluster(size: StormSize, folder: string): Promise<Cluster> {
  const file = join(folder, 'storm.log')
  await writeFile(file, logText())
  const cluster = await startCluster({
    ...{ kwok: true, controllers: false, kwokLogs: [{ file, previousFile: file }] },
    apiServerFlags: ['--disable-admission-plugins=ServiceAccount'],
  })
  try {
    await installKinds(cluster)
    await fill(cluster, size)
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

/** As a container runtime writes it: a start, and then the trace of what failed. */
function logText(): string {
  const random = createRandom(7)
  const atText = new Date(Date.now() - 3_600_000).toISOString()
  const lines: string[] = []
  for (let length = 0; length < logBytes; ) {
    const at = `    at com.example.${random.suffix(8)}.${random.suffix(12)}.${random.suffix(6)}(${random.suffix(9)}.java:${lines.length})`
    lines.push(lines.length === 0 ? `ERROR order ${random.hex(8)}: no connection to ledger-db:5432` : at)
    length += (lines.at(-1) ?? '').length + 1
  }
  return lines.map((line) => `${atText} stdout F ${line}\n`).join('')
}

async function fill(cluster: Cluster, size: StormSize): Promise<void> {
  const client = new BulkClient(cluster)
  const post = (path: string, body: object) => client.send({ method: 'POST', path, body })
  try {
    await client.forEach(namespaces, (index) => post('/api/v1/namespaces', { metadata: { name: `team-${index}` } }))
    await client.forEach(size.nodes, (index) => post('/api/v1/nodes', kwokNode(nodeName(index))))
    await client.forEach(podsOf(size), (index) => {
      const place = placeOf(index, size)
      return post(`/api/v1/namespaces/${place.namespace}/pods`, podObject(place, nodeName(index % size.nodes)))
    })
    await untilAllRun(cluster)
  } finally {
    await client.close()
  }
}

const nodeName = (index: number): string => `node-${String(index).padStart(2, '0')}`

function podObject({ workload, pod }: Place, node: string): object {
  const replicaSet = `${workload}-${templateHash}`
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: replicaSet,
    uid: `uid-${workload}`,
    controller: true,
  }
  const resources = { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '64Mi' } }
  return {
    metadata: {
      name: pod,
      labels: { app: workload, 'pod-template-hash': templateHash },
      ownerReferences: [owner],
    },
    spec: { nodeName: node, containers: [{ name: 'main', image: `example.test/${workload}:1`, resources }] },
  }
}

async function untilAllRun(cluster: Cluster): Promise<void> {
  const deadlineMs = performance.now() + 180_000
  for (;;) {
    const { body } = await cluster.request('/api/v1/pods?fieldSelector=status.phase%3DPending&limit=1')
    if (JSON.parse(body).items.length === 0) return
    if (performance.now() > deadlineMs) throw new Error('kwok has not set all pods running within 180 s')
    await sleep(500)
  }
}

/** Each pod's container ends once and runs again, evenly over the time. Gives how long that really took. */
export async function crashAll(cluster: Cluster, size: StormSize, withinMs: number): Promise<number> {
  const client = new BulkClient(cluster)
  const startMs = performance.now()
  try {
    await client.forEach(podsOf(size), async (index) => {
      const dueMs = (withinMs * index) / podsOf(size)
      await sleep(Math.max(0, startMs + dueMs - performance.now()))
      const { namespace, pod, workload } = placeOf(index, size)
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}/status`
      const body = { status: { containerStatuses: [crashedStatus(`example.test/${workload}:1`, pod)] } }
      await client.send({ method: 'PATCH', path, body, fieldManager: 'kubelet' })
    })
    return performance.now() - startMs
  } finally {
    await client.close()
  }
}

function crashedStatus(image: string, pod: string): object {
  const nowMs = Date.now()
  const at = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
  const times = { startedAt: at(nowMs - 600_000), finishedAt: at(nowMs) }
  const terminated = { exitCode: 1, reason: 'Error', ...times, containerID: `containerd://${pod}-1` }
  return {
    ...{ name: 'main', image, imageID: image, containerID: `containerd://${pod}-2`, restartCount: 1 },
    ...{ ready: true, started: true, state: { running: { startedAt: at(nowMs) } }, lastState: { terminated } },
  }
}
