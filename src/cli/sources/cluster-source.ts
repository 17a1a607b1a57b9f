/** Reads what a report needs from a cluster: one streamed list of each kind, all at once, nothing that is not shown. */
import { errorText, hasCode, OperatorError } from '../../base/errors.ts'
import type { KubeClient } from '../../kube/client.ts'
import { listFields } from '../../kube/list-fields.ts'
import type { Selection } from '../../kube/selection.ts'
import type { Labels } from '../../model/label-selector.ts'
import {
  type NodeFacts,
  type NodeObject,
  projectNamespace,
  projectNode,
  type UsageObject,
} from '../../watchers/capacity/node-facts.ts'
import { type ClusterFacts, type PodRecord, projectUsageRecord, type UsageRecord } from '../capacity/cluster-facts.ts'
import { usesPodSamples } from '../capacity/group-sums.ts'
import { createPodRecordProjection } from '../capacity/pod-record.ts'
import { type CapacityQuery, filtersNodes } from '../capacity/query.ts'

export interface ClusterSource {
  readonly client: KubeClient
  readonly signal: AbortSignal
  readonly nowMs: () => number
  /** The most objects of each kind; to find out what can be read at all. */
  readonly limit?: number
}

/** Samples that were asked for and could be had. */
export type UsageFacts = Pick<ClusterFacts, 'nodeUsage' | 'podUsage' | 'warnings'>

/**
 * Throws API_FORBIDDEN with the right that is missing and what works without it. Nodes are done without where only percents
 * need them; usage that cannot be had becomes a warning.
 */
export async function readClusterFacts(source: ClusterSource, query: CapacityQuery): Promise<ClusterFacts> {
  const readings = [
    readNodes(source, query),
    readPods(source, query),
    readNamespaceLabels(source, query),
    readUsageFacts(source, query),
  ] as const
  // Of several rights that are missing always the same is told.
  await Promise.allSettled(readings)
  const [{ nodes, warnings }, pods, namespaceLabels, usage] = await Promise.all(readings)
  return {
    ...(nodes === undefined ? {} : { nodes }),
    pods,
    ...(namespaceLabels === undefined ? {} : { namespaceLabels }),
    ...usage,
    nowMs: source.nowMs(),
    warnings: [...warnings, ...usage.warnings],
  }
}

/** Node samples where whole nodes are shown, pod samples where only some pods count or each is shown. */
export async function readUsageFacts(source: ClusterSource, query: CapacityQuery): Promise<UsageFacts> {
  if (!query.hasUsage) return { warnings: [] }
  const hasPods = usesPodSamples(query) || query.depth !== 'objects'
  const [nodes, pods] = await Promise.all([
    readUsage(source, usesPodSamples(query) ? undefined : { type: nodeMetrics }),
    readUsage(source, hasPods ? { type: podMetrics, namespace: query.pods.namespace } : undefined),
  ])
  return {
    ...(nodes.samples === undefined ? {} : { nodeUsage: nodes.samples }),
    ...(pods.samples === undefined ? {} : { podUsage: pods.samples }),
    warnings: [...new Set([...nodes.warnings, ...pods.warnings])],
  }
}

const core = { group: '', version: 'v1' }
const nodeMetrics = { group: 'metrics.k8s.io', version: 'v1beta1', resource: 'nodes' }
const podMetrics = { group: 'metrics.k8s.io', version: 'v1beta1', resource: 'pods' }

/** Pods that have ended hold nothing; the server need not send them. */
export function podSelection({ pods }: CapacityQuery): Selection {
  return {
    type: { ...core, resource: 'pods' },
    namespace: pods.namespace,
    labelSelector: pods.labels?.text,
    fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
  }
}

export const nodeSelection: Selection = { type: { ...core, resource: 'nodes' } }

async function readNodes(
  source: ClusterSource,
  query: CapacityQuery,
): Promise<{ nodes?: NodeFacts[]; warnings: readonly string[] }> {
  try {
    return { nodes: await readAll<NodeObject, NodeFacts>(source, nodeSelection, projectNode), warnings: [] }
  } catch (cause) {
    if (!hasCode(cause, 'API_FORBIDDEN')) throw cause
    if (needsNodes(query)) throw nodesForbidden(query, cause)
    const warning = 'Nodes cannot be listed with your rights (needs: list nodes), so nothing is shown in percent.'
    return { warnings: [warning] }
  }
}

