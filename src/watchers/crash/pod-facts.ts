/**
 * What is kept of a pod to see crashes: of one that is well little more than its name, because there are many of those; of one
 * that ever ended or cannot start, how.
 */
import type { ContainerRole } from '../../model/crash.ts'
import { Interner } from '../../model/interner.ts'
import { defined } from './defined.ts'
import { conditionOf, deletionBeginMs, isOptedOut, mirrorOf, type OwnerFacts, ownerOf, timeMs } from './object-facts.ts'
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
  /** As the pod's spec names it. Absent also where all goes well: nobody asks then, and few pods would share it. */
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

/** What is kept of every pod: strings and lists that many share, but for its name. */
interface PodIdentity {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly nodeName: string | undefined
  readonly phase: string
  readonly owner: OwnerFacts | undefined
  /** Of the template that it was made from. */
  readonly templateHash: TemplateHash | undefined
  readonly isOptedOut: boolean
  /** Init containers and sidecars first, in the order of the spec. */
  readonly containers: readonly ContainerFacts[]
}

/** What befell a pod, and the times by which that is told. */
interface PodEvents {
  /** With `message` what the kubelet or a controller says of the whole pod, such as Evicted. */
  readonly reason?: string
  readonly message?: string
  readonly createdMs?: number
  readonly startedMs?: number
  readonly deadlineMs?: number
  /** When its deletion was asked for, 0 where that is known no more; absent: it was not. */
  readonly deletedMs?: number
  /** It has to go for the sake of something else: the condition DisruptionTarget. */
  readonly disruption?: PodCondition
  /** No node was found: the condition PodScheduled. */
  readonly unscheduled?: PodCondition
  /** Waits on its node for what it needs before its first container, such as volumes: the condition PodReadyToStartContainers. */
  readonly unprepared?: PodCondition
  /** It comes from a file on its node, and this is its image at the API server: which file of which pod. */
  readonly mirrorOf?: string
}

/** Without any of the events, its times too, where nothing befell it as a whole and none of its containers waits. */
export type PodFacts = PodIdentity & PodEvents

/** The label by which a ReplicaSet's name is told from that of the object that made it, and that object's kind. */
export interface TemplateHash {
  readonly ownerKind: string
  readonly hash: string
}

/** What its runs belong to: the containers of a pod from a file run on when its image at the API server is made anew. */
export function runsUid({ mirrorOf, uid }: Pick<PodFacts, 'mirrorOf' | 'uid'>): string {
  return mirrorOf ?? uid
}

/** A function from a Pod's JSON to its facts. It never throws for what the API server lets in. */
export function createPodProjection(interner: Interner = new Interner()): (pod: PodObject) => PodFacts {
  return (pod) => {
    const { metadata, spec, status } = pod
    const facts = {
      namespace: interner.text(metadata.namespace ?? ''),
      name: metadata.name,
      uid: metadata.uid ?? '',
      nodeName: spec?.nodeName ? interner.text(spec.nodeName) : undefined,
      phase: interner.text(status?.phase ?? ''),
      owner: ownerOf(metadata, interner),
      templateHash: templateHashOf(metadata.labels, interner),
      isOptedOut: isOptedOut(metadata),
      containers: containersOf(pod, interner),
    }
    const events = eventsOf(pod)
    return isUneventful(facts, events) ? facts : { ...facts, ...timesOf(pod), ...events }
  }
}

function eventsOf(pod: PodObject): PodEvents {
  const { metadata, status } = pod
  return defined({
    reason: status?.reason || undefined,
    message: status?.message || undefined,
    deletedMs: deletionBeginMs(metadata),
    disruption: podCondition(pod, 'DisruptionTarget', 'True'),
    unscheduled: podCondition(pod, 'PodScheduled', 'False'),
    unprepared: status?.phase === 'Pending' ? podCondition(pod, 'PodReadyToStartContainers', 'False') : undefined,
    mirrorOf: mirrorOf(metadata),
  })
}

function isUneventful({ phase, containers }: PodIdentity, events: PodEvents): boolean {
  const isAsItShould = phase === 'Running' || phase === 'Succeeded'
  return isAsItShould && Object.keys(events).length === 0 && !containers.some(({ state }) => isKeptWaiting(state))
}

function timesOf({ metadata, spec, status }: PodObject): PodEvents {
  const startedMs = timeMs(status?.startTime)
  const deadlineSeconds = spec?.activeDeadlineSeconds ?? undefined
  const hasDeadline = startedMs !== undefined && deadlineSeconds !== undefined
  return defined({
    createdMs: timeMs(metadata.creationTimestamp),
    startedMs,
    deadlineMs: hasDeadline ? startedMs + deadlineSeconds * 1_000 : undefined,
  })
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
    const { name, image } = container
    return containerFacts({ name: interner.text(name), role, image, restarts }, statuses.get(name))
  }
  const containers = [
    ...(spec?.initContainers ?? []).map((container) => make(container, true)),
    ...(spec?.containers ?? []).map((container) => make(container, false)),
  ]
  return containers.every(isWell) ? interner.value(containersKey(containers), () => containers) : containers
}

type Declared = Pick<ContainerFacts, 'name' | 'role' | 'restarts'> & { readonly image: string | undefined }

function containerFacts({ image, ...declared }: Declared, status: ContainerStatusObject | undefined): ContainerFacts {
  const restartCount = status?.restartCount ?? 0
  const lastEnd = endFacts(status?.lastState?.terminated)
  const state = stateFacts(status?.state)
  const facts = { ...declared, restartCount, isReady: status?.ready === true, state, ...defined({ lastEnd }) }
  if (isWell(facts)) return { ...facts, state: firstState(state) }
  return image === undefined ? facts : { ...facts, image }
}

function stateFacts(state: ContainerStateObject | null | undefined): StateFacts {
  const end = endFacts(state?.terminated)
  if (end !== undefined) return { kind: 'ended', end }
  if (state?.running) return { kind: 'running', ...defined({ startedMs: timeMs(state.running.startedAt) }) }
  const { reason = '', message } = state?.waiting ?? {}
  return { kind: 'waiting', reason, ...defined({ message: message || undefined }) }
}

/** Nothing is said of it yet, it runs for the first time, or it has come to the end that it is for. */
function isWell({ state, role, lastEnd, restartCount }: ContainerFacts): boolean {
  if (restartCount > 0 || lastEnd !== undefined) return false
  if (state.kind === 'ended') return role === 'init' && state.end.exitCode === 0
  return state.kind === 'running' || !isKeptWaiting(state)
}

/** The kubelet says why it is not started. */
function isKeptWaiting(state: StateFacts): boolean {
  return state.kind === 'waiting' && (state.reason !== '' || state.message !== undefined)
}

/** Of a run that goes well, times and identity are of no use, and would be something else for each pod. */
function firstState(state: StateFacts): StateFacts {
  if (state.kind === 'running') return { kind: 'running' }
  return state.kind === 'ended' ? { kind: 'ended', end: { exitCode: 0 } } : state
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

/** Well containers that are equal in this are equal. */
function containersKey(containers: readonly ContainerFacts[]): string {
  return containers
    .map(({ name, role, restarts, isReady, state }) => `${name} ${role} ${restarts} ${isReady} ${state.kind}`)
    .join('|')
}

function policyOf(text: string | undefined): ContainerFacts['restarts'] | undefined {
  return text === 'Always' || text === 'OnFailure' || text === 'Never' ? text : undefined
}
