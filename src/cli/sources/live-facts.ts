/** The facts of a report, kept in step with a cluster by the shared watch cache instead of being listed again and again. */
import type { Clock, Timer } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import type { Subscription } from '../../kube/consumer.ts'
import type { ReflectorStatus } from '../../kube/reflector.ts'
import type { Selection } from '../../kube/selection.ts'
import { WatchCache } from '../../kube/watch-cache.ts'
import {
  type NamespaceFacts,
  type NodeFacts,
  type NodeObject,
  projectNamespace,
  projectNode,
} from '../../watchers/capacity/node-facts.ts'
import type { PodObject } from '../../watchers/capacity/pod-object.ts'
import type { ClusterFacts, PodRecord } from '../capacity/cluster-facts.ts'
import { createPodRecordProjection } from '../capacity/pod-record.ts'
import type { CapacityQuery } from '../capacity/query.ts'
import {
  type ClusterSource,
  namespaceSelection,
  nodeSelection,
  podSelection,
  readClusterFacts,
  readUsageFacts,
  type UsageFacts,
} from './cluster-source.ts'

/** metrics-server has nothing new more often. */
const usageEveryMs = 15_000

export class LiveFacts {
  readonly #source: ClusterSource
  readonly #query: CapacityQuery
  readonly #clock: Clock
  readonly #cache: WatchCache
  #nodes: Subscription<NodeFacts> | undefined
  #namespaces: Subscription<NamespaceFacts> | undefined
  #pods: Subscription<PodRecord> | undefined
  #usage: UsageFacts = { warnings: [] }
  #rightsWarnings: readonly string[] = []
  #usageTimer: Timer | undefined
  #revision = 0

  constructor(source: ClusterSource, query: CapacityQuery, clock: Clock) {
    this.#source = source
    this.#query = query
    this.#clock = clock
    this.#cache = new WatchCache({ client: source.client, clock, logger: silentLogger })
  }

  /** Another text whenever there may be something else to show. */
  get revision(): string {
    return [this.#revision, ...this.#staleWarnings()].join('\n')
  }

  /** Resolves when everything has been seen once. Throws as `readClusterFacts` does where a right is missing. */
  async start(): Promise<void> {
    const rights = await readClusterFacts({ ...this.#source, limit: 1 }, { ...this.#query, hasUsage: false })
    this.#rightsWarnings = rights.warnings
    const { signal } = this.#source
    this.#pods = this.#subscribe(
      podSelection(this.#query),
      createPodRecordProjection(this.#query) as Projection<PodObject, PodRecord>,
    )
    if (rights.nodes !== undefined)
      this.#nodes = this.#subscribe(nodeSelection, projectNode as Projection<NodeObject, NodeFacts>)
    const namespaces = namespaceSelection(this.#query)
    if (namespaces !== undefined) this.#namespaces = this.#subscribe(namespaces, projectNamespace)
    await this.#readUsage()
    await Promise.all(
      [this.#pods, this.#nodes, this.#namespaces].map((subscription) => subscription?.whenSynced(signal)),
    )
  }

  facts(): ClusterFacts {
    const { warnings, ...usage } = this.#usage
    return {
      ...(this.#nodes === undefined ? {} : { nodes: [...this.#nodes.values()] }),
      ...(this.#namespaces === undefined
        ? {}
        : { namespaceLabels: new Map([...this.#namespaces.values()].map(({ name, labels }) => [name, labels])) }),
      pods: [...(this.#pods?.values() ?? [])],
      ...usage,
      nowMs: this.#source.nowMs(),
      warnings: [...this.#rightsWarnings, ...warnings, ...this.#staleWarnings()],
    }
  }

  #staleWarnings(): string[] {
    return this.#cache.status().flatMap(staleWarning)
  }

  async stop(): Promise<void> {
    this.#usageTimer?.cancel()
    await this.#cache.stop()
  }

  #subscribe<O, T>(selection: Selection, project: Projection<O, T>): Subscription<T> {
    return this.#cache.subscribe<T>(selection, {
      name: 'capacity',
      content: 'fields',
      project: (object) => project(object as unknown as O),
      onChange: () => {
        this.#revision += 1
      },
    })
  }

  async #readUsage(): Promise<void> {
    if (!this.#query.hasUsage) return
    this.#usage = await readUsageFacts(this.#source, this.#query)
    this.#revision += 1
    this.#usageTimer = this.#clock.after(usageEveryMs, () => {
      this.#readUsage().catch(() => {})
    })
  }
}

type Projection<O, T> = (object: O) => T

/** What is shown stays, and is said to be of an earlier time. */
function staleWarning({ selection, lastError }: ReflectorStatus): string[] {
  return lastError === '' ? [] : [`Old news of ${selection}, the API server does not answer: ${lastError}`]
}
