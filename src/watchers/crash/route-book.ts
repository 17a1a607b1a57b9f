/**
 * One CrashAlertRoute at work: its open incidents, from the first crash to the end, kept over restarts. What was wrong already
 * when the route first looked is its baseline: told as one, and each part of it is an incident like others once it has been well.
 */
import { durationMs } from '../../api/duration.ts'
import type { Alert, AlertRoute, Grouping, ObjectReference, ReceiverUse } from '../../model/alert.ts'
import type { CrashReason, CrashRecord } from '../../model/crash.ts'
import { type CrashAlertSource, crashAlert, crashAlertKey, endedCrashAlert } from './alert.ts'
import { baselineAlert, baselineLineOf } from './baseline-alert.ts'
import { BookMemory } from './book-memory.ts'
import type { FactStore } from './crash-memory.ts'
import { logWishOf } from './enrich/crash-log.ts'
import {
  addSighting,
  beginIncident,
  type CrashPlace,
  type IdentifiedSighting,
  type Incident,
  type IncidentSubject,
  incidentKey,
  type Standing,
  settleIncident,
} from './incident.ts'
import { type LastCrash, lastCrashOf, type RememberedIncident } from './remembered-incident.ts'
import type { ChosenLine } from './route-choice.ts'
import type { WatchedCrashRoute } from './watched-route.ts'
import { WorkloadIndex } from './workload-index.ts'

/** A crash that was looked into. */
export interface FoundCrash extends IdentifiedSighting {
  readonly record: CrashRecord | undefined
  readonly place: CrashPlace
}

/** Where alerts go, as far as an incident needs it. */
export interface IncidentSink {
  put(alert: Alert, route: AlertRoute): void
}

export interface RouteBookOptions {
  readonly facts: FactStore
  readonly sink: IncidentSink
  readonly clusterName: string | undefined
  readonly dashboardLink: (template: string, record: CrashRecord) => string
  /** Where the crashes of a namespace go, and which line says so. */
  readonly lineOf: (route: WatchedCrashRoute, namespace: string) => ChosenLine
  /** Where the crashes of a line go that namespaces have no say in. */
  readonly receiversOfLine: (route: WatchedCrashRoute, line: string) => readonly ReceiverUse[]
  /** Whether the route would tell an open incident, were it new. */
  readonly isStillTold: (route: WatchedCrashRoute, incident: RememberedIncident) => boolean
  /** Gives each log as much room in memory as there is. */
  readonly fitLog: (alertKey: string, alert: Alert) => Alert
  readonly forgetLog: (alertKey: string) => void
}

interface OpenEntry extends Entry {
  incident: Incident
}

interface Entry {
  /** Undefined while its first crash is being looked into. */
  incident: Incident | undefined
  crash: LastCrash | undefined
  /** Crashes that are being looked into. */
  underWay: number
}

export class RouteBook {
  readonly #options: RouteBookOptions
  readonly #memory: BookMemory
  readonly #entries = new WorkloadIndex<Entry>()
  #route: WatchedCrashRoute
  #lastCrash: CrashRecord | undefined
  /** Lines whose baseline is told and not over. */
  #baselines: readonly string[] = []

  constructor(route: WatchedCrashRoute, options: RouteBookOptions) {
    this.#route = route
    this.#options = options
    this.#memory = new BookMemory(options.facts, route.reference.uid)
  }

  get route(): WatchedCrashRoute {
    return this.#route
  }

  set route(route: WatchedCrashRoute) {
    this.#route = route
  }

