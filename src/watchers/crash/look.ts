/**
 * One look at a pod or Job: what is new, what is wrong now, and what to remember until the next look. Looks may come as rarely as
 * they like: only what is there counts, never which changes led to it.
 */
import type { CrashedContainer, CrashReason } from '../../model/crash.ts'
import { defined } from './defined.ts'
import type { Detector, Finding } from './detectors/detector.ts'
import { detectors } from './detectors/detectors.ts'
import type { JobFacts } from './job-facts.ts'
import type { ContainerFacts, EndFacts, PodFacts } from './pod-facts.ts'
import { isEndedOnPurpose } from './purpose.ts'
import { type EndedRun, lookAtRuns, runMemory } from './runs.ts'
import type { Look, LookContext, PodMemory, RunMemory, Sighting } from './sighting.ts'
import { signalOf } from './words.ts'

/** Keys of what has no run of its own; more than one pod can well have. */
const seenLimit = 32

export function lookAtPod(pod: PodFacts, memory: PodMemory | undefined, context: LookContext): Look {
  const runs = pod.containers.map((container) => lookAtContainer(pod, container, memory, context))
  const befallen = isStopping(pod) ? [] : pod.containers.flatMap((container) => waitingSightings(pod, container))
  const ofPod = sightings((detector) => detector.ofPod?.(pod, context), {})
  const { crashes, troubles, seen } = sortOut([...ofPod, ...befallen], memory?.seen ?? [])
  const containers: Record<string, RunMemory> = Object.fromEntries(runs.flatMap(({ kept }) => kept))
  const all = [...runs.flatMap(({ crashes }) => crashes), ...crashes.map((sighting) => ({ sighting }))]
  return { ...inSteps(all, memory), troubles, memory: memoryOf(containers, seen) }
}

export function lookAtJob(job: JobFacts, memory: PodMemory | undefined, context: LookContext): Look {
  const found = job.isDeleting ? [] : sightings((detector) => detector.ofJob?.(job, context), {})
  const { crashes, troubles, seen } = sortOut(found, memory?.seen ?? [])
  const all = crashes.map((sighting) => ({ sighting }))
  return { ...inSteps(all, memory), troubles, memory: memoryOf({}, seen) }
}

/** A crash, and where it is the end of a run what is remembered of that. */
interface FoundCrash {
  readonly sighting: Sighting
  readonly run?: RunMemory
}

/** The oldest first, each with what is to be remembered once it and those before it are handed on. */
function inSteps(found: readonly FoundCrash[], before: PodMemory | undefined): Pick<Look, 'crashes' | 'steps'> {
  if (found.length === 0) return { crashes: [] }
  const sorted = found.toSorted((a, b) => a.sighting.atMs - b.sighting.atMs)
  let memory: PodMemory = before ?? { containers: {} }
  const steps = sorted.map((crash) => {
    memory = remember(memory, crash)
    return memory
  })
  return { crashes: sorted.map(({ sighting }) => sighting), steps }
}

function remember({ containers, seen = [] }: PodMemory, { sighting, run }: FoundCrash): PodMemory {
  const { key, container } = sighting
  if (run === undefined || container === undefined) return { containers, seen: [...seen, key].slice(-seenLimit) }
  const runs = { ...containers, [container.name]: run }
  return seen.length === 0 ? { containers: runs } : { containers: runs, seen }
}

/** Nothing can be wrong with a container that waits in a pod that is going or gone. */
function isStopping({ deletedMs, phase }: PodFacts): boolean {
  return deletedMs !== undefined || phase === 'Failed' || phase === 'Succeeded'
}

interface ContainerLook {
  readonly crashes: readonly FoundCrash[]
  /** Its entry of the memory, or none. */
  readonly kept: readonly (readonly [string, RunMemory])[]
}

function lookAtContainer(
  pod: PodFacts,
  container: ContainerFacts,
  memory: PodMemory | undefined,
  context: LookContext,
): ContainerLook {
  const known = memory?.containers[container.name]
  const runs = lookAtRuns(container, known)
  const crashes = runs.ended.flatMap((run) => {
    const sighting = runSighting(pod, container, run, context)
    return sighting === undefined ? [] : [{ sighting, run: runMemory(run.number, run.end) }]
  })
  const isWorthKeeping = known !== undefined || crashes.length > 0
  return { crashes, kept: isWorthKeeping ? [[container.name, runs.memory]] : [] }
}

