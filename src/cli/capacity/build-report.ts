/**
 * From facts to a report: which nodes and pods count, whose sums they go into, and what each sum is a part of. Every pod
 * is looked at once, whatever the number of nodes.
 */
import { OperatorError } from '../../base/errors.ts'
import type { NodeFacts } from '../../watchers/capacity/node-facts.ts'
import { basisSentences } from './basis.ts'
import type { ClusterFacts, PodRecord } from './cluster-facts.ts'
import { GroupSums } from './group-sums.ts'
import { podItem } from './pod-item.ts'
import { type CapacityQuery, filtersNodes, filtersPods } from './query.ts'
import type { CapacityItem, CapacityReport, Unscheduled } from './report.ts'
import { findPoolLabel, noPool, poolOf, selectNodes, selectPods, wellKnownPoolLabels } from './select.ts'
import { sortItems } from './sort-items.ts'
import { Tally } from './tally.ts'
import { indexUsage, type UsageIndex } from './usage.ts'

/** All that the functions below need to know of one report. */
export interface ReportScope {
  readonly query: CapacityQuery
  readonly nodes: ReadonlyMap<string, NodeFacts>
  readonly hasNodes: boolean
  readonly allNodeCount: number
  readonly poolLabel: string | undefined
  /** On the selected nodes; all that have a node where nodes cannot be read. */
  readonly placed: readonly PodRecord[]
  readonly waiting: readonly PodRecord[]
  /** Pods whose node is not in the list although no node was filtered out. */
  readonly strayCount: number
  readonly usage: UsageIndex | undefined
}

/** Throws INVALID_OPTION where the query asks for pools and no node names one. */
export function buildReport(facts: ClusterFacts, query: CapacityQuery): CapacityReport {
  const scope = scopeOf(facts, query)
  const sums = new GroupSums(scope)
  const items = sortItems(itemsOf(scope, sums), query.sort)
  const cluster = sums.cluster()
  const unscheduled = unscheduledOf(scope)
  const resources = resourcesOf(query, [cluster, ...items])
  return {
    view: query.view,
    resources,
    basis: basisSentences(scope),
    ...(query.view === 'cluster' ? {} : { cluster }),
    items: query.view === 'cluster' ? [cluster] : items,
    unscheduled,
    warnings: [...facts.warnings, ...warningsOf(scope), ...unsortedWarning(query, resources)],
  }
}

function scopeOf(facts: ClusterFacts, query: CapacityQuery): ReportScope {
  const all = facts.nodes ?? []
  const poolLabel = poolLabelFor(all, query)
  const nodes = new Map(selectNodes(all, query.nodes, poolLabel).map((node) => [node.name, node]))
  const known = new Set(all.map(({ name }) => name))
  const pods = selectPods(facts.pods, query.pods, facts.namespaceLabels)
  const placed: PodRecord[] = []
  const waiting: PodRecord[] = []
  let strayCount = 0
  for (const pod of pods) {
    const node = pod.facts.nodeName
    if (node === undefined) waiting.push(pod)
    else if (nodes.has(node) || facts.nodes === undefined) placed.push(pod)
    else if (!known.has(node)) strayCount += 1
  }
  return {
    ...{ query, nodes, poolLabel, placed, strayCount },
    hasNodes: facts.nodes !== undefined,
    allNodeCount: all.length,
    waiting: filtersNodes(query.nodes) ? [] : waiting,
    usage: query.hasUsage ? indexUsage(facts) : undefined,
  }
}

function poolLabelFor(
  nodes: readonly NodeFacts[],
  { view, nodes: filter, poolLabel }: CapacityQuery,
): string | undefined {
  if (view !== 'pools' && filter.pool === undefined) return undefined
  const label = poolLabel ?? findPoolLabel(nodes)
  if (label !== undefined && nodes.some(({ labels }) => labels[label] !== undefined)) {
    requirePool(nodes, label, filter.pool)
    return label
  }
  const tried =
    poolLabel === undefined ? `the well-known labels (${wellKnownPoolLabels.join(', ')})` : `the label ${poolLabel}`
  throw new OperatorError(
    'INVALID_OPTION',
    `no node has ${tried}, so there are no pools: name a label that nodes have with --pool-label`,
  )
}

function requirePool(nodes: readonly NodeFacts[], label: string, pool: string | undefined): void {
  const pools = new Set(nodes.map((node) => poolOf(node, label)))
  if (pool === undefined || pools.has(pool)) return
  throw new OperatorError(
    'INVALID_INPUT',
    `no node is in pool ${pool}; by the label ${label} the pools are ${[...pools].sort().join(', ')}`,
  )
}

function itemsOf(scope: ReportScope, sums: GroupSums): CapacityItem[] {
  switch (scope.query.view) {
    case 'nodes':
      return [...scope.nodes.values()].map((node) => sums.node(node))
    case 'pools':
      return [...poolsOf(scope)].map(([name, nodes]) => sums.pool(name, nodes))
    case 'namespaces':
      return sums.namespaces()
    case 'pods':
      return scope.placed.map((record) => podItem(record, scope))
    case 'cluster':
      return []
  }
}

function poolsOf({ nodes, poolLabel }: ReportScope): Map<string, NodeFacts[]> {
  const pools = new Map<string, NodeFacts[]>()
  for (const node of nodes.values()) {
    const pool = poolLabel === undefined ? noPool : poolOf(node, poolLabel)
    pools.set(pool, [...(pools.get(pool) ?? []), node])
  }
  return pools
}

function unscheduledOf(scope: ReportScope): Unscheduled {
  const tally = new Tally()
  for (const { facts } of scope.waiting) tally.addPod(facts)
  const pods = scope.waiting.map((record) => podItem(record, scope))
  return { requests: tally.requests, limits: tally.limits, pods: sortItems(pods, scope.query.sort) }
}

const leadingResources = ['cpu', 'memory', 'ephemeral-storage', 'pods']

function resourcesOf({ resources }: CapacityQuery, items: readonly CapacityItem[]): readonly string[] {
  if (resources !== 'all') return resources
  const names = new Set<string>()
  for (const { allocatable, requests, limits } of items) {
    for (const list of [allocatable, requests, limits]) for (const name of list?.keys() ?? []) names.add(name)
  }
  const others = [...names].filter((name) => !leadingResources.includes(name)).sort()
  return [...leadingResources.filter((name) => names.has(name)), ...others]
}

function warningsOf({ strayCount, query, nodes, hasNodes }: ReportScope): string[] {
  const isFiltered = filtersPods(query.pods) || filtersNodes(query.nodes)
  return [
    ...(strayCount === 0
      ? []
      : [`${strayCount} pods name a node that is not in the list of nodes; they are not counted.`]),
    ...(hasNodes && nodes.size === 0 ? [isFiltered ? 'No node matches.' : 'There are no nodes.'] : []),
  ]
}

/** Which resources there are is known only now. */
function unsortedWarning({ sort: { by } }: CapacityQuery, resources: readonly string[]): string[] {
  if (typeof by === 'string' || resources.includes(by.resource)) return []
  return [`Sorted by name: none of these has or asks for ${by.resource}.`]
}
