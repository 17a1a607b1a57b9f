import type { ChannelSpec } from '../../../api/channels.ts'
import { OperatorError } from '../../../base/errors.ts'
import type { Notifier } from '../../notifier.ts'
import type { Outgoing } from '../../outgoing.ts'
import type { Secrets } from '../../secrets.ts'
import { createSlackBotNotifier } from './bot.ts'
import { createSlackWebhookNotifier } from './webhook.ts'

interface Surroundings {
  readonly secrets: Secrets
  readonly outgoing: Outgoing
}

/** By token or by webhook, as the spec says. Throws INVALID_SPEC where it says neither. */
export function createSlackNotifier(spec: ChannelSpec<'slack'>, { secrets, outgoing }: Surroundings): Notifier {
  const { tokenSecretRef, urlSecretRef, channel, alsoToChannel, apiURL } = spec
  if (tokenSecretRef !== undefined && channel !== undefined) {
    return createSlackBotNotifier({ tokenSecretRef, channel, alsoToChannel, apiUrl: apiURL, secrets, outgoing })
  }
  if (urlSecretRef !== undefined) return createSlackWebhookNotifier({ urlSecretRef, secrets, outgoing })
  throw new OperatorError('INVALID_SPEC', 'spec.slack: set tokenSecretRef and channel, or urlSecretRef')
}
