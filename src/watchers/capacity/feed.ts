/**
 * Keeps the engine in step with the cluster: one subscription per kind, shared by all policies.
 *
 * Where only one namespace may be read there are no nodes and namespaces to be had; then every node that a pod names is
 * taken as one of which nothing is allocatable, so that shares of a node are Unknown and all else is judged.
 */
import type { Clock } from '../../base/clock.ts'
import type { Change, Consumer, Subscription } from '../../kube/consumer.ts'
import type { ResourceType } from '../../kube/resource.ts'
import type { WatchCache } from '../../kube/watch-cache.ts'
import type { CapacityEngine } from './capacity-engine.ts'
import {
  type NamespaceFacts,
  type NodeFacts,
  type NodeObject,
  projectNamespace,
  projectNode,
  projectQuota,
  type QuotaFacts,
  type QuotaObject,
} from './node-facts.ts'
import { createPodProjection, type PodFacts } from './pod-facts.ts'
import type { PodObject } from './pod-object.ts'

export interface FeedOptions {
  readonly cache: WatchCache
  readonly engine: CapacityEngine
  readonly clock: Clock
  /** Set: only this namespace can be read. */
  readonly watchNamespace: string | undefined
  /** All of a kind has been seen once. */
  readonly onSynced: (kind: FeedKind) => void
  /** The engine has been told of a change. */
  readonly onChange: (kind: FeedKind) => void
}

export type FeedKind = 'pods' | 'nodes' | 'namespaces' | 'resourcequotas'

const core = (resource: string): ResourceType => ({ group: '', version: 'v1', resource })

export class CapacityFeed {
  readonly #options: FeedOptions
  readonly #subscriptions = new Map<FeedKind, Subscription<unknown>>()

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /** Starts what is not yet being watched. Quotas are watched only where a rule asks for them. */
  watch(needs: { readonly quotas: boolean }): void {
    const { watchNamespace } = this.#options
    if (watchNamespace === undefined) {
      this.#start(
        'nodes',
        (object) => projectNode(object as unknown as NodeObject),
        (change) => this.#onNode(change),
      )
      this.#start('namespaces', projectNamespace, (change) => this.#onNamespace(change))
    }
    const projectPod = createPodProjection()
    this.#start(
      'pods',
      (object, _raw, key) => projectPod(object as unknown as PodObject, key),
      (change) => this.#onPod(change),
    )
    if (!needs.quotas) return
    this.#start(
      'resourcequotas',
      (object) => projectQuota(object as unknown as QuotaObject),
      (change) => this.#onQuota(change),
    )
  }

  /** Whether all of a kind has been seen once. */
  hasRead(kind: FeedKind): boolean {
    return this.#subscriptions.get(kind)?.isSynced === true
  }

  /** The kinds whose first state is still being read. */
  get waitingFor(): FeedKind[] {
    return [...this.#subscriptions].filter(([, { isSynced }]) => !isSynced).map(([kind]) => kind)
  }

  stop(): void {
    for (const subscription of this.#subscriptions.values()) subscription.stop()
    this.#subscriptions.clear()
  }

  #start<T>(kind: FeedKind, project: Consumer<T>['project'], apply: (change: Change<T>) => void): void {
    if (this.#subscriptions.has(kind)) return
    const { cache, watchNamespace } = this.#options
    const subscription = cache.subscribe<T>(
      { type: core(kind), namespace: watchNamespace },
      {
        name: `capacity-${kind}`,
        content: 'fields',
        project,
        onChange: (change) => {
          apply(change)
          this.#options.onChange(kind)
        },
        onSynced: () => this.#options.onSynced(kind),
      },
    )
    this.#subscriptions.set(kind, subscription)
  }

  get #nowMs(): number {
    return this.#options.clock.nowMs()
  }

  #onPod({ type, value }: Change<PodFacts>): void {
    const { engine } = this.#options
    if (type !== 'deleted') this.#imagineNode(value.nodeName)
    if (type === 'deleted') engine.removePod(value.namespace, value.name, this.#nowMs)
    else engine.putPod(value, this.#nowMs)
  }

  #onNode({ type, value }: Change<NodeFacts>): void {
    const { engine } = this.#options
    if (type === 'deleted') engine.removeNode(value.name, this.#nowMs)
    else engine.putNode(value, this.#nowMs)
  }

  #onNamespace({ type, value }: Change<NamespaceFacts>): void {
    const { engine } = this.#options
    if (type === 'deleted') engine.removeNamespace(value.name, this.#nowMs)
    else engine.putNamespace(value, this.#nowMs)
  }

  #onQuota({ type, value }: Change<QuotaFacts>): void {
    const { engine } = this.#options
    if (type === 'deleted') engine.removeQuota(value.namespace, value.name, this.#nowMs)
    else engine.putQuota(value, this.#nowMs)
  }

  #imagineNode(name: string | undefined): void {
    const { engine, watchNamespace } = this.#options
    if (watchNamespace === undefined || name === undefined || engine.ledger.nodes.get(name)?.facts !== undefined) return
    const nothing = { labels: {}, taints: [], isUnschedulable: false, isReady: true, allocatable: new Map() }
    engine.putNode({ name, uid: '', ...nothing }, this.#nowMs)
  }
}
