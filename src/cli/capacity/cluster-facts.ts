/** What a report is made from, wherever it was read: a cluster, a file, a watch. */
import type { Labels } from '../../model/label-selector.ts'
import {
  addResources,
  type MutableResourceList,
  type ResourceList,
  readResourceList,
} from '../../model/resource-list.ts'
import type { NodeFacts, UsageObject } from '../../watchers/capacity/node-facts.ts'
import type { PodFacts } from '../../watchers/capacity/pod-facts.ts'
import type { PodObject } from '../../watchers/capacity/pod-object.ts'
import { type ContainerShare, computePod } from '../../watchers/capacity/pod-resources.ts'

/** A container as it stands in its pod; requests and limits are its own, not what the pod counts with. */
export interface ContainerFacts {
  readonly name: string
  readonly role: ContainerShare['role']
  readonly requests: ResourceList
  readonly limits: ResourceList
}

export interface PodRecord {
  readonly facts: PodFacts
  /** Kept only where containers are shown. */
  readonly containers: readonly ContainerFacts[]
}

/** One sample of the metrics API. */
export interface UsageRecord {
  readonly namespace?: string
  readonly name: string
  /** Milliseconds since the epoch; NaN where the sample does not say. */
  readonly atMs: number
  readonly total: ResourceList
  /** Of a pod: by container, sidecars included. */
  readonly containers: ReadonlyMap<string, ResourceList>
}

export interface ClusterFacts {
  /** Absent: they cannot be read. */
  readonly nodes?: readonly NodeFacts[]
  readonly pods: readonly PodRecord[]
  /** Absent: not asked for, or not to be had. */
  readonly nodeUsage?: readonly UsageRecord[]
  readonly podUsage?: readonly UsageRecord[]
  /** Absent: not needed. */
  readonly namespaceLabels?: ReadonlyMap<string, Labels>
  readonly nowMs: number
  /** What could not be had, and what to do about it. */
  readonly warnings: readonly string[]
}

/** A pod's containers in the order of its spec: what starts first comes first. */
export function projectContainers(pod: PodObject): ContainerFacts[] {
  const requests = computePod(pod, { side: 'requests', basis: 'Status' }).shares
  const limits = computePod(pod, { side: 'limits', basis: 'Status' }).shares
  const containers = requests.map(({ name, role, amount }, i) => ({
    name,
    role,
    requests: amount,
    limits: limits[i]!.amount,
  }))
  return [...containers.filter(({ role }) => role !== 'app'), ...containers.filter(({ role }) => role === 'app')]
}

/** A NodeMetrics or PodMetrics, with its containers kept apart. */
export function projectUsageRecord({ metadata, timestamp, usage, containers }: UsageObject): UsageRecord {
  const byContainer = new Map(
    (containers ?? []).map((container) => [container.name, readResourceList(container.usage)]),
  )
  const total: MutableResourceList = new Map(readResourceList(usage))
  for (const amounts of byContainer.values()) addResources(total, amounts)
  return {
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    name: metadata.name,
    atMs: Date.parse(timestamp ?? ''),
    total,
    containers: byContainer,
  }
}
