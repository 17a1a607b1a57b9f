/**
 * CapacityPolicy: checks the scope, finds the receivers, sets the capacity watcher to work, and mirrors what it sees into
 * the status. A version that is not accepted changes nothing: the last good one works on, and the status says so.
 */
import {
  type CapacityAlert,
  type CapacityPolicy,
  type CapacityPolicySpec,
  type CapacityPolicyStatus,
  capacityPolicy,
} from '../api/capacity-policy.ts'
import { capacityScopeProblems, namespaceOnly } from '../api/scope-rule.ts'
import type { Clock } from '../base/clock.ts'
import type { PolicyReference, ReceiverReference } from '../model/alert.ts'
import type { NamespaceFacts, Receiver, Receivers, Resolution } from '../notify/receivers.ts'
import type { CapacityView } from '../watchers/capacity/view.ts'
import { conditionsOf, type Judgement, type KindReconciler, timestampOf } from './kind-reconciler.ts'

/** One accepted policy on its way to the watcher. */
export interface WatchedCapacityPolicy {
  readonly reference: PolicyReference
  readonly generation: number
  readonly spec: CapacityPolicySpec
  /** Set: the policy sees this namespace alone, whatever its spec says. */
  readonly onlyNamespace: string | undefined
  /** Empty: the operator's console and an Event on the policy. */
  readonly receivers: readonly Receiver[]
  /** What the status shows as open: taken over when the policy is new to the watcher, so that a restart repeats nothing. */
  readonly openAlerts: readonly CapacityAlert[]
}

/** The capacity watcher as this reconciler needs it. */
export interface CapacityWatching {
  apply(policy: WatchedCapacityPolicy): void
  /** Closes what is open and tells so. */
  remove(uid: string): Promise<void>
  /** The generation at work; undefined for a policy that never was accepted. */
  generationOf(uid: string): number | undefined
  view(uid: string): CapacityView | undefined
}

/** Puts an Event on a policy. */
export type EventWriter = (policy: PolicyReference, reason: string, note: string) => void

export interface CapacityPolicySurroundings {
  /** Absent: the operator reads one namespace only. */
  readonly systemNamespace: string | undefined
  readonly watching: CapacityWatching
  readonly receivers: Receivers
  /** The labels of a namespace, as far as they are known. */
  readonly namespaceFacts: (name: string) => NamespaceFacts
  readonly recordEvent: EventWriter
  readonly clock: Clock
}

/** A status shows the time of the last judgement at this grain: what changes all the time is a metric. */
const evaluationGrainMs = 5 * 60_000

export function createCapacityPolicyReconciler(
  surroundings: CapacityPolicySurroundings,
): KindReconciler<typeof capacityPolicy> {
  const { watching, receivers } = surroundings
  return {
    kind: capacityPolicy,
    reconcile: async (policy) => {
      const rejection = findRejection(policy, surroundings)
      const resolutions = resolveReceivers(policy, surroundings)
      if (rejection === undefined) apply(policy, resolutions, surroundings)
      const status = buildStatus(policy, { rejection, resolutions }, surroundings)
      reportNews(policy, status, surroundings)
      return status
    },
    forget: async ({ namespace, name, uid }) => {
      receivers.use(`${namespace}/${name}`, [])
      await watching.remove(uid)
    },
  }
}

interface Rejection {
  readonly reason: 'OutOfScope'
  readonly message: string
}

function findRejection(
  { metadata, spec }: CapacityPolicy,
  { systemNamespace }: CapacityPolicySurroundings,
): Rejection | undefined {
  const problems = capacityScopeProblems(spec, { namespace: metadata.namespace, systemNamespace })
  if (problems.length === 0) return undefined
  return { reason: 'OutOfScope', message: problems.map(({ message }) => message).join('; ') }
}

function referencesOf({ metadata, spec }: CapacityPolicy): ReceiverReference[] {
  return (spec.receivers ?? []).map(({ name, namespace = metadata.namespace }) => ({ namespace, name }))
}

function resolveReceivers(policy: CapacityPolicy, surroundings: CapacityPolicySurroundings): Resolution[] {
  const references = referencesOf(policy)
  surroundings.receivers.use(`${policy.metadata.namespace}/${policy.metadata.name}`, references)
  const user = surroundings.namespaceFacts(policy.metadata.namespace)
  return references.map((reference) => surroundings.receivers.resolve(reference, user))
}

function policyReference({ metadata }: CapacityPolicy): PolicyReference {
  return { kind: capacityPolicy.kind, namespace: metadata.namespace, name: metadata.name, uid: metadata.uid }
}

