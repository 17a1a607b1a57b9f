/**
 * From an incident to what people read at night: one line that says who and why, then what killed it, how often, where, what
 * else is known, what could not be had, and what to run next. The log comes as an attachment.
 */
import { formatDuration } from '../../api/duration.ts'
import type { Alert, ObjectReference, PolicyReference } from '../../model/alert.ts'
import type { CrashRecord } from '../../model/crash.ts'
import { timeText } from '../../model/time-text.ts'
import { cutLog } from './enrich/crash-log.ts'
import type { LogWish } from './enrich/enrichment.ts'
import { type Incident, type IncidentEnd, incidentKey, stageOf } from './incident.ts'

export interface CrashAlertInput {
  readonly route: CrashAlertSource
  readonly incident: Incident
  /** The last crash; absent where none is known, without its log where another process saw it. */
  readonly record: CrashRecord | undefined
  readonly nowMs: number
  /** What else is to be said, one line each. */
  readonly notes?: readonly string[]
}

/** What a route gives to each of its alerts. */
export interface CrashAlertSource {
  readonly reference: PolicyReference
  readonly severity: Alert['severity']
  readonly labels: Readonly<Record<string, string>>
  readonly runbookURL: string | undefined
  readonly clusterName: string | undefined
  readonly dashboardLink: (record: CrashRecord) => string | undefined
  /** How much of a log is told; undefined: none. */
  readonly logWish: LogWish | undefined
}

/** The same for as long as the incident lasts, over restarts too. */
export function crashAlertKey(route: PolicyReference, incident: string): string {
  return `${route.namespace}/${route.name}/crash/${incident}`
}

export function crashAlert(input: CrashAlertInput): Alert {
  const { incident, record, route } = input
  return {
    ...common(input),
    state: 'firing',
    title: `${subjectText(incident)}: ${stageOf(incident)}`,
    lines: openLines(input),
    stage: stageOf(incident),
    ...attachmentOf(record, route),
  }
}

export function endedCrashAlert(input: CrashAlertInput, end: IncidentEnd): Alert {
  const { incident, nowMs } = input
  return {
    ...common(input),
    state: end === 'well' ? 'resolved' : 'closed',
    title: `${subjectText(incident)}: ${endText(incident, end)}`,
    lines: [
      `${crashesText(incident)} (${stageOf(incident)}) in ${formatDuration(Math.max(0, incident.lastMs - incident.sinceMs))}, last at ${timeText(incident.lastMs)}`,
      `open for ${formatDuration(Math.max(0, nowMs - incident.sinceMs))}, since ${timeText(incident.sinceMs)}`,
    ],
  }
}

function common({ route, incident, nowMs }: CrashAlertInput) {
  const { reference, severity, labels, runbookURL, clusterName } = route
  return {
    key: crashAlertKey(reference, incidentKey(incident)),
    ...{ policy: reference, rule: 'crash', severity, object: objectOf(incident) },
    labels: { ...labels, ...incidentLabels(incident) },
    ...(runbookURL === undefined ? {} : { runbookURL }),
    ...(clusterName === undefined ? {} : { clusterName }),
    since: timeText(incident.sinceMs),
    at: timeText(nowMs),
  }
}

function objectOf({ namespace, workload: { kind, name, uid } }: Incident): ObjectReference {
  return { kind, namespace, name, ...(uid === undefined ? {} : { uid }) }
}

/** They stay as they were at the first crash: whoever matches on them goes on matching. */
function incidentLabels({ namespace, workload, container, first, reasons }: Incident): Record<string, string> {
  return {
    namespace,
    workload: workload.name,
    reason: reasons[0] ?? 'Error',
    ...(container === undefined ? {} : { container }),
    ...(first.podName === undefined ? {} : { pod: first.podName }),
    ...(first.nodeName === undefined ? {} : { node: first.nodeName }),
  }
}

/** `Deployment shop/web, container main`. */
export function subjectText({ namespace, workload, container }: Incident): string {
  const whole = `${workload.kind} ${namespace}/${workload.name}`
  return container === undefined ? whole : `${whole}, container ${container}`
}

function endText(incident: Incident, end: IncidentEnd): string {
  const after = `after ${crashesText(incident)}`
  if (end === 'well') return `well again ${after}`
  return end === 'gone' ? `gone ${after}, so its alert ends` : `it has ended and crashes no more, ${after}`
}

function crashesText({ crashes }: Incident): string {
  return crashes === 1 ? '1 crash' : `${crashes} crashes`
}

function openLines({ route, incident, record, nowMs, notes = [] }: CrashAlertInput): string[] {
  return [
    ...(record === undefined ? [] : [record.cause]),
    countLine(incident, record, nowMs),
    ...(record?.message === undefined ? [] : [`last word: ${record.message}`]),
    ...(record?.facts ?? []),
    ...(record?.missing ?? []).map((what) => `not to be had: ${what}`),
    ...notes,
    ...(record === undefined ? [] : [route.dashboardLink(record) ?? []].flat()),
    ...nextLines(incident, record),
  ]
}

function countLine(incident: Incident, record: CrashRecord | undefined, nowMs: number): string {
  const { last, sinceMs, lastMs } = incident
  const where = last.podName === undefined ? '' : ` in pod ${last.podName}`
  const node = last.nodeName === undefined ? '' : ` on ${last.nodeName}`
  const lasting = nowMs - sinceMs < 1_000 ? '' : ` in ${formatDuration(nowMs - sinceMs)}`
  return `${crashesText(incident)}${lasting}, last at ${timeText(lastMs)}${where}${node}${ranText(record)}`
}

function ranText(record: CrashRecord | undefined): string {
  const { startedMs, finishedMs } = record ?? {}
  if (startedMs === undefined || finishedMs === undefined || finishedMs < startedMs) return ''
  return `; it ran for ${formatDuration(finishedMs - startedMs)}`
}

function nextLines({ namespace, last: { podName }, container }: Incident, record: CrashRecord | undefined): string[] {
  const show = record === undefined ? [] : [`dogwatch crashes show ${record.id}`]
  const of = container === undefined ? '' : ` -c ${container}`
  const logs = container === undefined ? [] : [`kubectl logs ${podName} -n ${namespace}${of} --previous`]
  const describe = podName === undefined ? [] : [`kubectl describe pod ${podName} -n ${namespace}`]
  const commands = [...show, ...(podName === undefined ? [] : logs), ...describe]
  return commands.length === 0 ? [] : [`next: ${commands.join('; ')}`]
}

/** The record has as much of the log as any route wants. */
function attachmentOf(record: CrashRecord | undefined, { logWish }: CrashAlertSource): Pick<Alert, 'attachment'> {
  if (logWish === undefined || record?.log === undefined || record.log.text === '') return {}
  const { pod, container, log } = record
  const name = [pod?.name, container?.name].filter((part) => part !== undefined).join('.')
  return { attachment: { name: `${name}.log`, text: cutLog(log.text, logWish, log.isCut).text } }
}
