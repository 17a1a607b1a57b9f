/** The pods and Jobs that crashes happen in: by workload, because that is what people ask about. */
import type { ObjectReference } from '../../model/alert.ts'
import type { JobFacts } from './job-facts.ts'
import type { PodFacts } from './pod-facts.ts'
import { workloadOf } from './workload.ts'

/** A workload in its namespace. */
export interface PlacedWorkload {
  readonly namespace: string
  readonly workload: ObjectReference
}

interface Group {
  readonly key: string
  readonly place: PlacedWorkload
  readonly pods: Map<string, PodFacts>
}

interface Name {
  readonly namespace: string
  readonly name: string
}

export class CrashCluster {
  readonly #jobs = new Map<string, JobFacts>()
  readonly #groups = new Map<string, Group>()
  /** The group that a pod was put into; a Job that goes later does not move it. */
  readonly #groupOf = new Map<string, Group>()

  putPod(pod: PodFacts): PlacedWorkload {
    const key = nameKey(pod)
    const place = { namespace: pod.namespace, workload: workloadOf(pod, this.#jobs) }
    const before = this.#groupOf.get(key)
    const group = this.#groups.get(workloadKey(place)) ?? this.#newGroup(place)
    if (before !== undefined && before !== group) this.#leave(before, key)
    group.pods.set(key, pod)
    this.#groupOf.set(key, group)
    return group.place
  }

  /** Gives where it was, and what was known of it. */
  removePod(name: Name): { readonly place: PlacedWorkload; readonly pod: PodFacts } | undefined {
    const key = nameKey(name)
    const group = this.#groupOf.get(key)
    const pod = group?.pods.get(key)
    if (group === undefined || pod === undefined) return undefined
    this.#leave(group, key)
    this.#groupOf.delete(key)
    return { place: group.place, pod }
  }

  putJob(job: JobFacts): void {
    this.#jobs.set(nameKey(job), job)
  }

  removeJob(name: Name): void {
    this.#jobs.delete(nameKey(name))
  }

  *allPods(): IterableIterator<{ readonly place: PlacedWorkload; readonly pod: PodFacts }> {
    for (const { place, pods } of this.#groups.values()) for (const pod of pods.values()) yield { place, pod }
  }

  allJobs(): IterableIterator<JobFacts> {
    return this.#jobs.values()
  }

  podsOf(place: PlacedWorkload): PodFacts[] {
    return [...(this.#groups.get(workloadKey(place))?.pods.values() ?? [])]
  }

  pod(name: Name): PodFacts | undefined {
    const key = nameKey(name)
    return this.#groupOf.get(key)?.pods.get(key)
  }

  #newGroup(place: PlacedWorkload): Group {
    const group = { key: workloadKey(place), place, pods: new Map() }
    this.#groups.set(group.key, group)
    return group
  }

  #leave({ key, pods }: Group, podKey: string): void {
    pods.delete(podKey)
    if (pods.size === 0) this.#groups.delete(key)
  }
}

export function workloadKey({ namespace, workload: { kind, name } }: PlacedWorkload): string {
  return `${namespace}/${kind}/${name}`
}

function nameKey({ namespace, name }: Name): string {
  return `${namespace}/${name}`
}
