/**
 * Looks at pods and Jobs as they change, and finds out what is to be looked into, told or over. It asks nobody and waits for
 * nothing: what takes time is handed out as an `Investigation` and comes back by `conclude`, or by `dismiss` where it is no crash.
 */

import { durationMs } from '../../api/duration.ts'
import type { Clock } from '../../base/clock.ts'
import type { CrashRecord } from '../../model/crash.ts'
import { CrashCluster, type PlacedWorkload, workloadKey } from './crash-cluster.ts'
import { CrashMemory, type FactStore } from './crash-memory.ts'
import { crashId } from './crash-record.ts'
import { waitsSinceMs } from './detectors/config.ts'
import { isHealthy } from './health.ts'
import type { Incident, Standing } from './incident.ts'
import type { JobFacts } from './job-facts.ts'
import { lookAtJob, lookAtPod } from './look.ts'
import { type PodFacts, runsUid } from './pod-facts.ts'
import type { RouteBook } from './route-book.ts'
import { countedOnce, placeOf, type Seen, seenOf, subjectOf } from './seen.ts'
import type { Look, LookContext, PodMemory, Sighting } from './sighting.ts'
import { standingOf } from './standing.ts'
import { VolumeQuestions } from './volume-questions.ts'
import { workloadOfJob } from './workload.ts'

/** A crash that a route wants to know more of. */
export interface Investigation extends Seen {
  readonly id: string
  readonly sighting: Sighting
  /** Whoever selects it. */
  readonly books: readonly RouteBook[]
  /** It is a crash or trouble of its own, not a loop of crashes that have their own records. */
  readonly hasRecord: boolean
  /** Its record is kept in the history, and counted: where several routes tell it, that of the first. */
  readonly isKept: boolean
  /** What is remembered of the pod or Job rests on it: that is written down when it was handed on. */
  readonly isRemembered: boolean
}

export interface CrashEngineOptions {
  readonly clock: Clock
  readonly facts: FactStore
  readonly books: () => Iterable<RouteBook>
  /** Whether a route looks at that namespace. */
  readonly isSelected: (book: RouteBook, namespace: string) => boolean
  /** Whether a route tells such a crash. */
  readonly isTold: (book: RouteBook, crash: ToldQuestion) => boolean
  readonly investigate: (investigation: Investigation) => void
  /** Asks why a pod has not got its volumes; the answer comes back by `putVolumeFailure`. */
  readonly askVolumes: (pod: PodFacts) => void
  /** What was told of a pod before Dogwatch began: a first look does not tell it again. */
  readonly toldBefore?: ((pod: PodFacts) => PodMemory | undefined) | undefined
}

export type ToldQuestion = Pick<Investigation, 'place' | 'name' | 'sighting' | 'isOptedOut'>

const begunFact = 'crash/begun'

export class CrashEngine {
  readonly cluster = new CrashCluster()
  readonly #options: CrashEngineOptions
  readonly #memory: CrashMemory
  readonly #lostNodes = new Map<string, number>()
  readonly #volumes = new VolumeQuestions()
  /** Troubles that were looked into, by pod or Job, so that each is looked into once for each route, and kept once. */
  readonly #looked = new Map<string, Set<string>>()
  #isLooking = false
  #againMs: number | undefined

  constructor(options: CrashEngineOptions) {
    this.#options = options
    this.#memory = new CrashMemory(options.facts)
  }

  get isLooking(): boolean {
    return this.#isLooking
  }

