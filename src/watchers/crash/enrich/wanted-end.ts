/**
 * Whether somebody wanted a run to end: a container gets another image, or resources that its resize policy starts it anew for, while
 * its pod stays. The kubelet's Event proves it, and comes late now and then; that the pod was changed right before is what it is
 * awaited for. By itself that proves nothing: of one who changed the image before, the pod says only when they last changed anything.
 */
import { timeMs } from '../object-facts.ts'
import type { Sighting } from '../sighting.ts'
import { listEvents } from './list-events.ts'
import type { EnrichPart } from './part.ts'
import type { ManagedFieldsObject, PodObject } from './pod-object.ts'
import { proofOf } from './proof-of.ts'

export const wantedEnd: EnrichPart = {
  what: 'who ended it',
  withinMs: 15_000,
  isFor: ({ pod, sighting }) => pod !== undefined && sighting.reason === 'Error' && sighting.exitCode !== undefined,
  find: async ({ client, clock, pod, podNow, sighting }, signal) => {
    const now = await podNow().catch(() => undefined)
    if (pod === undefined || now === undefined || !isChangedBeforeEnd(now, sighting)) return {}
    const query = { namespace: pod.namespace, fieldSelector: `involvedObject.uid=${pod.uid}` }
    for (const waitMs of waitsMs) {
      await clock.sleep(waitMs, signal)
      const proven = proofOf(sighting, await listEvents(client, query, signal))
      if (proven !== undefined) return { proven }
    }
    return { facts: ['Its pod was changed right before it ended; no Event says that it was ended for that.'] }
  },
}

/** A kubelet with much to say writes its Events seconds later. */
const waitsMs = [0, 250, 500, 1_000, 2_000, 3_000, 3_000]
/** Between the change and the kubelet's first step. */
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
  const longestMs = (spec?.terminationGracePeriodSeconds ?? usualGraceSeconds) * 1_000 + slackMs
  return (metadata.managedFields ?? []).some((entry) => {
    const atMs = timeMs(entry.time)
    if (atMs === undefined || !hasDefinition(entry, container.name)) return false
    return atMs >= startedMs && atMs <= finishedMs && finishedMs - atMs <= longestMs
  })
}

function hasDefinition({ fieldsV1 }: ManagedFieldsObject, name: string): boolean {
  const { 'f:containers': app, 'f:initContainers': init } = fieldsV1?.['f:spec'] ?? {}
  const key = `k:{"name":${JSON.stringify(name)}}`
  const fields = app?.[key] ?? init?.[key] ?? {}
  return 'f:image' in fields || 'f:resources' in fields
}
