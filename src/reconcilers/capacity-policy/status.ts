/** What a CapacityPolicy's status says: how its spec, its receivers and the watcher's view of it stand now. */
import { isDeepStrictEqual } from 'node:util'
import type {
  CapacityAlert,
  CapacityPolicy,
  CapacityPolicySpec,
  CapacityPolicyStatus,
} from '../../api/capacity-policy.ts'
import type { ReceiverReference } from '../../model/alert.ts'
import type { Resolution } from '../../notify/receivers.ts'
import { unknownValue } from '../../watchers/capacity/open-alerts.ts'
import type { CapacityReport, CapacityView } from '../../watchers/capacity/view.ts'
import { conditionsOf, type Judgement, timestampOf } from '../kind-reconciler.ts'

/** A spec that can be carried out, and the generation that it came with. */
export interface AcceptedVersion {
  readonly generation: number
  readonly spec: CapacityPolicySpec
}

export interface Rejection {
  readonly reason: 'OutOfScope'
  readonly message: string
}

/** A receiver that may turn out to be shared, once the labels of namespaces are known. */
export interface Pending {
  readonly pending: ReceiverReference
}

export interface Findings {
  readonly rejection: Rejection | undefined
  /** What is at work: the spec as it is, or the last one that was accepted. */
  readonly version: AcceptedVersion | undefined
  readonly resolutions: readonly (Resolution | Pending)[]
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
    conditions: conditionsOf(policy, judge(policy, findings), timestampOf(nowMs)),
  }
  // Until everything has been seen, what the status shows stays: it is the memory of the run before.
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
  const time = lastEvaluationMs === undefined ? {} : { lastEvaluationTime: timestampOf(lastEvaluationMs) }
  return { alerts: [...alerts], ...time }
}

/** A number that moved is no reason to write; one that is known no longer, or again, is. */
function withShownValue(alert: CapacityAlert, status: CapacityPolicyStatus | undefined): CapacityAlert {
  const same = status?.alerts?.find((shown) => isDeepStrictEqual({ ...shown, value: alert.value }, alert))
  const wasKnown = same !== undefined && same.value !== unknownValue
  return wasKnown && alert.value !== unknownValue ? { ...alert, value: same.value } : alert
}

function judge(policy: CapacityPolicy, findings: Findings): Judgement[] {
  return [acceptance(findings), references(policy, findings), readiness(findings), degradation(findings)]
}

function acceptance({ rejection, version }: Findings): Judgement {
  if (rejection === undefined)
    return { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The spec can be carried out' }
  const others =
    version === undefined ? 'Nothing is judged until it is corrected' : `Generation ${version.generation} works on`
  return { type: 'Accepted', status: 'False', reason: rejection.reason, message: `${rejection.message}. ${others}` }
}

function references(policy: CapacityPolicy, { resolutions }: Findings): Judgement {
  if (resolutions.some((resolution) => 'pending' in resolution)) return lastKnownReferences(policy)
  const problems = resolutions.flatMap((resolution) => ('problem' in resolution ? [resolution] : []))
  const [first] = problems
  if (first === undefined)
    return { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message: 'All receivers can be used' }
  const message = problems.map((problem) => problem.message).join('; ')
  const others = problems.length === resolutions.length ? "alerts go to the operator's console" : 'the others work'
  return { type: 'ResolvedRefs', status: 'False', reason: `Receiver${first.problem}`, message: `${message}; ${others}` }
}

/** A restart is no reason to take back what was known of this generation. */
function lastKnownReferences({ metadata, status }: CapacityPolicy): Judgement {
  const known = status?.conditions?.find(({ type }) => type === 'ResolvedRefs')
  if (known?.observedGeneration === metadata.generation) return known
  const message = 'Which receivers are shared shows when the namespaces have been read'
  return { type: 'ResolvedRefs', status: 'Unknown', reason: 'Syncing', message }
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
  if (logProblem !== undefined) {
    const message = `The notification log cannot be written: ${logProblem}. Alerts go out all the same, some perhaps twice`
    return { type: 'Degraded', status: 'True', reason: 'LogUnavailable', message }
  }
  if (view?.gap === undefined)
    return { type: 'Degraded', status: 'False', reason: 'AllKnown', message: 'All numbers can be had' }
  return { type: 'Degraded', status: 'True', reason: 'NumbersUnknown', message: view.gap }
}
