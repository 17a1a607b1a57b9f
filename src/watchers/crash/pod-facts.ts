/**
 * What is kept of a pod to see crashes: of one that is well little more than its name, because there are many of those; of one
 * that ever ended or cannot start, how.
 */
import type { ContainerRole } from '../../model/crash.ts'
import { Interner } from '../../model/interner.ts'
import { defined } from './defined.ts'
import { conditionOf, deletionBeginMs, isOptedOut, type OwnerFacts, ownerOf, timeMs } from './object-facts.ts'
import type {
  ContainerObject,
  ContainerStateObject,
  ContainerStatusObject,
  PodObject,
  TerminatedObject,
} from './pod-object.ts'

/** How a run of a container ended. Times by the node's clock. */
export interface EndFacts {
  readonly exitCode: number
  /** As the kubelet says it; it hardly ever does, and leaves it to the exit code. */
  readonly signal?: number
  readonly reason?: string
  readonly message?: string
  readonly startedMs?: number
  readonly finishedMs?: number
  readonly containerId?: string
}

export type StateFacts =
  | { readonly kind: 'running'; readonly startedMs?: number }
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'ended'; readonly end: EndFacts }

export interface ContainerFacts {
  readonly name: string
  readonly role: ContainerRole
  /** As the pod's spec names it. */
  readonly image?: string
  /** Whether the kubelet starts it again: after every end, after one with a failure, or never. */
  readonly restarts: 'Always' | 'OnFailure' | 'Never'
  readonly restartCount: number
  readonly isReady: boolean
  readonly state: StateFacts
  /** Of the run before the one that `state` is about. */
  readonly lastEnd?: EndFacts
}

/** Something that is said of the whole pod, since when. */
export interface PodCondition {
  readonly reason: string
  readonly message?: string
  readonly sinceMs?: number
}

export interface PodFacts {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly nodeName: string | undefined
  readonly phase: string
  /** With `message` what the kubelet or a controller says of the whole pod, such as Evicted. */
  readonly reason: string | undefined
  readonly message: string | undefined
  readonly owner: OwnerFacts | undefined
  /** Of the template that it was made from. */
  readonly templateHash: TemplateHash | undefined
  readonly isOptedOut: boolean
  readonly createdMs: number | undefined
  readonly startedMs: number | undefined
  readonly deadlineMs: number | undefined
  /** When its deletion was asked for, 0 where that is known no more; absent: it was not. */
  readonly deletedMs: number | undefined
  /** It has to go for the sake of something else: the condition DisruptionTarget. */
  readonly disruption: PodCondition | undefined
  /** No node was found: the condition PodScheduled. */
  readonly unscheduled: PodCondition | undefined
  /** Init containers and sidecars first, in the order of the spec. */
  readonly containers: readonly ContainerFacts[]
}

/** The label by which a ReplicaSet's name is told from that of the object that made it, and that object's kind. */
export interface TemplateHash {
  readonly ownerKind: string
  readonly hash: string
}

/** A function from a Pod's JSON to its facts. It never throws for what the API server lets in. */
export function createPodProjection(interner: Interner = new Interner()): (pod: PodObject) => PodFacts {
  return (pod) => {
    const { metadata, spec, status } = pod
    const startedMs = timeMs(status?.startTime)
    const deadlineSeconds = spec?.activeDeadlineSeconds ?? undefined
    const hasDeadline = startedMs !== undefined && deadlineSeconds !== undefined
    return {
      namespace: interner.text(metadata.namespace ?? ''),
      name: metadata.name,
      uid: metadata.uid ?? '',
      nodeName: spec?.nodeName ? interner.text(spec.nodeName) : undefined,
      phase: interner.text(status?.phase ?? ''),
      reason: status?.reason || undefined,
      message: status?.message || undefined,
      owner: ownerOf(metadata, interner),
      templateHash: templateHashOf(metadata.labels, interner),
      isOptedOut: isOptedOut(metadata),
      createdMs: timeMs(metadata.creationTimestamp),
      startedMs,
      deadlineMs: hasDeadline ? startedMs + deadlineSeconds * 1_000 : undefined,
      deletedMs: deletionBeginMs(metadata),
      disruption: podCondition(pod, 'DisruptionTarget', 'True'),
      unscheduled: podCondition(pod, 'PodScheduled', 'False'),
      containers: containersOf(pod, interner),
    }
  }
}

const hashLabels = [
  ['pod-template-hash', 'Deployment'],
  ['rollouts-pod-template-hash', 'Rollout'],
] as const

