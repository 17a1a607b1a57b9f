/** What `dogwatch capacity` found, exact and complete; tables, documents and CSV are made from this and nothing else. */
import { milliValue, type Quantity } from '../../model/quantity.ts'
import type { ResourceList } from '../../model/resource-list.ts'

export type CapacityKind = 'Cluster' | 'NodePool' | 'Node' | 'Namespace' | 'Pod' | 'Container'

export const measures = ['requests', 'limits', 'usage'] as const
export type Measure = (typeof measures)[number]

/**
 * What an object uses. `missing` counts the objects below it that gave no sample, or only an old one: then the amounts are
 * a lower bound. Nothing at all is known where `amounts` is absent.
 */
export interface Usage {
  readonly amounts?: ResourceList
  readonly missing: number
  /** Age of the oldest sample in the sum, in seconds. */
  readonly ageSeconds?: number
}

export interface CapacityItem {
  readonly kind: CapacityKind
  readonly name: string
  readonly namespace?: string
  /** Of a pod or container. */
  readonly node?: string
  /** Of a container. */
  readonly pod?: string
  /** What requests and limits are a percent of. Absent: not known, because nodes cannot be read. */
  readonly allocatable?: ResourceList
  readonly requests: ResourceList
  readonly limits: ResourceList
  /** Absent: not asked for. */
  readonly usage?: Usage
  /** What usage is a percent of, where that is not `allocatable`. */
  readonly usageBase?: ResourceList
  /** Resource to number of containers without a limit on it. */
  readonly unlimited: ReadonlyMap<string, number>
  /** Allocatable that is not requested yet; absent where only some of the pods are counted. */
  readonly available?: ResourceList
  /** Absent for pods and containers. */
  readonly podCount?: number
  /** Absent for cluster-wide groups: number of nodes. */
  readonly nodeCount?: number
  /** What is unusual: NotReady, Cordoned, Terminating, a container's role. */
  readonly marks: readonly string[]
  readonly children: readonly CapacityItem[]
}

/** Pods that no node runs yet; they count in no sum above. */
export interface Unscheduled {
  readonly requests: ResourceList
  readonly limits: ResourceList
  readonly pods: readonly CapacityItem[]
}

export interface CapacityReport {
  readonly view: CapacityView
  /** In the order in which they are shown. */
  readonly resources: readonly string[]
  /** What is counted and what a percent is of, in a sentence each, where that is not all pods and all of each node. */
  readonly basis: readonly string[]
  /** Absent where it would repeat the only item, or cannot be known. */
  readonly cluster?: CapacityItem
  readonly items: readonly CapacityItem[]
  readonly unscheduled: Unscheduled
  /** What could not be had, and what to do about it. */
  readonly warnings: readonly string[]
}

export const capacityViews = ['nodes', 'pods', 'namespaces', 'pools', 'cluster'] as const
export type CapacityView = (typeof capacityViews)[number]

/** What a measure of an item is a percent of. */
export function baseOf(item: CapacityItem, measure: Measure): ResourceList | undefined {
  return measure === 'usage' ? (item.usageBase ?? item.allocatable) : item.allocatable
}

/**
 * To the hundredth below, of thousandths as kubectl counts them: its percents are these without their fraction. Undefined
 * where there is nothing to be a part of.
 */
export function percentOf(amount: Quantity | undefined, base: Quantity | undefined): number | undefined {
  if (amount === undefined || base === undefined || base.nano <= 0n) return undefined
  return Number((milliValue(amount) * 10_000n) / milliValue(base)) / 100
}
