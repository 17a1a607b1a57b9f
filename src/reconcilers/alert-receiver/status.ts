/** What an AlertReceiver's status says: whether its spec, its Secrets, its credentials and its last delivery are in order. */
import type { AlertReceiver, AlertReceiverStatus } from '../../api/alert-receiver.ts'
import { timeText } from '../../model/time-text.ts'
import { channelOf } from '../../notify/channels/channels.ts'
import type { Preflight } from '../../notify/notifier.ts'
import type { Health, ReceiverChecks } from '../../notify/receiver-checks.ts'
import type { Receivers } from '../../notify/receivers.ts'
import { conditionsOf, type Judgement } from '../kind-reconciler.ts'

export interface Rejection {
  readonly reason: 'OutOfScope' | 'InvalidSpec'
  readonly message: string
}

export interface Findings {
  readonly rejection: Rejection | undefined
  readonly receivers: Receivers
  readonly checks: Pick<ReceiverChecks, 'healthOf' | 'isChecked'>
}

/** A status shows deliveries at this grain: what changes all the time is a metric. */
const deliveryGrainMs = 5 * 60_000

export function buildStatus(object: AlertReceiver, findings: Findings, nowMs: number): AlertReceiverStatus {
  const { receivers } = findings
  const delivered = lastDelivery(object, receivers)
  return {
    observedGeneration: object.metadata.generation,
    conditions: conditionsOf(object, judge(object, findings), timeText(nowMs)),
    channel: channelOf(object.spec),
    usedBy: receivers.usersOf(object.metadata).length,
    ...(delivered === undefined ? {} : { lastDeliveryTime: delivered }),
  }
}

function judge(object: AlertReceiver, { rejection, receivers, checks }: Findings): Judgement[] {
  if (rejection !== undefined) return rejected(rejection)
  const { metadata } = object
  const health = checks.healthOf(metadata)
  // A restart, or another leader, is no reason to take back what was known of this generation.
  if (health === undefined && checks.isChecked(metadata)) return lastKnown(object)
  return [accepted, references(health), readiness(health), degradation(health, receivers.lastFailure(metadata))]
}

const accepted: Judgement = {
  type: 'Accepted',
  status: 'True',
  reason: 'Accepted',
  message: 'The spec can be carried out',
}

function rejected({ reason, message }: Rejection): Judgement[] {
  const ready = 'Nothing is delivered: the spec is not accepted'
  return [
    { type: 'Accepted', status: 'False', reason, message },
    { type: 'Ready', status: 'False', reason: 'NotAccepted', message: ready },
  ]
}

function lastKnown({ metadata, status }: AlertReceiver): Judgement[] {
  const known = (status?.conditions ?? []).filter(
    ({ type, observedGeneration }) => type !== 'Accepted' && observedGeneration === metadata.generation,
  )
  if (known.length > 0) return [accepted, ...known]
  const message = 'Its Secrets and credentials are being tried'
  return [
    accepted,
    { type: 'ResolvedRefs', status: 'Unknown', reason: 'Checking', message },
    { type: 'Ready', status: 'Unknown', reason: 'Checking', message },
  ]
}

function references(health: Health | undefined): Judgement {
  const problems = health?.secretProblems ?? []
  if (problems.length > 0) {
    const message = `${problems.join('; ')}. It is looked at again each minute`
    return { type: 'ResolvedRefs', status: 'False', reason: 'SecretUnavailable', message }
  }
  const message = health === undefined ? 'It refers to nothing' : 'All Secrets that it names can be read'
  return { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message }
}

function readiness(health: Health | undefined): Judgement {
  const no = (reason: string, message: string): Judgement => ({ type: 'Ready', status: 'False', reason, message })
  if (health !== undefined && health.secretProblems.length > 0) {
    return no('SecretUnavailable', 'Nothing can be delivered until its Secrets can be read')
  }
  const preflight = health?.preflight
  if (isRefusal(preflight)) return no('CredentialsRefused', preflight.message)
  const message =
    preflight?.status === 'ok' ? `Alerts can be delivered: ${preflight.message}` : 'Alerts can be delivered'
  return { type: 'Ready', status: 'True', reason: 'Ready', message }
}

type FailedPreflight = Extract<Preflight, { status: 'failed' }>

/** Somebody has to mend something; what else fails may pass by itself. */
function isRefusal(preflight: Preflight | undefined): preflight is FailedPreflight {
  return preflight?.status === 'failed' && (preflight.reason === 'auth' || preflight.reason === 'client')
}

function degradation(health: Health | undefined, failure: string | undefined): Judgement {
  const yes = (reason: string, message: string): Judgement => ({ type: 'Degraded', status: 'True', reason, message })
  if (failure !== undefined) {
    return yes(
      'DeliveryFailed',
      `The last delivery failed (${failure}); it is tried again. The operator's log has the details`,
    )
  }
  const preflight = health?.preflight
  if (preflight?.status === 'failed') return yes('PreflightFailed', preflight.message)
  return { type: 'Degraded', status: 'False', reason: 'Working', message: 'Nothing is known to be wrong' }
}

function lastDelivery({ metadata, status }: AlertReceiver, receivers: Receivers): string | undefined {
  const shown = status?.lastDeliveryTime
  const deliveredMs = receivers.lastDeliveryMs(metadata)
  if (deliveredMs === undefined) return shown
  const isFresh = shown !== undefined && deliveredMs - Date.parse(shown) < deliveryGrainMs
  return isFresh ? shown : timeText(deliveredMs)
}
