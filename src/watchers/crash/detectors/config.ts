import type { PodFacts } from '../pod-facts.ts'
import { heard, startWords } from '../words.ts'
import { type Detector, waitingSinceMs } from './detector.ts'

/** A container of which not even the first instruction ran. */
const startFailures: readonly (string | undefined)[] = ['StartError', 'ContainerCannotRun']
/** The kubelet ends a container whose postStart hook failed, and then says so of the next one that it does not start yet. */
const hookFailure = 'PostStartHookError'

/** The kubelet cannot make it. */
const unmade: readonly string[] = [
  'CreateContainerConfigError',
  'CreateContainerError',
  'PreCreateHookError',
  'PreStartHookError',
]
/** It was made and did not come to run: mostly an ended run tells that already. */
const unstarted: readonly string[] = [hookFailure, 'RunContainerError']

export const config: Detector = {
  ofRun: ({ container: { state }, end }) => {
    if (state.kind === 'waiting' && state.reason === hookFailure) {
      return `ended by the kubelet because its postStart hook failed: ${heard(state.message ?? hookFailure)}`
    }
    if (!startFailures.includes(end.reason)) return undefined
    return `cannot be started: ${startWords(end.message ?? `exit code ${end.exitCode}`)}`
  },
  ofWaiting: (waiting) => {
    const { reason, message = reason, container } = waiting
    const isUnstarted = unstarted.includes(reason) && container.lastEnd === undefined
    if (!unmade.includes(reason) && !isUnstarted) return undefined
    const cause = `cannot be started: ${startWords(message)}`
    return { cause, atMs: waitingSinceMs(waiting), begin: container.restartCount, kind: 'lasting' }
  },
  ofPod: (pod, { volumeFailure }) => {
    if (pod.unprepared === undefined || pod.deletedMs !== undefined || volumeFailure === undefined) return undefined
    const atMs = waitsSinceMs(pod)
    return { cause: `cannot be started: ${heard(volumeFailure)}`, atMs, begin: atMs, kind: 'state', hasToLast: true }
  },
}

/** Since when a pod waits on its node for what it needs before its first container. */
export function waitsSinceMs({ unprepared, startedMs, createdMs = 0 }: PodFacts): number {
  return unprepared?.sinceMs ?? startedMs ?? createdMs
}
