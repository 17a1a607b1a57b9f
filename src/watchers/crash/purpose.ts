/**
 * Which ends are nobody's fault: a container that is told to end because its pod is deleted, drained, out of time or done is
 * no crash, whatever its exit code. A run that ended before that is one, even if it is seen later.
 */
import type { ContainerFacts, EndFacts, PodFacts } from './pod-facts.ts'
import { signalOf } from './words.ts'

/** What the kubelet writes of a pod all of whose containers it then ends. What befell the pod is told, where it is worth it. */
const podEndings: readonly string[] = [
  'Evicted',
  'DeadlineExceeded',
  'Preempting',
  'Terminated',
  'Shutdown',
  'NodeShutdown',
  'NodeLost',
]
/** Ended by the kubelet to start all containers of the pod anew. */
const restartOfAll = 'RestartingAllContainers'
/** How far a node's clock may be behind the API server's before the end by SIGTERM of a deleted pod looks like a crash. */
const clockSlackMs = 2_000

export function isEndedOnPurpose(pod: PodFacts, container: ContainerFacts, end: EndFacts): boolean {
  if (end.reason === restartOfAll || isFinished(container, end)) return true
  const isLast = container.state.kind === 'ended' && container.state.end === end
  return (isLast && isAfter(end, stoppedMs(pod))) || isLost(pod, end) || isSidecarOfFinished(pod, container, end)
}

/** Whether it came to its end well, where an end is what it is for. */
export function isFinished({ restarts }: ContainerFacts, { exitCode }: EndFacts): boolean {
  return exitCode === 0 && restarts !== 'Always'
}

/** Since when the pod's containers are ended from outside; undefined: they are not. */
function stoppedMs(pod: PodFacts): number | undefined {
  const begins = [pod.deletedMs, pod.disruption?.sinceMs, deadlineMs(pod)].filter((ms) => ms !== undefined)
  if (begins.length > 0) return Math.min(...begins)
  const isStopped = pod.disruption !== undefined || podEndings.includes(pod.reason ?? '')
  return isStopped ? 0 : undefined
}

/** A run that was ended from outside is a container's last, unless the kubelet lost it and says so in its own way. */
function isLost(pod: PodFacts, end: EndFacts): boolean {
  return end.containerId === undefined && end.finishedMs === undefined && stoppedMs(pod) !== undefined
}

function deadlineMs({ reason, deadlineMs }: PodFacts): number | undefined {
  return reason === 'DeadlineExceeded' ? deadlineMs : undefined
}

function isAfter(end: EndFacts, sinceMs: number | undefined): boolean {
  if (sinceMs === undefined) return false
  if (end.finishedMs === undefined) return true
  const signal = signalOf(end)
  const slackMs = signal === 9 || signal === 15 ? clockSlackMs : 0
  return end.finishedMs >= sinceMs - slackMs
}

/** The kubelet ends the sidecars when the last of the other containers has ended for good. */
function isSidecarOfFinished(pod: PodFacts, { role }: ContainerFacts, end: EndFacts): boolean {
  if (role !== 'sidecar') return false
  const apps = pod.containers.filter((container) => container.role === 'app')
  return apps.every((app) => {
    if (app.state.kind !== 'ended' || !isEndForGood(app, app.state.end)) return false
    return (end.finishedMs ?? Infinity) >= (app.state.end.finishedMs ?? 0)
  })
}

function isEndForGood({ restarts }: ContainerFacts, { exitCode }: EndFacts): boolean {
  return restarts === 'Never' || (restarts === 'OnFailure' && exitCode === 0)
}
