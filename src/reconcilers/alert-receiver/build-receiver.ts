/** From an accepted spec to a receiver that works. */
import type { AlertReceiverSpec } from '../../api/alert-receiver.ts'
import { durationMs } from '../../api/duration.ts'
import { OperatorError } from '../../base/errors.ts'
import { type ChannelSurroundings, channelOf, createNotifier } from '../../notify/channels/channels.ts'
import { createHours } from '../../notify/hours.ts'
import { compileTemplate } from '../../notify/message-template.ts'
import type { Notifier } from '../../notify/notifier.ts'
import { receiverSharing } from '../../notify/receiver-sharing.ts'
import type { Receiver, ReceiverHours, VersionedReference } from '../../notify/receivers.ts'
import type { SecretReference } from '../../notify/secrets.ts'

/** Throws INVALID_SPEC naming the field that cannot be used. */
export function buildReceiver(
  spec: AlertReceiverSpec,
  reference: VersionedReference,
  channels: ChannelSurroundings,
): Receiver {
  const hours = hoursOf(spec)
  const dress = spec.template === undefined ? undefined : compileTemplate(spec.template)
  const notifier = createNotifier(spec, reference, channels)
  return {
    ...reference,
    ...{ channel: channelOf(spec), hours, isSharedWith: receiverSharing(spec.share) },
    notifier: dress === undefined ? notifier : dressed(notifier, dress),
    ...(spec.heartbeat === undefined ? {} : { heartbeatMs: durationMs(spec.heartbeat.every) }),
  }
}

function hoursOf({ hours, minSeverity }: AlertReceiverSpec): ReceiverHours {
  const { active = [], except = [] } = hours ?? {}
  try {
    return createHours({ active, except, minSeverity })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new OperatorError('INVALID_SPEC', `spec.hours: ${error.message}: use a name such as Europe/Zurich or UTC`)
  }
}

/** The sender, given messages in the receiver's own words. */
function dressed(notifier: Notifier, dress: ReturnType<typeof compileTemplate>): Notifier {
  const { rate, refreshMs, preflight, close } = notifier
  return {
    rate,
    ...(refreshMs === undefined ? {} : { refreshMs }),
    notify: (message, context) => notifier.notify(dress(message), context),
    ...(preflight === undefined ? {} : { preflight: (signal) => preflight.call(notifier, signal) }),
    ...(close === undefined ? {} : { close: () => close.call(notifier) }),
  }
}

/** Every Secret that a channel's spec names, wherever in it: a name and a key, and nothing else. */
export function secretReferencesOf(channelSpec: unknown): SecretReference[] {
  if (typeof channelSpec !== 'object' || channelSpec === null) return []
  return isSecretReference(channelSpec) ? [channelSpec] : Object.values(channelSpec).flatMap(secretReferencesOf)
}

function isSecretReference(value: object): value is SecretReference {
  const { name, key, ...rest } = value as Partial<SecretReference>
  return typeof name === 'string' && typeof key === 'string' && Object.keys(rest).length === 0
}
