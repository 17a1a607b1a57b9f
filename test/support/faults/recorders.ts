/** A recorder for each channel. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startAlertmanager } from '../../../hack/testbed/alertmanager.ts'
import type { Alert } from '../../../src/model/alert.ts'
import { MailServer } from '../mail-server.ts'
import { type PagerdutyBody, type PagerdutyServer, startPagerdutyServer } from '../pagerduty-server.ts'
import { type ReceivedRequest, type ReceiverServer, startReceiverServer } from '../receiver-server.ts'
import { SlackServer, slackToken } from '../slack/slack-server.ts'
import { TeamsServer } from '../teams/teams-server.ts'
import type { PipelineProcess } from './pipeline-process.ts'
import { victimPrefix } from './protocol.ts'
import type { Recorder, Told } from './recorder.ts'

/** What a recorder may need of the case. */
export interface Place {
  readonly receiversFolder: string
  /** Every process that ran, the dead ones included. */
  readonly processes: readonly PipelineProcess[]
}

const nameIn = new RegExp(`\\b(${victimPrefix}|marker)[\\w-]*`, 'g')
const repeatWords = 'possible repeat'

export interface WebhookRecorder extends Recorder {
  readonly server: ReceiverServer
}

export async function recordWebhook(): Promise<WebhookRecorder> {
  const state: { hasCome: boolean } = { hasCome: false }
  const server = await startReceiverServer(async ({ body }) => {
    if (!state.hasCome && body.includes(victimPrefix) && recorder.onArrival !== undefined) {
      state.hasCome = true
      recorder.onArrival()
      await new Promise(() => undefined)
    }
    return { status: 204 }
  })
  const recorder: WebhookRecorder = {
    promise: 'once where the receiver honours the key',
    channel: { webhook: { url: `${server.url}/in` } },
    server,
    told: () => server.requests.map(toldByWebhook),
    stop: () => server.stop(),
  }
  return recorder
}

export function toldByWebhook({ body, headers }: ReceivedRequest): Told {
  const { firing, ended, reason, isPossibleRepeat } = JSON.parse(body)
  const about = [...firing, ...ended].map(({ object }: Alert) => object.name)
  return { about, reason, isPossibleRepeat, key: String(headers['idempotency-key']) }
}

export async function recordFile({ receiversFolder }: Place): Promise<Recorder> {
  const path = join(receiversFolder, 'ops', 'told.log')
  return {
    promise: 'at least once',
    channel: { file: { path: 'told.log' } },
    told: async () => linesOf(await readFile(path, 'utf8').catch(() => '')).map(toldByMessage),
    stop: async () => undefined,
  }
}

function toldByMessage(line: string): Told {
  const { firing, ended, reason, isPossibleRepeat } = JSON.parse(line)
  return { about: [...firing, ...ended].map(({ object }: Alert) => object.name), reason, isPossibleRepeat }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}

export async function recordConsole({ processes }: Place): Promise<Recorder> {
  const texts = () =>
    processes
      .flatMap(({ printed }) => printed)
      .join('\n')
      .split(/\n(?! )/)
  return {
    promise: 'at least once',
    channel: { console: {} },
    told: () => texts().filter(Boolean).map(toldByText),
    stop: async () => undefined,
  }
}

/** Of a channel whose messages are text for people. */
function toldByText(text: string): Told {
  return {
    about: [...new Set(text.match(nameIn) ?? [])],
    reason: /RESOLVED/.test(text) ? 'resolved' : 'first',
    isPossibleRepeat: text.includes(repeatWords),
  }
}

export async function recordEmail(): Promise<Recorder> {
  const server = await new MailServer({ hideSTARTTLS: true }).start()
  const email = { host: '127.0.0.1', port: server.port, security: 'None', from: 'dogwatch@example.com' }
  return {
    promise: 'at least once',
    channel: { email: { ...email, to: ['oncall@example.com'] } },
    told: () => server.received.map(({ mail }) => toldByText(`${mail.subject}\n${mail.text}`)),
    stop: () => server.stop(),
  }
}

const routingKey = '0123456789abcdef0123456789abcdef'

