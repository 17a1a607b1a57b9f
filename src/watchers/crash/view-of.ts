/** What people are shown of one route: the numbers of its status. */
import type { CrashIncidentStatus } from '../../api/crash-route-status.ts'
import type { Alert } from '../../model/alert.ts'
import type { CrashRecord } from '../../model/crash.ts'
import { timeText } from '../../model/time-text.ts'
import type { Incident } from './incident.ts'
import type { RouteBook } from './route-book.ts'
import type { CrashView } from './view.ts'

export interface ViewInput {
  readonly book: RouteBook
  readonly namespaces: number
  readonly isMuted: (alert: Alert) => boolean
  readonly toldOf: (alertKey: string) => { readonly firstMs: number } | undefined
  readonly nowMs: number
}

export function viewOf({ book, namespaces, isMuted, toldOf, nowMs }: ViewInput): CrashView {
  const incidents = book.incidents().toSorted((left, right) => right.sinceMs - left.sinceMs)
  const alerts = book.alertsOf(incidents, nowMs)
  const told = alerts.map(({ key }) => toldOf(key))
  return {
    waitingFor: [],
    report: {
      namespaces,
      open: incidents.length,
      told: told.filter((one) => one !== undefined).length,
      muted: alerts.filter(isMuted).length,
      incidents: incidents.map((incident, index) => incidentStatus(incident, told[index]?.firstMs)),
      ...lastCrashOf(book.lastCrash),
      logsMissing: incidents.filter((incident) => book.crashOf(incident)?.lacksLog === true).length,
    },
  }
}

function lastCrashOf(record: CrashRecord | undefined): Pick<NonNullable<CrashView['report']>, 'lastCrash'> {
  if (record === undefined) return {}
  const { atMs, namespace, pod, workload, container, reason } = record
  const time = { time: timeText(atMs), namespace, pod: pod?.name ?? workload.name, reason }
  return { lastCrash: { ...time, ...(container === undefined ? {} : { container: container.name }) } }
}

function incidentStatus(incident: Incident, toldMs: number | undefined): CrashIncidentStatus {
  const { namespace, workload, container, reasons, sinceMs, crashes, last } = incident
  return {
    ...{
      namespace,
      kind: workload.kind,
      name: workload.name,
      reasons: [...reasons],
      since: timeText(sinceMs),
      crashes,
    },
    ...(container === undefined ? {} : { container }),
    lastPod: last.podName ?? workload.name,
    ...(toldMs === undefined ? {} : { toldTime: timeText(toldMs) }),
  }
}
