import { createPodProjection } from '../../watchers/capacity/pod-facts.ts'
import type { PodObject } from '../../watchers/capacity/pod-object.ts'
import { type PodRecord, projectContainers } from './cluster-facts.ts'
import type { CapacityQuery } from './query.ts'

/** From a Pod's JSON to what this query needs of it. */
export function createPodRecordProjection({
  depth,
  pods,
}: Pick<CapacityQuery, 'depth' | 'pods'>): (pod: PodObject) => PodRecord {
  const project = createPodProjection({ keepLabels: pods.labels !== undefined })
  return (pod) => ({
    facts: project(pod),
    containers: depth === 'containers' ? projectContainers(pod) : noContainers,
  })
}

const noContainers: PodRecord['containers'] = []
