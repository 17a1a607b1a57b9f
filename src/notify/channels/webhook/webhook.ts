import type { ChannelSpec } from '../../../api/channels.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Message } from '../../../model/message.ts'
import { asDelivery, deliverRequest, type PreparedRequest, readOptional } from '../../deliver-request.ts'
import type { Notifier, Preflight } from '../../notifier.ts'
import type { Outgoing } from '../../outgoing.ts'
import { failureOfError } from '../../outgoing-failures.ts'
import type { SecretReference, Secrets } from '../../secrets.ts'
import { payloadOf } from './payload.ts'
import { signatureHeaders } from './signature.ts'

export interface WebhookOptions {
  readonly spec: ChannelSpec<'webhook'>
  readonly secrets: Secrets
  readonly outgoing: Outgoing
  readonly clock: Clock
}

/** Posts each message as JSON. Sent again, it has the same `Idempotency-Key`. */
export function createWebhookNotifier(options: WebhookOptions): Notifier {
  const { secrets, outgoing } = options
  const references = referencesOf(options.spec)
  return {
    rate: { burst: 100, intervalMs: 20 },
    notify: async (message, { signal }) => {
      const prepare = () => requestFor(message, options, signal)
      return asDelivery(await deliverRequest({ outgoing, secrets, references, prepare }))
    },
    preflight: (signal) => preflight(options, signal),
  }
}

function referencesOf({ urlSecretRef, headers = [], signingSecretRef, caSecretRef }: WebhookOptions['spec']) {
  const all = [urlSecretRef, ...headers.map(({ valueSecretRef }) => valueSecretRef), signingSecretRef, caSecretRef]
  return all.filter((reference): reference is SecretReference => reference !== undefined)
}

interface Values {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly signingKey: string | undefined
  readonly authorities: string | undefined
}

async function valuesOf({ spec, secrets }: WebhookOptions, signal: AbortSignal): Promise<Values> {
  const { url, urlSecretRef, headers = [], signingSecretRef, caSecretRef } = spec
  const read = (reference: SecretReference | undefined) => readOptional(secrets, reference, signal)
  const [secretUrl, signingKey, authorities, ...values] = await Promise.all([
    ...[read(urlSecretRef), read(signingSecretRef), read(caSecretRef)],
    ...headers.map(({ valueSecretRef }) => read(valueSecretRef)),
  ])
  const named = headers.map(({ name }, index) => [name, values[index] ?? ''] as const)
  return { url: url ?? secretUrl?.trim() ?? '', headers: Object.fromEntries(named), signingKey, authorities }
}

async function requestFor(message: Message, options: WebhookOptions, signal: AbortSignal): Promise<PreparedRequest> {
  const { url, headers, signingKey, authorities } = await valuesOf(options, signal)
  const body = JSON.stringify(payloadOf(message))
  return {
    ...{ url, method: 'POST', body, signal },
    headers: {
      ...headers,
      'Content-Type': 'application/json; charset=utf-8',
      'Idempotency-Key': message.id,
      ...(signingKey === undefined ? {} : signatureHeaders(signingKey, body, options.clock.nowMs())),
    },
    ...(authorities === undefined ? {} : { authorities }),
    secretValues: [url, signingKey ?? '', ...Object.values(headers)],
  }
}

/** Whether everything can be read that a message needs; whether the receiver takes one shows only when one comes. */
async function preflight(options: WebhookOptions, signal: AbortSignal): Promise<Preflight> {
  try {
    const { url } = await valuesOf(options, signal)
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
      return { status: 'failed', reason: 'client', message: 'the url is not one: write it as https://host/path' }
    }
    return { status: 'untested', message: 'a webhook can only be asked by sending: dogwatch receivers test' }
  } catch (error) {
    const { reason, message } = failureOfError(error)
    return { status: 'failed', reason, message }
  }
}
