/** What a CrashAlertRoute's status says: how its spec, its receivers and the watcher's view of it stand now. */
import { isDeepStrictEqual } from 'node:util'
import { maxStatusItems } from '../../api/capacity-status.ts'
import type { CrashAlertRoute, CrashAlertRouteSpec, CrashAlertRouteStatus } from '../../api/crash-alert-route.ts'
import { timeText } from '../../model/time-text.ts'
import type { CrashReport, CrashView } from '../../watchers/crash/view.ts'
import { conditionsOf, type Judgement } from '../kind-reconciler.ts'
import {
  type AcceptedVersion,
  acceptance,
  logDegradation,
  type NamedReceiver,
  type Rejection,
  references,
} from '../policy-conditions.ts'

export interface Findings {
  readonly rejection: Rejection | undefined
  /** What is at work: the spec as it is, or the last one that was accepted. */
  readonly version: AcceptedVersion<CrashAlertRouteSpec> | undefined
  readonly receivers: readonly NamedReceiver[]
  /** Undefined where nothing is at work. */
  readonly view: CrashView | undefined
  /** Why the notification log cannot be written; undefined where it can. */
  readonly logProblem: string | undefined
  /** Why the crash history cannot be written; undefined where it can. */
  readonly historyProblem: string | undefined
  /** Somebody stopped all judgement and all messages. */
  readonly isStopped: boolean
}

type Numbers = Omit<CrashAlertRouteStatus, 'observedGeneration' | 'conditions'>

type LastCrash = NonNullable<CrashAlertRouteStatus['lastCrash']>

/** A status shows at this grain that what is open crashed again: what changes all the time is a metric. */
const crashGrainMs = 5 * 60_000

export function buildStatus(route: CrashAlertRoute, findings: Findings, nowMs: number): CrashAlertRouteStatus {
  const { view } = findings
  const observed = {
    observedGeneration: route.metadata.generation,
    conditions: conditionsOf(route, judge(route, findings), timeText(nowMs)),
  }
  // Until everything has been seen, what the status shows stays: that is as it was seen last.
  if (view?.report === undefined) return { ...route.status, ...observed }
  return { ...observed, ...slowly(route, numbersOf(view.report, route.status), nowMs) }
}

function numbersOf(report: CrashReport, shown: CrashAlertRouteStatus | undefined): Numbers {
  const { namespaces, open, told, muted, incidents, logsMissing } = report
  const lastCrash = laterOf(report.lastCrash, shown?.lastCrash)
  return {
    ...{ namespaces, open, told, muted, logsMissing, incidents: incidents.slice(0, maxStatusItems) },
    ...(lastCrash === undefined ? {} : { lastCrash }),
  }
}

/** The status is all that knows of a last crash that an earlier process saw, once that is over. */
function laterOf(seen: LastCrash | undefined, shown: LastCrash | undefined): LastCrash | undefined {
  if (seen === undefined || shown === undefined) return seen ?? shown
  return Date.parse(shown.time) > Date.parse(seen.time) ? shown : seen
}

/** That what is shown crashed once more is no reason to write, until the last crash shown is as old as the grain. */
function slowly({ status = {} }: CrashAlertRoute, numbers: Numbers, nowMs: number): Numbers {
  const { observedGeneration: _, conditions: __, ...shown } = status
  const isFresh = shown.lastCrash !== undefined && nowMs - Date.parse(shown.lastCrash.time) < crashGrainMs
  return isFresh && isDeepStrictEqual(withoutCrashes(shown), withoutCrashes(numbers)) ? shown : numbers
}

function withoutCrashes({ lastCrash: _, incidents = [], ...rest }: Numbers): unknown {
  return { ...rest, incidents: incidents.map(({ crashes, lastPod, ...incident }) => incident) }
}

function judge(route: CrashAlertRoute, findings: Findings): Judgement[] {
  const { rejection, version, receivers } = findings
  const accepted = acceptance(rejection, version, 'Nothing is told until it is corrected')
  return [accepted, references(route, receivers), readiness(findings), degradation(findings)]
}

function readiness({ version, view, isStopped }: Findings): Judgement {
  const no = (reason: string, message: string): Judgement => ({ type: 'Ready', status: 'False', reason, message })
  if (version === undefined) return no('NotAccepted', 'Nothing is told: the spec is not accepted')
  if (isStopped) return no('Stopped', 'Nothing is judged or told until the service is started: POST /service/start')
  if (version.spec.suspend) return no('Suspended', 'Nothing is told or kept until spec.suspend is false')
  if (view?.report === undefined) return no('Syncing', `The first state is being read: ${view?.waitingFor.join(', ')}`)
  return { type: 'Ready', status: 'True', reason: 'Watching', message: 'Crashes are told as they come' }
}

function degradation({ view, logProblem, historyProblem }: Findings): Judgement {
  const yes = (reason: string, message: string): Judgement => ({ type: 'Degraded', status: 'True', reason, message })
  if (logProblem !== undefined) return logDegradation(logProblem)
  if (historyProblem !== undefined) return yes('HistoryUnavailable', historyText(historyProblem))
  if (view?.gap !== undefined) return yes(view.gap.reason, view.gap.message)
  const missing = view?.report?.logsMissing ?? 0
  if (missing > 0) return yes('LogsMissing', missingText(missing))
  return { type: 'Degraded', status: 'False', reason: 'AllKnown', message: 'All that is asked for can be had' }
}

function historyText(problem: string): string {
  return `Crashes are told, and wait to be kept until the crash history can be written: ${problem}`
}

function missingText(missing: number): string {
  const incidents = missing === 1 ? 'One open incident has' : `${missing} open incidents have`
  return `${incidents} no log from before the crash; each message says why`
}
