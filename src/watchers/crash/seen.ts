/** On what a crash was seen, as incidents and records name it. */
import type { ObjectReference } from '../../model/alert.ts'
import type { PlacedWorkload } from './crash-cluster.ts'
import type { CrashPlace, IncidentSubject } from './incident.ts'
import { type PodFacts, runsUid } from './pod-facts.ts'
import type { RouteBook } from './route-book.ts'
import type { Sighting } from './sighting.ts'

export interface Seen {
  readonly place: PlacedWorkload
  /** The pod's; where a Job as a whole failed, the Job's, whatever made it. */
  readonly name: string
  /** Absent where a Job as a whole failed. */
  readonly pod: PodFacts | undefined
  /** Of the Job, or of the pod as `runsUid` gives it. */
  readonly uid: string
  readonly isOptedOut: boolean
}

export function seenOf(place: PlacedWorkload, pod: PodFacts): Seen & { readonly pod: PodFacts } {
  return { place, pod, name: pod.name, uid: runsUid(pod), isOptedOut: pod.isOptedOut }
}

export function subjectOf(
  book: RouteBook,
  { place, pod, sighting }: Pick<Seen, 'place' | 'pod'> & { readonly sighting: Sighting },
): IncidentSubject {
  const podReference: ObjectReference | undefined =
    pod === undefined ? undefined : { kind: 'Pod', namespace: pod.namespace, name: pod.name, uid: pod.uid }
  return book.subjectOf(place, sighting, podReference)
}

/** The runs of a crash loop are crashes already. */
export function countedOnce(sighting: Sighting): Sighting {
  return sighting.reason === 'CrashLoopBackOff' ? { ...sighting, crashes: 0 } : sighting
}

export function placeOf({ pod, name }: Pick<Seen, 'pod' | 'name'>): CrashPlace {
  if (pod === undefined) return { jobName: name }
  return { podName: pod.name, ...(pod.nodeName === undefined ? {} : { nodeName: pod.nodeName }) }
}
