/** What was wrong already when a route first looked: one message instead of one for each, and over when all of it is well. */
import type { Alert } from '../../model/alert.ts'
import { timeText } from '../../model/time-text.ts'
import { type CrashAlertSource, subjectText } from './alert.ts'
import { type Incident, stageOf } from './incident.ts'

export interface BaselineInput {
  /** The route's line that it goes to. */
  readonly line: string
  /** What is wrong still; none: it is over. */
  readonly incidents: readonly Incident[]
  readonly route: CrashAlertSource
  readonly nowMs: number
}

const keyMark = '/crash-baseline/'
const shownIncidents = 20

export function baselineAlert({ line, incidents, route, nowMs }: BaselineInput): Alert {
  const { reference, labels, runbookURL, clusterName } = route
  const isOpen = incidents.length > 0
  return {
    key: `${reference.namespace}/${reference.name}${keyMark}${line}`,
    ...{ policy: reference, rule: 'crash-baseline', severity: 'info', state: isOpen ? 'firing' : 'resolved' },
    object: { kind: reference.kind, namespace: reference.namespace, name: reference.name },
    title: isOpen ? openTitle(incidents) : 'What crashed when Dogwatch first looked is well again',
    lines: isOpen ? openLines(incidents) : [],
    labels: { ...labels, namespace: reference.namespace },
    ...(runbookURL === undefined ? {} : { runbookURL }),
    ...(clusterName === undefined ? {} : { clusterName }),
    ...{ since: timeText(Math.min(nowMs, ...incidents.map(({ sinceMs }) => sinceMs))), at: timeText(nowMs) },
  }
}

/** Undefined for an alert about something else. */
export function baselineLineOf({ key }: Alert): string | undefined {
  const at = key.indexOf(keyMark)
  return at === -1 ? undefined : key.slice(at + keyMark.length)
}

function openTitle({ length }: readonly Incident[]): string {
  const what = length === 1 ? '1 workload is crashing' : `${length} workloads are crashing`
  return `Dogwatch begins to watch: ${what} already`
}

function openLines(incidents: readonly Incident[]): string[] {
  const sorted = incidents.toSorted((left, right) => right.lastMs - left.lastMs)
  const hidden = sorted.length - shownIncidents
  return [
    'each of these is told by itself once it has been well and crashes again; new ones are told at once',
    ...sorted.slice(0, shownIncidents).map((incident) => `${subjectText(incident)}: ${stageOf(incident)}`),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
    'next: kubectl get pods -A',
  ]
}
