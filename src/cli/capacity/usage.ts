import type { MutableResourceList, ResourceList } from '../../model/resource-list.ts'
import { maxSampleAgeMs } from '../../watchers/capacity/node-facts.ts'
import type { PodAmounts, PodFacts } from '../../watchers/capacity/pod-facts.ts'
import type { ClusterFacts, ContainerFacts, UsageRecord } from './cluster-facts.ts'
import type { Usage } from './report.ts'

/** Looks samples up by object; one that is absent or old is `missing`, never 0. */
export interface UsageIndex {
  node(name: string): Usage
  /** A pod that does not run has nothing to sample: it uses nothing. */
  pod(pod: PodFacts): Usage
  container(pod: PodFacts, container: ContainerFacts): Usage
}

export function indexUsage({ nodeUsage = [], podUsage = [], nowMs }: ClusterFacts): UsageIndex {
  const nodes = new Map(nodeUsage.map((record) => [record.name, record]))
  const pods = new Map(podUsage.map((record) => [podKey(record.namespace ?? '', record.name), record]))
  return {
    node: (name) => totalOf(nodes.get(name), nowMs),
    pod: (pod) => (isRunning(pod) ? totalOf(pods.get(podKey(pod.namespace, pod.name)), nowMs) : noUsage),
    container: (pod, { name, role }) => {
      const record = pods.get(podKey(pod.namespace, pod.name))
      const isEnded = role === 'init' && record?.containers.has(name) !== true
      return isRunning(pod) && !isEnded ? usageOf(record, record?.containers.get(name), nowMs) : noUsage
    },
  }
}

/** A slash is in no name, so that no two pods have the same key. */
function podKey(namespace: string, name: string): string {
  return `${namespace}/${name}`
}

function isRunning({ phase }: PodFacts): boolean {
  return phase === 'Running'
}

const missing: Usage = { missing: 1 }
const noUsage: Usage = { missing: 0 }

function totalOf(record: UsageRecord | undefined, nowMs: number): Usage {
  return usageOf(record, record?.total, nowMs)
}

function usageOf(record: UsageRecord | undefined, amounts: ResourceList | undefined, nowMs: number): Usage {
  if (record === undefined || amounts === undefined) return missing
  const ageMs = nowMs - record.atMs
  if (!(ageMs <= maxSampleAgeMs)) return missing
  return { amounts, missing: 0, ageSeconds: Math.max(0, Math.round(ageMs / 1000)) }
}

/**
 * What a pod's or container's use is a percent of: its limit, else its request, resource by resource. A limit that only some
 * of the containers have is not the pod's limit.
 */
export function ownBase({ requests, limits }: PodAmounts, unbounded: ReadonlyMap<string, unknown>): ResourceList {
  const base: MutableResourceList = new Map(requests)
  for (const [name, limit] of limits) if (limit.nano > 0n && !unbounded.has(name)) base.set(name, limit)
  return base
}
