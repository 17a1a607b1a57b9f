/** What a CapacityPolicy's status says: how its spec, its receivers and the watcher's view of it stand now. */
import { isDeepStrictEqual } from 'node:util'
import type {
  CapacityAlert,
  CapacityPolicy,
  CapacityPolicySpec,
  CapacityPolicyStatus,
} from '../../api/capacity-policy.ts'
import { timeText } from '../../model/time-text.ts'
import { unknownValue } from '../../watchers/capacity/open-alerts.ts'
import type { CapacityReport, CapacityView } from '../../watchers/capacity/view.ts'
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
  readonly version: AcceptedVersion<CapacityPolicySpec> | undefined
  readonly receivers: readonly NamedReceiver[]
  /** Undefined where nothing is at work. */
  readonly view: CapacityView | undefined
  /** Why the notification log cannot be written; undefined where it can. */
  readonly logProblem: string | undefined
  /** Somebody stopped all judgement and all messages. */
  readonly isStopped: boolean
}

/** A status shows the time of the last judgement at this grain: what changes all the time is a metric. */
const evaluationGrainMs = 5 * 60_000

export function buildStatus(policy: CapacityPolicy, findings: Findings, nowMs: number): CapacityPolicyStatus {
  const { view } = findings
  const observed = {
    observedGeneration: policy.metadata.generation,
    conditions: conditionsOf(policy, judge(policy, findings), timeText(nowMs)),
  }
  // Until everything has been seen, what the status shows stays: that is as it was seen last.
  if (view?.report === undefined) return { ...policy.status, ...observed }
  const { objectsWatched, firing, unknown } = view.report
  return { ...observed, objectsWatched, firing, unknown, ...slowly(policy, view, view.report) }
}

/** What changes all the time, as the status shows it: renewed at every grain, and until then as it was. */
function slowly(
  { status }: CapacityPolicy,
  { lastEvaluationMs }: CapacityView,
  { alerts }: CapacityReport,
): Pick<CapacityPolicyStatus, 'alerts' | 'lastEvaluationTime'> {
  const shown = status?.lastEvaluationTime
  const isFresh =
    shown !== undefined && (lastEvaluationMs === undefined || lastEvaluationMs - Date.parse(shown) < evaluationGrainMs)
  if (isFresh) return { alerts: alerts.map((alert) => withShownValue(alert, status)), lastEvaluationTime: shown }
  const time = lastEvaluationMs === undefined ? {} : { lastEvaluationTime: timeText(lastEvaluationMs) }
  return { alerts: [...alerts], ...time }
}

/** A number that moved is no reason to write; one that is known no longer, or again, is. */
function withShownValue(alert: CapacityAlert, status: CapacityPolicyStatus | undefined): CapacityAlert {
  const same = status?.alerts?.find((shown) => isDeepStrictEqual({ ...shown, value: alert.value }, alert))
  const wasKnown = same !== undefined && same.value !== unknownValue
  return wasKnown && alert.value !== unknownValue ? { ...alert, value: same.value } : alert
}

function judge(policy: CapacityPolicy, findings: Findings): Judgement[] {
  const { rejection, version, receivers } = findings
  const accepted = acceptance(rejection, version, 'Nothing is judged until it is corrected')
  return [accepted, references(policy, receivers), readiness(findings), degradation(findings)]
}

function readiness({ version, view, isStopped }: Findings): Judgement {
  const no = (reason: string, message: string): Judgement => ({ type: 'Ready', status: 'False', reason, message })
  if (version === undefined) return no('NotAccepted', 'Nothing is judged: the spec is not accepted')
  if (isStopped) return no('Stopped', 'Nothing is judged or told until the service is started: POST /service/start')
  if (version.spec.suspend) return no('Suspended', 'Nothing is judged or told until spec.suspend is false')
  if (view?.report === undefined) return no('Syncing', `The first state is being read: ${view?.waitingFor.join(', ')}`)
  return { type: 'Ready', status: 'True', reason: 'Watching', message: 'Changes are judged as they come' }
}

function degradation({ view, logProblem }: Findings): Judgement {
  if (logProblem !== undefined) return logDegradation(logProblem)
  if (view?.gap === undefined)
    return { type: 'Degraded', status: 'False', reason: 'AllKnown', message: 'All numbers can be had' }
  return { type: 'Degraded', status: 'True', reason: 'NumbersUnknown', message: view.gap }
}
