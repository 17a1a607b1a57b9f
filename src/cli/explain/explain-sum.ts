import { compareQuantities, type Quantity, zeroQuantity } from '../../model/quantity.ts'
import type { ResourceList } from '../../model/resource-list.ts'
import { createPodProjection, isTerminated, type PodFacts } from '../../watchers/capacity/pod-facts.ts'
import type { PodObject } from '../../watchers/capacity/pod-object.ts'
import { computePod, type ResourceSide } from '../../watchers/capacity/pod-resources.ts'
import type { CapacityReport } from '../capacity/report.ts'
import { Tally } from '../capacity/tally.ts'
import type { Part, SumExplanation } from './explanation.ts'

export interface PodSum {
  readonly kind: 'Node' | 'Namespace'
  readonly name: string
  readonly pods: readonly PodObject[]
  readonly allocatable?: ResourceList
}

/** A node or a namespace as the sum of its pods, the largest first. */
export function explainPods({ kind, name, pods, allocatable }: PodSum, resources: readonly string[]): SumExplanation {
  const project = createPodProjection()
  const all = pods.map((pod) => ({ pod, facts: project(pod) }))
  const counted = all.filter(({ facts }) => !isTerminated(facts) && facts.nodeName !== undefined)
  const tally = new Tally()
  for (const { facts } of counted) tally.addPod(facts)
  const parts = counted.map(({ pod, facts }) => podPart(pod, facts, { kind, resources }))
  return {
    ...{ kind, name, partKind: 'pod' },
    parts: largestFirst(parts, resources),
    sum: { requests: tally.requestsWithPods(), limits: tally.limits, unlimited: tally.unlimited },
    ...(allocatable === undefined ? {} : { allocatable }),
    notes: leftOutNotes(all.map(({ facts }) => facts)),
  }
}

/** A pool or the cluster as the sum of its nodes. */
export function explainNodes(kind: 'NodePool' | 'Cluster', name: string, report: CapacityReport): SumExplanation {
  const { cluster, items, resources, basis, warnings } = report
  const parts = items.map(({ name: node, requests, limits, unlimited, marks }) => ({
    ...{ name: node, requests, limits, unlimited },
    why: marks.join(', '),
  }))
  const total = cluster!
  return {
    ...{ kind, name, partKind: 'node' },
    parts: largestFirst(parts, resources),
    sum: total,
    ...(total.allocatable === undefined ? {} : { allocatable: total.allocatable }),
    notes: [...basis, ...warnings],
  }
}

function podPart(
  pod: PodObject,
  { namespace, name, resources: { requests, limits, resizing, unbounded } }: PodFacts,
  { kind, resources }: { kind: PodSum['kind']; resources: readonly string[] },
): Part {
  const reasons = new Set([...reasonsOf(pod, 'requests', resources), ...reasonsOf(pod, 'limits', resources)])
  if (resizing !== undefined) reasons.add('being resized')
  return {
    name: kind === 'Node' ? `${namespace}/${name}` : name,
    requests,
    limits,
    unlimited: new Map([...unbounded].map(([resource, names]) => [resource, names.length])),
    why: [...reasons].join(', '),
  }
}

function reasonsOf(pod: PodObject, side: ResourceSide, resources: readonly string[]): string[] {
  const { podLevel, overhead, starting, running, shares } = computePod(pod, { side, basis: 'Spec' })
  const has = (list: ResourceList) => resources.some((resource) => (list.get(resource)?.nano ?? 0n) > 0n)
  const isStartLarger = resources.some((resource) => nanoOf(starting, resource) > nanoOf(running, resource))
  return [
    ...(has(podLevel) ? ['pod level'] : []),
    ...(isStartLarger ? ['init containers'] : []),
    ...(shares.some(({ role, amount }) => role === 'sidecar' && has(amount)) ? ['sidecars'] : []),
    ...(has(overhead) ? ['overhead'] : []),
  ]
}

function nanoOf(list: ResourceList, resource: string): bigint {
  return list.get(resource)?.nano ?? 0n
}

function largestFirst(parts: readonly Part[], [resource = 'cpu']: readonly string[]): Part[] {
  const amount = ({ requests }: Part): Quantity => requests.get(resource) ?? zeroQuantity
  return parts.toSorted((a, b) => compareQuantities(amount(b), amount(a)) || (a.name < b.name ? -1 : 1))
}

const shownNames = 5

function leftOutNotes(all: readonly PodFacts[]): string[] {
  return [
    ...leftOutNote(all.filter(isTerminated), 'has ended', 'have ended'),
    ...leftOutNote(
      all.filter((facts) => !isTerminated(facts) && facts.nodeName === undefined),
      'waits for a node',
      'wait for a node',
    ),
  ]
}

function leftOutNote(pods: readonly PodFacts[], one: string, many: string): string[] {
  if (pods.length === 0) return []
  const names = pods.slice(0, shownNames).map(({ namespace, name }) => `${namespace}/${name}`)
  const more = pods.length > shownNames ? ` and ${pods.length - shownNames} more` : ''
  return [
    `Not counted: ${pods.length === 1 ? `1 pod ${one}` : `${pods.length} pods ${many}`}: ${names.join(', ')}${more}.`,
  ]
}
