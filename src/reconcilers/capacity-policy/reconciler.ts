/**
 * CapacityPolicy: checks the scope, finds the receivers, sets the capacity watcher to work, and mirrors what it sees into
 * the status. A version that is not accepted changes nothing: the last good one works on, and the status says so.
 */
import {
  type CapacityPolicy,
  type CapacityPolicySpec,
  type CapacityPolicyStatus,
  capacityPolicy,
} from '../../api/capacity-policy.ts'
import { capacityScopeProblems, namespaceOnly } from '../../api/scope-rule.ts'
import type { Clock } from '../../base/clock.ts'
import type { PolicyReference, ReceiverReference, ReceiverUse } from '../../model/alert.ts'
import type { NamespaceFacts, Receiver, Receivers, Resolution } from '../../notify/receivers.ts'
import type { CapacityView } from '../../watchers/capacity/view.ts'
import type { KindReconciler } from '../kind-reconciler.ts'
import { type AcceptedVersion, buildStatus, type Pending, type Rejection } from './status.ts'

/** One accepted policy on its way to the watcher. */
export interface WatchedCapacityPolicy extends AcceptedVersion {
  readonly reference: PolicyReference
  /** Set: the policy sees this namespace alone, whatever its spec says. */
  readonly onlyNamespace: string | undefined
  /** Empty: the operator's console and an Event on the policy. */
  readonly receivers: readonly ReceiverUse[]
}

/** The capacity watcher as this reconciler needs it. */
export interface CapacityWatching {
  apply(policy: WatchedCapacityPolicy): void
  /** Closes what is open and tells so. */
  remove(uid: string): void
  /** The version at work; undefined for a policy that never was accepted. */
  workOf(uid: string): AcceptedVersion | undefined
  view(uid: string): CapacityView | undefined
}

/** Puts an Event on a policy. */
export type EventWriter = (policy: PolicyReference, reason: string, note: string) => void

export interface CapacityPolicySurroundings {
  /** Absent: the operator reads one namespace only. */
  readonly systemNamespace: string | undefined
  readonly watching: CapacityWatching
  readonly receivers: Receivers
  /** The labels of a namespace; undefined while the namespaces have not been read. */
  readonly namespaceFacts: (name: string) => NamespaceFacts | undefined
  readonly recordEvent: EventWriter
  readonly clock: Clock
}

export function createCapacityPolicyReconciler(
  surroundings: CapacityPolicySurroundings,
): KindReconciler<typeof capacityPolicy> {
  const { watching, receivers, clock } = surroundings
  return {
    kind: capacityPolicy,
    reconcile: async (policy) => {
      const { uid } = policy.metadata
      const rejection = findRejection(policy, surroundings)
      const version = rejection === undefined ? versionOf(policy) : watching.workOf(uid)
      const resolutions = resolveReceivers(policy, version?.spec ?? policy.spec, surroundings)
      if (version !== undefined) apply(policy, version, { resolutions, surroundings })
      const findings = { rejection, version, resolutions, view: watching.view(uid) }
      const status = buildStatus(policy, findings, clock.nowMs())
      reportNews(policy, status, surroundings)
      return status
    },
    forget: async ({ namespace, name, uid }) => {
      receivers.use(`${namespace}/${name}`, [])
      watching.remove(uid)
    },
  }
}

function findRejection(
  { metadata, spec }: CapacityPolicy,
  { systemNamespace }: CapacityPolicySurroundings,
): Rejection | undefined {
  const problems = capacityScopeProblems(spec, { namespace: metadata.namespace, systemNamespace })
  if (problems.length === 0) return undefined
  return { reason: 'OutOfScope', message: problems.map(({ message }) => message).join('; ') }
}

function versionOf({ metadata, spec }: CapacityPolicy): AcceptedVersion {
  return { generation: metadata.generation, spec }
}

function resolveReceivers(
  { metadata }: CapacityPolicy,
  spec: CapacityPolicySpec,
  surroundings: CapacityPolicySurroundings,
): (Resolution | Pending)[] {
  const own = metadata.namespace
  const references = (spec.receivers ?? []).map(({ name, namespace = own }) => ({ namespace, name }))
  surroundings.receivers.use(`${own}/${metadata.name}`, references)
  return references.map((reference) => resolveReceiver(reference, own, surroundings))
}

function resolveReceiver(
  reference: ReceiverReference,
  own: string,
  { receivers, namespaceFacts, systemNamespace }: CapacityPolicySurroundings,
): Resolution | Pending {
  if (reference.namespace === own) return receivers.resolve(reference, { name: own, labels: {} })
  if (systemNamespace === undefined) {
    const name = `AlertReceiver ${reference.namespace}/${reference.name}`
    const message = `${name} cannot be read: this operator reads namespace ${own} alone; create a receiver there`
    return { problem: 'Missing', reference, message }
  }
  const user = namespaceFacts(own)
  return user === undefined ? { pending: reference } : receivers.resolve(reference, user)
}

function policyReference({ metadata }: CapacityPolicy): PolicyReference {
  return { kind: capacityPolicy.kind, namespace: metadata.namespace, name: metadata.name, uid: metadata.uid }
}

function useOf({ namespace, name }: Receiver): ReceiverUse {
  return { namespace, name }
}

interface Application {
  readonly resolutions: readonly (Resolution | Pending)[]
  readonly surroundings: CapacityPolicySurroundings
}

/** Also where nothing changed but the receivers, and where a version works on that is no longer what the spec says. */
function apply(policy: CapacityPolicy, version: AcceptedVersion, { resolutions, surroundings }: Application): void {
  const { metadata } = policy
  surroundings.watching.apply({
    reference: policyReference(policy),
    ...version,
    onlyNamespace: namespaceOnly({ namespace: metadata.namespace, systemNamespace: surroundings.systemNamespace }),
    receivers: resolutions.flatMap((resolution) => ('receiver' in resolution ? [useOf(resolution.receiver)] : [])),
  })
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
