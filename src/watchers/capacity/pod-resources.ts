/**
 * What a pod requests and may use at most, as the scheduler and `kubectl describe node` count it
 * (k8s.io/component-helpers/resource, Kubernetes 1.36). Per resource:
 *
 *     running    = sum of the app containers and the sidecars
 *     starting   = the largest of: each init container + the sidecars started before it
 *     containers = the larger of running and starting
 *     pod level  = spec.resources of the pod, where set (cpu, memory, hugepages), instead of the containers'
 *     total      = that + overhead (for limits only where there is a limit that is not zero)
 *
 * There are two bases. `Spec` is what the pod asks for; the totals of `kubectl describe node` add these up. `Status`
 * also looks at an in-place resize that is under way: a container that runs counts with the largest of what it asks for,
 * what it was promised and what it has, so that nothing is counted as free before it is; the pod rows of
 * `kubectl describe node`, and the scheduler, count so. They differ only during a resize.
 */
import { parseQuantity } from '../../model/quantity.ts'
import {
  addResources,
  emptyResourceList,
  type MutableResourceList,
  type ResourceList,
  type ResourceTexts,
  raiseResources,
  readResourceList,
} from '../../model/resource-list.ts'
import type { ContainerObject, ContainerStatusObject, PodObject } from './pod-object.ts'

export type ResourceSide = 'requests' | 'limits'
export type ResourceBasis = 'Spec' | 'Status'

/** What one container counts with. */
export interface ContainerShare {
  readonly name: string
  readonly role: 'app' | 'sidecar' | 'init'
  readonly amount: ResourceList
  /** True where the amount came from the status too. */
  readonly isFromStatus: boolean
}

/** How one side of a pod was counted; `total` is the result, the rest says where it came from. */
export interface PodComputation {
  readonly side: ResourceSide
  readonly shares: readonly ContainerShare[]
  readonly running: ResourceList
  readonly starting: ResourceList
  readonly podLevel: ResourceList
  readonly overhead: ResourceList
  readonly total: ResourceList
}

export interface ComputeOptions {
  readonly side: ResourceSide
  readonly basis: ResourceBasis
  /** Reads one quantity; a caller with many pods passes one that remembers. */
  readonly read?: typeof parseQuantity
}

/** Throws `INVALID_QUANTITY` where a text is none; the API server lets none in. */
export function computePod(pod: PodObject, options: ComputeOptions): PodComputation {
  const { side, read = parseQuantity } = options
  const shares = containerShares(pod, options)
  const running: MutableResourceList = new Map()
  for (const { role, amount } of shares) if (role !== 'init') addResources(running, amount)
  const starting = startingPeak(shares)
  const total: MutableResourceList = new Map(running)
  raiseResources(total, starting)
  const podLevel = podLevelResources(pod.spec?.resources?.[side], read)
  for (const [name, quantity] of podLevel) total.set(name, quantity)
  const overhead = applicableOverhead(readResourceList(pod.spec?.overhead, read), total, side)
  addResources(total, overhead)
  return { side, shares, running, starting, podLevel, overhead, total }
}

/** Whether a running container counts with its status; where it does not, both bases are the same. */
export function hasResizeStatus(pod: PodObject): boolean {
  const statuses = [pod.status?.containerStatuses, pod.status?.initContainerStatuses]
  return statuses.some((list) => list?.some(({ resources }) => resources !== undefined && resources !== null) === true)
}

export function isSidecar(container: ContainerObject): boolean {
  return container.restartPolicy === 'Always'
}

/** Pod-level resources exist for these only. */
export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')
}

function containerShares(pod: PodObject, options: ComputeOptions): ContainerShare[] {
  const share = shareOf(pod, options)
  return [
    ...(pod.spec?.containers ?? []).map((container) => share(container, 'app')),
    ...(pod.spec?.initContainers ?? []).map((container) => share(container, isSidecar(container) ? 'sidecar' : 'init')),
  ]
}

function shareOf(pod: PodObject, { side, basis, read = parseQuantity }: ComputeOptions) {
  const statuses = basis === 'Status' ? statusesByName(pod) : new Map<string, ContainerStatusObject>()
  const isInfeasible = isResizeInfeasible(pod)
  return (container: ContainerObject, role: ContainerShare['role']): ContainerShare => {
    const spec = readResourceList(container.resources?.[side], read)
    const status = role === 'init' ? undefined : statuses.get(container.name)
    if (status?.resources === undefined || status.resources === null) {
      return { name: container.name, role, amount: spec, isFromStatus: false }
    }
    const actuated = readResourceList(status.resources[side], read)
    const allocated = side === 'requests' ? readResourceList(status.allocatedResources, read) : emptyResourceList
    const amount = largestOf(isInfeasible ? [actuated, allocated] : [spec, actuated, allocated])
    return { name: container.name, role, amount, isFromStatus: true }
  }
}

function statusesByName(pod: PodObject): Map<string, ContainerStatusObject> {
  const { containerStatuses, initContainerStatuses } = pod.status ?? {}
  return new Map(
    [...(containerStatuses ?? []), ...(initContainerStatuses ?? [])].map((status) => [status.name, status]),
  )
}

/** A resize that the node can never grant no longer counts; what was granted before does. */
function isResizeInfeasible(pod: PodObject): boolean {
  return pod.status?.conditions?.find(({ type }) => type === 'PodResizePending')?.reason === 'Infeasible'
}

function largestOf(lists: readonly ResourceList[]): ResourceList {
  const result: MutableResourceList = new Map()
  for (const list of lists) raiseResources(result, list)
  return result
}

function startingPeak(shares: readonly ContainerShare[]): ResourceList {
  const started: MutableResourceList = new Map()
  const peak: MutableResourceList = new Map()
  for (const { role, amount } of shares) {
    if (role === 'app') continue
    if (role === 'sidecar') addResources(started, amount)
    raiseResources(peak, role === 'sidecar' ? started : sumOf(amount, started))
  }
  return peak
}

function sumOf(left: ResourceList, right: ResourceList): ResourceList {
  const sum: MutableResourceList = new Map(left)
  addResources(sum, right)
  return sum
}

function podLevelResources(texts: ResourceTexts | null | undefined, read: typeof parseQuantity): ResourceList {
  if (texts === undefined || texts === null) return emptyResourceList
  return new Map([...readResourceList(texts, read)].filter(([name]) => isPodLevelResource(name)))
}

function applicableOverhead(overhead: ResourceList, total: ResourceList, side: ResourceSide): ResourceList {
  if (side === 'requests' || overhead.size === 0) return overhead
  return new Map([...overhead].filter(([name]) => (total.get(name)?.nano ?? 0n) !== 0n))
}
