/**
 * Sees crashes in a real cluster: pods and Jobs watched as the operator watches them, each change looked at, and what is new kept
 * by namespace.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import type { KubeClient } from '../../src/kube/client.ts'
import type { Subscription } from '../../src/kube/consumer.ts'
import { WatchCache } from '../../src/kube/watch-cache.ts'
import type { ObjectReference } from '../../src/model/alert.ts'
import { explainByEvents, type KubeletEvent } from '../../src/watchers/crash/detectors/probe-killed.ts'
import { isChangedBeforeEnd, isWantedEnd } from '../../src/watchers/crash/enrich/is-wanted-end.ts'
import type { PodObject as ChangedPodObject } from '../../src/watchers/crash/enrich/pod-object.ts'
import { createJobProjection, type JobFacts } from '../../src/watchers/crash/job-facts.ts'
import { lookAtJob, lookAtPod } from '../../src/watchers/crash/look.ts'
import { createPodProjection, type PodFacts } from '../../src/watchers/crash/pod-facts.ts'
import type { JobObject, PodObject } from '../../src/watchers/crash/pod-object.ts'
import type { Look, PodMemory, Sighting } from '../../src/watchers/crash/sighting.ts'
import { workloadOf, workloadOfJob } from '../../src/watchers/crash/workload.ts'
import { createLabClient } from './watch-lab.ts'

export interface Witnessed extends Sighting {
  readonly isTrouble: boolean
  readonly workload: ObjectReference
  /** Of the pod or Job. */
  readonly name: string
  readonly uid: string
}

interface EventObject {
  readonly reason: string
  readonly message?: string
  readonly involvedObject: { readonly uid: string; readonly fieldPath?: string }
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
}

type Seen = Pick<PodFacts, 'namespace' | 'name' | 'uid'>

export class CrashWitness {
  readonly #client: KubeClient
  readonly #cache: WatchCache
  readonly #memories: Map<string, PodMemory>
  readonly #jobs = new Map<string, JobFacts>()
  readonly #seen = new Map<string, Witnessed[]>()
  readonly #asking = new Set<Promise<void>>()

  readonly #pods: Subscription<PodFacts>

  /** With what another one remembers, as an operator that starts again. */
  constructor(kubeconfig: string, memories = '[]') {
    this.#memories = new Map(JSON.parse(memories))
    this.#client = createLabClient(kubeconfig)
    this.#cache = new WatchCache({ client: this.#client, clock: systemClock, logger: silentLogger })
    const projectJob = createJobProjection()
    const projectPod = createPodProjection()
    this.#cache.subscribe<JobFacts>(
      { type: { group: 'batch', version: 'v1', resource: 'jobs' } },
      {
        name: 'witness-jobs',
        project: (object) => projectJob(object as unknown as JobObject),
        onChange: ({ type, value }) => type !== 'deleted' && this.#onJob(value),
      },
    )
    this.#pods = this.#cache.subscribe<PodFacts>(
      { type: { group: '', version: 'v1', resource: 'pods' } },
      {
        name: 'witness-pods',
        content: 'fields',
        project: (object) => projectPod(object as unknown as PodObject),
        onChange: ({ type, value }) => type !== 'deleted' && this.#onPod(value),
      },
    )
  }

  /** What was seen in a namespace, in the order of its coming; a trouble once for each key. */
  in(namespace: string): readonly Witnessed[] {
    return this.#seen.get(namespace) ?? []
  }

  /** Every crash in the order of its coming, as `uid/key`. */
  get crashKeys(): string[] {
    const all = [...this.#seen.values()].flat().filter(({ isTrouble }) => !isTrouble)
    return all.map(({ uid, key }) => `${uid}/${key}`)
  }

  /** What it remembers, as it would be kept. */
  get memories(): string {
    return JSON.stringify([...this.#memories])
  }

  /** All pods have been looked at, and nothing is being asked about them. */
  async whenSynced(): Promise<void> {
    await this.#pods.whenSynced(AbortSignal.timeout(60_000))
    await Promise.all(this.#asking)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#asking)
    await this.#cache.stop()
    await this.#client.close()
  }

  #onJob(job: JobFacts): void {
    this.#jobs.set(`${job.namespace}/${job.name}`, job)
    this.#take(job, lookAtJob(job, this.#memories.get(job.uid), { nowMs: Date.now() }), workloadOfJob(job))
  }

  #onPod(pod: PodFacts): void {
    const look = lookAtPod(pod, this.#memories.get(pod.uid), { nowMs: Date.now() })
    this.#take(pod, look, workloadOf(pod, this.#jobs))
  }

  #take(object: Seen, { crashes, troubles, memory }: Look, workload: ObjectReference): void {
    if (memory !== undefined) this.#memories.set(object.uid, memory)
    for (const trouble of troubles) this.#keep(object, { ...trouble, isTrouble: true }, workload)
    for (const crash of crashes) {
      const asking: Promise<void> = this.#explain(object, crash)
        .then((explained) => {
          if (explained !== undefined) this.#keep(object, { ...explained, isTrouble: false }, workload)
        })
        .finally(() => this.#asking.delete(asking))
      this.#asking.add(asking)
    }
  }

  #keep({ namespace, name, uid }: Seen, sighting: Sighting & { isTrouble: boolean }, workload: ObjectReference): void {
    const list = this.#seen.get(namespace) ?? []
    this.#seen.set(namespace, list)
    const isKnown = list.some(
      (one) => one.isTrouble && sighting.isTrouble && one.uid === uid && one.key === sighting.key,
    )
    if (!isKnown) list.push({ ...sighting, workload, name, uid })
  }

  /** Undefined where somebody wanted it. A kubelet with much to say writes its Events late. */
  async #explain(pod: Seen, crash: Sighting): Promise<Sighting | undefined> {
    const path = `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`
    const signal = AbortSignal.timeout(15_000)
    const now = await this.#client.requestJson<ChangedPodObject>({ path, signal }).catch(() => undefined)
    const tries = now !== undefined && isChangedBeforeEnd(now, crash) ? 40 : 1
    for (let tried = 1; ; tried++) {
      const events = await this.#eventsOf(pod)
      if (now !== undefined && isWantedEnd(now, crash, events)) return undefined
      const explained = explainByEvents(crash, events)
      if (explained !== crash || tried >= tries) return explained
      await sleep(250)
    }
  }

  async #eventsOf({ namespace, uid }: Seen): Promise<KubeletEvent[]> {
    const path = `/api/v1/namespaces/${namespace}/events`
    const query = { fieldSelector: `involvedObject.uid=${uid}` }
    const { items } = await this.#client
      .requestJson<{ items: EventObject[] }>({ path, query, signal: AbortSignal.timeout(60_000) })
      .catch(() => ({ items: [] }))
    return items.map(kubeletEvent)
  }
}

function kubeletEvent(event: EventObject): KubeletEvent {
  const { reason, message = '', involvedObject, firstTimestamp, lastTimestamp, eventTime } = event
  const [first, last] = [firstTimestamp ?? eventTime ?? '', lastTimestamp ?? eventTime ?? '']
  return { reason, message, fieldPath: involvedObject.fieldPath, firstMs: Date.parse(first), lastMs: Date.parse(last) }
}
