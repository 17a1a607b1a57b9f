/** Keeps the crash watcher in step with the cluster: one subscription for pods, Jobs and namespaces each, shared by all routes. */
import type { Change, Subscription } from '../../kube/consumer.ts'
import type { KubeObject, ResourceType } from '../../kube/resource.ts'
import type { WatchCache } from '../../kube/watch-cache.ts'
import { type CrashNamespace, projectCrashNamespace } from './crash-namespace.ts'
import { createJobProjection, type JobFacts } from './job-facts.ts'
import { createPodProjection, type PodFacts } from './pod-facts.ts'
import type { JobObject, PodObject } from './pod-object.ts'

export type CrashFeedKind = 'pods' | 'jobs' | 'nodes' | 'namespaces'

/** Since when a node does not answer; undefined: it does. */
export interface NodeAnswer {
  readonly name: string
  readonly lostSinceMs: number | undefined
}

export interface CrashFeedOptions {
  readonly cache: Pick<WatchCache, 'subscribe'>
  /** Set: only this namespace can be read. */
  readonly watchNamespace: string | undefined
  readonly onPod: (change: Change<PodFacts>) => void
  readonly onJob: (change: Change<JobFacts>) => void
  readonly onNode: (change: Change<NodeAnswer>) => void
  readonly onNamespace: (change: Change<CrashNamespace>) => void
  /** All of a kind has been seen once. */
  readonly onSynced: (kind: CrashFeedKind) => void
}

const types: Readonly<Record<CrashFeedKind, ResourceType>> = {
  pods: { group: '', version: 'v1', resource: 'pods' },
  jobs: { group: 'batch', version: 'v1', resource: 'jobs' },
  nodes: { group: '', version: 'v1', resource: 'nodes' },
  namespaces: { group: '', version: 'v1', resource: 'namespaces' },
}

export class CrashFeed {
  readonly #options: CrashFeedOptions
  readonly #subscriptions = new Map<CrashFeedKind, Subscription<unknown>>()

  constructor(options: CrashFeedOptions) {
    this.#options = options
  }

  /** Starts what is not yet being watched. */
  watch(): void {
    const { watchNamespace, onPod, onJob, onNode, onNamespace } = this.#options
    if (watchNamespace === undefined) {
      this.#start('namespaces', projectCrashNamespace, onNamespace)
      this.#start('nodes', projectNode, onNode)
    }
    const projectJob = createJobProjection()
    this.#start('jobs', (object) => projectJob(object as unknown as JobObject), onJob)
    const projectPod = createPodProjection()
    this.#start('pods', (object) => projectPod(object as unknown as PodObject), onPod)
  }

  /** The kinds whose first state is still being read. */
  get waitingFor(): CrashFeedKind[] {
    return [...this.#subscriptions].filter(([, { isSynced }]) => !isSynced).map(([kind]) => kind)
  }

  hasRead(kind: CrashFeedKind): boolean {
    return this.#subscriptions.get(kind)?.isSynced === true
  }

  stop(): void {
    for (const subscription of this.#subscriptions.values()) subscription.stop()
    this.#subscriptions.clear()
  }

  #start<T>(kind: CrashFeedKind, project: (object: KubeObject) => T, onChange: (change: Change<T>) => void): void {
    if (this.#subscriptions.has(kind)) return
    const { cache, watchNamespace, onSynced } = this.#options
    const selection = { type: types[kind], namespace: watchNamespace }
    const subscription = cache.subscribe<T>(selection, {
      ...{ name: `crash-${kind}`, content: contents[kind], project, onChange },
      onSynced: () => onSynced(kind),
    })
    this.#subscriptions.set(kind, subscription)
  }
}

const contents = { pods: 'fields', jobs: 'whole', nodes: 'fields', namespaces: 'fields' } as const

interface NodeConditions {
  readonly conditions?: readonly { type: string; status: string; lastTransitionTime?: string }[]
}

/** A node that does not answer is Unknown: its lease has run out. */
function projectNode({ metadata, status }: KubeObject): NodeAnswer {
  const conditions = (status as NodeConditions | undefined)?.conditions ?? []
  const ready = conditions.find(({ type }) => type === 'Ready')
  const sinceMs = Date.parse(ready?.lastTransitionTime ?? '')
  return { name: metadata.name, lostSinceMs: ready?.status === 'Unknown' ? sinceMs || 0 : undefined }
}