function apply(
  policy: CapacityPolicy,
  resolutions: readonly Resolution[],
  surroundings: CapacityPolicySurroundings,
): void {
  const { metadata, spec, status } = policy
  surroundings.watching.apply({
    reference: policyReference(policy),
    generation: metadata.generation,
    spec,
    onlyNamespace: namespaceOnly({ namespace: metadata.namespace, systemNamespace: surroundings.systemNamespace }),
    receivers: resolutions.flatMap((resolution) => ('receiver' in resolution ? [resolution.receiver] : [])),
    openAlerts: status?.alerts ?? [],
  })
}

interface Findings {
  readonly rejection: Rejection | undefined
  readonly resolutions: readonly Resolution[]
}

function buildStatus(
  policy: CapacityPolicy,
  findings: Findings,
  surroundings: CapacityPolicySurroundings,
): CapacityPolicyStatus {
  const { watching, clock } = surroundings
  const { uid, generation } = policy.metadata
  const view = watching.view(uid)
  const judgements = judge(policy, findings, { view, lastGood: watching.generationOf(uid) })
  const observed = {
    observedGeneration: generation,
    conditions: conditionsOf(policy, judgements, timestampOf(clock.nowMs())),
  }
  if (view === undefined) return observed
  // Until everything has been seen, what the status shows stays: it is the memory of the run before.
  if (view.report === undefined) return { ...policy.status, ...observed }
  return { ...observed, ...view.report, alerts: [...view.report.alerts], ...evaluationTime(policy, view) }
}

function evaluationTime(
  { status }: CapacityPolicy,
  { lastEvaluationMs }: CapacityView,
): Pick<CapacityPolicyStatus, 'lastEvaluationTime'> {
  const shown = status?.lastEvaluationTime
  if (lastEvaluationMs === undefined) return shown === undefined ? {} : { lastEvaluationTime: shown }
  const isFresh = shown !== undefined && lastEvaluationMs - Date.parse(shown) < evaluationGrainMs
  return { lastEvaluationTime: isFresh ? shown : timestampOf(lastEvaluationMs) }
}

interface Work {
  readonly view: CapacityView | undefined
  readonly lastGood: number | undefined
}

function judge(policy: CapacityPolicy, findings: Findings, work: Work): Judgement[] {
  return [acceptance(findings, work), references(findings), readiness(policy, findings, work), degradation(work)]
}

function acceptance({ rejection }: Findings, { lastGood }: Work): Judgement {
  if (rejection === undefined)
    return { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The spec can be carried out' }
  const others = lastGood === undefined ? 'Nothing is judged until it is corrected' : `Generation ${lastGood} works on`
  return { type: 'Accepted', status: 'False', reason: rejection.reason, message: `${rejection.message}. ${others}` }
}

function references({ resolutions }: Findings): Judgement {
  const problems = resolutions.flatMap((resolution) => ('problem' in resolution ? [resolution] : []))
  const [first] = problems
  if (first === undefined)
    return { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message: 'All receivers can be used' }
  const message = problems.map((problem) => problem.message).join('; ')
  const others = problems.length === resolutions.length ? "alerts go to the operator's console" : 'the others work'
  return { type: 'ResolvedRefs', status: 'False', reason: `Receiver${first.problem}`, message: `${message}; ${others}` }
}

function readiness({ spec }: CapacityPolicy, { rejection }: Findings, { view }: Work): Judgement {
  const no = (reason: string, message: string): Judgement => ({ type: 'Ready', status: 'False', reason, message })
  if (rejection !== undefined && view === undefined)
    return no('NotAccepted', 'Nothing is judged: the spec is not accepted')
  if (spec.suspend) return no('Suspended', 'Nothing is judged or told until spec.suspend is false')
  if (view?.report === undefined) return no('Syncing', `The first state is being read: ${view?.waitingFor.join(', ')}`)
  return { type: 'Ready', status: 'True', reason: 'Watching', message: 'Changes are judged as they come' }
}

function degradation({ view }: Work): Judgement {
  if (view?.gap === undefined)
    return { type: 'Degraded', status: 'False', reason: 'AllKnown', message: 'All numbers can be had' }
  return { type: 'Degraded', status: 'True', reason: 'NumbersUnknown', message: view.gap }
}

/** Conditions whose turning bad is told as an Event, once for each new reason. */
const toldConditions = ['Accepted', 'ResolvedRefs'] as const

function reportNews(
  policy: CapacityPolicy,
  status: CapacityPolicyStatus,
  { recordEvent }: CapacityPolicySurroundings,
): void {
  for (const type of toldConditions) {
    const before = policy.status?.conditions?.find((condition) => condition.type === type)
    const now = status.conditions?.find((condition) => condition.type === type)
    const isNews = before?.status !== now?.status || before?.message !== now?.message
    if (now?.status === 'False' && isNews) recordEvent(policyReference(policy), now.reason, now.message)
  }
}
