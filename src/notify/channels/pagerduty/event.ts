/**
 * Messages as events of PagerDuty's Events API v2, within its limits: a summary of 1024 characters, a key of 255, 512 KB in
 * all. Source: PagerDuty's developer documentation, "Send an Alert Event" and "Events API v2 Overview", as of 2026-11.
 */
import type { Alert } from '../../../model/alert.ts'
import type { Message } from '../../../model/message.ts'
import { cutEnd, cutHeadToBytes } from '../../cut.ts'
import { alertFacts, headline, headWord, withoutControlCharacters } from '../../render-text.ts'

export type EventAction = 'trigger' | 'resolve'

export interface PagerdutyEvent {
  readonly event_action: EventAction
  readonly dedup_key: string
  readonly client?: string
  readonly payload?: {
    readonly summary: string
    readonly source: string
    readonly severity: 'critical' | 'warning' | 'info'
    readonly timestamp: string
    readonly component?: string
    readonly group?: string
    readonly class?: string
    readonly custom_details: Readonly<Record<string, unknown>>
  }
  readonly links?: readonly { readonly href: string; readonly text: string }[]
}

const longestSummary = 1_024
const longestKey = 255
/** Of 512 KB; the rest is for the routing key and the braces around it. */
const longestEventBytes = 510_000
const longestAlertText = 4_096
const mostLinks = 20

export function resolveEvent(message: Message): PagerdutyEvent {
  return { event_action: 'resolve', dedup_key: dedupKey(message) }
}

export function triggerEvent(message: Message): PagerdutyEvent {
  const event = eventWith(message, {})
  const logs = logsOf(message)
  if (logs.length === 0) return event
  const room = longestEventBytes - jsonBytes(event)
  return eventWith(message, { log: logsWithin(logs, room) })
}

function dedupKey({ incident }: Message): string {
  return incident.slice(0, longestKey)
}

function eventWith(message: Message, more: Readonly<Record<string, unknown>>): PagerdutyEvent {
  const { firing, ended, clusterName } = message
  const alerts = [...firing, ...ended]
  const links = linksOf(alerts)
  return {
    ...{ event_action: 'trigger', dedup_key: dedupKey(message), client: 'Dogwatch' },
    payload: {
      summary: summaryOf(message),
      severity: message.severity,
      timestamp: message.at,
      ...placeOf(message, alerts),
      ...(clusterName === undefined ? {} : { group: clusterName }),
      custom_details: { ...detailsOf(message, alerts), ...more },
    },
    ...(links.length === 0 ? {} : { links }),
  }
}

function summaryOf(message: Message): string {
  const cluster = message.clusterName === undefined ? '' : `[${message.clusterName}] `
  const isPlain = message.reason === 'first' || message.reason === 'heartbeat'
  const word = isPlain ? '' : `${headWord(message)} `
  return cutEnd(withoutControlCharacters(`${cluster}${word}${headline(message)}`).toWellFormed(), longestSummary)
}

function placeOf({ clusterName }: Message, alerts: readonly Alert[]) {
  const [only] = alerts
  if (alerts.length !== 1 || only === undefined) return { source: clusterName ?? 'Kubernetes' }
  const { kind, namespace, name } = only.object
  const component = `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
  return { source: component, component, class: only.rule }
}

function detailsOf(message: Message, alerts: readonly Alert[]): Record<string, unknown> {
  const { reason, counts, labels, reminder, isPossibleRepeat, dropped, text } = message
  return {
    reason,
    ...(alerts.length > 1 ? { counts } : {}),
    ...(text === undefined ? {} : { text: cutEnd(text, longestAlertText) }),
    alerts: alerts.map(alertText),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(reminder === undefined ? {} : { reminder: reminder.number }),
    ...(dropped === undefined ? {} : { 'not told because too many came': dropped }),
    ...(isPossibleRepeat ? { 'possible repeat': true } : {}),
  }
}

const stateWords = { firing: '', resolved: 'RESOLVED ', closed: 'CLOSED ' } as const

function alertText(alert: Alert): string {
  const head = `${stateWords[alert.state]}${alert.severity.toUpperCase()} ${alert.title}, since ${alert.since}`
  const lines = [head, ...alertFacts(alert)].map(withoutControlCharacters)
  return cutEnd(lines.join('\n').toWellFormed(), longestAlertText)
}

function linksOf(alerts: readonly Alert[]): { href: string; text: string }[] {
  const urls = alerts.flatMap(({ runbookURL }) => (isWebAddress(runbookURL) ? [runbookURL] : []))
  return [...new Set(urls)].slice(0, mostLinks).map((href) => ({ href, text: 'Runbook' }))
}

function isWebAddress(text: string | undefined): text is string {
  return text !== undefined && /^https?:\/\//.test(text) && URL.canParse(text)
}

interface Log {
  readonly title: string
  readonly text: string
}

/** Without the characters that JSON writes six times as long. */
function logsOf({ firing, ended }: Message): Log[] {
  return [...firing, ...ended].flatMap(({ title, attachment }) => {
    if (attachment === undefined) return []
    const lines = attachment.text.split(/\r?\n/).map((line) => withoutControlCharacters(line.replaceAll('\t', '    ')))
    return [{ title, text: lines.join('\n').toWellFormed() }]
  })
}

/** The end of each, all together no more than `roomBytes` of JSON. */
function logsWithin(logs: readonly Log[], roomBytes: number): Record<string, string> {
  const numbered = logs.map(({ title, text }, index) => [`${index + 1}. ${cutEnd(title, 200)}`, text] as const)
  for (let share = Math.floor(roomBytes / logs.length); share > 100; share = Math.floor(share * 0.8)) {
    const cut = Object.fromEntries(numbered.map(([name, text]) => [name, cutHeadToBytes(text, share)]))
    if (jsonBytes(cut) + '"log":,'.length <= roomBytes) return cut
  }
  return {}
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
