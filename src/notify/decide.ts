/** Whether to say something about a group of alerts to one receiver, and why. Pure. */
import type { Grouping } from '../model/alert.ts'

/** What a receiver was told of a group. */
export interface Told {
  readonly keys: ReadonlySet<string>
  readonly lastToldMs: number
  readonly reminders: number
}

export interface DecideInput {
  /** Absent: nothing yet. */
  readonly told: Told | undefined
  /** Keys of the alerts that fire and that this receiver may hear of now. */
  readonly firing: ReadonlySet<string>
  /** Keys of all alerts that fire, muted ones included: what is muted is not over. */
  readonly open: ReadonlySet<string>
  /** Whether something that was told has become something else since. */
  readonly isChanged: boolean
  /** Somebody looks after everything that fires: no reminders. */
  readonly isAcknowledged: boolean
  readonly grouping: Pick<Grouping, 'repeatMs' | 'repeatMax'>
  readonly nowMs: number
}

export type Decision =
  | { readonly say: 'first' | 'newAlerts' | 'changed' | 'someResolved' | 'resolved' | 'repeat' }
  /** Absent `againMs`: not before something changes. */
  | { readonly say: undefined; readonly againMs?: number }

const nothing: Decision = { say: undefined }

/**
 * In this order: nobody was told and something fires: `first`, where nothing does: silence, so that what was over before
 * anybody heard of it is never told. Something fires that was not told: `newAlerts`. All that was told is over: `resolved`;
 * some of it: `someResolved`. What was told is something else now: `changed`. The time of a reminder has come: `repeat`, exactly
 * at its time.
 */
export function decide(input: DecideInput): Decision {
  const { told, firing, open } = input
  if (told === undefined || told.keys.size === 0) return firing.size > 0 ? { say: 'first' } : nothing
  if (!firing.isSubsetOf(told.keys)) return { say: 'newAlerts' }
  const left = told.keys.intersection(open)
  if (left.size === 0) return { say: 'resolved' }
  if (left.size < told.keys.size) return { say: 'someResolved' }
  if (input.isChanged) return { say: 'changed' }
  return decideRepeat(told, input)
}

function decideRepeat(
  { lastToldMs, reminders }: Told,
  { firing, isAcknowledged, grouping, nowMs }: DecideInput,
): Decision {
  const { repeatMs, repeatMax = Number.POSITIVE_INFINITY } = grouping
  if (repeatMs === undefined || isAcknowledged || firing.size === 0 || reminders >= repeatMax) return nothing
  const dueMs = lastToldMs + repeatMs
  return nowMs >= dueMs ? { say: 'repeat' } : { say: undefined, againMs: dueMs }
}
