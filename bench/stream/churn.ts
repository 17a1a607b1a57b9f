import type { BulkClient } from '../cluster/bulk-client.ts'
import { makePod, podPlace, runningStatus } from '../cluster/pods.ts'
import { createRandom } from '../cluster/random.ts'

export interface ChurnOptions {
  readonly nodes: number
  readonly pods: number
  readonly signal: AbortSignal
}

/** One step in so many makes a pod, lets it run and deletes it; the others change the status of a pod that is there. */
const stepsForNewPod = 50

/**
 * Changes pods as fast as the server takes it, until the signal is aborted: containers restart, pods turn ready and back,
 * now and then one comes and goes.
 */
export async function churn(client: BulkClient, options: ChurnOptions): Promise<void> {
  let step = 0
  const worker = async () => {
    while (!options.signal.aborted) await takeStep(client, options, ++step)
  }
  await Promise.all(Array.from({ length: client.inFlight }, worker))
}

function takeStep(client: BulkClient, options: ChurnOptions, step: number): Promise<void> {
  return step % stepsForNewPod === 0 ? comeAndGo(client, options, step) : changeStatus(client, options, step)
}

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z')

async function changeStatus(client: BulkClient, { pods }: ChurnOptions, step: number): Promise<void> {
  const random = createRandom(step)
  const index = Math.floor(random.next() * pods)
  const status = runningStatus({ index, now: now(), restarts: step, ready: random.next() < 0.5 })
  await client.send({ method: 'PATCH', path: `${pathOf(index)}/status`, body: status, fieldManager: 'kubelet' })
}

/** Pods beyond those of the cluster; their names are not taken. */
async function comeAndGo(client: BulkClient, { nodes, pods }: ChurnOptions, step: number): Promise<void> {
  const index = pods + step
  const path = pathOf(index)
  const body = makePod(index, nodes)
  const manager = { fieldManager: 'kube-controller-manager' }
  await client.send({ method: 'POST', path: path.slice(0, path.lastIndexOf('/')), body, ...manager })
  const status = runningStatus({ index, now: now() })
  await client.send({ method: 'PATCH', path: `${path}/status`, body: status, fieldManager: 'kubelet' })
  await client.send({ method: 'DELETE', path, body: { gracePeriodSeconds: 0 } })
}

function pathOf(index: number): string {
  const { namespace, name } = podPlace(index)
  return `/api/v1/namespaces/${namespace}/pods/${name}`
}
