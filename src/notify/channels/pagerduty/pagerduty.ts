/**
 * One incident there for each incident here: opened by its first message, and closed by its last, whatever comes between is
 * joined to it by its key. PagerDuty reminds by its own rules; what is sent again changes nothing there.
 */
import type { ChannelSpec } from '../../../api/channels.ts'
import type { Message } from '../../../model/message.ts'
import { asDelivery, deliverRequest, type Requested } from '../../deliver-request.ts'
import type { Delivery, DeliveryContext, FailedDelivery, Notifier, Preflight } from '../../notifier.ts'
import type { Outgoing, OutgoingAnswer } from '../../outgoing.ts'
import { failureOfError } from '../../outgoing-failures.ts'
import type { Secrets } from '../../secrets.ts'
import { type PagerdutyEvent, resolveEvent, triggerEvent } from './event.ts'

export interface PagerdutyOptions {
  readonly spec: ChannelSpec<'pagerduty'>
  readonly secrets: Secrets
  readonly outgoing: Outgoing
}

/** "Preferably with a backoff of a few minutes", says PagerDuty; it sends no Retry-After. */
const throttledMs = 2 * 60_000

export function createPagerdutyNotifier(options: PagerdutyOptions): Notifier {
  return {
    rate: { burst: 30, intervalMs: 1_000 },
    notify: (message, context) => notify(message, context, options),
    preflight: (signal) => preflight(options, signal),
  }
}

async function notify(message: Message, context: DeliveryContext, options: PagerdutyOptions): Promise<Delivery> {
  if (message.reason === 'heartbeat') return noPlaceForHeartbeats
  const send = async (event: PagerdutyEvent) => asDelivery(await enqueue(event, options, context.signal))
  if (message.reason === 'resolved') return send(resolveEvent(message))
  const sent = await send(triggerEvent(message))
  // A test that stays open would be escalated.
  return sent.sent && message.reason === 'test' ? send(resolveEvent(message)) : sent
}

const noPlaceForHeartbeats: FailedDelivery = {
  ...{ sent: false, retry: false, reason: 'client' },
  message: 'PagerDuty opens an incident for whatever it is sent: remove heartbeat from the receiver',
}

function enqueue(event: PagerdutyEvent, options: PagerdutyOptions, signal: AbortSignal): Promise<Requested> {
  const { spec, secrets, outgoing } = options
  const prepare = async () => {
    const key = (await secrets.read(spec.routingKeySecretRef, signal)).trim()
    const body = JSON.stringify({ routing_key: key, ...event })
    const headers = { 'content-type': 'application/json' }
    return { url: spec.url, method: 'POST' as const, headers, body, signal, secretValues: [key] }
  }
  return deliverRequest({ outgoing, secrets, references: [spec.routingKeySecretRef], prepare, wordOf, judge })
}

interface Refusal {
  readonly message: readonly string[]
  readonly errors: readonly string[]
}

function refusalOf({ body }: OutgoingAnswer): Refusal {
  try {
    const { message, errors } = JSON.parse(body) as { message?: unknown; errors?: unknown }
    return { message: textsOf([message]), errors: textsOf(errors) }
  } catch {
    return { message: [], errors: [] }
  }
}

function textsOf(values: unknown): string[] {
  return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : []
}

function wordOf(answer: OutgoingAnswer): string {
  const { message, errors } = refusalOf(answer)
  return [...message, ...errors].join(': ')
}

/** A wrong routing key is told as a malformed event. */
function judge(answer: OutgoingAnswer, usual: FailedDelivery): FailedDelivery {
  if (answer.status === 429) return { ...usual, retryAfterMs: usual.retryAfterMs ?? throttledMs }
  const isAboutKey = refusalOf(answer).errors.some((error) => /routing[ _]key/i.test(error))
  return answer.status === 400 && isAboutKey ? { ...usual, reason: 'auth' } : usual
}

async function preflight({ spec, secrets }: PagerdutyOptions, signal: AbortSignal): Promise<Preflight> {
  const { name, key } = spec.routingKeySecretRef
  try {
    const routingKey = (await secrets.read(spec.routingKeySecretRef, signal)).trim()
    if (routingKey.length === 32) {
      return { status: 'untested', message: 'PagerDuty can only be asked by sending: dogwatch receivers test' }
    }
    const message = `Secret ${name} has a routing key under ${key} of ${routingKey.length} characters: it must have 32`
    return { status: 'failed', reason: 'auth', message }
  } catch (error) {
    const { reason, message } = failureOfError(error)
    return { status: 'failed', reason, message }
  }
}
