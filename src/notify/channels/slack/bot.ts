/**
 * Slack by a bot token: one message for each incident, which shows how it stands and is changed with every word; what is new
 * is said in its thread. Each call is a step of the delivery, so a restart makes each once. Signs of life are one message
 * too, which says when the last one came.
 */
import type { WebClient } from '@slack/web-api'
import type { IncidentData, Notifier, Preflight } from '../../notifier.ts'
import type { Outgoing } from '../../outgoing.ts'
import type { SecretReference, Secrets } from '../../secrets.ts'
import { deliverByBot } from './bot-delivery.ts'
import { failureOfCall, isOfCall } from './failures.ts'
import { preflightOfToken } from './scopes.ts'
import { createWebApi } from './web-api.ts'

export interface SlackBotOptions {
  readonly tokenSecretRef: SecretReference
  /** Name or id; a message may name another. */
  readonly channel: string
  readonly alsoToChannel: boolean
  readonly apiUrl: string
  readonly secrets: Secrets
  readonly outgoing: Outgoing
}

/** About one message a second to a channel: https://docs.slack.dev/apis/web-api/rate-limits. */
const rate = { burst: 5, intervalMs: 1_000 }
/** "Several hundred messages per minute" to a workspace: the same page. */
const totalRate = { burst: 30, intervalMs: 200 }

export function createSlackBotNotifier(options: SlackBotOptions): Notifier {
  const { outgoing, alsoToChannel } = options
  let lastHeartbeat: IncidentData = {}
  return {
    ...{ rate, totalRate },
    notify: async (message, given) => {
      const isHeartbeat = message.reason === 'heartbeat'
      const context = isHeartbeat ? { ...given, incident: lastHeartbeat } : given
      try {
        const slack = await connect(options, context.signal)
        const channel = message.slackChannel ?? options.channel
        const delivery = await deliverByBot({ message, context, slack, outgoing, alsoToChannel, channel })
        if (isHeartbeat && delivery.sent) lastHeartbeat = delivery.incident ?? {}
        return delivery
      } catch (error) {
        if (!isOfCall(error)) throw error
        return failed(error, options)
      }
    },
    preflight: (signal) => preflight(options, signal),
  }
}

async function connect({ secrets, tokenSecretRef, apiUrl, outgoing }: SlackBotOptions, signal: AbortSignal) {
  const token = await secrets.read(tokenSecretRef, signal)
  return createWebApi({ token, apiUrl, outgoing, signal })
}

/** A token that was refused is read again at the next try. */
function failed(error: unknown, { secrets, tokenSecretRef }: SlackBotOptions) {
  const failure = failureOfCall(error)
  if (failure.reason === 'auth') secrets.refused(tokenSecretRef)
  return failure
}

async function preflight(options: SlackBotOptions, signal: AbortSignal): Promise<Preflight> {
  try {
    return preflightOfToken(await askWho(await connect(options, signal)))
  } catch (error) {
    const { reason, message } = failed(error, options)
    return { status: 'failed', reason, message }
  }
}

async function askWho(slack: WebClient) {
  const { team = '?', user = '?', response_metadata: metadata } = await slack.auth.test()
  return { team, user, scopes: metadata?.scopes }
}
