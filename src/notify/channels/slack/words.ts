/** What the incident's message shows, which stands for the present, and what its thread hears, which is news. */
import { createHash } from 'node:crypto'
import { type Alert, severities } from '../../../model/alert.ts'
import type { Message, NotificationReason } from '../../../model/message.ts'

const ownWords: readonly NotificationReason[] = ['resolved', 'digest', 'heartbeat', 'test']

/** How things stand now, without the reason why it is said again. */
export function rootMessage(message: Message): Message {
  const { reminder: _, ...rest } = message
  return { ...rest, reason: ownWords.includes(message.reason) ? message.reason : 'first' }
}

/** Of new alerts the thread hears of these alone. `known`: what `knownAfter` gave for the message before. */
export function threadMessage(message: Message, known: string): Message {
  const had = new Set(known.split(','))
  const fresh = message.firing.filter(({ key }) => !had.has(markOf(key)))
  if (message.reason !== 'newAlerts' || fresh.length === 0) return message
  return {
    ...message,
    firing: fresh,
    severity: highest(fresh),
    counts: { firing: fresh.length, ended: message.counts.ended },
  }
}

function highest(alerts: readonly Alert[]): Message['severity'] {
  const ranks = alerts.map(({ severity }) => severities.indexOf(severity))
  return severities[Math.max(...ranks)] ?? 'info'
}

/** What tells the alerts that fire now from later ones; short, it is kept with the incident. */
export function knownAfter({ firing }: Message): string {
  return firing.map(({ key }) => markOf(key)).join(',')
}

function markOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8)
}
