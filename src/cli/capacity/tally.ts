import { type Quantity, quantityOfUnits, zeroQuantity } from '../../model/quantity.ts'
import { addResources, type MutableResourceList, type ResourceList } from '../../model/resource-list.ts'
import type { PodFacts } from '../../watchers/capacity/pod-facts.ts'
import type { Usage } from './report.ts'

/** Sums of pods, added one by one. */
export class Tally {
  readonly requests: MutableResourceList = new Map()
  readonly limits: MutableResourceList = new Map()
  readonly unlimited = new Map<string, number>()
  podCount = 0

  /** What the pod asks for, as the totals of `kubectl describe node` count it. */
  addPod({ resources }: PodFacts): void {
    this.podCount += 1
    addResources(this.requests, resources.requests)
    addResources(this.limits, resources.limits)
    for (const [resource, containers] of resources.unbounded) this.#addUnlimited(resource, containers.length)
  }

  addTally(other: Tally): void {
    this.podCount += other.podCount
    addResources(this.requests, other.requests)
    addResources(this.limits, other.limits)
    for (const [resource, count] of other.unlimited) this.#addUnlimited(resource, count)
  }

  /** Requests together with the number of pods, which nodes have room for as for any resource. */
  requestsWithPods(): ResourceList {
    return withPods(this.requests, this.podCount)
  }

  #addUnlimited(resource: string, count: number): void {
    this.unlimited.set(resource, (this.unlimited.get(resource) ?? 0) + count)
  }
}

export function withPods(requests: ResourceList, podCount: number): ResourceList {
  return new Map<string, Quantity>([...requests, ['pods', quantityOfUnits(BigInt(podCount))]])
}

const nothingUsed: ResourceList = new Map([
  ['cpu', zeroQuantity],
  ['memory', zeroQuantity],
])

/** Sums of samples; a sample that is missing makes the sum a lower bound, and a sum of nothing stays unknown. */
export class UsageTally {
  readonly #amounts: MutableResourceList = new Map()
  #samples = 0
  #missing = 0
  #oldestSeconds: number | undefined

  add(usage: Usage): void {
    this.#missing += usage.missing
    if (usage.amounts === undefined) return
    this.#samples += 1
    addResources(this.#amounts, usage.amounts)
    this.#noteAge(usage.ageSeconds)
  }

  addTally(other: UsageTally): void {
    this.#samples += other.#samples
    this.#missing += other.#missing
    addResources(this.#amounts, other.#amounts)
    this.#noteAge(other.#oldestSeconds)
  }

  /** A sum over nothing at all is nothing; a sum of which no part is known is unknown. */
  result(): Usage {
    const isUnknown = this.#samples === 0 && this.#missing > 0
    const amounts = this.#samples === 0 ? nothingUsed : this.#amounts
    return {
      ...(isUnknown ? {} : { amounts }),
      missing: this.#missing,
      ...(this.#oldestSeconds === undefined ? {} : { ageSeconds: this.#oldestSeconds }),
    }
  }

  #noteAge(seconds: number | undefined): void {
    if (seconds !== undefined) this.#oldestSeconds = Math.max(seconds, this.#oldestSeconds ?? seconds)
  }
}
