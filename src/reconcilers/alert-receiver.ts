/** AlertReceiver: makes a sender of the spec and tells policies that it is there. */
import { type AlertReceiver, type AlertReceiverStatus, alertReceiver } from '../api/alert-receiver.ts'
import { receiverScopeProblems } from '../api/scope-rule.ts'
import type { Clock } from '../base/clock.ts'
import { errorText } from '../base/errors.ts'
import { matchesLabelSelector } from '../model/label-selector.ts'
import { type ChannelSurroundings, channelOf, createNotifier } from '../notify/channels/channels.ts'
import type { Pipeline } from '../notify/pipeline.ts'
import { atAnyHour, type NamespaceFacts, type Receivers } from '../notify/receivers.ts'
import { conditionsOf, type Judgement, type KindReconciler, timestampOf } from './kind-reconciler.ts'

export interface AlertReceiverSurroundings {
  /** Absent: the operator reads one namespace only. */
  readonly systemNamespace: string | undefined
  readonly receivers: Receivers
  readonly pipeline: Pick<Pipeline, 'forgetReceiver'>
  readonly channels: ChannelSurroundings
  readonly clock: Clock
}

/** A status shows deliveries at this grain: what changes all the time is a metric. */
const deliveryGrainMs = 5 * 60_000

export function createAlertReceiverReconciler(
  surroundings: AlertReceiverSurroundings,
): KindReconciler<typeof alertReceiver> {
  const { receivers, clock } = surroundings
  return {
    kind: alertReceiver,
    reconcile: async (object) => {
      const problem = connect(object, surroundings)
      const now = timestampOf(clock.nowMs())
      const delivered = lastDelivery(object, receivers)
      return {
        observedGeneration: object.metadata.generation,
        conditions: conditionsOf(object, judge(problem), now),
        channel: channelOf(object.spec),
        usedBy: receivers.usersOf(object.metadata).length,
        ...(delivered === undefined ? {} : { lastDeliveryTime: delivered }),
      }
    },
    forget: async (object) => {
      receivers.delete(object)
      surroundings.pipeline.forgetReceiver(object)
    },
  }
}

interface Problem {
  readonly reason: string
  readonly message: string
}

/** Makes the receiver known, or known as rejected; gives the reason for the latter. */
function connect({ metadata, spec }: AlertReceiver, surroundings: AlertReceiverSurroundings): Problem | undefined {
  const { systemNamespace, receivers, channels } = surroundings
  const reference = { namespace: metadata.namespace, name: metadata.name }
  const version = `${metadata.uid}/${metadata.generation}`
  const outOfScope = receiverScopeProblems(spec, { namespace: metadata.namespace, systemNamespace })
  try {
    if (outOfScope.length > 0) throw new Error(outOfScope.map(({ message }) => message).join('; '))
    const notifier = createNotifier(spec, reference, channels)
    const channel = channelOf(spec)
    receivers.set({
      ...reference,
      version,
      channel,
      notifier,
      hours: atAnyHour,
      isSharedWith: sharing(spec.share?.namespaces),
    })
    return undefined
  } catch (error) {
    const message = errorText(error)
    receivers.reject({ ...reference, version }, message)
    return { reason: outOfScope.length > 0 ? 'OutOfScope' : 'InvalidSpec', message }
  }
}

type Grant = NonNullable<AlertReceiver['spec']['share']>['namespaces']

function sharing(grant: Grant | undefined): (namespace: NamespaceFacts) => boolean {
  if (grant === undefined) return () => false
  const { names = [], selector } = grant
  return ({ name, labels }) => (names.length === 0 || names.includes(name)) && matchesLabelSelector(selector, labels)
}

function judge(problem: Problem | undefined): Judgement[] {
  if (problem !== undefined) {
    const { reason, message } = problem
    return [
      { type: 'Accepted', status: 'False', reason, message },
      {
        type: 'Ready',
        status: 'False',
        reason: 'NotAccepted',
        message: 'Nothing is delivered: the spec is not accepted',
      },
    ]
  }
  return [
    { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The spec can be carried out' },
    { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message: 'It refers to nothing' },
    { type: 'Ready', status: 'True', reason: 'Ready', message: 'Alerts can be delivered' },
  ]
}

function lastDelivery({ metadata, status }: AlertReceiver, receivers: Receivers): string | undefined {
  const shown: AlertReceiverStatus['lastDeliveryTime'] = status?.lastDeliveryTime
  const deliveredMs = receivers.lastDeliveryMs(metadata)
  if (deliveredMs === undefined) return shown
  const isFresh = shown !== undefined && deliveredMs - Date.parse(shown) < deliveryGrainMs
  return isFresh ? shown : timestampOf(deliveredMs)
}
