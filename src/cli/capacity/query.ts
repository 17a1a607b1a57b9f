import type { LabelQuery } from '../options/label-selector.ts'
import type { TaintQuery } from '../options/node-taints.ts'
import type { CapacityView } from './report.ts'
import type { SortKey } from './sort-items.ts'

/** What a person wants to see, whatever it is printed as. */
export interface CapacityQuery {
  readonly view: CapacityView
  /** In the order given; `all` is every resource that a node has or a pod asks for. */
  readonly resources: readonly string[] | 'all'
  readonly hasUsage: boolean
  readonly depth: 'objects' | 'pods' | 'containers'
  readonly sort: SortKey
  readonly pods: PodFilter
  readonly nodes: NodeFilter
  /** Absent: the first well-known label that a node carries. */
  readonly poolLabel?: string
}

export interface PodFilter {
  readonly namespace?: string
  readonly labels?: LabelQuery
  readonly namespaceLabels?: LabelQuery
}

export interface NodeFilter {
  readonly labels?: LabelQuery
  readonly taints?: TaintQuery
  readonly isTaintFree: boolean
  readonly pool?: string
}

export function filtersPods({ namespace, labels, namespaceLabels }: PodFilter): boolean {
  return namespace !== undefined || labels !== undefined || namespaceLabels !== undefined
}

export function filtersNodes({ labels, taints, isTaintFree, pool }: NodeFilter): boolean {
  return labels !== undefined || taints !== undefined || isTaintFree || pool !== undefined
}
