/** Makes the message that a decision asks for. Pure but for the ids, which are random. */
import { type Alert, type Severity, severities } from '../model/alert.ts'
import { type Message, maxMessageAlerts, type NotificationReason } from '../model/message.ts'

export interface MessageContent {
  readonly id: string
  readonly incident: string
  readonly reason: NotificationReason
  readonly nowMs: number
  readonly clusterName: string | undefined
  /** All of them; the message names as many as it may. */
  readonly firing: readonly Alert[]
  readonly ended: readonly Alert[]
  readonly reminder?: Message['reminder']
  /** How many alerts the message may name; absent: `maxMessageAlerts`. */
  readonly mostAlerts?: number | undefined
  readonly dropped: number
  readonly isPossibleRepeat: boolean
  readonly slackChannel: string | undefined
}

export function composeMessage(content: MessageContent): Message {
  const { id, incident, reason, nowMs, clusterName, reminder, dropped, isPossibleRepeat, slackChannel } = content
  const { mostAlerts = maxMessageAlerts } = content
  const firing = content.firing.toSorted(byWeight)
  const ended = content.ended.toSorted(byWeight)
  const subject = firing.length > 0 ? firing : ended
  return {
    ...{ id, incident, reason, at: timeText(nowMs) },
    ...(clusterName === undefined ? {} : { clusterName }),
    severity: subject[0]?.severity ?? 'info',
    labels: commonLabels(subject),
    firing: firing.slice(0, mostAlerts),
    ended: ended.slice(0, mostAlerts),
    counts: { firing: firing.length, ended: ended.length },
    ...(reminder === undefined ? {} : { reminder }),
    ...(dropped === 0 ? {} : { dropped }),
    isPossibleRepeat,
    ...(slackChannel === undefined ? {} : { slackChannel }),
  }
}

/** The most severe first, of these the longest open. */
function byWeight(left: Alert, right: Alert): number {
  return rank(right.severity) - rank(left.severity) || left.since.localeCompare(right.since)
}

export function rank(severity: Severity): number {
  return severities.indexOf(severity)
}

export function commonLabels(alerts: readonly Alert[]): Record<string, string> {
  const [first, ...others] = alerts
  const shared = Object.entries(first?.labels ?? {}).filter(([name, value]) =>
    others.every(({ labels }) => labels[name] === value),
  )
  return Object.fromEntries(shared)
}

/** RFC 3339. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.000Z$/, 'Z')
}
