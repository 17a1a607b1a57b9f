/** The capacity watcher on a clock that the test moves, with a small cluster that has been read, and a pipeline behind it. */
import { type CapacityPolicySpec, capacityPolicy } from '../../src/api/capacity-policy.ts'
import { silentLogger } from '../../src/base/log.ts'
import { noMetrics } from '../../src/base/metrics.ts'
import type { KubeClient } from '../../src/kube/client.ts'
import type { Consumer } from '../../src/kube/consumer.ts'
import type { KubeObject } from '../../src/kube/resource.ts'
import type { Selection } from '../../src/kube/selection.ts'
import type { WatchCache } from '../../src/kube/watch-cache.ts'
import { createCapacityMetrics } from '../../src/watchers/capacity/capacity-metrics.ts'
import { CapacityWatcher } from '../../src/watchers/capacity/watcher.ts'
import { PipelineWorld, type WorldOptions } from './pipeline-world.ts'

interface Node {
  readonly name: string
  readonly cpu: string
}

export interface PodOf {
  readonly name: string
  readonly node: string
  readonly cpu: string
}

/** Nothing is watched: the test puts what there is. */
class PutCache {
  readonly #consumers = new Map<string, Consumer<unknown>>()

  subscribe({ type }: Selection, consumer: Consumer<unknown>) {
    this.#consumers.set(type.resource, consumer)
    return { isSynced: true, stop: () => this.#consumers.delete(type.resource) }
  }

  put(resource: string, key: string, object: object): void {
    const consumer = this.#consumers.get(resource)
    const value = consumer?.project(object as KubeObject, Buffer.alloc(0), key)
    consumer?.onChange?.({ type: 'added', key, value })
  }
}

export class WatchedCapacity extends PipelineWorld {
  readonly #cache = new PutCache()
  readonly watcher: CapacityWatcher
  /** How often the metrics API, which does not answer, was asked. */
  usageRounds = 0
  /** Its refusal takes until this is false again. */
  isUsageSlow = false

  constructor(options: WorldOptions = {}) {
    super(options)
    const refuse = async () => {
      this.usageRounds += 1
      while (this.isUsageSlow) await this.clock.sleep(1_000)
      throw new Error('no metrics API')
    }
    this.watcher = new CapacityWatcher({
      cache: this.#cache as unknown as WatchCache,
      client: { openStream: refuse } as unknown as KubeClient,
      ...{ clock: this.clock, logger: silentLogger, metrics: createCapacityMetrics(noMetrics) },
      ...{ clusterName: undefined, watchNamespace: undefined, sink: this.pipeline, onViewChange: () => undefined },
    })
    this.describe = (alert) => this.watcher.describe(alert)
  }

  override async lead(epoch = 1): Promise<void> {
    await this.pipeline.lead(epoch)
    this.watcher.lead()
    this.pipeline.open()
    await this.pass(0)
  }

  /** As the reconciler does it; each call is a new generation. */
  async apply(given: object, generation: number): Promise<void> {
    const spec = capacityPolicy.spec.parse({ receivers: [{ name: 'a' }], ...given }) as CapacityPolicySpec
    this.watcher.apply({
      reference: { kind: 'CapacityPolicy', namespace: 'ops', name: 'p', uid: 'uid-p' },
      ...{ generation, spec, onlyNamespace: undefined },
      receivers: (spec.receivers ?? []).map(({ name }) => ({ namespace: 'ops', name })),
    })
    await this.pass(0)
  }

  async node({ name, cpu }: Node): Promise<void> {
    const conditions = [{ type: 'Ready', status: 'True' }]
    this.#cache.put('nodes', name, { metadata: { name, uid: name }, status: { allocatable: { cpu }, conditions } })
    await this.pass(0)
  }

  async pod({ name, node, cpu }: PodOf): Promise<void> {
    const containers = [{ name: 'app', resources: { requests: { cpu } } }]
    this.#cache.put('pods', `shop/${name}`, {
      ...{ metadata: { namespace: 'shop', name, uid: name }, spec: { nodeName: node, containers } },
      status: { phase: 'Running' },
    })
    await this.pass(0)
  }
}
