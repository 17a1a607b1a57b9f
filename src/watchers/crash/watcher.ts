/**
 * The crash watcher: routes in, alerts and records out. A thin shell: it feeds the engine, has each crash looked into, and hands
 * on what was found, in this order: the record to the history, the alert to people, what is remembered of the pod to the log. So
 * whenever the process dies, the next one finds again what was not handed on, under the same names.
 */
import type { Clock } from '../../base/clock.ts'
import { errorText } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { WatchCache } from '../../kube/watch-cache.ts'
import type { Alert, AlertRoute } from '../../model/alert.ts'
import type { CrashRecord } from '../../model/crash.ts'
import type { Redactor } from '../../model/redaction.ts'
import type { AskVolumes } from './ask-volumes.ts'
import { CrashEngine, type Investigation } from './crash-engine.ts'
import { CrashFeed } from './crash-feed.ts'
import type { FactStore } from './crash-memory.ts'
import type { CrashMetrics } from './crash-metrics.ts'
import type { CrashNamespace } from './crash-namespace.ts'
import { crashRecordOf } from './crash-record.ts'
import { DueAlarm } from './due-alarm.ts'
import type { Enricher, Enrichment } from './enrich/enrichment.ts'
import { enrichRequest } from './enrich-request.ts'
import { LogBudget } from './log-budget.ts'
import type { PodFacts } from './pod-facts.ts'
import type { RememberedIncident } from './remembered-incident.ts'
import { RouteBook } from './route-book.ts'
import { isTold, lineOf, linkOf, receiversOfLine } from './route-choice.ts'
import { selectsNamespace } from './route-match.ts'
import type { PodMemory, Sighting } from './sighting.ts'
import { isStillTold } from './still-told.ts'
import { toldLine } from './told-line.ts'
import type { CrashView } from './view.ts'
import { viewOf } from './view-of.ts'
import type { WatchedCrashRoute } from './watched-route.ts'

/** Where alerts go, and what is remembered between two processes. */
export interface CrashSink extends FactStore {
  put(alert: Alert, route: AlertRoute): void
  reroute(policyUid: string, routeOf: (alert: Alert) => AlertRoute): void
  toldOf(alertKey: string): { readonly firstMs: number } | undefined
  setSuspended(policyUid: string, isSuspended: boolean): void
}

/** Where records are kept; durable before what is put into the sink afterwards. */
export interface CrashRecords {
  put(record: CrashRecord): void
}

export interface CrashWatcherOptions {
  readonly cache: Pick<WatchCache, 'subscribe'>
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: CrashMetrics
  readonly clusterName: string | undefined
  /** Set: only this namespace can be read. */
  readonly watchNamespace: string | undefined
  readonly sink: CrashSink
  readonly records: CrashRecords
  readonly enricher: Enricher
  readonly askVolumes: AskVolumes
  /** What takes secrets out of texts, by the patterns of all routes that are told. */
  readonly redactorFor: (patterns: readonly string[]) => Redactor
  /** Whether something holds an alert back for everybody. */
  readonly isMuted: (alert: Alert) => boolean
  /** See CrashEngineOptions; asked when everything has been seen once. */
  readonly toldBefore?: ((pod: PodFacts) => PodMemory | undefined) | undefined
  /** What `view` gives may have changed. */
  readonly onViewChange: (route: WatchedCrashRoute['reference']) => void
}

export class CrashWatcher {
  readonly #options: CrashWatcherOptions
  readonly #books = new Map<string, RouteBook>()
  readonly #namespaces = new Map<string, CrashNamespace>()
  readonly #logs = new LogBudget()
  readonly #due: DueAlarm
  readonly #underWay = new Set<Promise<void>>()
  /** Of each pod the last crash that is being looked into. */
  readonly #lastOf = new Map<string, Promise<void>>()
  #engine: CrashEngine
  #feed: CrashFeed
  #abort = new AbortController()
  #isLeading = false
  #follows = 0
  #isStopped = false

  constructor(options: CrashWatcherOptions) {
    this.#options = options
    this.#due = new DueAlarm(options.clock, () => this.#lookAtDue())
    this.#engine = this.#newEngine()
    this.#feed = this.#newFeed()
  }

  workOf(uid: string): Pick<WatchedCrashRoute, 'generation' | 'spec'> | undefined {
    return this.#books.get(uid)?.route
  }

