/** Pods whose status a test writes as a kubelet would; no controllers may run that clean up after it. */
import { createObjects } from '../../hack/testbed/bulk.ts'
import type { Anything, OperatorWorld } from './operator-world.ts'

interface End {
  readonly exitCode: number
  readonly reason?: string
  /** The run that ended is another one than the server knows of. */
  readonly isUnknownRun?: boolean
}

export interface NamedPod {
  readonly name: string
  readonly workload: string
}

function podOf({ name, workload }: NamedPod): object {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: workload, uid: `uid-${workload}`, controller: true }
  const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'example.test/main:1' }] }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: workload }, ownerReferences: [owner] },
    spec,
  }
}

export class CrashingPods {
  readonly #world: OperatorWorld
  #runs = 0

  constructor(world: OperatorWorld) {
    this.#world = world
  }

  /** One container `main`; its ReplicaSet is only a name. */
  async create(namespace: string, name: string, { workload }: { readonly workload: string }): Promise<void> {
    await this.#world.send('POST', `/api/v1/namespaces/${namespace}/pods`, podOf({ name, workload }))
  }

  createMany(namespace: string, pods: readonly NamedPod[]): Promise<void> {
    return createObjects(this.#world.cluster, `/api/v1/namespaces/${namespace}/pods`, pods.map(podOf))
  }

  async running(namespace: string, name: string): Promise<void> {
    const before = await this.#main(namespace, name)
    const state = { running: { startedAt: new Date().toISOString() } }
    const containerID = this.#nextRun()
    await this.#write(namespace, name, 'Running', { ...before, state, ready: true, started: true, containerID })
  }

  /** The run that runs ends, and the next one begins at once. */
  async crash(namespace: string, name: string, end: End): Promise<void> {
    const { exitCode, reason = 'Error', isUnknownRun = false } = end
    const before = await this.#main(namespace, name)
    const ended = (isUnknownRun ? undefined : before.containerID) ?? this.#nextRun()
    const startedAt = before.state?.running?.startedAt ?? new Date().toISOString()
    const terminated = { exitCode, reason, startedAt, finishedAt: new Date().toISOString(), containerID: ended }
    const state = { running: { startedAt: new Date().toISOString() } }
    const next = { state, lastState: { terminated }, restartCount: before.restartCount + 1, ready: false }
    const containerID = this.#nextRun()
    await this.#write(namespace, name, 'Running', { ...before, ...next, containerID })
  }

  async waiting(namespace: string, name: string, reason: string): Promise<void> {
    const before = await this.#main(namespace, name)
    const state = { waiting: { reason, message: `back-off 10s restarting failed container=main pod=${name}` } }
    await this.#write(namespace, name, 'Running', { ...before, state, ready: false })
  }

  #nextRun(): string {
    this.#runs += 1
    return `containerd://run-${this.#runs}`
  }

  async #main(namespace: string, name: string): Promise<Anything> {
    const pod = await this.#world.send('GET', `/api/v1/namespaces/${namespace}/pods/${name}`)
    const none = { name: 'main', image: 'example.test/main:1', imageID: '', restartCount: 0, ready: false }
    return pod.status?.containerStatuses?.[0] ?? none
  }

  async #write(namespace: string, name: string, phase: string, main: object): Promise<void> {
    const status = { phase, startTime: '2026-01-01T00:00:00Z', containerStatuses: [main] }
    await this.#world.merge(`/api/v1/namespaces/${namespace}/pods/${name}/status`, { status })
  }
}
