/**
 * Microsoft Teams through a workflow with the trigger "When a Teams webhook request is received". Nothing can be looked up or
 * changed there, so every word is a card of its own, and after a crash one may come twice and says so.
 * Source: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using.
 */
import type { ChannelSpec } from '../../../api/channels.ts'
import type { Message } from '../../../model/message.ts'
import { layoutOf } from '../../layout.ts'
import type { Delivery, FailedDelivery, Notifier, Preflight } from '../../notifier.ts'
import type { Outgoing, OutgoingAnswer } from '../../outgoing.ts'
import { failureOf, failureOfError } from '../../outgoing-failures.ts'
import type { Secrets } from '../../secrets.ts'
import { cardOf } from './card.ts'

export interface TeamsSurroundings {
  readonly secrets: Secrets
  readonly outgoing: Outgoing
}

/** Four requests a second are let through: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook. */
const rate = { burst: 4, intervalMs: 1_000 }

export function createTeamsNotifier(
  { urlSecretRef }: ChannelSpec<'teams'>,
  { secrets, outgoing }: TeamsSurroundings,
): Notifier {
  return {
    rate,
    notify: async (message, { signal }): Promise<Delivery> => {
      try {
        const url = await secrets.read(urlSecretRef, signal)
        const headers = { 'content-type': 'application/json' }
        const answer = await outgoing.send({ url, method: 'POST', headers, body: bodyOf(message), signal })
        const failure = failureOfAnswer(answer)
        if (failure !== undefined && isAboutUrl(answer)) secrets.refused(urlSecretRef)
        return failure ?? { sent: true }
      } catch (error) {
        return failureOfError(error)
      }
    },
    preflight: async (signal): Promise<Preflight> => {
      try {
        return urlProblem(await secrets.read(urlSecretRef, signal)) ?? untested
      } catch (error) {
        const { reason, message } = failureOfError(error)
        return { status: 'failed', reason, message }
      }
    },
  }
}

const untested: Preflight = {
  status: 'untested',
  message: 'a workflow cannot be asked without posting: dogwatch receivers test sends a card',
}

function urlProblem(url: string): Preflight | undefined {
  if (URL.canParse(url) && ['https:', 'http:'].includes(new URL(url).protocol)) return undefined
  return { status: 'failed', reason: 'client', message: 'what the Secret holds is no URL: copy it from the workflow' }
}

function bodyOf(message: Message): string {
  const content = cardOf(layoutOf(message))
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }
  return JSON.stringify({ type: 'message', attachments: [attachment] })
}

/** 202: the workflow will post it. What it says of a request that it refuses is a code in JSON. */
function failureOfAnswer(answer: OutgoingAnswer): FailedDelivery | undefined {
  const code = /"code"\s*:\s*"([A-Za-z]{1,60})"/.exec(answer.body)?.[1]
  const advice = code === undefined ? undefined : (advices[code] ?? code)
  return failureOf(answer, advice)
}

const advices: Readonly<Record<string, string>> = {
  WorkflowTriggerIsNotEnabled: 'WorkflowTriggerIsNotEnabled, turn the workflow on',
  WorkflowNotFound: 'WorkflowNotFound, the workflow was deleted: make a new one',
  AuthorizationFailed: 'AuthorizationFailed, copy the whole URL from the workflow',
  DirectApiAuthorizationRequired: 'DirectApiAuthorizationRequired, let anyone trigger the workflow',
}

function isAboutUrl({ status }: OutgoingAnswer): boolean {
  return [401, 403, 404, 410].includes(status)
}
