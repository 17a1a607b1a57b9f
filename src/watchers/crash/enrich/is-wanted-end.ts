/**
 * What proves that somebody wanted a run to end: the pod was changed while it lasted, and the kubelet said, while it lasted, that it
 * ends it for that; both not long before the end. All times are whole seconds, so a kill in the very second in which a run began may
 * have been of the run before: a run that was ended in its first second is told, rather than the crash of a new image swallowed.
 */
import { changeKillTimes, type KubeletEvent } from '../detectors/probe-killed.ts'
import { timeMs } from '../object-facts.ts'
import type { Sighting } from '../sighting.ts'
import type { ManagedFieldsObject, PodObject } from './pod-object.ts'

/** Whether the end was no crash. `pod` is the pod as it is after it. */
export function isWantedEnd(pod: PodObject, sighting: Sighting, events: readonly KubeletEvent[]): boolean {
  const { crashes, finishedMs } = sighting
  // With other runs before it, of which nobody knows how they ended, it is not the only one that is told of.
  if (crashes !== 1 || finishedMs === undefined || !isChangedBeforeEnd(pod, sighting)) return false
  return changeKillTimes(sighting, events).some((killedMs) => finishedMs - killedMs <= longestEndMs(pod.spec))
}

/** Between the change and the kubelet's first step, and for the container runtime to do what it is told. */
const slackMs = 30_000
/** Of a pod that does not say how long it may take to end. */
const usualGraceSeconds = 30

/** Whether, while the run lasted and not long before its end, somebody changed what this container is made of. */
export function isChangedBeforeEnd(
  { metadata, spec }: PodObject,
  { startedMs, finishedMs, container }: Sighting,
): boolean {
  const isAsMade = (metadata.generation ?? 1) <= 1
  if (isAsMade || container === undefined || startedMs === undefined || finishedMs === undefined) return false
  const longestMs = longestEndMs(spec)
  return (metadata.managedFields ?? []).some((entry) => {
    const atMs = timeMs(entry.time)
    if (atMs === undefined || !hasDefinition(entry, container.name)) return false
    return atMs >= startedMs && atMs <= finishedMs && finishedMs - atMs <= longestMs
  })
}

/** How long a run may last once its end is wanted. */
function longestEndMs(spec: PodObject['spec']): number {
  return (spec?.terminationGracePeriodSeconds ?? usualGraceSeconds) * 1_000 + slackMs
}

function hasDefinition({ fieldsV1 }: ManagedFieldsObject, name: string): boolean {
  const { 'f:containers': app, 'f:initContainers': init } = fieldsV1?.['f:spec'] ?? {}
  const key = `k:{"name":${JSON.stringify(name)}}`
  const fields = app?.[key] ?? init?.[key] ?? {}
  return 'f:image' in fields || 'f:resources' in fields
}
