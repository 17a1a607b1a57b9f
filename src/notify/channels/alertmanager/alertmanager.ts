/**
 * Tells every Alertmanager of a cluster of them, as Prometheus does: they agree among themselves who sends, and one that was
 * told is enough. What fires is told again before it ends over there; what is told twice is one alert, by its labels.
 */
import type { ChannelSpec } from '../../../api/channels.ts'
import type { Clock } from '../../../base/clock.ts'
import { deliverRequest, type PreparedRequest, type Requested, readOptional } from '../../deliver-request.ts'
import type { Delivery, FailedDelivery, Notifier, Preflight } from '../../notifier.ts'
import type { Outgoing, OutgoingAnswer } from '../../outgoing.ts'
import type { SecretReference, Secrets } from '../../secrets.ts'
import { postableAlerts, refreshMs } from './alerts.ts'

export interface AlertmanagerOptions {
  readonly spec: ChannelSpec<'alertmanager'>
  readonly secrets: Secrets
  readonly outgoing: Outgoing
  readonly clock: Clock
}

/** An alert that it is not told of does not exist there. */
const mostAlerts = 1_000

export function createAlertmanagerNotifier(options: AlertmanagerOptions): Notifier {
  const { clock } = options
  return {
    rate: { burst: 1_000, intervalMs: 1 },
    refreshMs,
    mostAlerts,
    notify: async (message, { signal }) => {
      const body = JSON.stringify(postableAlerts(message, clock.nowMs()))
      const call = { path: '/api/v2/alerts', method: 'POST', body, signal } as const
      return together(await askAll(options, call))
    },
    preflight: async (signal) => {
      return foundOut(await askAll(options, { path: '/api/v2/status', method: 'GET', signal }))
    },
  }
}

interface Call {
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly body?: string
  readonly signal: AbortSignal
}

function askAll(options: AlertmanagerOptions, call: Call): Promise<Requested[]> {
  const { spec, secrets, outgoing } = options
  const references = referencesOf(spec)
  return Promise.all(
    spec.urls.map((url) => {
      const prepare = () => requestFor(url, options, call)
      return deliverRequest({ outgoing, secrets, references, prepare })
    }),
  )
}

function referencesOf({ basicAuth, bearerTokenSecretRef, caSecretRef }: AlertmanagerOptions['spec']) {
  const all = [basicAuth?.passwordSecretRef, bearerTokenSecretRef, caSecretRef]
  return all.filter((reference): reference is SecretReference => reference !== undefined)
}

async function requestFor(url: string, { spec, secrets }: AlertmanagerOptions, call: Call): Promise<PreparedRequest> {
  const { path, signal, ...rest } = call
  const read = (reference: SecretReference | undefined) => readOptional(secrets, reference, signal)
  const { basicAuth, bearerTokenSecretRef, caSecretRef } = spec
  const [password, token, authorities] = await Promise.all([
    read(basicAuth?.passwordSecretRef),
    read(bearerTokenSecretRef),
    read(caSecretRef),
  ])
  const authorization = authorizationOf(basicAuth?.username, password, token)
  return {
    ...rest,
    ...{ url: `${url.replace(/\/+$/, '')}${path}`, signal },
    headers: {
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(authorization === undefined ? {} : { authorization }),
    },
    ...(authorities === undefined ? {} : { authorities }),
    secretValues: [password ?? '', token ?? '', authorization ?? ''],
  }
}

function authorizationOf(
  username: string | undefined,
  password: string | undefined,
  token: string | undefined,
): string | undefined {
  if (token !== undefined) return `Bearer ${token}`
  if (username === undefined) return undefined
  return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`
}

/** Taken as soon as one took it; else the failure that soonest ends by itself. */
function together(all: readonly Requested[]): Delivery {
  const failures = all.filter((one) => !one.sent)
  if (failures.length < all.length) return { sent: true }
  const first = failures.find(({ retry }) => retry) ?? failures[0]
  return first === undefined ? { sent: true } : { ...first, message: messagesOf(failures) }
}

function messagesOf(failures: readonly FailedDelivery[]): string {
  return failures.map(({ message }) => message).join('; ')
}

function foundOut(all: readonly Requested[]): Preflight {
  const failures = all.filter((one) => !one.sent)
  const answer = all.find((one) => one.sent)?.answer
  const [first] = failures
  if (answer === undefined) {
    return { status: 'failed', reason: first?.reason ?? 'network', message: messagesOf(failures) }
  }
  const version = versionOf(answer)
  if (version === undefined) {
    const message = `${answer.origin} is no Alertmanager with API v2: correct the url`
    return { status: 'failed', reason: 'client', message }
  }
  const rest = failures.length === 0 ? '' : `; but ${messagesOf(failures)}`
  return { status: 'ok', message: `Alertmanager ${version}${rest}` }
}

function versionOf({ body }: OutgoingAnswer): string | undefined {
  try {
    const { versionInfo } = JSON.parse(body) as { versionInfo?: { version?: unknown } }
    return versionInfo === undefined ? undefined : String(versionInfo.version ?? '').slice(0, 40)
  } catch {
    return undefined
  }
}
