/**
 * What a set of pods adds up to: those on a node, of a namespace, in a pool. Requests and limits are counted by the spec, as
 * the totals of `kubectl describe node` are.
 */
import { nanoPerUnit } from '../../model/quantity.ts'
import type { UsageSample } from './node-facts.ts'
import type { PodFacts } from './pod-facts.ts'
import { ResourceSums, type Sign } from './resource-sums.ts'

export class PodTotals {
  readonly #requests = new ResourceSums()
  readonly #limits = new ResourceSums()
  readonly #usage = new ResourceSums()
  #podCount = 0
  #sampledCount = 0

  get podCount(): number {
    return this.#podCount
  }

  /** Pods whose usage is known; with fewer than `podCount` the usage is a lower bound. */
  get sampledCount(): number {
    return this.#sampledCount
  }

  /** In nano units; the resource `pods` is the number of pods. */
  requested(resource: string): bigint {
    return resource === 'pods' ? BigInt(this.#podCount) * nanoPerUnit : this.#requests.get(resource)
  }

  limited(resource: string): bigint {
    return this.#limits.get(resource)
  }

  used(resource: string): bigint {
    return this.#usage.get(resource)
  }

  *requestedResources(): IterableIterator<string> {
    for (const name of this.#requests.names()) if (this.#requests.get(name) > 0n) yield name
  }

  changePod({ resources }: PodFacts, sign: Sign): void {
    this.#podCount += sign
    this.#requests.change(resources.requests, sign)
    this.#limits.change(resources.limits, sign)
  }

  changeUsage({ usage }: UsageSample, sign: Sign): void {
    this.#sampledCount += sign
    this.#usage.change(usage, sign)
  }

  changeByTotals(other: PodTotals, sign: Sign): void {
    this.#podCount += sign * other.#podCount
    this.#sampledCount += sign * other.#sampledCount
    this.#requests.changeBySums(other.#requests, sign)
    this.#limits.changeBySums(other.#limits, sign)
    this.#usage.changeBySums(other.#usage, sign)
  }
}
