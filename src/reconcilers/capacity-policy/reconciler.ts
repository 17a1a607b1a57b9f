/**
 * CapacityPolicy: checks the scope, finds the receivers, sets the capacity watcher to work, and mirrors what it sees into
 * the status. A version that is not accepted changes nothing: the last good one works on, and the status says so.
 */
import { type CapacityPolicy, type CapacityPolicySpec, capacityPolicy } from '../../api/capacity-policy.ts'
import { capacityScopeProblems, namespaceOnly } from '../../api/scope-rule.ts'
import type { Clock } from '../../base/clock.ts'
import type { PolicyReference, ReceiverUse } from '../../model/alert.ts'
import type { EventWriter } from '../../notify/own-console.ts'
import {
  type ReceiverSurroundings,
  type ResolvedUse,
  resolveUses,
  usable,
  userKey,
} from '../../notify/receiver-uses.ts'
import type { CapacityView } from '../../watchers/capacity/view.ts'
import type { AcceptedVersions } from '../accepted-versions.ts'
import { type KindReconciler, recordTurns } from '../kind-reconciler.ts'
import type { AcceptedVersion, Rejection } from '../policy-conditions.ts'
import { buildStatus } from './status.ts'

type Version = AcceptedVersion<CapacityPolicySpec>

/** One accepted policy on its way to the watcher. */
export interface WatchedCapacityPolicy extends Version {
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
  workOf(uid: string): Version | undefined
  view(uid: string): CapacityView | undefined
}

export interface CapacityPolicySurroundings extends ReceiverSurroundings {
  readonly watching: CapacityWatching
  readonly accepted: AcceptedVersions
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
  const { watching, receivers, accepted, isStopped, clock } = surroundings
  return {
    kind: capacityPolicy,
    reconcile: async (policy) => {
      const { uid } = policy.metadata
      const rejection = findRejection(policy, surroundings)
      const version =
        rejection === undefined ? versionOf(policy) : (watching.workOf(uid) ?? earlierVersion(policy, surroundings))
      if (rejection === undefined) accepted.keep(uid, versionOf(policy))
      accepted.whenRead(uid, version === undefined ? () => takeUp(policy, surroundings) : undefined)
      const resolved = resolveUses((version?.spec ?? policy.spec).receivers, policy.metadata.namespace, surroundings)
      receivers.use(
        userKey(policyReference(policy)),
        resolved.map(({ use }) => use),
      )
      if (version !== undefined) apply(policy, version, { resolved, surroundings })
      const observed = { view: watching.view(uid), logProblem: surroundings.logProblem(), isStopped: isStopped() }
      const findings = { rejection, version, receivers: resolved, ...observed }
      const status = buildStatus(policy, findings, clock.nowMs())
      recordTurns(capacityPolicy.kind, policy, { status, recordEvent: surroundings.recordEvent })
      return status
    },
    forget: async ({ namespace, name, uid }) => {
      receivers.use(userKey({ kind: capacityPolicy.kind, namespace, name }), [])
      watching.remove(uid)
      accepted.forget(uid)
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

/** What an earlier process accepted, if it may see what it asks for in this one too. */
function earlierVersion(policy: CapacityPolicy, surroundings: CapacityPolicySurroundings): Version | undefined {
  const version = surroundings.accepted.of<CapacityPolicySpec>(policy.metadata.uid, capacityPolicy.spec)
  if (version === undefined) return undefined
  return findRejection({ ...policy, spec: version.spec }, surroundings) === undefined ? version : undefined
}

function versionOf({ metadata, spec }: CapacityPolicy): Version {
  return { generation: metadata.generation, spec }
}

function policyReference({ metadata }: CapacityPolicy): PolicyReference {
  return { kind: capacityPolicy.kind, namespace: metadata.namespace, name: metadata.name, uid: metadata.uid }
}

interface Application {
  readonly resolved: readonly ResolvedUse[]
  readonly surroundings: CapacityPolicySurroundings
}

/** The version that an earlier process accepted goes to work. */
function takeUp(policy: CapacityPolicy, surroundings: CapacityPolicySurroundings): void {
  const version = earlierVersion(policy, surroundings)
  if (version === undefined) return
  const resolved = resolveUses(version.spec.receivers, policy.metadata.namespace, surroundings)
  apply(policy, version, { resolved, surroundings })
}

/** Also where nothing changed but the receivers, and where a version works on that is no longer what the spec says. */
function apply(policy: CapacityPolicy, version: Version, { resolved, surroundings }: Application): void {
  const { metadata } = policy
  surroundings.watching.apply({
    reference: policyReference(policy),
    ...version,
    onlyNamespace: namespaceOnly({ namespace: metadata.namespace, systemNamespace: surroundings.systemNamespace }),
    receivers: usable(resolved),
  })
}
