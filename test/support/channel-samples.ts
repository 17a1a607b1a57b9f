/** For each channel: what a receiver says of it, with every field, and a change that breaks each rule across its fields. */
import type { ChannelKind } from '../../src/api/channels.ts'

// biome-ignore lint/suspicious/noExplicitAny: samples are broken on purpose, so they have no type
type Channel = any

const secret = (key: string) => ({ name: 'receiver', key })

/** All samples of a channel together have every field; the first is the one that rules are broken in. */
export const channelSamples: Readonly<Record<ChannelKind, () => Channel[]>> = {
  console: () => [{}],
  file: () => [{ path: 'alerts.log', maxBytes: '10Mi', maxFiles: 5 }],
  slack: () => [
    {
      ...{ tokenSecretRef: secret('token'), channel: '#ops', alsoToChannel: true },
      apiURL: 'https://slack-gov.com/api/',
    },
    { urlSecretRef: secret('url') },
  ],
  email: () => [
    {
      ...{ host: 'smtp.example.com', port: 587, security: 'StartTLS', caSecretRef: secret('ca.crt') },
      auth: { usernameSecretRef: secret('username'), passwordSecretRef: secret('password') },
      ...{ from: 'Dogwatch <dogwatch@example.com>', to: ['oncall@example.com', 'ann+alerts@example.com'] },
    },
    { host: '10.0.0.25', from: 'dogwatch@example.com', to: ['oncall@example.com'], security: 'None' },
  ],
  webhook: () => [
    {
      url: 'https://receiver.example/in?team=a',
      headers: [{ name: 'Authorization', valueSecretRef: secret('authorization') }],
      signingSecretRef: secret('signing-key'),
      caSecretRef: secret('ca.crt'),
    },
    { urlSecretRef: secret('url') },
  ],
  alertmanager: () => [
    {
      urls: ['https://alertmanager-0.monitoring:9093', 'https://alertmanager-1.monitoring:9093/prefix'],
      basicAuth: { username: 'dogwatch', passwordSecretRef: secret('password') },
      caSecretRef: secret('ca.crt'),
    },
    { urls: ['http://alertmanager.monitoring:9093'], bearerTokenSecretRef: secret('token') },
  ],
  pagerduty: () => [{ routingKeySecretRef: secret('routing-key'), url: 'https://events.eu.pagerduty.com/v2/enqueue' }],
  teams: () => [{ urlSecretRef: secret('url') }],
}

export interface ChannelRuleViolation {
  readonly channel: ChannelKind
  readonly message: string
  /** Below the channel: `.maxBytes`; empty: the channel itself. */
  readonly field: string
  readonly breaks: (channel: Channel) => void
}

export const channelRuleViolations: readonly ChannelRuleViolation[] = [
  ...[65_535, '1025Mi'].map((maxBytes) => ({
    channel: 'file' as const,
    message: 'use a size from 64Ki to 1Gi',
    field: '.maxBytes',
    breaks: (file: Channel) => Object.assign(file, { maxBytes }),
  })),
  {
    channel: 'webhook',
    message: 'set exactly one of url, urlSecretRef',
    field: '',
    breaks: (webhook) => Object.assign(webhook, { urlSecretRef: secret('url') }),
  },
  {
    channel: 'webhook',
    message: 'set exactly one of url, urlSecretRef',
    field: '',
    breaks: (webhook) => delete webhook.url,
  },
  {
    channel: 'webhook',
    message:
      'choose other headers: Dogwatch itself sets connection, content-length, content-type, dogwatch-signature, dogwatch-timestamp, expect, host, idempotency-key, keep-alive, transfer-encoding, upgrade',
    field: '.headers',
    breaks: (webhook) => Object.assign(webhook.headers[0], { name: 'Content-Type' }),
  },
  {
    channel: 'slack',
    message: 'set exactly one of tokenSecretRef, urlSecretRef',
    field: '',
    breaks: (slack) => Object.assign(slack, { urlSecretRef: secret('url') }),
  },
  {
    channel: 'slack',
    message: 'name a channel with a token, and none with an incoming webhook: that one has its own',
    field: '',
    breaks: (slack) => delete slack.channel,
  },
  {
    channel: 'email',
    message: 'use StartTLS or TLS with auth: a password is never sent in clear',
    field: '.security',
    breaks: (email) => Object.assign(email, { security: 'None' }),
  },
  {
    channel: 'alertmanager',
    message: 'set at most one of basicAuth, bearerTokenSecretRef',
    field: '',
    breaks: (alertmanager) => Object.assign(alertmanager, { bearerTokenSecretRef: secret('token') }),
  },
]
