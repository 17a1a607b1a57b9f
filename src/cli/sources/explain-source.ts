/** Reads the one object that is to be explained, and what it is the sum of; nothing else where a cluster can be asked. */
import { hasCode, OperatorError } from '../../base/errors.ts'
import { listObjects } from '../../kube/list.ts'
import type { Selection } from '../../kube/selection.ts'
import { addResources, type MutableResourceList, type ResourceList } from '../../model/resource-list.ts'
import { type NodeFacts, type NodeObject, projectNode } from '../../watchers/capacity/node-facts.ts'
import type { PodObject } from '../../watchers/capacity/pod-object.ts'
import type { Context } from '../context.ts'
import { explainPod } from '../explain/explain-pod.ts'
import { explainPods } from '../explain/explain-sum.ts'
import type { Explanation } from '../explain/explanation.ts'
import { describeTarget, type ExplainTarget } from '../explain/target.ts'
import type { ClusterSource } from './cluster-source.ts'
import { objectKind, readDump } from './dump-reader.ts'

/** Those that are sums of pods, or a pod; pools and the cluster are sums of nodes and read as any report. */
export type PodsTarget = Exclude<ExplainTarget, { kind: 'NodePool' | 'Cluster' }>

interface Found {
  /** Absent: they cannot be read. */
  readonly nodes: readonly NodeFacts[] | undefined
  readonly pods: readonly PodObject[]
}

/** Throws INVALID_INPUT where there is no such object. */
export async function explainFromCluster(
  source: ClusterSource,
  target: PodsTarget,
  resources: readonly string[],
): Promise<Explanation> {
  const pods = await readAll<PodObject>(source, podSelection(target))
  const nodeName = target.kind === 'Node' ? target.name : pods[0]?.spec?.nodeName
  const nodes = await readNodes(source, target.kind === 'Namespace' ? undefined : nodeName)
  return explain(target, { nodes, pods }, resources)
}

/** As {@link explainFromCluster}, from a file of `kubectl get -o json`; `-` is stdin. */
export async function explainFromFile(
  file: string,
  { stdin }: Context,
  { target, resources }: { target: PodsTarget; resources: readonly string[] },
): Promise<Explanation> {
  const nodes: NodeFacts[] = []
  const pods: PodObject[] = []
  await readDump(file, stdin, (object) => {
    if (objectKind(object) === 'Node') nodes.push(projectNode(object as NodeObject))
    else if (objectKind(object) === 'Pod' && isMeant(object as PodObject, target)) pods.push(object as PodObject)
  })
  return explain(target, { nodes: nodes.length === 0 ? undefined : nodes, pods }, resources)
}

function isMeant({ metadata, spec }: PodObject, target: PodsTarget): boolean {
  if (target.kind === 'Node') return spec?.nodeName === target.name
  return (
    metadata.namespace === (target.kind === 'Pod' ? target.namespace : target.name) && isNamed(metadata.name, target)
  )
}

function isNamed(name: string, target: PodsTarget): boolean {
  return target.kind !== 'Pod' || name === target.name
}

function explain(target: PodsTarget, { nodes, pods }: Found, resources: readonly string[]): Explanation {
  if (target.kind === 'Pod') {
    const [pod] = pods
    if (pod === undefined) throw notFound(target)
    return explainPod(
      pod,
      nodes?.find(({ name }) => name === pod.spec?.nodeName),
      resources,
    )
  }
  const counted = target.kind === 'Node' ? nodes?.filter(({ name }) => name === target.name) : nodes
  if (pods.length === 0 && (target.kind === 'Namespace' || counted?.length === 0)) throw notFound(target)
  const allocatable = counted === undefined || counted.length === 0 ? {} : { allocatable: sumOf(counted) }
  return explainPods({ kind: target.kind, name: target.name, pods, ...allocatable }, resources)
}

function notFound(target: PodsTarget): OperatorError {
  const what = target.kind === 'Namespace' ? `no pods in namespace ${target.name}` : `no ${describeTarget(target)}`
  return new OperatorError(
    'INVALID_INPUT',
    `there is ${what}: \`kubectl get ${listCommand(target)}\` shows what there is`,
  )
}

function listCommand(target: PodsTarget): string {
  if (target.kind === 'Pod') return `pods -n ${target.namespace}`
  return target.kind === 'Node' ? 'nodes' : 'pods -A'
}

function sumOf(nodes: readonly NodeFacts[]): ResourceList {
  const sum: MutableResourceList = new Map()
  for (const { allocatable } of nodes) addResources(sum, allocatable)
  return sum
}

const core = { group: '', version: 'v1' }

function podSelection(target: PodsTarget): Selection {
  const type = { ...core, resource: 'pods' }
  if (target.kind !== 'Pod') {
    return target.kind === 'Node'
      ? { type, fieldSelector: `spec.nodeName=${target.name}` }
      : { type, namespace: target.name }
  }
  return { type, namespace: target.namespace, fieldSelector: `metadata.name=${target.name}` }
}

/** Percents are all that is lost where nodes cannot be read. */
async function readNodes(source: ClusterSource, name: string | undefined): Promise<NodeFacts[] | undefined> {
  const type = { ...core, resource: 'nodes' }
  const selection = name === undefined ? { type } : { type, fieldSelector: `metadata.name=${name}` }
  try {
    return (await readAll<NodeObject>(source, selection)).map(projectNode)
  } catch (cause) {
    if (hasCode(cause, 'API_FORBIDDEN')) return undefined
    throw cause
  }
}

async function readAll<T>({ client, signal }: ClusterSource, selection: Selection): Promise<T[]> {
  const result: T[] = []
  await listObjects(client, selection, (bytes) => result.push(JSON.parse(bytes.toString('utf8')) as T), signal)
  return result
}
