import { subtractQuantities, zeroQuantity } from '../../model/quantity.ts'
import { addResources, type MutableResourceList, type ResourceList } from '../../model/resource-list.ts'
import type { NodeFacts } from '../../watchers/capacity/node-facts.ts'
import type { ReportScope } from './build-report.ts'
import type { PodRecord } from './cluster-facts.ts'
import { podItem } from './pod-item.ts'
import { filtersPods } from './query.ts'
import type { CapacityItem, CapacityKind, Usage } from './report.ts'
import { Tally, UsageTally } from './tally.ts'

interface Group {
  readonly tally: Tally
  readonly podUsage: UsageTally
  readonly records: PodRecord[]
}

/** Adds every pod once, to its node's or its namespace's sum; pools and the cluster are sums of those. */
export class GroupSums {
  readonly #scope: ReportScope
  readonly #groups = new Map<string, Group>()

  constructor(scope: ReportScope) {
    this.#scope = scope
    const isByNamespace = scope.query.view === 'namespaces'
    for (const record of scope.placed)
      this.#add(isByNamespace ? record.facts.namespace : record.facts.nodeName!, record)
  }

  node(node: NodeFacts): CapacityItem {
    const marks = [...(node.isReady ? [] : ['NotReady']), ...(node.isUnschedulable ? ['Cordoned'] : [])]
    return { ...this.#item('Node', node.name, [node]), marks }
  }

  pool(name: string, nodes: readonly NodeFacts[]): CapacityItem {
    return { ...this.#item('NodePool', name, nodes), nodeCount: nodes.length }
  }

  /** Each is a part of all selected nodes together. */
  namespaces(): CapacityItem[] {
    const allocatable = this.#allocatable([...this.#scope.nodes.values()])
    return [...this.#groups].map(([name, group]) => this.#itemOf({ kind: 'Namespace', name }, [group], allocatable))
  }

  cluster(): CapacityItem {
    const nodes = [...this.#scope.nodes.values()]
    const item = this.#itemOf(
      { kind: 'Cluster', name: 'cluster' },
      [...this.#groups.values()],
      this.#allocatable(nodes),
    )
    const usage = this.#usage(nodes, [...this.#groups.values()])
    return {
      ...item,
      ...(usage === undefined ? {} : { usage }),
      ...(this.#scope.hasNodes ? { nodeCount: nodes.length } : {}),
      children: [],
    }
  }

  #add(key: string, record: PodRecord): void {
    const group = this.#groups.get(key) ?? { tally: new Tally(), podUsage: new UsageTally(), records: [] }
    this.#groups.set(key, group)
    group.tally.addPod(record.facts)
    group.records.push(record)
    if (this.#scope.usage !== undefined) group.podUsage.add(this.#scope.usage.pod(record.facts))
  }

  #item(kind: CapacityKind, name: string, nodes: readonly NodeFacts[]): CapacityItem {
    const groups = nodes.map((node) => this.#groups.get(node.name)).filter((group) => group !== undefined)
    const usage = this.#usage(nodes, groups)
    const item = this.#itemOf({ kind, name }, groups, this.#allocatable(nodes))
    return usage === undefined ? item : { ...item, usage }
  }

  #itemOf(
    { kind, name }: { kind: CapacityKind; name: string },
    groups: readonly Group[],
    allocatable: ResourceList | undefined,
  ): CapacityItem {
    const { query, usage } = this.#scope
    const tally = new Tally()
    for (const group of groups) tally.addTally(group.tally)
    const requests = tally.requestsWithPods()
    const isWhole = allocatable !== undefined && kind !== 'Namespace' && !filtersPods(query.pods)
    return {
      kind,
      name,
      ...(allocatable === undefined ? {} : { allocatable }),
      ...{ requests, limits: tally.limits, unlimited: tally.unlimited, podCount: tally.podCount },
      ...(usage === undefined ? {} : { usage: sumOfPods(groups) }),
      ...(isWhole ? { available: subtract(allocatable, requests) } : {}),
      marks: [],
      children:
        query.depth === 'objects'
          ? []
          : groups.flatMap(({ records }) => records).map((record) => podItem(record, this.#scope)),
    }
  }

  #allocatable(nodes: readonly NodeFacts[]): ResourceList | undefined {
    if (!this.#scope.hasNodes) return undefined
    const sum: MutableResourceList = new Map()
    for (const node of nodes) addResources(sum, node.allocatable)
    return sum
  }

  /** What nodes say of themselves; where only some of the pods count, what those pods use. */
  #usage(nodes: readonly NodeFacts[], groups: readonly Group[]): Usage | undefined {
    const { query, usage, hasNodes } = this.#scope
    if (usage === undefined) return undefined
    if (usesPodSamples(query) || !hasNodes) return sumOfPods(groups)
    const tally = new UsageTally()
    for (const node of nodes) tally.add(usage.node(node.name))
    return tally.result()
  }
}

/** Whether use is summed over pods, so that it covers the same pods as the requests beside it. */
export function usesPodSamples(query: ReportScope['query']): boolean {
  return query.view === 'namespaces' || query.view === 'pods' || filtersPods(query.pods)
}

function sumOfPods(groups: readonly Group[]): Usage {
  const tally = new UsageTally()
  for (const { podUsage } of groups) tally.addTally(podUsage)
  return tally.result()
}

function subtract(from: ResourceList, amounts: ResourceList): ResourceList {
  return new Map(
    [...from].map(([name, amount]) => [name, subtractQuantities(amount, amounts.get(name) ?? zeroQuantity)]),
  )
}
