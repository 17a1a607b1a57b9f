/**
 * One incident: the crashes of a workload's container from the first one until all is well again. Its reason may grow, its
 * identity stays. Plain data and pure functions; kept as JSON between two processes.
 */
import type { CrashAlertRouteSpec } from '../../api/crash-alert-route.ts'
import { durationMs } from '../../api/duration.ts'
import type { ObjectReference } from '../../model/alert.ts'
import type { CrashReason } from '../../model/crash.ts'
import type { Sighting } from './sighting.ts'

/** What an incident is about. */
export interface IncidentSubject {
  readonly namespace: string
  /** The workload; with `by: Pod` the pod itself. */
  readonly workload: ObjectReference
  /** Absent where the whole pod or Job is in trouble. */
  readonly container?: string
}

/** Where a crash happened. */
export interface CrashPlace {
  readonly podName?: string
  readonly nodeName?: string
  /** Of a Job that failed as a whole. */
  readonly jobName?: string
}

export interface Incident extends IncidentSubject {
  /** In the order in which they came. */
  readonly reasons: readonly CrashReason[]
  readonly sinceMs: number
  readonly lastMs: number
  readonly crashes: number
  /** Of the last crashes: one that is found again is not counted again. */
  readonly ids: readonly string[]
  /** Of the first crash: what the alert is matched by stays what it was. */
  readonly first: CrashPlace
  /** Of the last one. */
  readonly last: CrashPlace
  /** Since when nothing is wrong, and in which way; absent while something is. */
  readonly calm?: Calm
  /** It was there when the route first looked: it is told with all others of its kind as one, and not by itself. */
  readonly isBaseline?: boolean
}

export interface Calm {
  readonly kind: 'well' | 'ended' | 'gone'
  readonly sinceMs: number
}

/** How a workload's container stands: `ended`: its pods ran to an end that was no success; `gone`: it has no pods. */
export type Standing = 'unwell' | Calm['kind']

/** Unique within a route. */
export function incidentKey({ namespace, workload, container = '' }: IncidentSubject): string {
  return [namespace, workload.kind, workload.name, container].join('/')
}

/** A sighting, and the id of its record. */
export interface IdentifiedSighting {
  readonly id: string
  readonly sighting: Sighting
}

export function beginIncident(
  subject: IncidentSubject,
  { id, sighting }: IdentifiedSighting,
  place: CrashPlace,
): Incident {
  const { reason, atMs, crashes } = sighting
  return { ...subject, reasons: [reason], sinceMs: atMs, lastMs: atMs, crashes, ids: [id], first: place, last: place }
}

const keptIds = 32

/** The same incident after one more crash or trouble of it. */
export function addSighting(incident: Incident, { id, sighting }: IdentifiedSighting, place: CrashPlace): Incident {
  if (incident.ids.includes(id)) return incident
  const { reason, atMs, crashes } = sighting
  const { calm: _, ...rest } = incident
  return {
    ...rest,
    reasons: rest.reasons.includes(reason) ? rest.reasons : [...rest.reasons, reason],
    lastMs: Math.max(rest.lastMs, atMs),
    crashes: rest.crashes + crashes,
    ids: [...rest.ids, id].slice(-keptIds),
    last: place,
  }
}

/** What is told again when it changes. */
export function stageOf({ reasons }: Incident): string {
  return reasons.join(', then ')
}

export type IncidentEnd = Calm['kind']

/** The incident after a look at how its workload stands, or why it is over. */
export function settleIncident(
  incident: Incident,
  standing: Standing,
  { nowMs, spec }: { readonly nowMs: number; readonly spec: CrashAlertRouteSpec },
): { readonly incident: Incident; readonly end?: IncidentEnd; readonly againMs?: number } {
  if (standing === 'unwell') return { incident: withoutCalm(incident) }
  const sinceMs = incident.calm?.kind === standing ? incident.calm.sinceMs : nowMs
  const overMs = Math.max(sinceMs, incident.lastMs) + calmForMs(incident, standing, spec)
  const next = incident.calm?.kind === standing ? incident : { ...incident, calm: { kind: standing, sinceMs } }
  return overMs <= nowMs ? { incident: next, end: standing } : { incident: next, againMs: overMs }
}

function withoutCalm(incident: Incident): Incident {
  if (incident.calm === undefined) return incident
  const { calm: _, ...rest } = incident
  return rest
}

/** What replaces a pod takes a moment to come. */
const replacementMs = 60_000
/** What is over before it was told is never told; but that a pod or Job is gone makes its crash no smaller. */
const tellingMs = 30_000
/** A CronJob has no pods between its runs. */
const nextRunMs = 24 * 60 * 60_000

function calmForMs({ workload }: Incident, kind: Calm['kind'], { grouping }: CrashAlertRouteSpec): number {
  const healthyForMs = durationMs(grouping.healthyFor)
  if (kind === 'well') return healthyForMs
  if (workload.kind === 'CronJob') return Math.max(healthyForMs, nextRunMs)
  if (kind === 'ended') return healthyForMs
  const isAlone = workload.kind === 'Pod' || workload.kind === 'Job'
  return isAlone ? durationMs(grouping.wait) + tellingMs : Math.min(healthyForMs, replacementMs)
}
