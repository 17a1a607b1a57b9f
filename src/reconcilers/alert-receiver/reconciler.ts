/** AlertReceiver: makes a sender of the spec, tells policies that it is there, and has its Secrets and credentials checked. */
import { type AlertReceiver, alertReceiver } from '../../api/alert-receiver.ts'
import { receiverScopeProblems } from '../../api/scope-rule.ts'
import type { Clock } from '../../base/clock.ts'
import { errorText, OperatorError } from '../../base/errors.ts'
import { type ChannelSurroundings, channelOf } from '../../notify/channels/channels.ts'
import type { Notifier } from '../../notify/notifier.ts'
import type { EventWriter } from '../../notify/own-console.ts'
import type { Pipeline } from '../../notify/pipeline.ts'
import type { ReceiverChecks } from '../../notify/receiver-checks.ts'
import type { Receivers } from '../../notify/receivers.ts'
import { type KindReconciler, recordTurns } from '../kind-reconciler.ts'
import { buildReceiver, secretReferencesOf } from './build-receiver.ts'
import { buildStatus, type Rejection } from './status.ts'

export interface AlertReceiverSurroundings {
  /** Absent: the operator reads one namespace only. */
  readonly systemNamespace: string | undefined
  readonly receivers: Receivers
  readonly checks: ReceiverChecks
  readonly pipeline: Pick<Pipeline, 'forgetReceiver'>
  readonly channels: ChannelSurroundings
  /** A sender that is needed no more. */
  readonly retire: (notifier: Notifier) => void
  readonly recordEvent: EventWriter
  readonly clock: Clock
}

export function createAlertReceiverReconciler(
  surroundings: AlertReceiverSurroundings,
): KindReconciler<typeof alertReceiver> {
  const { receivers, checks, pipeline, clock, recordEvent } = surroundings
  /** The versions that were judged last, with what is wrong with them. */
  const judged = new Map<string, { readonly version: string; readonly rejection: Rejection | undefined }>()
  return {
    kind: alertReceiver,
    reconcile: async (object) => {
      const { uid } = object.metadata
      const known = judged.get(uid)
      const version = versionOf(object)
      // One version has one sender: a second one would write to the same file, or hold a second connection.
      const rejection = known?.version === version ? known.rejection : connect(object, surroundings)
      judged.set(uid, { version, rejection })
      if (rejection === undefined) watchHealth(object, surroundings)
      else checks.forget(object.metadata)
      const status = buildStatus(object, { rejection, receivers, checks }, clock.nowMs())
      recordTurns(alertReceiver.kind, object, { status, recordEvent })
      return status
    },
    forget: async (object) => {
      judged.delete(object.uid)
      checks.forget(object)
      retire(object, surroundings)
      receivers.delete(object)
      pipeline.forgetReceiver(object)
    },
  }
}

function versionOf({ metadata }: AlertReceiver): string {
  return `${metadata.uid}/${metadata.generation}`
}

/** Makes the receiver known, or known as rejected; gives the reason for the latter. */
function connect(object: AlertReceiver, surroundings: AlertReceiverSurroundings): Rejection | undefined {
  const { metadata, spec } = object
  const { systemNamespace, receivers, channels } = surroundings
  const reference = { namespace: metadata.namespace, name: metadata.name, version: versionOf(object) }
  const outOfScope = receiverScopeProblems(spec, { namespace: metadata.namespace, systemNamespace })
  retire(metadata, surroundings)
  try {
    if (outOfScope.length > 0)
      throw new OperatorError('INVALID_SPEC', outOfScope.map(({ message }) => message).join('; '))
    receivers.set(buildReceiver(spec, reference, channels))
    return undefined
  } catch (error) {
    const message = errorText(error)
    receivers.reject(reference, message)
    return { reason: outOfScope.length > 0 ? 'OutOfScope' : 'InvalidSpec', message }
  }
}

function retire(reference: { namespace: string; name: string }, surroundings: AlertReceiverSurroundings): void {
  const receiver = surroundings.receivers.get(reference)
  if (receiver !== undefined) surroundings.retire(receiver.notifier)
}

function watchHealth({ metadata, spec }: AlertReceiver, surroundings: AlertReceiverSurroundings): void {
  const { receivers, checks, channels } = surroundings
  const receiver = receivers.get(metadata)
  if (receiver === undefined) return
  const { namespace, name, version, notifier } = receiver
  const secretReferences = secretReferencesOf(spec[channelOf(spec)])
  checks.watch({ namespace, name, version, notifier, secretReferences, secrets: channels.secretsOf(namespace) })
}
