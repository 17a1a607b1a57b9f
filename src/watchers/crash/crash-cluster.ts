/**
 * The pods and Jobs that crashes happen in: by workload, because that is what people ask about. Most pods are well, so that a pod
 * costs no more than its place in two lists: no text and no object is made for one.
 */
import type { ObjectReference } from '../../model/alert.ts'
import type { JobFacts } from './job-facts.ts'
import type { PodFacts } from './pod-facts.ts'
import { workloadOf } from './workload.ts'

/** A workload in its namespace. */
export interface PlacedWorkload {
  readonly namespace: string
  readonly workload: ObjectReference
}

/** A pod and what it is of. */
export interface PlacedPod {
  readonly place: PlacedWorkload
  readonly pod: PodFacts
}

/** The pods of one workload. They are found by going through them: whoever asks for them does the same. */
interface Group {
  readonly key: string
  readonly place: PlacedWorkload
  readonly pods: PodFacts[]
}

interface Name {
  readonly namespace: string
  readonly name: string
}

export class CrashCluster {
  readonly #jobs = new Map<string, JobFacts>()
  readonly #groups = new Map<string, Group>()
  /** By namespace and name the group that a pod was put into; a Job that goes later does not move it. */
  readonly #groupOf = new Map<string, Map<string, Group>>()

  putPod(pod: PodFacts): PlacedWorkload {
    const place = { namespace: pod.namespace, workload: workloadOf(pod, this.#jobs) }
    const key = workloadKey(place)
    const before = this.#groupOf.get(pod.namespace)?.get(pod.name)
    if (before?.key === key) {
      before.pods[indexIn(before, pod.name)] = pod
      return before.place
    }
    if (before !== undefined) this.#leave(before, pod.name)
    const group = this.#groups.get(key) ?? this.#newGroup(key, place)
    group.pods.push(pod)
    this.#namesIn(pod.namespace).set(pod.name, group)
    return group.place
  }

  /** Gives where it was, and what was known of it. */
  removePod({ namespace, name }: Name): PlacedPod | undefined {
    const names = this.#groupOf.get(namespace)
    const group = names?.get(name)
    if (names === undefined || group === undefined) return undefined
    names.delete(name)
    if (names.size === 0) this.#groupOf.delete(namespace)
    return { place: group.place, pod: this.#leave(group, name) }
  }

  /** Pods of it that came before it are its owner's from now on. */
  putJob(job: JobFacts): void {
    this.#jobs.set(nameKey(job), job)
    if (job.owner === undefined) return
    const { namespace, name } = job
    for (const pod of this.podsOf({ namespace, workload: { kind: 'Job', namespace, name } })) this.putPod(pod)
  }

  removeJob(name: Name): void {
    this.#jobs.delete(nameKey(name))
  }

  *allPods(): IterableIterator<PlacedPod> {
    for (const { place, pods } of this.#groups.values()) for (const pod of pods) yield { place, pod }
  }

  allJobs(): IterableIterator<JobFacts> {
    return this.#jobs.values()
  }

  /** As they are now: a list of the caller's own, which stays as it is when pods move. */
  podsOf(place: PlacedWorkload): PodFacts[] {
    return [...(this.#groups.get(workloadKey(place))?.pods ?? [])]
  }

  pod({ namespace, name }: Name): PodFacts | undefined {
    const group = this.#groupOf.get(namespace)?.get(name)
    return group?.pods[indexIn(group, name)]
  }

  #newGroup(key: string, place: PlacedWorkload): Group {
    const group = { key, place, pods: [] }
    this.#groups.set(key, group)
    return group
  }

  #namesIn(namespace: string): Map<string, Group> {
    const known = this.#groupOf.get(namespace)
    if (known !== undefined) return known
    const names = new Map<string, Group>()
    this.#groupOf.set(namespace, names)
    return names
  }

  #leave({ key, pods }: Group, podName: string): PodFacts {
    const [pod] = pods.splice(indexIn({ pods }, podName), 1)
    if (pods.length === 0) this.#groups.delete(key)
    return pod as PodFacts
  }
}

export function workloadKey({ namespace, workload: { kind, name } }: PlacedWorkload): string {
  return `${namespace}/${kind}/${name}`
}

function nameKey({ namespace, name }: Name): string {
  return `${namespace}/${name}`
}

function indexIn({ pods }: Pick<Group, 'pods'>, podName: string): number {
  return pods.findIndex(({ name }) => name === podName)
}
