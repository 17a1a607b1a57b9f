/**
 * Slack by an incoming webhook: every word is a message of its own, in the channel that the webhook is for. Nothing can be
 * looked up or changed, so after a crash a message may come twice and says so.
 * Answers: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
 */
import type { Message } from '../../../model/message.ts'
import { type Layout, layoutOf } from '../../layout.ts'
import type { Delivery, Notifier } from '../../notifier.ts'
import type { Outgoing, OutgoingAnswer } from '../../outgoing.ts'
import { failureOf, failureOfError } from '../../outgoing-failures.ts'
import type { SecretReference, Secrets } from '../../secrets.ts'
import { blocksOf } from './blocks.ts'
import { fallbackText } from './fallback-text.ts'

export interface SlackWebhookOptions {
  readonly urlSecretRef: SecretReference
  readonly secrets: Secrets
  readonly outgoing: Outgoing
}

export function createSlackWebhookNotifier(options: SlackWebhookOptions): Notifier {
  const { secrets, urlSecretRef } = options
  return {
    rate: { burst: 5, intervalMs: 1_000 },
    notify: async (message, { signal }): Promise<Delivery> => {
      try {
        const answer = await send(message, options, signal)
        const failure = failureOf(answer, wordOf(answer))
        if (failure?.reason === 'auth' || answer.status === 404) secrets.refused(urlSecretRef)
        return failure ?? { sent: true }
      } catch (error) {
        return failureOfError(error)
      }
    },
  }
}

async function send(message: Message, options: SlackWebhookOptions, signal: AbortSignal): Promise<OutgoingAnswer> {
  const url = await options.secrets.read(options.urlSecretRef, signal)
  const layout = addressed(layoutOf(message), message.slackChannel)
  const body = JSON.stringify({ text: fallbackText(layout), blocks: blocksOf(layout), link_names: 0, parse: 'none' })
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  return options.outgoing.send({ url, method: 'POST', headers, body, signal })
}

/** A webhook has one channel: whoever was meant to read it elsewhere finds the name of that channel in it. */
function addressed(layout: Layout, slackChannel: string | undefined): Layout {
  if (slackChannel === undefined) return layout
  return {
    ...layout,
    notes: [`meant for ${slackChannel}: an incoming webhook cannot choose its channel`, ...layout.notes],
  }
}

const advice: Readonly<Record<string, string>> = {
  no_service: 'the webhook was removed or switched off: make a new one',
  no_service_id: 'the URL is not whole',
  no_team: 'the URL is not whole',
  team_disabled: 'the workspace is switched off',
  invalid_token: 'the URL is not whole',
  channel_not_found: 'its channel was deleted: make a new webhook',
  channel_is_archived: 'its channel is archived',
  action_prohibited: 'who administers the workspace does not allow it',
  posting_to_general_channel_denied: 'who administers the workspace does not allow it',
}

/** Slack answers with a code in plain text; anything else is not shown. */
function wordOf({ body }: OutgoingAnswer): string | undefined {
  const code = body.trim()
  if (!/^[a-z_]{1,60}$/.test(code)) return undefined
  return advice[code] === undefined ? code : `${code}, ${advice[code]}`
}