  /** When something may be due by the passing of time alone. */
  get againMs(): number | undefined {
    const atMs = Math.min(this.#againMs ?? Number.POSITIVE_INFINITY, this.#volumes.nextMs)
    return Number.isFinite(atMs) ? atMs : undefined
  }

  /** Everything has been seen once: from here on it looks. What an earlier process knew is taken up. */
  begin(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    const { facts } = this.#options
    this.#memory.restore()
    for (const book of this.#options.books()) book.restore()
    const isFirst = !facts.recall(begunFact).has(begunFact)
    for (const { pod, place } of this.cluster.allPods()) {
      if (isFirst) this.#memory.set(runsUid(pod), lookAtPod(pod, undefined, this.#context(pod)).memory)
      else this.#lookAtPod(pod, place)
    }
    for (const job of this.cluster.allJobs()) {
      if (isFirst) this.#memory.set(job.uid, lookAtJob(job, undefined, this.#context()).memory)
      else this.#lookAtJob(job)
    }
    this.#forgetGone()
    facts.remember(begunFact, 'true')
    for (const book of this.#options.books()) this.#takeFirstLook(book)
    this.settleAll()
  }

  /** A route that is new here, or is suspended no more. */
  join(book: RouteBook): void {
    if (!this.#isLooking) return
    book.restore()
    this.#takeFirstLook(book)
    this.settleAll()
  }

  /** Nobody asks any more: the next route begins anew. */
  end(): void {
    this.#options.facts.remember(begunFact, undefined)
    this.#memory.clear()
    this.#isLooking = false
  }

  putPod(pod: PodFacts): void {
    const place = this.cluster.putPod(pod)
    if (!this.#isLooking) return
    this.#lookAtPod(pod, place)
    this.#settle(place, pod)
  }

  removePod(name: { readonly namespace: string; readonly name: string }): void {
    const known = this.cluster.removePod(name)
    if (known === undefined || !this.#isLooking) return
    this.#gone(runsUid(known.pod))
    this.#volumes.forget(known.pod.uid)
    this.#settle(known.place, known.pod)
  }

  putJob(job: JobFacts): void {
    this.cluster.putJob(job)
    if (this.#isLooking) this.#lookAtJob(job)
  }

  removeJob(job: JobFacts): void {
    this.cluster.removeJob(job)
    if (!this.#isLooking) return
    this.#gone(job.uid)
    this.#settle({ namespace: job.namespace, workload: workloadOfJob(job) }, undefined)
  }

  /** `lostSinceMs` undefined: it answers. */
  putNode(name: string, lostSinceMs: number | undefined): void {
    if (this.#lostNodes.get(name) === lostSinceMs) return
    if (lostSinceMs === undefined) this.#lostNodes.delete(name)
    else this.#lostNodes.set(name, lostSinceMs)
    if (!this.#isLooking) return
    for (const { pod, place } of [...this.cluster.allPods()].filter(({ pod }) => pod.nodeName === name)) {
      this.#lookAtPod(pod, place)
      this.#settle(place, pod)
    }
  }

  /** Undefined: its Events say nothing of volumes. */
  putVolumeFailure({ namespace, name, uid }: PodFacts, failure: string | undefined): void {
    const pod = this.cluster.pod({ namespace, name })
    if (!this.#isLooking || pod?.uid !== uid) return
    this.#volumes.answer(uid, failure)
    this.#lookAtPod(pod, this.cluster.putPod(pod))
  }

  /** It was looked into; the sighting may be known better now. Those of one pod come in the order in which they were given out. */
  conclude(investigation: Investigation, sighting: Sighting, record: CrashRecord): void {
    const { books, place, pod, uid, id, hasRecord, isRemembered } = investigation
    const found = {
      id,
      sighting: countedOnce(sighting),
      record: hasRecord ? record : undefined,
      place: placeOf(investigation),
    }
    for (const book of books) {
      const subject = subjectOf(book, investigation)
      const isWanted = this.#options.isTold(book, { ...investigation, sighting })
      if (isWanted) book.handOn(subject, found, this.#options.clock.nowMs())
      else book.giveUp(subject, found.record)
    }
    if (isRemembered) this.#memory.release(uid)
    this.#settle(place, pod)
  }

  /** It was looked into, and is no crash: nobody is told, and it is not found again. */
  dismiss(investigation: Investigation): void {
    const { books, place, pod, uid, isRemembered } = investigation
    for (const book of books) book.giveUp(subjectOf(book, investigation))
    if (isRemembered) this.#memory.release(uid)
    this.#settle(place, pod)
  }

  /** What time alone may have ended, and troubles that have lasted long enough. */
  settleAll(): void {
    this.#againMs = undefined
    for (const { pod, place } of this.cluster.allPods()) {
      if (pod.unscheduled !== undefined || pod.unprepared !== undefined) this.#lookAtPod(pod, place)
    }
    this.#askVolumes()
    this.#settleBooks((book, standingOf, nowMs) => book.settleAll(standingOf, nowMs))
  }

  #lookAtPod(pod: PodFacts, place: PlacedWorkload): void {
    const look = lookAtPod(pod, this.#memory.get(runsUid(pod)), this.#context(pod))
    this.#follow(look, seenOf(place, pod))
    if (pod.unprepared !== undefined && pod.deletedMs === undefined) this.#wonderAbout(pod, place)
    else this.#volumes.forget(pod.uid)
  }

  /** A pod that has waited for as long as some route says is asked about, now and then, until each route has told of its workload. */
  #wonderAbout(pod: PodFacts, place: PlacedWorkload): void {
    const atMs = waitsSinceMs(pod)
    const seen = seenOf(place, pod)
    const sighting = { key: '', reason: 'Config', cause: '', atMs, restartCount: 0, crashes: 1 } as const
    const waitsMs = this.#booksOf(pod.namespace)
      .filter((book) => this.#isNews(book, sighting, seen))
      .map(({ route }) => durationMs(route.spec.unschedulableFor))
    this.#volumes.want(pod, { workload: workloadKey(place), dueMs: atMs + Math.min(...waitsMs) })
  }

  #askVolumes(): void {
    for (const pod of this.#volumes.take(this.#options.clock.nowMs())) {
      if (this.cluster.pod(pod)?.uid === pod.uid) this.#options.askVolumes(pod)
      else this.#volumes.forget(pod.uid)
    }
  }

  #lookAtJob(job: JobFacts): void {
    const look = lookAtJob(job, this.#memory.get(job.uid), this.#context())
    const place = { namespace: job.namespace, workload: workloadOfJob(job) }
    this.#follow(look, { place, pod: undefined, name: job.name, uid: job.uid, isOptedOut: job.isOptedOut })
  }

  #follow(look: Look, seen: Seen): void {
    const crashes = look.crashes.flatMap((sighting) => this.#investigationOf(sighting, seen) ?? [])
    const known = new Set(crashes.map(({ id }) => id))
    const troubles = look.troubles.flatMap((sighting) => this.#troubleOf(sighting, seen, known) ?? [])
    const found = [...crashes, ...troubles.filter(({ id }) => !known.has(id))]
    this.#memory.set(seen.uid, look.memory, crashes.length === 0 ? [] : look.steps)
    for (const investigation of found) {
      for (const book of investigation.books) book.begin(subjectOf(book, investigation))
      this.#options.investigate(investigation)
    }
  }

  #investigationOf(sighting: Sighting, seen: Seen): Investigation | undefined {
    const books = this.#booksOf(seen.place.namespace)
    if (books.length === 0) return undefined
    return {
      ...seen,
      sighting,
      books,
      hasRecord: true,
      isKept: true,
      isRemembered: true,
      id: crashId(seen.uid, sighting.key),
    }
  }

  /** A trouble that lasts is told by each route that has not told it; a state that is no crash of its own waits for its time. */
  #troubleOf(sighting: Sighting, seen: Seen, crashes: ReadonlySet<string>): Investigation | undefined {
    const id = crashId(seen.uid, sighting.key)
    const looked = this.#lookedAt(seen.uid)
    const lookedBy = ({ route }: RouteBook) => `${id}/${route.reference.uid}`
    const due = this.#booksOf(seen.place.namespace).filter((book) => this.#isDue(book, sighting, seen))
    const books = due.filter((book) => !looked.has(lookedBy(book)))
    const hasRecord = sighting.reason !== 'CrashLoopBackOff'
    const isKept = hasRecord && !looked.has(id)
    if (books.length > 0 || crashes.has(id)) looked.add(id)
    if (books.length === 0) return undefined
    for (const book of books) looked.add(lookedBy(book))
    return { ...seen, sighting, books, hasRecord, isKept, isRemembered: false, id }
  }

  #lookedAt(uid: string): Set<string> {
    const looked = this.#looked.get(uid) ?? new Set()
    this.#looked.set(uid, looked)
    return looked
  }

  #isDue(book: RouteBook, sighting: Sighting, seen: Seen): boolean {
    if (!this.#isNews(book, sighting, seen)) return false
    if (sighting.hasToLast !== true) return true
    const dueMs = sighting.atMs + durationMs(book.route.spec.unschedulableFor)
    if (dueMs <= this.#options.clock.nowMs()) return true
    this.#lookAgainAt(dueMs)
    return false
  }

  #isNews(book: RouteBook, sighting: Sighting, seen: Seen): boolean {
    if (book.knows(subjectOf(book, { ...seen, sighting }), sighting.reason)) return false
    return this.#options.isTold(book, { ...seen, sighting })
  }

  /** One that is suspended looks at nothing: its first look is when that ends. */
  #takeFirstLook(book: RouteBook): void {
    if (book.isNew && !book.route.spec.suspend) this.#takeBaseline(book)
  }

  #takeBaseline(book: RouteBook): void {
    const nowMs = this.#options.clock.nowMs()
    const sinceMs = nowMs - durationMs(book.route.spec.grouping.healthyFor)
    for (const { pod, place } of this.cluster.allPods()) {
      if (!this.#options.isSelected(book, pod.namespace)) continue
      const look = lookAtPod(pod, this.#options.toldBefore?.(pod), this.#context(pod))
      const isOpen = ({ atMs, container }: Sighting) => atMs >= sinceMs || !isHealthy(pod, container?.name)
      for (const sighting of [...look.crashes.filter(isOpen), ...look.troubles]) {
        this.#addToBaseline(book, sighting, { place, pod })
      }
    }
    book.tellBaseline(nowMs)
  }

  #addToBaseline(book: RouteBook, sighting: Sighting, { place, pod }: { place: PlacedWorkload; pod: PodFacts }): void {
    const seen = seenOf(place, pod)
    if (sighting.hasToLast === true || !this.#options.isTold(book, { ...seen, sighting })) return
    const found = { id: crashId(seen.uid, sighting.key), sighting: countedOnce(sighting) }
    book.beginBaseline(subjectOf(book, { ...seen, sighting }), found, placeOf(seen))
  }

  #settle(place: PlacedWorkload, pod: PodFacts | undefined): void {
    const { namespace } = place
    const ofPod = pod && workloadKey({ namespace, workload: { kind: 'Pod', name: pod.name } })
    const workloads = [...new Set([workloadKey(place), ...(ofPod === undefined ? [] : [ofPod])])]
    this.#settleBooks((book, standingOf, nowMs) => book.settle(workloads, standingOf, nowMs))
  }

  #settleBooks(settle: (book: RouteBook, standingOf: StandingOf, nowMs: number) => number | undefined): void {
    const nowMs = this.#options.clock.nowMs()
    for (const book of this.#options.books()) {
      const againMs = settle(book, (incident) => this.#standingOf(incident), nowMs)
      if (againMs !== undefined) this.#lookAgainAt(againMs)
    }
  }

  #standingOf(incident: Incident) {
    const { namespace, workload, container } = incident
    const pod = workload.kind === 'Pod' ? this.cluster.pod({ namespace, name: workload.name }) : undefined
    const pods = workload.kind === 'Pod' ? [pod ?? []].flat() : this.cluster.podsOf({ namespace, workload })
    return standingOf(incident, pods, (one) => this.#isTroubled(one, container))
  }

  #isTroubled(pod: PodFacts, container: string | undefined): boolean {
    const { troubles } = lookAtPod(pod, this.#memory.get(runsUid(pod)), this.#context(pod))
    return troubles.some((trouble) => trouble.container === undefined || trouble.container.name === container)
  }

  #booksOf(namespace: string): RouteBook[] {
    return [...this.#options.books()].filter((book) => this.#options.isSelected(book, namespace))
  }

  #context(pod?: PodFacts): LookContext {
    const nodeLostSinceMs = pod?.nodeName === undefined ? undefined : this.#lostNodes.get(pod.nodeName)
    const volumeFailure = pod === undefined ? undefined : this.#volumes.failureOf(pod.uid)
    return { nowMs: this.#options.clock.nowMs(), nodeLostSinceMs, volumeFailure }
  }

  #lookAgainAt(atMs: number): void {
    this.#againMs = Math.min(this.#againMs ?? Number.POSITIVE_INFINITY, atMs)
  }

  #gone(uid: string): void {
    this.#memory.gone(uid, this.#options.clock.nowMs())
    this.#looked.delete(uid)
  }

  #forgetGone(): void {
    const there = new Set([...this.cluster.allPods()].map(({ pod }) => runsUid(pod)))
    for (const { uid } of this.cluster.allJobs()) there.add(uid)
    this.#memory.keepThose((uid) => there.has(uid), this.#options.clock.nowMs())
  }
}

type StandingOf = (incident: Incident) => Standing