/** Counted as PagerDuty does: a trigger with the key of an open incident is that incident. */
export async function recordPagerduty(): Promise<Recorder & { readonly server: PagerdutyServer }> {
  const server = await startPagerdutyServer(routingKey)
  const secret = { name: 'pagerduty', key: 'routing-key' }
  return {
    promise: 'once',
    channel: { pagerduty: { routingKeySecretRef: secret, url: `${server.url}/v2/enqueue` } },
    secrets: [{ ...secret, value: routingKey }],
    server,
    told: () => server.events.map((event) => toldByPagerduty(event, server.events)),
    stop: () => server.stop(),
  }
}

/** Only a trigger says what it is about; what resolves has its key. */
function toldByPagerduty({ event_action: action, dedup_key: key }: PagerdutyBody, all: readonly PagerdutyBody[]): Told {
  const triggers = all.filter((event) => event.dedup_key === key && event.event_action === 'trigger')
  return {
    about: [...new Set(JSON.stringify(triggers).match(nameIn) ?? [])],
    reason: action === 'trigger' ? 'first' : 'resolved',
    isPossibleRepeat: false,
    key: `${action} ${key}`,
  }
}

/** A real Alertmanager, and what it sends on to people. */
export async function recordAlertmanager(): Promise<Recorder> {
  const people = await startReceiverServer(() => ({ status: 200, body: '' }))
  const receiver = { name: 'people', webhook_configs: [{ url: people.url, send_resolved: true }] }
  const times = { group_wait: '0s', group_interval: '1s', repeat_interval: '4h' }
  const route = { receiver: 'people', group_by: ['...'], ...times }
  const alertmanager = await startAlertmanager({ config: { route, receivers: [receiver] } })
  return {
    promise: 'once',
    channel: { alertmanager: { urls: [alertmanager.url] } },
    told: () => people.requests.flatMap(({ body }) => JSON.parse(body).alerts.map(toldByAlertmanager)),
    stop: async () => {
      await alertmanager.stop()
      await people.stop()
    },
  }
}

function toldByAlertmanager({ labels, status }: { labels: Record<string, string>; status: string }): Told {
  const reason = status === 'firing' ? 'first' : 'resolved'
  return { about: [labels.name ?? ''], reason, isPossibleRepeat: false }
}

/** Counted as people see it: messages in the channel, and replies in their threads that say that it is over. */
export async function recordSlackBot(): Promise<Recorder> {
  const server = await new SlackServer().start()
  const tokenSecretRef = { name: 'slack', key: 'token' }
  return {
    promise: 'once, best effort',
    channel: { slack: { tokenSecretRef, channel: '#ops', apiURL: server.apiUrl } },
    secrets: [{ ...tokenSecretRef, value: slackToken }],
    told: () =>
      server.shownIn('ops').flatMap((message) => {
        const about = [...new Set(JSON.stringify(message).match(nameIn) ?? [])]
        const shown = { about, isPossibleRepeat: false }
        const ends = server.repliesTo(message).filter((reply) => /RESOLVED/i.test(JSON.stringify(reply)))
        return [{ ...shown, reason: 'first' }, ...ends.map(() => ({ ...shown, reason: 'resolved' }))]
      }),
    stop: () => server.stop(),
  }
}

export async function recordSlackWebhook(): Promise<Recorder> {
  const server = await new SlackServer().start()
  const urlSecretRef = { name: 'slack', key: 'url' }
  return {
    promise: 'at least once',
    channel: { slack: { urlSecretRef } },
    secrets: [{ ...urlSecretRef, value: server.webhookUrl }],
    told: () => server.messages.map(({ text, blocks }) => toldByText(text + JSON.stringify(blocks))),
    stop: () => server.stop(),
  }
}

export async function recordTeams(): Promise<Recorder & { readonly server: TeamsServer }> {
  const server = await new TeamsServer().start()
  const urlSecretRef = { name: 'teams', key: 'url' }
  return {
    promise: 'at least once',
    channel: { teams: { urlSecretRef } },
    secrets: [{ ...urlSecretRef, value: server.url }],
    server,
    told: () => server.cards.map((card) => toldByText(JSON.stringify(card))),
    stop: () => server.stop(),
  }
}

export const recorders = {
  webhook: recordWebhook,
  file: recordFile,
  console: recordConsole,
  email: recordEmail,
  pagerduty: recordPagerduty,
  alertmanager: recordAlertmanager,
  'slack (bot token)': recordSlackBot,
  'slack webhook': recordSlackWebhook,
  teams: recordTeams,
} as const satisfies Record<string, (place: Place) => Promise<Recorder>>
export type RecordedChannel = keyof typeof recorders
