/** Which crash of a pod is asked about: its last one, or one that could be. */

import { OperatorError } from '../../base/errors.ts'
import type { ObjectReference } from '../../model/alert.ts'
import type { CrashReason } from '../../model/crash.ts'
import type { JobFacts } from '../../watchers/crash/job-facts.ts'
import { lookAtPod } from '../../watchers/crash/look.ts'
import { createPodProjection, type PodFacts } from '../../watchers/crash/pod-facts.ts'
import type { PodObject } from '../../watchers/crash/pod-object.ts'
import type { Sighting } from '../../watchers/crash/sighting.ts'
import { workloadOf } from '../../watchers/crash/workload.ts'

export interface CrashWish {
  readonly container?: string
  readonly reason?: CrashReason
  readonly exitCode?: number
}

export interface CrashQuestion {
  readonly namespace: string
  readonly pod: string
  readonly container?: string
  readonly node?: string
  readonly workload: ObjectReference
  /** False: its Job could not be read, and may be a CronJob's. */
  readonly isWorkloadKnown: boolean
  readonly reason: CrashReason
  readonly exitCode?: number
  readonly isOptedOut: boolean
  /** Whether the pod really crashed so. */
  readonly isSeen: boolean
}

/** What else is known when it is asked. */
export interface QuestionContext {
  /** The one that made the pod; `none`: no Job did; undefined: it could not be read. */
  readonly job: JobFacts | 'none' | undefined
  readonly nowMs: number
}

/** Throws INVALID_INPUT for a container that the pod does not have. */
export function crashQuestion(object: PodObject, wish: CrashWish, { job, nowMs }: QuestionContext): CrashQuestion {
  const pod = createPodProjection()(object)
  requireContainer(pod, wish.container)
  const { crashes, troubles } = lookAtPod(pod, undefined, { nowMs })
  const seen = [...crashes, ...troubles].toSorted((a, b) => b.atMs - a.atMs).find((sighting) => isAsked(sighting, wish))
  const { namespace, name, nodeName, isOptedOut } = pod
  const container = wish.container ?? (seen === undefined ? firstApp(pod) : seen.container?.name)
  const exitCode = wish.exitCode ?? seen?.exitCode ?? (seen === undefined && wish.reason === undefined ? 1 : undefined)
  return {
    ...{ namespace, pod: name, isOptedOut, isSeen: seen !== undefined, isWorkloadKnown: job !== undefined },
    workload: workloadOf(pod, { get: () => (job === 'none' ? undefined : job) }),
    reason: wish.reason ?? seen?.reason ?? 'Error',
    ...(container === undefined ? {} : { container }),
    ...(nodeName === undefined ? {} : { node: nodeName }),
    ...(exitCode === undefined ? {} : { exitCode }),
  }
}

function requireContainer({ namespace, name, containers }: PodFacts, wanted: string | undefined): void {
  const names = containers.map((container) => container.name)
  if (wanted === undefined || names.includes(wanted)) return
  throw new OperatorError(
    'INVALID_INPUT',
    `pod ${namespace}/${name} has no container ${wanted}: it has ${names.join(', ')}`,
  )
}

function isAsked({ container, reason, exitCode }: Sighting, wish: CrashWish): boolean {
  return (
    (wish.container === undefined || wish.container === container?.name) &&
    (wish.reason === undefined || wish.reason === reason) &&
    (wish.exitCode === undefined || wish.exitCode === exitCode)
  )
}

function firstApp({ containers }: PodFacts): string | undefined {
  return (containers.find(({ role }) => role === 'app') ?? containers[0])?.name
}
