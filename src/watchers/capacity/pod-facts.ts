/** What capacity keeps of a pod: small enough that fifty thousand of them are no burden. */

import { objectKey } from '../../kube/resource.ts'
import { Interner } from '../../model/interner.ts'
import type { Labels } from '../../model/label-selector.ts'
import { type Quantity, zeroQuantity } from '../../model/quantity.ts'
import type { ResourceList } from '../../model/resource-list.ts'
import type { ContainerObject, OwnerReferenceObject, PodObject } from './pod-object.ts'
import { computePod, hasResizeStatus, isSidecar, type ResourceBasis } from './pod-resources.ts'

/** A pod's requests and limits on one basis. */
export interface PodAmounts {
  readonly requests: ResourceList
  readonly limits: ResourceList
}

export interface PodResourceFacts extends PodAmounts {
  /** With the status of a resize that is under way; absent where it makes no difference. See pod-resources.ts. */
  readonly resizing?: PodAmounts
  /** Resource (cpu, memory) to the containers that have no limit on it; a resource without such containers is absent. */
  readonly unbounded: ReadonlyMap<string, readonly string[]>
}

/** Whose pod it is; for a Deployment's pods the Deployment. */
export interface PodOwner {
  readonly kind: string
  readonly name: string
}

export interface PodFacts {
  /** `namespace/name`: kept, because it is looked up whenever everything is judged. */
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Absent: no node was chosen yet. */
  readonly nodeName: string | undefined
  readonly phase: string
  readonly isDeleting: boolean
  readonly owner: PodOwner | undefined
  readonly resources: PodResourceFacts
  /** Kept only on request. */
  readonly labels: Labels | undefined
  /** The first quantity that could not be read and counts as nothing; absent in a sane cluster. */
  readonly unreadable: string | undefined
}

export interface PodProjectionOptions {
  readonly interner?: Interner
  readonly keepLabels?: boolean
}

/** From a Pod's JSON to its facts. It never throws for what the API server lets in. Whoever has the pod's key gives it: it is kept. */
export type PodProjection = (pod: PodObject, key?: string) => PodFacts

export function createPodProjection(options: PodProjectionOptions = {}): PodProjection {
  const { interner = new Interner(), keepLabels = false } = options
  return (pod, key = objectKey(pod.metadata)) => {
    const { metadata, spec, status } = pod
    const reader = tolerantReader(interner)
    const resources = resourceFacts(pod, interner, reader.read)
    return {
      key,
      namespace: interner.text(metadata.namespace ?? ''),
      name: metadata.name,
      uid: metadata.uid ?? '',
      nodeName: spec?.nodeName ? interner.text(spec.nodeName) : undefined,
      phase: interner.text(status?.phase ?? ''),
      isDeleting: Boolean(metadata.deletionTimestamp),
      owner: ownerOf(pod, interner),
      resources,
      labels: keepLabels ? (metadata.labels ?? {}) : undefined,
      unreadable: reader.unreadable(),
    }
  }
}

/** A pod that has ended holds nothing any more; every other one counts, also while it is being deleted. */
export function isTerminated({ phase }: PodFacts): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}

/** As the pod rows of `kubectl describe node` and the scheduler count it. */
export function amountsWithStatus({ resources }: PodFacts): PodAmounts {
  return resources.resizing ?? resources
}

function tolerantReader(interner: Interner) {
  let first: string | undefined
  const read = (text: string | number): Quantity => {
    try {
      return interner.quantity(text)
    } catch {
      first ??= String(text)
      return zeroQuantity
    }
  }
  return { read, unreadable: () => first }
}

type Read = Interner['quantity']

function resourceFacts(pod: PodObject, interner: Interner, read: Read): PodResourceFacts {
  const bySpec = amounts(pod, 'Spec', read)
  const withStatus = hasResizeStatus(pod) ? amounts(pod, 'Status', read) : bySpec
  const [specKey, statusKey] = [amountsKey(bySpec), amountsKey(withStatus)]
  const unbounded = unboundedContainers(pod, bySpec.podLimits, read)
  const key = `${specKey}|${specKey === statusKey ? '' : statusKey}|${unboundedKey(unbounded)}`
  return interner.value(key, () => ({
    requests: bySpec.requests,
    limits: bySpec.limits,
    ...(specKey === statusKey ? {} : { resizing: { requests: withStatus.requests, limits: withStatus.limits } }),
    unbounded,
  }))
}

function amounts(pod: PodObject, basis: ResourceBasis, read: Read): PodAmounts & { podLimits: ResourceList } {
  const requests = computePod(pod, { side: 'requests', basis, read }).total
  const { total: limits, podLevel: podLimits } = computePod(pod, { side: 'limits', basis, read })
  return { requests, limits, podLimits }
}

function amountsKey({ requests, limits }: PodAmounts): string {
  return `${listKey(requests)}/${listKey(limits)}`
}

function listKey(list: ResourceList): string {
  let key = ''
  for (const [name, { nano, format, written = '' }] of list) key += `${name}=${nano}${format}${written},`
  return key
}

const boundable = ['cpu', 'memory'] as const

/** Containers that run (apps and sidecars) without a limit of their own where the pod has none either; a limit of 0 is none. */
function unboundedContainers(pod: PodObject, podLimits: ResourceList, read: Read): PodResourceFacts['unbounded'] {
  const running = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? []).filter(isSidecar)]
  const result = new Map<string, readonly string[]>()
  for (const resource of boundable) {
    if (isLimited(podLimits.get(resource))) continue
    const names = running.filter((container) => !hasLimit(container, resource, read)).map(({ name }) => name)
    if (names.length > 0) result.set(resource, names)
  }
  return result
}

function isLimited(limit: Quantity | undefined): boolean {
  return limit !== undefined && limit.nano > 0n
}

function hasLimit(container: ContainerObject, resource: string, read: Read): boolean {
  const limit = container.resources?.limits?.[resource]
  return limit !== undefined && isLimited(read(limit))
}

function unboundedKey(unbounded: ReadonlyMap<string, readonly string[]>): string {
  return [...unbounded].map(([resource, names]) => `${resource}:${names.join(',')}`).join(';')
}

function ownerOf({ metadata }: PodObject, interner: Interner): PodOwner | undefined {
  const controller = metadata.ownerReferences?.find((reference) => reference.controller === true)
  if (controller === undefined) return undefined
  const { kind, name } = topOwner(controller, metadata.labels?.['pod-template-hash'])
  return interner.value(`owner ${kind}/${name}`, () => ({ kind, name }))
}

/** A ReplicaSet made by a Deployment is named after it with the template's hash, which its pods carry as a label. */
function topOwner({ kind, name }: OwnerReferenceObject, templateHash: string | undefined): PodOwner {
  const ending = `-${templateHash}`
  const isDeployments = kind === 'ReplicaSet' && templateHash !== undefined && name.endsWith(ending)
  return isDeployments ? { kind: 'Deployment', name: name.slice(0, -ending.length) } : { kind, name }
}
