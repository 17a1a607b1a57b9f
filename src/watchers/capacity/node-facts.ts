/** What capacity keeps of nodes, namespaces, quotas and usage samples. */
import type { Labels } from '../../model/label-selector.ts'
import { addResources, type ResourceList, type ResourceTexts, readResourceList } from '../../model/resource-list.ts'

export interface NodeTaint {
  readonly key: string
  readonly value?: string
  readonly effect: string
}

export interface NodeFacts {
  readonly name: string
  readonly uid: string
  readonly labels: Labels
  readonly taints: readonly NodeTaint[]
  readonly isUnschedulable: boolean
  readonly isReady: boolean
  /** `status.allocatable`; where that is empty `status.capacity`, as `kubectl describe node` does. */
  readonly allocatable: ResourceList
}

interface NamedObject {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly labels?: Labels
  }
}

export interface NodeObject extends NamedObject {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly NodeTaint[] | null }
  readonly status?: {
    readonly allocatable?: ResourceTexts | null
    readonly capacity?: ResourceTexts | null
    readonly conditions?: readonly { readonly type: string; readonly status?: string }[] | null
  }
}

/** Throws `INVALID_QUANTITY` where an amount cannot be read. */
export function projectNode({ metadata, spec, status }: NodeObject): NodeFacts {
  const allocatable = readResourceList(status?.allocatable)
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    labels: metadata.labels ?? {},
    taints: spec?.taints ?? [],
    isUnschedulable: spec?.unschedulable === true,
    isReady:
      status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true,
    allocatable: allocatable.size > 0 ? allocatable : readResourceList(status?.capacity),
  }
}

export interface NamespaceFacts {
  readonly name: string
  readonly uid: string
  readonly labels: Labels
}

export function projectNamespace({ metadata }: NamedObject): NamespaceFacts {
  return { name: metadata.name, uid: metadata.uid ?? '', labels: metadata.labels ?? {} }
}

export interface QuotaFacts {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly hard: ResourceList
  readonly used: ResourceList
  /** Which pods the quota counts, such as `BestEffort` or `PriorityClass`; empty: all. */
  readonly scopes: readonly string[]
}

export interface QuotaObject extends NamedObject {
  readonly spec?: {
    readonly scopes?: readonly string[] | null
    readonly scopeSelector?: { readonly matchExpressions?: readonly { readonly scopeName: string }[] | null } | null
  }
  readonly status?: { readonly hard?: ResourceTexts | null; readonly used?: ResourceTexts | null }
}

/** Throws `INVALID_QUANTITY` where an amount cannot be read. */
export function projectQuota({ metadata, spec, status }: QuotaObject): QuotaFacts {
  const selected = spec?.scopeSelector?.matchExpressions?.map(({ scopeName }) => scopeName) ?? []
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    hard: readResourceList(status?.hard),
    used: readResourceList(status?.used),
    scopes: [...(spec?.scopes ?? []), ...selected],
  }
}

/** metrics-server measures every 15 to 60 s; a sample that is older than this says nothing about now. */
export const maxSampleAgeMs = 3 * 60_000

/** What a node or pod used, by the metrics API. */
export interface UsageSample {
  /** Absent for a node. */
  readonly namespace?: string
  readonly name: string
  /** End of the interval that was measured, milliseconds since the epoch; NaN where the time is missing. */
  readonly atMs: number
  readonly usage: ResourceList
}

export interface UsageObject extends NamedObject {
  readonly timestamp?: string
  /** Of a node. */
  readonly usage?: ResourceTexts | null
  /** Of a pod. */
  readonly containers?: readonly { readonly name: string; readonly usage?: ResourceTexts | null }[] | null
}

/** A NodeMetrics or PodMetrics of metrics.k8s.io. Throws `INVALID_QUANTITY` where an amount cannot be read. */
export function projectUsage({ metadata, timestamp, usage, containers }: UsageObject): UsageSample {
  const sum = new Map(readResourceList(usage))
  for (const container of containers ?? []) addResources(sum, readResourceList(container.usage))
  return {
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    name: metadata.name,
    atMs: Date.parse(timestamp ?? ''),
    usage: sum,
  }
}
