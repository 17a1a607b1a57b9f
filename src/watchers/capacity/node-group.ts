/** The sums of a set of nodes, a pool or the cluster: what they offer, what is requested, what would be left without the largest. */
import type { ResourceList } from '../../model/resource-list.ts'
import type { NodeEntry } from './ledger.ts'
import type { UsageSample } from './node-facts.ts'
import { PodTotals } from './pod-totals.ts'
import { ResourceSums, type Sign } from './resource-sums.ts'

export class NodeGroup {
  readonly #nodes = new Set<NodeEntry>()
  readonly #allocatable = new ResourceSums()
  readonly #usage = new ResourceSums()
  /** Per resource, what each node offers, largest first. */
  readonly #offers = new Map<string, bigint[]>()
  #sampledCount = 0
  /** What the pods on these nodes add up to. */
  readonly pods = new PodTotals()

  get nodes(): ReadonlySet<NodeEntry> {
    return this.#nodes
  }

  /** Nodes whose usage is known; with fewer than all of them the usage is a lower bound. */
  get sampledCount(): number {
    return this.#sampledCount
  }

  allocatable(resource: string): bigint {
    return this.#allocatable.get(resource)
  }

  used(resource: string): bigint {
    return this.#usage.get(resource)
  }

  /** What the `count` nodes that offer most of a resource offer together. */
  largest(resource: string, count: number): bigint {
    let sum = 0n
    for (const nano of this.#offers.get(resource)?.slice(0, count) ?? []) sum += nano
    return sum
  }

  /** Takes a node in with its pods and its sample, or out. `allocatable` is what it offers, or offered until now. */
  changeNode(entry: NodeEntry, allocatable: ResourceList, sign: Sign): void {
    if (sign === 1) this.#nodes.add(entry)
    else this.#nodes.delete(entry)
    this.changeAllocatable(allocatable, sign)
    this.pods.changeByTotals(entry.totals, sign)
  }

  changeAllocatable(allocatable: ResourceList, sign: Sign): void {
    this.#allocatable.change(allocatable, sign)
    for (const [resource, { nano }] of allocatable) this.#changeOffer(resource, nano, sign)
  }

  changeUsage({ usage }: UsageSample, sign: Sign): void {
    this.#sampledCount += sign
    this.#usage.change(usage, sign)
  }

  #changeOffer(resource: string, nano: bigint, sign: Sign): void {
    const offers = this.#offers.get(resource) ?? []
    this.#offers.set(resource, offers)
    const index = firstNotLarger(offers, nano)
    if (sign === 1) offers.splice(index, 0, nano)
    else offers.splice(index, 1)
  }
}

/** In a list with the largest first: where the first value stands that is `nano` or less. */
function firstNotLarger(offers: readonly bigint[], nano: bigint): number {
  let [low, high] = [0, offers.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (offers[middle]! > nano) low = middle + 1
    else high = middle
  }
  return low
}
