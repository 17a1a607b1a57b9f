/**
 * CapacityPolicy: checks the scope, finds the receivers, sets the capacity watcher to work, and mirrors what it sees into
 * the status. A version that is not accepted changes nothing: the last good one works on, and the status says so.
 */
import { type CapacityPolicy, type CapacityPolicySpec, capacityPolicy } from '../../api/capacity-policy.ts'
import { capacityScopeProblems, namespaceOnly } from '../../api/scope-rule.ts'
import type { Clock } from '../../base/clock.ts'
import type { PolicyReference, ReceiverUse } from '../../model/alert.ts'
import type { EventWriter } from '../../notify/own-console.ts'
import type { NamespaceFacts, Receivers, Resolution } from '../../notify/receivers.ts'
import type { CapacityView } from '../../watchers/capacity/view.ts'
import { type KindReconciler, recordTurns } from '../kind-reconciler.ts'
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

export interface CapacityPolicySurroundings {
  /** Absent: the operator reads one namespace only. */
  readonly systemNamespace: string | undefined
  readonly watching: CapacityWatching
  readonly receivers: Receivers
  /** The labels of a namespace; undefined while the namespaces have not been read. */
  readonly namespaceFacts: (name: string) => NamespaceFacts | undefined
  readonly recordEvent: EventWriter
  /** Why the notification log cannot be written; undefined where it can. */
  readonly logProblem: () => string | undefined
  /** Somebody stopped all judgement and all messages. */
  readonly isStopped: () => boolean
  readonly clock: Clock
}

export function createCapacityPolicyReconciler(
  surroundings: CapacityPolicySurroundings,
): KindReconciler<typeof capacityPolicy> {
  const { watching, receivers, isStopped, clock } = surroundings
  return {
    kind: capacityPolicy,
    reconcile: async (policy) => {
      const { uid } = policy.metadata
      const rejection = findRejection(policy, surroundings)
      const version = rejection === undefined ? versionOf(policy) : watching.workOf(uid)
      const resolved = resolveReceivers(policy, version?.spec ?? policy.spec, surroundings)
      if (version !== undefined) apply(policy, version, { resolved, surroundings })
      const resolutions = resolved.map(({ resolution }) => resolution)
      const observed = { view: watching.view(uid), logProblem: surroundings.logProblem(), isStopped: isStopped() }
      const findings = { rejection, version, resolutions, ...observed }
      const status = buildStatus(policy, findings, clock.nowMs())
      recordTurns(capacityPolicy.kind, policy, { status, recordEvent: surroundings.recordEvent })
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
): ResolvedUse[] {
  const own = metadata.namespace
  const uses = (spec.receivers ?? []).map((receiver) => useOf(receiver, own))
  surroundings.receivers.use(`${own}/${metadata.name}`, uses)
  return uses.map((use) => ({ use, resolution: resolveReceiver(use, own, surroundings) }))
}

function useOf(
  { name, namespace, slack }: NonNullable<CapacityPolicySpec['receivers']>[number],
  own: string,
): ReceiverUse {
  return { namespace: namespace ?? own, name, ...(slack === undefined ? {} : { slackChannel: slack.channel }) }
}

function resolveReceiver(
  use: ReceiverUse,
  own: string,
  { receivers, namespaceFacts, systemNamespace }: CapacityPolicySurroundings,
): Resolution | Pending {
  if (use.namespace === own) return receivers.resolve(use, { name: own, labels: {} })
  if (systemNamespace === undefined) {
    const name = `AlertReceiver ${use.namespace}/${use.name}`
    const message = `${name} cannot be read: this operator reads namespace ${own} alone; create a receiver there`
    return { problem: 'Missing', reference: use, message }
  }
  const user = namespaceFacts(own)
  return user === undefined ? { pending: use } : receivers.resolve(use, user)
}

function policyReference({ metadata }: CapacityPolicy): PolicyReference {
  return { kind: capacityPolicy.kind, namespace: metadata.namespace, name: metadata.name, uid: metadata.uid }
}

/** A receiver as the policy names it, and whether it may be used so. */
interface ResolvedUse {
  readonly use: ReceiverUse
  readonly resolution: Resolution | Pending
}

interface Application {
  readonly resolved: readonly ResolvedUse[]
  readonly surroundings: CapacityPolicySurroundings
}

/** Also where nothing changed but the receivers, and where a version works on that is no longer what the spec says. */
function apply(policy: CapacityPolicy, version: AcceptedVersion, { resolved, surroundings }: Application): void {
  const { metadata } = policy
  surroundings.watching.apply({
    reference: policyReference(policy),
    ...version,
    onlyNamespace: namespaceOnly({ namespace: metadata.namespace, systemNamespace: surroundings.systemNamespace }),
    receivers: resolved.flatMap(({ use, resolution }) => ('receiver' in resolution ? [use] : [])),
  })
}
