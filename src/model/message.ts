/** What goes out to people: one message about one incident at one receiver. Plain data. */
import type { Alert, Severity } from './alert.ts'

/** Why a message goes out now; every message carries its reason. */
export const notificationReasons = [
  'first',
  'newAlerts',
  'changed',
  'someResolved',
  'resolved',
  'repeat',
  'digest',
  'heartbeat',
  'test',
] as const
export type NotificationReason = (typeof notificationReasons)[number]

export interface Message {
  /** The same when it is sent again because nobody knows whether it arrived: the key that makes it idempotent. */
  readonly id: string
  /** The same from the first message of an incident to its last; a new episode has a new one. */
  readonly incident: string
  readonly reason: NotificationReason
  /** RFC 3339. */
  readonly at: string
  readonly clusterName?: string
  /** The highest of what fires; of what ended where nothing fires. */
  readonly severity: Severity
  /** The labels that all its alerts share. */
  readonly labels: Readonly<Record<string, string>>
  /** The most severe first, of these the longest open. At most `maxMessageAlerts`, but for channels to programs; `counts` says how many there are. */
  readonly firing: readonly Alert[]
  /** What ended since the last message of the incident. At most as many. */
  readonly ended: readonly Alert[]
  readonly counts: { readonly firing: number; readonly ended: number }
  /** Which reminder, counted from 1; absent where it is none. */
  readonly reminder?: { readonly number: number; readonly of?: number }
  /** Alerts that were dropped because too many came; told once. */
  readonly dropped?: number
  /** The receiver's own words, by its template, in place of the headline and of what stands below it. */
  readonly title?: string
  readonly text?: string
  /** An earlier try may have arrived. */
  readonly isPossibleRepeat: boolean
  /** Where a policy sends it within the receiver. */
  readonly slackChannel?: string
  /** With `heartbeat`: the next one comes within this time. */
  readonly nextWithinMs?: number
}

/** How many alerts a message names; the rest is counted. */
export const maxMessageAlerts = 50
