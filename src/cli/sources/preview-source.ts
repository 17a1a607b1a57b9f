/** Reads what policies look at: nodes and pods always, the rest only where a rule asks for it. */
import { errorText, hasCode, OperatorError } from '../../base/errors.ts'
import { listFields } from '../../kube/list-fields.ts'
import { type ResourceType, resourceName } from '../../kube/resource.ts'
import {
  type NodeObject,
  projectNamespace,
  projectNode,
  projectQuota,
  projectUsage,
  type QuotaObject,
  type UsageObject,
} from '../../watchers/capacity/node-facts.ts'
import { createPodProjection } from '../../watchers/capacity/pod-facts.ts'
import type { PodObject } from '../../watchers/capacity/pod-object.ts'
import type { Context } from '../context.ts'
import type { PolicyManifest } from '../preview/policy-file.ts'
import type { PreviewFacts } from '../preview/preview.ts'
import type { ClusterSource } from './cluster-source.ts'
import { type DumpObject, objectKind, readDump } from './dump-reader.ts'

type Lists = { -readonly [Name in Exclude<keyof PreviewFacts, 'nowMs' | 'warnings'>]: PreviewFacts[Name][number][] }

function emptyLists(): Lists {
  return { nodes: [], pods: [], namespaces: [], quotas: [], nodeUsage: [], podUsage: [] }
}

/** Takes one object into the lists, by its kind as `objectKind` says it; others are left out. */
function createTaker(lists: Lists): (kind: string, object: DumpObject) => void {
  const projectPod = createPodProjection()
  const takers: Readonly<Record<string, (object: DumpObject) => void>> = {
    Node: (object) => lists.nodes.push(projectNode(object as NodeObject)),
    Pod: (object) => lists.pods.push(projectPod(object as PodObject)),
    Namespace: (object) => lists.namespaces.push(projectNamespace(object as NodeObject)),
    ResourceQuota: (object) => lists.quotas.push(projectQuota(object as QuotaObject)),
    NodeMetrics: (object) => lists.nodeUsage.push(projectUsage(object as UsageObject)),
    PodMetrics: (object) => lists.podUsage.push(projectUsage(object as UsageObject)),
  }
  return (kind, object) => takers[kind]?.(object)
}

const core = { group: '', version: 'v1' }
const metrics = { group: 'metrics.k8s.io', version: 'v1beta1' }

interface Need {
  readonly kind: string
  readonly type: ResourceType
  /** Without it the preview goes on, and says so. */
  readonly isOptional: boolean
}

function needsOf(policies: readonly PolicyManifest[]): Need[] {
  const rules = policies.flatMap(({ spec }) => spec.rules)
  const hasSelector = policies.some(({ spec }) => spec.namespaces?.selector !== undefined)
  const usesQuota = rules.some(({ measure }) => measure === 'Quota')
  const usesUsage = rules.some(({ measure }) => measure === 'Utilization')
  const need = (kind: string, type: ResourceType, isOptional: boolean): Need => ({ kind, type, isOptional })
  return [
    need('Node', { ...core, resource: 'nodes' }, false),
    need('Pod', { ...core, resource: 'pods' }, false),
    ...(hasSelector || usesQuota ? [need('Namespace', { ...core, resource: 'namespaces' }, false)] : []),
    ...(usesQuota ? [need('ResourceQuota', { ...core, resource: 'resourcequotas' }, false)] : []),
    ...(usesUsage ? [need('NodeMetrics', { ...metrics, resource: 'nodes' }, true)] : []),
    ...(usesUsage ? [need('PodMetrics', { ...metrics, resource: 'pods' }, true)] : []),
  ]
}

/** Throws API_FORBIDDEN naming all rights that are missing. */
export async function readPreviewFacts(
  source: ClusterSource,
  policies: readonly PolicyManifest[],
): Promise<PreviewFacts> {
  const lists = emptyLists()
  const take = createTaker(lists)
  const needs = needsOf(policies)
  const answers = await Promise.all(needs.map((need) => readNeed(source, need, take)))
  const forbidden = needs.filter((_, i) => answers[i]?.forbidden !== undefined)
  if (forbidden.length > 0)
    throw forbiddenError(needs, forbidden, answers.find((answer) => answer.forbidden)?.forbidden)
  return { ...lists, nowMs: source.nowMs(), warnings: [...new Set(answers.flatMap(({ warnings }) => warnings))] }
}

interface Answer {
  readonly warnings: readonly string[]
  readonly forbidden?: OperatorError
}

async function readNeed(
  { client, signal }: ClusterSource,
  { kind, type, isOptional }: Need,
  take: (kind: string, object: DumpObject) => void,
): Promise<Answer> {
  try {
    await listFields<DumpObject>(client, { type }, (object) => take(kind, object), signal)
    return { warnings: [] }
  } catch (cause) {
    if (signal.aborted) throw cause
    if (isOptional) return { warnings: [`Usage is unknown: ${errorText(cause)}. Is metrics-server installed?`] }
    if (!hasCode(cause, 'API_FORBIDDEN')) throw cause
    return { warnings: [], forbidden: cause }
  }
}

function forbiddenError(needs: readonly Need[], forbidden: readonly Need[], cause: unknown): OperatorError {
  const required = needs.filter(({ isOptional }) => !isOptional)
  const names = (list: readonly Need[]) => list.map(({ type }) => resourceName(type)).join(', ')
  return new OperatorError(
    'API_FORBIDDEN',
    `the preview needs to list ${names(required)}: your rights lack list on ${names(forbidden)}, cluster-wide`,
    { cause },
  )
}

/** As {@link readPreviewFacts}, from a file of `kubectl get -o json`; `-` is stdin. Throws INVALID_INPUT. */
export async function readPreviewDump(
  file: string,
  { stdin, clock }: Context,
  policies: readonly PolicyManifest[],
): Promise<PreviewFacts> {
  const lists = emptyLists()
  const take = createTaker(lists)
  await readDump(file, stdin, (object) => take(objectKind(object), object))
  if (lists.nodes.length === 0) {
    const all = needsOf(policies)
      .map(({ type }) => resourceName(type))
      .join(',')
    throw new OperatorError('INVALID_INPUT', `${file} holds no nodes: make it with \`kubectl get ${all} -A -o json\``)
  }
  const times = [...lists.nodeUsage, ...lists.podUsage].map(({ atMs }) => atMs).filter((atMs) => !Number.isNaN(atMs))
  const nowMs = times.reduce((newest, atMs) => Math.max(newest, atMs), 0)
  return { ...lists, nowMs: nowMs === 0 ? clock.nowMs() : nowMs, warnings: missingWarnings(lists, policies) }
}

function missingWarnings(lists: Lists, policies: readonly PolicyManifest[]): string[] {
  const lengths: Readonly<Record<string, number>> = {
    Namespace: lists.namespaces.length,
    NodeMetrics: lists.nodeUsage.length,
    PodMetrics: lists.podUsage.length,
  }
  return needsOf(policies)
    .filter(({ kind }) => lengths[kind] === 0)
    .map(({ type }) => `The file holds no ${resourceName(type)}: what a rule asks of them is not known.`)
}