  view(uid: string): CrashView | undefined {
    const book = this.#books.get(uid)
    if (book === undefined) return undefined
    const waitingFor = this.#waitingFor()
    if (waitingFor.length > 0) return { waitingFor }
    const { sink, isMuted, clock } = this.#options
    const namespaces = [...this.#namespaces.values()].filter((namespace) => selectsNamespace(book.route, namespace))
    return viewOf({
      ...{ book, isMuted, nowMs: clock.nowMs(), namespaces: namespaces.length },
      toldOf: (alertKey) => sink.toldOf(alertKey),
    })
  }

  /** Undefined while the namespaces have not been read; where they cannot be, no labels are known. */
  namespaceFacts(name: string): CrashNamespace | undefined {
    const areRead = this.#options.watchNamespace !== undefined || this.#feed.hasRead('namespaces')
    return areRead ? this.#namespace(name) : undefined
  }

  apply(route: WatchedCrashRoute): void {
    if (this.#isStopped) return
    const known = this.#books.get(route.reference.uid)
    const book = known ?? new RouteBook(route, this.#bookOptions())
    const isResumed = book.route.spec.suspend && !route.spec.suspend
    book.route = route
    this.#books.set(route.reference.uid, book)
    this.#feed.watch()
    if ((known === undefined || isResumed) && this.#isLooking) this.#engine.join(book)
    this.#options.sink.reroute(route.reference.uid, (alert) => book.routeOf(alert))
    this.#begin()
    this.#options.sink.setSuspended(route.reference.uid, route.spec.suspend)
  }

  /** What is open of it is closed by the sink. */
  remove(uid: string): void {
    this.#books.get(uid)?.clear()
    if (!this.#books.delete(uid) || this.#books.size > 0) return
    this.#engine.end()
    this.#startAnew()
  }

  /** From here on it looks: the sink knows what is open, and every route has been seen. */
  lead(): void {
    this.#isLeading = true
    this.#begin()
  }

  /** Another process looks now: what was found here is forgotten, the cluster is still followed. */
  async follow(): Promise<void> {
    this.#isLeading = false
    this.#follows += 1
    this.#due.clear()
    this.#abort.abort()
    this.#abort = new AbortController()
    await Promise.all(this.#underWay)
    for (const [uid, { route }] of this.#books) this.#books.set(uid, new RouteBook(route, this.#bookOptions()))
    if (!this.#isStopped) this.#startAnew()
  }

  /** More is remembered than was known: everything is looked at again. What is being looked into is found again. */
  lookAnew(): void {
    if (!this.#isLeading) return
    const following = this.follow()
    const number = this.#follows
    const left = following.then(() => {
      if (number === this.#follows) this.lead()
    })
    this.#underWay.add(left)
    void left.finally(() => this.#underWay.delete(left))
  }

  /** Nothing is looked at from here on; what is being looked into is found again by the next process. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#due.clear()
    this.#feed.stop()
    this.#abort.abort()
    await Promise.all(this.#underWay)
  }

  /** An open alert of this watcher as it is now; undefined where that cannot be said. */
  describe(alert: Alert): Alert | undefined {
    return this.#books.get(alert.policy.uid)?.describe(alert, this.#options.clock.nowMs())
  }

  get #isLooking(): boolean {
    return !this.#isStopped && this.#isLeading && this.#engine.isLooking
  }

  #newEngine(): CrashEngine {
    const { clock, sink } = this.#options
    return new CrashEngine({
      ...{ clock, facts: sink },
      books: () => this.#books.values(),
      isSelected: ({ route }, namespace) => !route.spec.suspend && selectsNamespace(route, this.#namespace(namespace)),
      isTold: ({ route }, crash) => isTold(route, this.#namespace(crash.place.namespace), crash),
      investigate: (investigation) => this.#investigate(investigation),
      askVolumes: (pod) => this.#askVolumes(pod),
      toldBefore: this.#options.toldBefore,
    })
  }

  #newFeed(): CrashFeed {
    const { cache, watchNamespace } = this.#options
    const act =
      <T>(onChange: (change: T) => void) =>
      (change: T) => {
        onChange(change)
        this.#scheduleDue()
      }
    return new CrashFeed({
      ...{ cache, watchNamespace },
      onPod: act(({ type, value }) =>
        type === 'deleted' ? this.#engine.removePod(value) : this.#engine.putPod(value),
      ),
      onJob: act(({ type, value }) =>
        type === 'deleted' ? this.#engine.removeJob(value) : this.#engine.putJob(value),
      ),
      onNode: act(({ type, value }) =>
        this.#engine.putNode(value.name, type === 'deleted' ? undefined : value.lostSinceMs),
      ),
      onNamespace: ({ type, value }) => {
        if (type === 'deleted') this.#namespaces.delete(value.name)
        else this.#namespaces.set(value.name, value)
        this.#namespacesChanged()
      },
      onSynced: () => this.#begin(),
    })
  }

  /** A namespace that cannot be read, or is not known yet, has no labels. */
  #namespace(name: string): CrashNamespace {
    return this.#namespaces.get(name) ?? { name, labels: {} }
  }

  #bookOptions() {
    const { sink, clusterName } = this.#options
    return {
      ...{ facts: sink, sink, clusterName, dashboardLink: linkOf },
      lineOf: (route: WatchedCrashRoute, namespace: string) => lineOf(route, this.#namespace(namespace)),
      receiversOfLine,
      isStillTold: (route: WatchedCrashRoute, open: RememberedIncident) =>
        isStillTold(route, open, {
          namespace: this.#namespace(open.incident.namespace),
          cluster: this.#engine.cluster,
        }),
      fitLog: (alertKey: string, alert: Alert) => this.#logs.fit(alertKey, alert),
      forgetLog: (alertKey: string) => this.#logs.forget(alertKey),
    }
  }

  #waitingFor(): string[] {
    return [...this.#feed.waitingFor, ...(this.#isLeading ? [] : ['the lease'])]
  }

  #begin(): void {
    if (this.#isStopped || this.#books.size === 0 || this.#waitingFor().length > 0) return
    this.#engine.begin()
    this.#viewsChanged()
    this.#scheduleDue()
  }

  #namespacesChanged(): void {
    if (!this.#isLooking) return
    for (const [uid, book] of this.#books) this.#options.sink.reroute(uid, (alert) => book.routeOf(alert))
    this.#viewsChanged()
  }

  #viewsChanged(): void {
    for (const { route } of this.#books.values()) this.#options.onViewChange(route.reference)
  }

  #investigate(investigation: Investigation): void {
    const { signal } = this.#abort
    const { uid } = investigation
    const before = this.#lastOf.get(uid)
    const work: Promise<void> = this.#lookInto(investigation, before, signal)
      .catch((error: unknown) => {
        if (!signal.aborted)
          this.#options.logger.error({ component: 'crash', error: errorText(error) }, 'Crash not looked into')
      })
      .finally(() => {
        this.#underWay.delete(work)
        if (this.#lastOf.get(uid) === work) this.#lastOf.delete(uid)
      })
    this.#underWay.add(work)
    this.#lastOf.set(uid, work)
  }

  /** Without an answer it is asked again. */
  #askVolumes(pod: PodFacts): void {
    const { signal } = this.#abort
    const { askVolumes, logger } = this.#options
    const asking: Promise<void> = askVolumes(pod, signal)
      .then((failure) => {
        if (!signal.aborted) this.#engine.putVolumeFailure(pod, failure)
      })
      .catch((error: unknown) => {
        if (!signal.aborted) logger.warn({ component: 'crash', error: errorText(error) }, 'Events of a pod not read')
      })
      .finally(() => {
        this.#underWay.delete(asking)
        this.#scheduleDue()
      })
    this.#underWay.add(asking)
  }

  /** The crashes of one pod are handed on in their order: what is remembered of it stands for all of them. */
  async #lookInto(investigation: Investigation, before: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
    const { enricher, redactorFor, clock } = this.#options
    const seenMs = clock.nowMs()
    const { pod, hasRecord } = investigation
    const request = enrichRequest(investigation, { redactorFor, isPodThere: () => this.#isThere(pod) })
    const { proven, ...details } = hasRecord ? await enricher.enrich(request, signal) : nothingFound
    await before
    if (signal.aborted) return
    if (proven?.isWanted === true) this.#engine.dismiss(investigation)
    else {
      const told = { ...investigation.sighting, ...proven }
      this.#handOn(investigation, { ...told, cause: toldLine(told.cause, request.redactor) }, { seenMs, details })
    }
    for (const { route } of investigation.books) this.#options.onViewChange(route.reference)
    this.#scheduleDue()
  }

  #handOn(investigation: Investigation, sighting: Sighting, { seenMs, details }: LookedInto): void {
    const { clusterName, records, metrics } = this.#options
    const { place, pod, uid, isKept } = investigation
    const record = crashRecordOf(
      sighting,
      {
        ...{ clusterName, uid, seenMs, namespace: place.namespace, workload: place.workload, nodeName: pod?.nodeName },
        pod: pod && { name: pod.name, uid: pod.uid },
      },
      details,
    )
    if (isKept) {
      records.put(record)
      metrics.crashed(record)
    }
    this.#engine.conclude(investigation, sighting, record)
  }

  #isThere(pod: PodFacts | undefined): boolean {
    return pod !== undefined && this.#engine.cluster.pod(pod)?.uid === pod.uid
  }

  /** For the ends of incidents and for troubles that have to last, of all routes. */
  #scheduleDue(): void {
    const atMs = this.#engine.againMs
    if (atMs !== undefined && this.#isLooking) this.#due.setFor(atMs)
  }

  #lookAtDue(): void {
    this.#engine.settleAll()
    this.#viewsChanged()
    this.#scheduleDue()
  }

  /** Where nobody asks any more nothing is followed: what is known of the cluster would grow stale unseen. */
  #startAnew(): void {
    this.#feed.stop()
    this.#namespaces.clear()
    this.#engine = this.#newEngine()
    this.#feed = this.#newFeed()
    if (this.#books.size > 0) this.#feed.watch()
  }
}

interface LookedInto {
  readonly seenMs: number
  readonly details: Omit<Enrichment, 'proven'>
}

const nothingFound = { facts: [], missing: [], proven: undefined }
