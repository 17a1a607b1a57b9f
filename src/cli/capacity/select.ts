import type { Labels } from '../../model/label-selector.ts'
import type { NodeFacts } from '../../watchers/capacity/node-facts.ts'
import { isTerminated } from '../../watchers/capacity/pod-facts.ts'
import { matchesLabelQuery } from '../options/label-selector.ts'
import { matchesTaintQuery } from '../options/node-taints.ts'
import type { PodRecord } from './cluster-facts.ts'
import type { NodeFilter, PodFilter } from './query.ts'

/** The pool of nodes without the label. */
export const noPool = '(none)'

export function poolOf({ labels }: NodeFacts, poolLabel: string): string {
  return labels[poolLabel] ?? noPool
}

export function selectNodes(
  nodes: readonly NodeFacts[],
  filter: NodeFilter,
  poolLabel: string | undefined,
): NodeFacts[] {
  return nodes.filter(
    (node) =>
      (filter.labels === undefined || matchesLabelQuery(filter.labels, node.labels)) &&
      (filter.taints === undefined || matchesTaintQuery(filter.taints, node.taints)) &&
      (!filter.isTaintFree || node.taints.length === 0) &&
      (filter.pool === undefined || (poolLabel !== undefined && poolOf(node, poolLabel) === filter.pool)),
  )
}

/** Pods that hold or want something, of those asked for. */
export function selectPods(
  pods: readonly PodRecord[],
  filter: PodFilter,
  namespaceLabels: ReadonlyMap<string, Labels> | undefined,
): PodRecord[] {
  const { namespace, labels, namespaceLabels: wanted } = filter
  return pods.filter(
    ({ facts }) =>
      !isTerminated(facts) &&
      (namespace === undefined || facts.namespace === namespace) &&
      (labels === undefined || matchesLabelQuery(labels, facts.labels)) &&
      (wanted === undefined || matchesLabelQuery(wanted, namespaceLabels?.get(facts.namespace))),
  )
}

/** The labels by which the well-known node managers name their pools; the first that a node carries is used. */
const poolLabels = [
  'node-pool',
  'karpenter.sh/nodepool',
  'eks.amazonaws.com/nodegroup',
  'cloud.google.com/gke-nodepool',
  'kubernetes.azure.com/agentpool',
  'doks.digitalocean.com/node-pool',
  'oke.oraclecloud.com/pool.name',
]

export function findPoolLabel(nodes: readonly NodeFacts[]): string | undefined {
  return poolLabels.find((label) => nodes.some(({ labels }) => labels[label] !== undefined))
}

export const wellKnownPoolLabels: readonly string[] = poolLabels
