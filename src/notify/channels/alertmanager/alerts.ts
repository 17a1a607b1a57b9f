/** Alerts as Alertmanager's API v2 takes them. */
import { createHash } from 'node:crypto'
import type { Alert } from '../../../model/alert.ts'
import { matchLabels } from '../../../model/alert-labels.ts'
import type { Message } from '../../../model/message.ts'
import { cutEnd, cutHead } from '../../cut.ts'
import { headline, withoutControlCharacters } from '../../render-text.ts'

export interface PostableAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** RFC 3339. */
  readonly startsAt: string
  readonly endsAt: string
}

/** As often as Prometheus says again what fires. */
export const refreshMs = 60_000
/** What is not said again within this time is over there: long enough for a restart and a take-over. */
const staysMs = 5 * refreshMs
const testStaysMs = 60_000

export function postableAlerts(message: Message, nowMs: number): PostableAlert[] {
  if (message.reason === 'heartbeat') return [heartbeat(message, nowMs)]
  const alerts = [...message.firing, ...message.ended]
  if (message.reason === 'test' && alerts.length === 0) return [testAlert(message, nowMs)]
  const words = alerts.length === 1 ? message : undefined
  return alerts.map((alert) => postable(alert, words, nowMs))
}

function postable(alert: Alert, words: Message | undefined, nowMs: number): PostableAlert {
  const { state, since, at } = alert
  const endsAtMs = state === 'firing' ? nowMs + staysMs : Math.min(nowMs, Date.parse(at))
  return {
    labels: labelsOf(alert),
    annotations: annotationsOf(alert, words),
    startsAt: since,
    endsAt: timeText(Math.max(Date.parse(since), endsAtMs)),
  }
}

/** The identity over there: `dogwatch_id` keeps two alerts apart that have everything else in common. */
function labelsOf(alert: Alert): Record<string, string> {
  const entries = Object.entries(matchLabels(alert)).map(([name, value]) => [labelName(name), value.toWellFormed()])
  const id = createHash('sha256').update(alert.key).digest('hex').slice(0, 16)
  return { ...Object.fromEntries(entries), dogwatch_id: id }
}

function labelName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_')
}

const longestDescription = 8_192
const longestLog = 4_096

function annotationsOf(alert: Alert, words: Message | undefined): Record<string, string> {
  const { title, lines, runbookURL, attachment } = alert
  const description = words?.text ?? lines.map(withoutControlCharacters).join('\n')
  return {
    summary: withoutControlCharacters(words?.title ?? title),
    ...(description === '' ? {} : { description: cutEnd(description, longestDescription) }),
    ...(runbookURL === undefined ? {} : { runbook_url: runbookURL }),
    ...(attachment === undefined ? {} : { log: cutHead(attachment.text, longestLog) }),
  }
}

function heartbeat(message: Message, nowMs: number): PostableAlert {
  const staysWithinMs = Math.max(refreshMs, 2 * (message.nextWithinMs ?? refreshMs))
  return ownAlert(message, 'DogwatchHeartbeat', { nowMs, endsAtMs: nowMs + staysWithinMs })
}

function testAlert(message: Message, nowMs: number): PostableAlert {
  return ownAlert(message, 'DogwatchTest', { nowMs, endsAtMs: nowMs + testStaysMs })
}

function ownAlert(message: Message, alertname: string, times: { nowMs: number; endsAtMs: number }): PostableAlert {
  const { clusterName } = message
  return {
    labels: { alertname, severity: 'info', ...(clusterName === undefined ? {} : { cluster: clusterName }) },
    annotations: { summary: headline(message) },
    startsAt: timeText(times.nowMs),
    endsAt: timeText(times.endsAtMs),
  }
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString()
}
