/** Reads what a report needs from a cluster: one streamed list of each kind, all at once, nothing that is not shown. */
import { errorText, hasCode, OperatorError } from '../../base/errors.ts'
import type { KubeClient } from '../../kube/client.ts'
import { listObjects } from '../../kube/list.ts'
import { textWithoutManagedFields } from '../../kube/object-text.ts'
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
}

/**
 * Throws API_FORBIDDEN with the right that is missing and what works without it. Nodes are done without where only percents
 * need them; usage that cannot be had becomes a warning.
 */
export async function readClusterFacts(source: ClusterSource, query: CapacityQuery): Promise<ClusterFacts> {
  const warnings: string[] = []
  const [nodes, pods, namespaceLabels, nodeUsage, podUsage] = await Promise.all([
    readNodes(source, query, warnings),
    readPods(source, query),
    readNamespaceLabels(source, query),
    readUsage(source, needsNodeUsage(query) ? { type: nodeMetrics } : undefined, warnings),
    readUsage(
      source,
      needsPodUsage(query) ? { type: podMetrics, namespace: query.pods.namespace } : undefined,
      warnings,
    ),
  ])
  return {
    ...(nodes === undefined ? {} : { nodes }),
    pods,
    ...(nodeUsage === undefined ? {} : { nodeUsage }),
    ...(podUsage === undefined ? {} : { podUsage }),
    ...(namespaceLabels === undefined ? {} : { namespaceLabels }),
    nowMs: source.nowMs(),
    warnings,
  }
}

const core = { group: '', version: 'v1' }
const nodeMetrics = { group: 'metrics.k8s.io', version: 'v1beta1', resource: 'nodes' }
const podMetrics = { group: 'metrics.k8s.io', version: 'v1beta1', resource: 'pods' }

export function needsNodeUsage(query: CapacityQuery): boolean {
  return query.hasUsage && !usesPodSamples(query)
}

export function needsPodUsage(query: CapacityQuery): boolean {
  return query.hasUsage && (usesPodSamples(query) || query.depth !== 'objects')
}

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
  warnings: string[],
): Promise<NodeFacts[] | undefined> {
  try {
    return await readAll<NodeObject, NodeFacts>(source, nodeSelection, projectNode)
  } catch (cause) {
    if (!hasCode(cause, 'API_FORBIDDEN')) throw cause
    if (needsNodes(query)) throw nodesForbidden(query, cause)
    warnings.push('Nodes cannot be listed with your rights (needs: list nodes), so nothing is shown in percent.')
    return undefined
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

async function readNamespaceLabels(
  source: ClusterSource,
  { pods }: CapacityQuery,
): Promise<Map<string, Labels> | undefined> {
  if (pods.namespaceLabels === undefined) return undefined
  const selection = { type: { ...core, resource: 'namespaces' }, labelSelector: pods.namespaceLabels.text }
  const namespaces = await readAll(source, selection, projectNamespace)
  return new Map(namespaces.map(({ name, labels }) => [name, labels]))
}

async function readUsage(
  source: ClusterSource,
  selection: Selection | undefined,
  warnings: string[],
): Promise<UsageRecord[] | undefined> {
  if (selection === undefined) return undefined
  try {
    return await readAll<UsageObject, UsageRecord>(source, selection, projectUsageRecord)
  } catch (cause) {
    if (source.signal.aborted) throw cause
    warnings.push(usageWarning(selection, cause))
    return undefined
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
  { client, signal }: ClusterSource,
  selection: Selection,
  project: (object: O) => T,
): Promise<T[]> {
  const result: T[] = []
  await listObjects(
    client,
    selection,
    (bytes) => result.push(project(JSON.parse(textWithoutManagedFields(bytes)) as O)),
    signal,
  )
  return result
}
