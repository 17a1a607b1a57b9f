/** Every channel's sender, by the name that a receiver's spec has for it. The compiler asks for one per channel of src/api. */
import { join } from 'node:path'
import { byteCount } from '../../api/byte-size.ts'
import { type ChannelKind, type ChannelSpec, channelKinds } from '../../api/channels.ts'
import type { Clock } from '../../base/clock.ts'
import { OperatorError } from '../../base/errors.ts'
import type { ReceiverReference } from '../../model/alert.ts'
import type { Notifier } from '../notifier.ts'
import type { Outgoing } from '../outgoing.ts'
import type { Secrets } from '../secrets.ts'
import { createAlertmanagerNotifier } from './alertmanager/alertmanager.ts'
import { createConsoleNotifier, type LineWriter } from './console.ts'
import { createEmailNotifier } from './email/email.ts'
import { createFileNotifier } from './file.ts'
import { createPagerdutyNotifier } from './pagerduty/pagerduty.ts'
import { createSlackNotifier } from './slack/slack.ts'
import { createTeamsNotifier } from './teams/teams.ts'
import { createWebhookNotifier } from './webhook/webhook.ts'

/** What channels need of the process they run in. */
export interface ChannelSurroundings {
  readonly writeLine: LineWriter
  /** File receivers write below it, each in a folder of its namespace. */
  readonly receiversFolder: string
  /** The Secrets of a receiver's own namespace. */
  readonly secretsOf: (namespace: string) => Secrets
  /** The way to receivers that speak HTTP. */
  readonly outgoing: Outgoing
  /** Whether a receiver may have an address of this host; for those that do not speak HTTP. */
  readonly allowLocalReceivers: boolean
  readonly clock: Clock
}

interface ChannelInput<K extends ChannelKind> {
  readonly spec: ChannelSpec<K>
  readonly receiver: ReceiverReference
  readonly surroundings: ChannelSurroundings
}

type Factories = { readonly [K in ChannelKind]: (input: ChannelInput<K>) => Notifier }

const factories: Factories = {
  console: ({ surroundings }) => createConsoleNotifier(surroundings.writeLine),
  file: ({ spec, receiver, surroundings }) =>
    createFileNotifier({
      folder: join(surroundings.receiversFolder, receiver.namespace),
      path: spec.path ?? `${receiver.name}.log`,
      maxBytes: byteCount(spec.maxBytes),
      maxFiles: spec.maxFiles,
    }),
  slack: (input) => createSlackNotifier(input.spec, networkOf(input)),
  email: (input) =>
    createEmailNotifier(input.spec, {
      ...{ receiver: input.receiver, secrets: input.surroundings.secretsOf(input.receiver.namespace) },
      allowLocalReceivers: input.surroundings.allowLocalReceivers,
    }),
  webhook: (input) => createWebhookNotifier({ spec: input.spec, ...networkOf(input) }),
  alertmanager: (input) => createAlertmanagerNotifier({ spec: input.spec, ...networkOf(input) }),
  pagerduty: (input) => createPagerdutyNotifier({ spec: input.spec, ...networkOf(input) }),
  teams: (input) => createTeamsNotifier(input.spec, networkOf(input)),
}

/** What a channel needs that speaks HTTP with credentials. */
function networkOf({ receiver, surroundings }: Omit<ChannelInput<ChannelKind>, 'spec'>) {
  const { outgoing, clock, secretsOf } = surroundings
  return { outgoing, clock, secrets: secretsOf(receiver.namespace) }
}

export type ChannelSpecs = { readonly [K in ChannelKind]?: ChannelSpec<K> | undefined }

/** The channel that a receiver's spec sets. */
export function channelOf(specs: ChannelSpecs): ChannelKind {
  const found = channelKinds.find((kind) => specs[kind] !== undefined)
  if (found === undefined)
    throw new OperatorError('INVALID_SPEC', `spec: set exactly one of ${channelKinds.join(', ')}`)
  return found
}

/** The sender for a receiver. Throws INVALID_SPEC naming the field that cannot be used. */
export function createNotifier(
  specs: ChannelSpecs,
  receiver: ReceiverReference,
  surroundings: ChannelSurroundings,
): Notifier {
  return createFor(channelOf(specs), specs, { receiver, surroundings })
}

function createFor<K extends ChannelKind>(kind: K, specs: ChannelSpecs, rest: Omit<ChannelInput<K>, 'spec'>): Notifier {
  return factories[kind]({ ...rest, spec: specs[kind] as ChannelSpec<K> })
}
