import type { Clock } from '../base/clock.ts'
import { errorText } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { type Metrics, noMetrics } from '../base/metrics.ts'
import type { KubeClient } from './client.ts'
import type { Consumer, Subscription } from './consumer.ts'
import { ConsumerFeed } from './consumer-feed.ts'
import { Reflector, type ReflectorStatus } from './reflector.ts'
import { createReflectorMetrics, type ReflectorMetrics } from './reflector-metrics.ts'
import { defaultTiming, type ReflectorTiming } from './reflector-timing.ts'
import { type Selection, selectionKey } from './selection.ts'
import { Slots } from './slots.ts'

export interface WatchCacheOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics?: Metrics
  readonly timing?: Partial<ReflectorTiming>
  /** A complete state of some resource was taken over. */
  readonly onSynced?: () => void
}

const concurrentSyncs = 4
/** A consumer that throws at every event is logged this often. */
const consumerErrorLogEveryMs = 10_000

/**
 * The copy of the cluster that all watchers share. Each selection is watched once, from the moment its first consumer
 * comes until its last one leaves. Nothing that the API server or a consumer does can end the process.
 */
export class WatchCache {
  readonly #options: WatchCacheOptions
  readonly #timing: ReflectorTiming
  readonly #metrics: ReflectorMetrics
  readonly #slots = new Slots(concurrentSyncs)
  readonly #reflectors = new Map<string, Reflector>()
  readonly #stopping = new Set<Promise<void>>()
  readonly #loggedMs = new Map<string, number>()

  constructor(options: WatchCacheOptions) {
    this.#options = options
    this.#timing = { ...defaultTiming, ...options.timing }
    this.#metrics = createReflectorMetrics(options.metrics ?? noMetrics)
  }

  subscribe<T>(selection: Selection, consumer: Consumer<T>): Subscription<T> {
    const key = selectionKey(selection)
    const reflector = this.#reflectors.get(key) ?? this.#startReflector(key, selection)
    const feed: ConsumerFeed<T> = new ConsumerFeed(consumer, {
      onConsumerError: (name, error) => this.#onConsumerError(name, error),
      onStop: () => this.#leave(key, reflector, feed),
    })
    this.#metrics.consumerErrors.start({ consumer: consumer.name })
    reflector.add(feed)
    return feed
  }

  status(): ReflectorStatus[] {
    return [...this.#reflectors.values()].map((reflector) => reflector.status)
  }

  /** Ends all watches; subscriptions keep what they have. */
  async stop(): Promise<void> {
    for (const [key, reflector] of this.#reflectors) this.#stopReflector(key, reflector)
    await Promise.all(this.#stopping)
  }

  #startReflector(key: string, selection: Selection): Reflector {
    const { client, clock, logger, onSynced = () => {} } = this.#options
    const reflector = new Reflector(selection, {
      ...{ client, clock, logger, onSynced },
      metrics: this.#metrics,
      timing: this.#timing,
      syncSlots: this.#slots,
    })
    this.#reflectors.set(key, reflector)
    reflector.start()
    return reflector
  }

  #leave<T>(key: string, reflector: Reflector, feed: ConsumerFeed<T>): void {
    reflector.remove(feed)
    if (reflector.consumerCount === 0 && this.#reflectors.get(key) === reflector) this.#stopReflector(key, reflector)
  }

  #stopReflector(key: string, reflector: Reflector): void {
    this.#reflectors.delete(key)
    const stopping = reflector.stop().finally(() => this.#stopping.delete(stopping))
    this.#stopping.add(stopping)
  }

  #onConsumerError(consumer: string, error: unknown): void {
    this.#metrics.consumerErrors.add({ consumer })
    const nowMs = this.#options.clock.monotonicMs()
    const lastMs = this.#loggedMs.get(consumer)
    if (lastMs !== undefined && nowMs - lastMs < consumerErrorLogEveryMs) return
    this.#loggedMs.set(consumer, nowMs)
    this.#options.logger.error({ component: 'watch-cache', consumer, error: errorText(error) }, 'Consumer failed')
  }
}