function needsNodes({ view, nodes }: CapacityQuery): boolean {
  return (view !== 'pods' && view !== 'namespaces') || filtersNodes(nodes)
}

function nodesForbidden({ view, pods }: CapacityQuery, cause: OperatorError): OperatorError {
  const place = pods.namespace ?? 'NAMESPACE'
  return new OperatorError(
    'API_FORBIDDEN',
    `cannot list nodes, which ${view === 'pods' || view === 'namespaces' ? 'node filters' : `\`capacity ${view}\``} cannot do without.
  Missing right: list on nodes, cluster-wide (ClusterRole).
  Without it these still work: \`capacity pods -n ${place}\` and \`capacity namespaces -n ${place}\`.
  The server said`,
    { cause },
  )
}

async function readPods(source: ClusterSource, query: CapacityQuery): Promise<PodRecord[]> {
  const project = createPodRecordProjection(query)
  try {
    return await readAll(source, podSelection(query), project)
  } catch (cause) {
    if (!hasCode(cause, 'API_FORBIDDEN')) throw cause
    throw podsForbidden(query, cause)
  }
}

function podsForbidden({ view, pods }: CapacityQuery, cause: OperatorError): OperatorError {
  const { namespace } = pods
  const right =
    namespace === undefined
      ? 'list on pods, cluster-wide (ClusterRole)'
      : `list on pods in namespace ${namespace} (Role)`
  const way = `\`capacity ${view === 'namespaces' ? view : 'pods'} -n NAMESPACE\` works with the right in one namespace.`
  return new OperatorError(
    'API_FORBIDDEN',
    `cannot list pods ${namespace === undefined ? 'of all namespaces' : `in namespace ${namespace}`}.
  Missing right: ${right}.${namespace === undefined ? `\n  Without it ${way}` : ''}
  The server said`,
    { cause },
  )
}

export function namespaceSelection({ pods }: CapacityQuery): Selection | undefined {
  if (pods.namespaceLabels === undefined) return undefined
  return { type: { ...core, resource: 'namespaces' }, labelSelector: pods.namespaceLabels.text }
}

async function readNamespaceLabels(
  source: ClusterSource,
  query: CapacityQuery,
): Promise<Map<string, Labels> | undefined> {
  const selection = namespaceSelection(query)
  if (selection === undefined) return undefined
  const namespaces = await readAll(source, selection, projectNamespace)
  return new Map(namespaces.map(({ name, labels }) => [name, labels]))
}

async function readUsage(
  source: ClusterSource,
  selection: Selection | undefined,
): Promise<{ samples?: UsageRecord[]; warnings: readonly string[] }> {
  if (selection === undefined) return { warnings: [] }
  try {
    return { samples: await readAll<UsageObject, UsageRecord>(source, selection, projectUsageRecord), warnings: [] }
  } catch (cause) {
    if (source.signal.aborted) throw cause
    return { warnings: [usageWarning(selection, cause)] }
  }
}

function usageWarning({ type, namespace }: Selection, cause: unknown): string {
  if (hasCode(cause, 'API_NOT_FOUND')) {
    return 'Usage is unknown: the cluster has no metrics API (metrics.k8s.io), which metrics-server provides.'
  }
  if (hasCode(cause, 'API_FORBIDDEN')) {
    const place = namespace === undefined ? 'cluster-wide' : `in namespace ${namespace}`
    return `Usage is unknown: your rights lack list on ${type.resource}.metrics.k8s.io, ${place}.`
  }
  return `Usage is unknown: the metrics API gives no answer: ${errorText(cause)}`
}

async function readAll<O, T>(
  { client, signal, limit }: ClusterSource,
  selection: Selection,
  project: (object: O) => T,
): Promise<T[]> {
  const result: T[] = []
  const query = limit === undefined ? selection : { ...selection, limit }
  await listFields<O>(client, query, (object) => result.push(project(object)), signal)
  return result
}
