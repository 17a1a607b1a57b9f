import type { ResourceList } from '../../model/resource-list.ts'
import { amountsWithStatus, type PodFacts } from '../../watchers/capacity/pod-facts.ts'
import type { ReportScope } from './build-report.ts'
import type { ContainerFacts, PodRecord } from './cluster-facts.ts'
import type { CapacityItem } from './report.ts'
import { withPods } from './tally.ts'
import { ownBase } from './usage.ts'

/** A pod as a row of `kubectl describe node` shows it, a resize under way included. */
export function podItem({ facts, containers }: PodRecord, scope: ReportScope): CapacityItem {
  const { requests, limits } = amountsWithStatus(facts)
  const allocatable = facts.nodeName === undefined ? undefined : scope.nodes.get(facts.nodeName)?.allocatable
  return {
    kind: 'Pod',
    namespace: facts.namespace,
    name: facts.name,
    ...(facts.nodeName === undefined ? {} : { node: facts.nodeName }),
    ...(allocatable === undefined ? {} : { allocatable }),
    requests: withPods(requests, 1),
    limits,
    ...(scope.usage === undefined
      ? {}
      : { usage: scope.usage.pod(facts), usageBase: ownBase({ requests, limits }, facts.resources.unbounded) }),
    unlimited: new Map([...facts.resources.unbounded].map(([resource, names]) => [resource, names.length])),
    marks: podMarks(facts),
    children: containers.map((container) => containerItem(container, facts, { scope, allocatable })),
  }
}

function podMarks({ phase, isDeleting, resources }: PodFacts): string[] {
  return [
    ...(phase === 'Running' || phase === '' ? [] : [phase]),
    ...(isDeleting ? ['Terminating'] : []),
    ...(resources.resizing === undefined ? [] : ['Resizing']),
  ]
}

function containerItem(
  container: ContainerFacts,
  pod: PodFacts,
  { scope, allocatable }: { scope: ReportScope; allocatable: ResourceList | undefined },
): CapacityItem {
  const { name, role, requests, limits } = container
  return {
    kind: 'Container',
    namespace: pod.namespace,
    name,
    pod: pod.name,
    ...(pod.nodeName === undefined ? {} : { node: pod.nodeName }),
    ...(allocatable === undefined ? {} : { allocatable }),
    ...{ requests, limits },
    ...(scope.usage === undefined
      ? {}
      : { usage: scope.usage.container(pod, container), usageBase: ownBase({ requests, limits }, new Map()) }),
    unlimited: new Map(
      [...pod.resources.unbounded].filter(([, names]) => names.includes(name)).map(([key]) => [key, 1]),
    ),
    marks: role === 'app' ? [] : [role],
    children: [],
  }
}