  /** What an earlier process left open. */
  restore(): void {
    this.#baselines = this.#memory.baselines() ?? []
    for (const { incident, crash } of this.#memory.incidents()) {
      this.#noteLast(crash?.record)
      const key = incidentKey(incident)
      if (this.#entries.get(key) === undefined) this.#entries.set(key, { incident, crash, underWay: 0 })
    }
  }

  /** Forgets all, also what the next process would find. */
  clear(): void {
    this.#memory.keepBaselines(undefined)
    this.#baselines = []
    for (const key of this.#entries.keys()) this.#memory.forget(key)
    this.#entries.clear()
  }

  incidents(): Incident[] {
    return this.#entries.values().flatMap(({ incident }) => incident ?? [])
  }

  /** By which alert each incident is told, as it is now: its own, or that of the baseline that it belongs to. */
  alertsOf(incidents: readonly Incident[], nowMs: number): Alert[] {
    const baselines = new Map(
      [...this.#baselineLines()].map(([line, some]) => [line, this.#baselineAlert(line, some, nowMs)]),
    )
    return incidents.map((incident) => {
      const baseline = incident.isBaseline === true ? baselines.get(this.#lineNameOf(incident)) : undefined
      return baseline ?? this.#alert({ incident, crash: this.crashOf(incident) }, nowMs)
    })
  }

  /** The last crash that the route selects, told or not; of an earlier process's crashes, those of open incidents count. */
  get lastCrash(): CrashRecord | undefined {
    return this.#lastCrash
  }

  /** An incident's last crash. */
  crashOf(incident: Incident): LastCrash | undefined {
    return this.#entries.get(incidentKey(incident))?.crash
  }

  /** What somebody is told of: a workload's container, or what `grouping.by` makes of it. */
  subjectOf(
    { namespace, workload }: { readonly namespace: string; readonly workload: ObjectReference },
    { container }: IdentifiedSighting['sighting'],
    pod: ObjectReference | undefined,
  ): IncidentSubject {
    const isByPod = this.#route.spec.grouping.by === 'Pod' && pod !== undefined
    return {
      namespace,
      workload: isByPod ? pod : workload,
      ...(container === undefined ? {} : { container: container.name }),
    }
  }

  /** Whether an open incident has this reason already. */
  knows(subject: IncidentSubject, reason: CrashReason): boolean {
    return this.#entries.get(incidentKey(subject))?.incident?.reasons.includes(reason) === true
  }

  /** A crash of it is being looked into: until that is handed on, the incident does not end. */
  begin(subject: IncidentSubject): void {
    const key = incidentKey(subject)
    const known = this.#entries.get(key)
    if (known === undefined) this.#entries.set(key, { incident: undefined, crash: undefined, underWay: 1 })
    else known.underWay += 1
  }

  /** Opens the incident or adds to it, and tells people. Without a record: a trouble that is no crash of its own. */
  handOn(subject: IncidentSubject, found: FoundCrash, nowMs: number): void {
    const entry = this.#entries.get(incidentKey(subject))
    if (entry === undefined) return
    entry.underWay -= 1
    const { record, place } = found
    this.#noteLast(record)
    if (record !== undefined && (entry.crash?.record.atMs ?? 0) <= record.atMs) entry.crash = lastCrashOf(record)
    const known = entry.incident
    const incident = known === undefined ? beginIncident(subject, found, place) : addSighting(known, found, place)
    const open = Object.assign(entry, { incident })
    this.#tell(open, nowMs)
    this.#keep(open)
  }

  /** It was being looked into, and is not told: `record` where it is a crash all the same. */
  giveUp(subject: IncidentSubject, record?: CrashRecord): void {
    this.#noteLast(record)
    const key = incidentKey(subject)
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    entry.underWay -= 1
    if (entry.underWay <= 0 && entry.incident === undefined) this.#entries.delete(key)
  }

  /** It is wrong already when the route first looks. */
  beginBaseline(subject: IncidentSubject, found: IdentifiedSighting, place: CrashPlace): void {
    const key = incidentKey(subject)
    const known = this.#entries.get(key)?.incident
    if (known !== undefined && known.isBaseline !== true) return
    const incident =
      known === undefined
        ? { ...beginIncident(subject, found, place), isBaseline: true }
        : addSighting(known, found, place)
    const entry = { incident, crash: undefined, underWay: this.#entries.get(key)?.underWay ?? 0 }
    this.#entries.set(key, entry)
    this.#keep(entry)
  }

  /** Looks how all stand; gives when to look again where time alone may end an incident. */
  settleAll(standingOf: (incident: Incident) => Standing, nowMs: number): number | undefined {
    const againMs = this.#settle(this.#openEntries(), standingOf, nowMs)
    this.#endBaselines(nowMs)
    return againMs
  }

  /** The same of the incidents of these workloads, each as `namespace/kind/name`. */
  settle(
    workloads: readonly string[],
    standingOf: (incident: Incident) => Standing,
    nowMs: number,
  ): number | undefined {
    const entries = this.#entries.valuesOf(workloads).filter(isOpen)
    const againMs = this.#settle(entries, standingOf, nowMs)
    if (entries.some(({ incident }) => incident.isBaseline === true)) this.#endBaselines(nowMs)
    return againMs
  }

  #settle(
    entries: readonly OpenEntry[],
    standingOf: (incident: Incident) => Standing,
    nowMs: number,
  ): number | undefined {
    const times = entries
      .map((entry) => this.#settleOne(entry, entry.underWay > 0 ? 'unwell' : standingOf(entry.incident), nowMs))
      .filter((atMs) => atMs !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** Whether the route has never looked, in no process. */
  get isNew(): boolean {
    return this.#memory.baselines() === undefined
  }

  /** The first look is over: what it found is told as one, for each line of the route. */
  tellBaseline(nowMs: number): void {
    const lines = this.#baselineLines()
    for (const [line, incidents] of lines) this.#putBaseline(line, incidents, nowMs)
    this.#baselines = [...lines.keys()]
    this.#memory.keepBaselines(this.#baselines)
  }

  /** What was wrong at the first look and is still, by the route's line that it goes to. */
  #baselineLines(): Map<string, Incident[]> {
    const open = this.incidents().filter(({ isBaseline }) => isBaseline === true)
    return Map.groupBy(open, (incident) => this.#lineNameOf(incident))
  }

  #lineNameOf({ namespace }: Incident): string {
    return this.#options.lineOf(this.#route, namespace).name
  }

  #endBaselines(nowMs: number): void {
    const known = this.#baselines
    if (known.length === 0) return
    const left = this.#baselineLines()
    for (const line of known) if (!left.has(line)) this.#putBaseline(line, [], nowMs)
    this.#baselines = known.filter((line) => left.has(line))
    if (this.#baselines.length !== known.length) this.#memory.keepBaselines(this.#baselines)
  }

  #putBaseline(line: string, incidents: readonly Incident[], nowMs: number): void {
    const alert = this.#baselineAlert(line, incidents, nowMs)
    this.#options.sink.put(alert, this.routeOf(alert))
  }

  #baselineAlert(line: string, incidents: readonly Incident[], nowMs: number): Alert {
    return baselineAlert({ line, incidents, route: this.#source, nowMs })
  }

  /** An open alert as it is now; undefined where the route would not tell it any more. */
  describe(alert: Alert, nowMs: number): Alert | undefined {
    const line = baselineLineOf(alert)
    if (line === undefined) return this.#describeIncident(alert, nowMs)
    const incidents = (this.#baselineLines().get(line) ?? []).filter((incident) => this.#isStillTold(incident))
    return incidents.length === 0 ? undefined : this.#baselineAlert(line, incidents, nowMs)
  }

  #describeIncident({ key }: Alert, nowMs: number): Alert | undefined {
    const prefix = crashAlertKey(this.#route.reference, '')
    const entry = key.startsWith(prefix) ? this.#entries.get(key.slice(prefix.length)) : undefined
    if (entry === undefined || !isOpen(entry) || !this.#isStillTold(entry.incident)) return undefined
    return this.#alert(entry, nowMs)
  }

  #isStillTold(incident: Incident): boolean {
    return this.#options.isStillTold(this.#route, rememberedOf({ incident, crash: this.crashOf(incident) }))
  }

  /** Where an open alert goes now. */
  routeOf(alert: Alert): AlertRoute {
    const line = baselineLineOf(alert)
    if (line !== undefined) {
      const receivers = this.#options.receiversOfLine(this.#route, line)
      return { receivers, grouping: { ...this.#grouping(alert.key), waitMs: 0 } }
    }
    const namespace = alert.object.namespace ?? ''
    return this.#alertRoute(namespace, this.#groupKey({ namespace, workload: alert.object }))
  }

  #noteLast(record: CrashRecord | undefined): void {
    if (record === undefined || (this.#lastCrash?.atMs ?? 0) > record.atMs) return
    const { log: _, ...rest } = record
    this.#lastCrash = rest
  }

  #openEntries(): OpenEntry[] {
    return this.#entries.values().filter(isOpen)
  }

  #settleOne(entry: OpenEntry, standing: Standing, nowMs: number): number | undefined {
    const { incident, end, againMs } = settleIncident(entry.incident, standing, { nowMs, spec: this.#route.spec })
    const isNews = incident !== entry.incident
    entry.incident = incident
    if (end === undefined) {
      if (isNews) this.#keep(entry)
      return againMs
    }
    this.#entries.delete(incidentKey(incident))
    this.#options.forgetLog(this.#alertKey(incident))
    if (incident.isBaseline !== true)
      this.#put(incident, endedCrashAlert({ incident, record: entry.crash?.record, route: this.#source, nowMs }, end))
    this.#memory.forget(incidentKey(incident))
    return undefined
  }

  #tell(entry: OpenEntry, nowMs: number): void {
    if (entry.incident.isBaseline === true) return
    const alert = this.#alert(entry, nowMs)
    this.#put(entry.incident, this.#options.fitLog(alert.key, alert))
  }

  #alert({ incident, crash }: Pick<OpenEntry, 'incident' | 'crash'>, nowMs: number): Alert {
    const { refusals } = this.#options.lineOf(this.#route, incident.namespace)
    return crashAlert({ incident, record: crash?.record, route: this.#source, nowMs, notes: refusals })
  }

  #put(incident: Incident, alert: Alert): void {
    this.#options.sink.put(alert, this.#alertRoute(incident.namespace, this.#groupKey(incident)))
  }

  #keep(entry: OpenEntry): void {
    this.#memory.keep(incidentKey(entry.incident), rememberedOf(entry))
  }

  #alertRoute(namespace: string, groupKey: string): AlertRoute {
    return { receivers: this.#options.lineOf(this.#route, namespace).receivers, grouping: this.#grouping(groupKey) }
  }

  #grouping(key: string): Grouping {
    const { wait, interval, repeat } = this.#route.spec.grouping
    const repeated = this.#route.spec.suspend ? {} : { repeatMs: durationMs(repeat) }
    return { key, waitMs: durationMs(wait), intervalMs: durationMs(interval), ...repeated }
  }

  #groupKey({ namespace, workload }: Pick<IncidentSubject, 'namespace' | 'workload'>): string {
    const isByNamespace = this.#route.spec.grouping.by === 'Namespace'
    const what = isByNamespace ? namespace : `${namespace}/${workload.kind}/${workload.name}`
    return `${this.#route.reference.uid}/${what}`
  }

  #alertKey(incident: Incident): string {
    return crashAlertKey(this.#route.reference, incidentKey(incident))
  }

  get #source(): CrashAlertSource {
    const { reference, spec } = this.#route
    const { clusterName, dashboardLink } = this.#options
    return {
      ...{ reference, severity: spec.severity, labels: spec.labels ?? {}, runbookURL: spec.runbookURL, clusterName },
      dashboardLink: (record) =>
        spec.dashboardURL === undefined ? undefined : dashboardLink(spec.dashboardURL, record),
      logWish: logWishOf(spec.logs),
    }
  }
}

function rememberedOf({ incident, crash }: Pick<OpenEntry, 'incident' | 'crash'>): RememberedIncident {
  return crash === undefined ? { incident } : { incident, crash }
}

function isOpen(entry: Entry): entry is OpenEntry {
  return entry.incident !== undefined
}