function templateHashOf(
  labels: Readonly<Record<string, string>> | undefined,
  interner: Interner,
): TemplateHash | undefined {
  for (const [label, ownerKind] of hashLabels) {
    const hash = labels?.[label]
    if (hash !== undefined) return interner.value(`hash ${ownerKind} ${hash}`, () => ({ ownerKind, hash }))
  }
  return undefined
}

function podCondition({ status }: PodObject, type: string, value: 'True' | 'False'): PodCondition | undefined {
  const found = conditionOf(status?.conditions, type, value)
  if (found === undefined) return undefined
  return {
    reason: found.reason ?? '',
    ...defined({ message: found.message || undefined, sinceMs: timeMs(found.lastTransitionTime) }),
  }
}

function containersOf({ spec, status }: PodObject, interner: Interner): readonly ContainerFacts[] {
  const statuses = new Map<string, ContainerStatusObject>()
  for (const one of status?.initContainerStatuses ?? []) statuses.set(one.name, one)
  for (const one of status?.containerStatuses ?? []) statuses.set(one.name, one)
  const podPolicy = policyOf(spec?.restartPolicy) ?? 'Always'
  const make = (container: ContainerObject, isInit: boolean): ContainerFacts => {
    const policy = policyOf(container.restartPolicy)
    const role = !isInit ? 'app' : policy === 'Always' ? 'sidecar' : 'init'
    const restarts = policy ?? (role === 'init' && podPolicy === 'Always' ? 'OnFailure' : podPolicy)
    return containerFacts(
      { name: container.name, role, image: container.image, restarts },
      statuses.get(container.name),
    )
  }
  const containers = [
    ...(spec?.initContainers ?? []).map((container) => make(container, true)),
    ...(spec?.containers ?? []).map((container) => make(container, false)),
  ]
  return containers.some(hasHistory) ? containers : interner.value(containersKey(containers), () => containers)
}

type Declared = Pick<ContainerFacts, 'name' | 'role' | 'restarts'> & { readonly image: string | undefined }

function containerFacts({ image, ...declared }: Declared, status: ContainerStatusObject | undefined): ContainerFacts {
  const restartCount = status?.restartCount ?? 0
  const lastEnd = endFacts(status?.lastState?.terminated)
  const state = stateFacts(status?.state)
  return {
    ...declared,
    restartCount,
    isReady: status?.ready === true,
    state: restartCount > 0 || lastEnd !== undefined ? state : firstState(state, declared.role),
    ...defined({ image, lastEnd }),
  }
}

function stateFacts(state: ContainerStateObject | null | undefined): StateFacts {
  const end = endFacts(state?.terminated)
  if (end !== undefined) return { kind: 'ended', end }
  if (state?.running) return { kind: 'running', ...defined({ startedMs: timeMs(state.running.startedAt) }) }
  const { reason = '', message } = state?.waiting ?? {}
  return { kind: 'waiting', reason, ...defined({ message: message || undefined }) }
}

/** Of the first run, as long as all goes well, times and identity are of no use, and would be something else for each pod. */
function firstState(state: StateFacts, role: ContainerRole): StateFacts {
  if (state.kind === 'running') return { kind: 'running' }
  return isFinishedInit(state, role) ? { kind: 'ended', end: { exitCode: 0 } } : state
}

function isFinishedInit(state: StateFacts, role: ContainerRole): boolean {
  return role === 'init' && state.kind === 'ended' && state.end.exitCode === 0
}

function endFacts(ended: TerminatedObject | null | undefined): EndFacts | undefined {
  if (ended === null || ended === undefined) return undefined
  return {
    exitCode: ended.exitCode ?? 0,
    ...defined({
      signal: ended.signal || undefined,
      reason: ended.reason || undefined,
      message: ended.message || undefined,
      startedMs: timeMs(ended.startedAt),
      finishedMs: timeMs(ended.finishedAt),
      containerId: ended.containerID || undefined,
    }),
  }
}

function hasHistory({ state, role, lastEnd, restartCount }: ContainerFacts): boolean {
  if (restartCount > 0 || lastEnd !== undefined) return true
  if (isFinishedInit(state, role)) return false
  return state.kind === 'ended' || (state.kind === 'waiting' && state.message !== undefined)
}

/** Containers without a history of their own that are equal in this are equal. */
function containersKey(containers: readonly ContainerFacts[]): string {
  return containers
    .map(({ name, role, image, restarts, isReady, state }) => {
      return `${name} ${role} ${image} ${restarts} ${isReady} ${state.kind} ${state.kind === 'waiting' ? state.reason : ''}`
    })
    .join('|')
}

function policyOf(text: string | undefined): ContainerFacts['restarts'] | undefined {
  return text === 'Always' || text === 'OnFailure' || text === 'Never' ? text : undefined
}
