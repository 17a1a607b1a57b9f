/**
 * Reads usage from the metrics API (metrics.k8s.io), which cannot be watched. A round that fails is handed on as an empty
 * one, so that what was known grows old: a number is Unknown then, never 0.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import { errorText } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { KubeClient } from '../../kube/client.ts'
import { listObjects } from '../../kube/list.ts'
import type { ResourceType } from '../../kube/resource.ts'
import type { UsageRound } from './capacity-engine.ts'
import { projectUsage, type UsageObject, type UsageSample } from './node-facts.ts'

export interface UsagePollerOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  /** Set: only this namespace can be read, and no node. */
  readonly watchNamespace: string | undefined
  readonly onRound: (round: UsageRound) => void
}

const metricsType = (resource: string): ResourceType => ({ group: 'metrics.k8s.io', version: 'v1beta1', resource })
const deadlineMs = 30_000
/** Samples come every 15 to 60 s; who asks less often has none that is recent. */
const longestPollMs = 60_000

/** How often usage is read for policies with these intervals; undefined: nobody wants it. */
export function usagePollMs(intervalsMs: readonly number[]): number | undefined {
  return intervalsMs.length === 0 ? undefined : Math.min(...intervalsMs, longestPollMs)
}

export class UsagePoller {
  readonly #options: UsagePollerOptions
  readonly #abort = new AbortController()
  #everyMs: number | undefined
  #timer: Timer | undefined
  #round: Promise<void> | undefined
  #lastError: string | undefined
  #hasRead = false

  constructor(options: UsagePollerOptions) {
    this.#options = options
  }

  /** Why the last round failed, for people; undefined after a good one. */
  get lastError(): string | undefined {
    return this.#lastError
  }

  /** Whether a round has ended, well or not, since polling began: before that nothing can be said of usage. */
  get hasRead(): boolean {
    return this.#hasRead
  }

  /** Polls so often; undefined stops polling. */
  pollEvery(everyMs: number | undefined): void {
    if (everyMs === this.#everyMs) return
    this.#everyMs = everyMs
    this.#timer?.cancel()
    if (everyMs !== undefined) {
      this.#begin()
      return
    }
    this.#hasRead = false
    this.#lastError = undefined
  }

  async stop(): Promise<void> {
    this.#everyMs = undefined
    this.#timer?.cancel()
    this.#abort.abort()
    await this.#round
  }

  #begin(): void {
    this.#round ??= this.#readAll().finally(() => {
      this.#round = undefined
      const everyMs = this.#everyMs
      if (everyMs !== undefined) this.#timer = this.#options.clock.after(everyMs, () => this.#begin())
    })
  }

  async #readAll(): Promise<void> {
    const round = await this.#read()
    if (this.#abort.signal.aborted || this.#everyMs === undefined) return
    this.#hasRead = true
    this.#options.onRound(round)
  }

  async #read(): Promise<UsageRound> {
    const { logger, watchNamespace } = this.#options
    try {
      const nodes = watchNamespace === undefined ? await this.#list('nodes') : []
      const pods = await this.#list('pods')
      this.#lastError = undefined
      return { nodes, pods }
    } catch (error) {
      const text = errorText(error)
      const isNews = text !== this.#lastError && !this.#abort.signal.aborted
      if (isNews) logger.warn({ component: 'capacity', error: text }, 'Usage cannot be read from the metrics API')
      this.#lastError = text
      return {}
    }
  }

  async #list(resource: 'nodes' | 'pods'): Promise<UsageSample[]> {
    const { client, watchNamespace } = this.#options
    const samples: UsageSample[] = []
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(deadlineMs)])
    const query = { type: metricsType(resource), namespace: resource === 'pods' ? watchNamespace : undefined }
    const take = (bytes: Buffer) => void samples.push(projectUsage(JSON.parse(bytes.toString('utf8')) as UsageObject))
    await listObjects(client, query, take, signal)
    return samples
  }
}
