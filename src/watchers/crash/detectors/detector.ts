/** What a detector is: it answers for one reason of the closed list, from what the cluster's objects say and nothing else. */
import type { JobFacts } from '../job-facts.ts'
import type { ContainerFacts, EndFacts, PodFacts } from '../pod-facts.ts'
import type { LookContext } from '../sighting.ts'

/** A run that ended and should not have. */
export interface FailedRun {
  readonly pod: PodFacts
  readonly container: ContainerFacts
  readonly end: EndFacts
}

/** A container that is not started. */
export interface WaitingContainer {
  readonly pod: PodFacts
  readonly container: ContainerFacts
  /** As the kubelet says it: `ImagePullBackOff`. */
  readonly reason: string
  readonly message: string | undefined
}

/** Something that befell a pod, a container or a Job. */
export interface Finding {
  readonly cause: string
  readonly atMs: number
  /** Tells it from an earlier one of the same reason. */
  readonly begin: string | number
  /** `once`: a crash, and then over. `lasting`: a crash when it is first seen, and a trouble for as long as it is seen. `state`: a trouble only. */
  readonly kind: 'once' | 'lasting' | 'state'
  /** See Sighting. */
  readonly hasToLast?: boolean
}

/** Undefined is the answer where it is something else. */
export interface Detector {
  /** The cause, in words. */
  readonly ofRun?: (run: FailedRun) => string | undefined
  readonly ofWaiting?: (waiting: WaitingContainer) => Finding | undefined
  /** Also asked of a pod that is being deleted. */
  readonly ofPod?: (pod: PodFacts, context: LookContext) => Finding | undefined
  readonly ofJob?: (job: JobFacts, context: LookContext) => Finding | undefined
}

/** When a container that cannot be started began not to be: when it ended last, else when its pod came to the node. */
export function waitingSinceMs({ pod, container }: WaitingContainer): number {
  return container.lastEnd?.finishedMs ?? pod.startedMs ?? pod.createdMs ?? 0
}