function runSighting(
  pod: PodFacts,
  container: ContainerFacts,
  run: EndedRun,
  { nowMs }: LookContext,
): Sighting | undefined {
  if (run.end === undefined) return unknownEnd(pod, container, run, nowMs)
  if (isEndedOnPurpose(pod, container, run.end)) return undefined
  const { reason, cause } = judgeRun(pod, container, run.end)
  const { exitCode, message, startedMs, finishedMs, containerId } = run.end
  return {
    key: `${container.name}/${containerId ?? `#${run.number}`}`,
    ...{ reason, cause, exitCode },
    container: crashedContainer(container, containerId),
    atMs: finishedMs ?? startedMs ?? nowMs,
    ...defined({ signal: signalOf(run.end), startedMs, finishedMs }),
    ...(message === undefined || reason === 'Config' ? {} : { message }),
    restartCount: container.restartCount,
    crashes: run.runs,
  }
}

/** The kubelet counted it and has forgotten how it was. */
function unknownEnd(pod: PodFacts, container: ContainerFacts, run: EndedRun, nowMs: number): Sighting | undefined {
  if (isStopping(pod) || container.role === 'init') return undefined
  return {
    key: `${container.name}/#${run.number}`,
    reason: 'Error',
    cause: 'ended, and the kubelet no longer says how',
    container: crashedContainer(container, undefined),
    atMs: nowMs,
    restartCount: container.restartCount,
    crashes: run.runs,
  }
}

function judgeRun(pod: PodFacts, container: ContainerFacts, end: EndFacts): { reason: CrashReason; cause: string } {
  for (const [reason, { ofRun }] of detectors) {
    const cause = ofRun?.({ pod, container, end })
    if (cause !== undefined) return { reason, cause }
  }
  return { reason: 'Error', cause: 'ended' }
}

function waitingSightings(pod: PodFacts, container: ContainerFacts): FoundSighting[] {
  const { state, name, restartCount } = container
  if (state.kind !== 'waiting') return []
  const { reason, message } = state
  const about = { container: crashedContainer(container, undefined), restartCount }
  return sightings((detector) => detector.ofWaiting?.({ pod, container, reason, message }), { name, about })
}

interface FoundSighting {
  readonly sighting: Sighting
  readonly kind: Finding['kind']
}

interface Subject {
  /** Of the container; absent: it is the whole. */
  readonly name?: string
  readonly about?: Pick<Sighting, 'container' | 'restartCount'>
}

function sightings(ask: (detector: Detector) => Finding | undefined, { name, about }: Subject): FoundSighting[] {
  return detectors.flatMap(([reason, detector]) => {
    const found = ask(detector)
    if (found === undefined) return []
    const { cause, atMs, begin, kind, hasToLast } = found
    const key = [...(name === undefined ? [] : [name]), reason, String(begin)].join('/')
    const sighting = { key, reason, cause, atMs, restartCount: 0, crashes: 1, ...about, ...defined({ hasToLast }) }
    return [{ kind, sighting }]
  })
}

interface Sorted {
  readonly crashes: readonly Sighting[]
  readonly troubles: readonly Sighting[]
  readonly seen: readonly string[]
}

function sortOut(found: readonly FoundSighting[], seen: readonly string[]): Sorted {
  const told = found.filter(({ kind }) => kind !== 'state').map(({ sighting }) => sighting)
  const crashes = told.filter(({ key }) => !seen.includes(key))
  return {
    crashes,
    troubles: found.filter(({ kind }) => kind !== 'once').map(({ sighting }) => sighting),
    seen: [...seen, ...crashes.map(({ key }) => key)].slice(-seenLimit),
  }
}

function memoryOf(containers: PodMemory['containers'], seen: readonly string[]): PodMemory | undefined {
  if (Object.keys(containers).length === 0 && seen.length === 0) return undefined
  return { containers, ...(seen.length === 0 ? {} : { seen }) }
}

function crashedContainer({ name, role, image }: ContainerFacts, containerId: string | undefined): CrashedContainer {
  return { name, role, ...defined({ image, containerId }) }
}
