/** What one receiver hears of one group of alerts, from the first message to the last. */
import type { Grouping, ReceiverReference, ReceiverUse } from '../model/alert.ts'
import type { DeliveryRecord, ThreadRecord } from '../store/notification-log.ts'

export interface Thread {
  readonly key: string
  readonly groupKey: string
  readonly use: ReceiverUse
  firstSeenMs: number
  /** Set for a digest: the alerts that it speaks of, whatever their group. */
  readonly members: ReadonlySet<string> | undefined
  /** What was told; undefined: nothing yet. */
  record: ThreadRecord | undefined
  /** Not known to have arrived; sent again as it is before anything else. */
  pending: DeliveryRecord | undefined
  isUnderWay: boolean
  failures: number
  /** Its message was refused: nothing before this time; 0: at any time. */
  notBeforeMs: number
  lastSentMs: number
}

const digestPrefix = 'digest:'

export function digestGroupKey(id: string): string {
  return `${digestPrefix}${id}`
}

export function receiverKey({ namespace, name }: ReceiverReference): string {
  return `${namespace}/${name}`
}

export function threadKey(groupKey: string, use: ReceiverUse): string {
  const channel = use.slackChannel === undefined ? '' : `#${use.slackChannel}`
  return `${receiverKey(use)}${channel}|${groupKey}`
}

export function newThread(groupKey: string, use: ReceiverUse, nowMs: number): Thread {
  return {
    ...{ key: threadKey(groupKey, use), groupKey, use, firstSeenMs: nowMs, members: undefined },
    ...{ record: undefined, pending: undefined, isUnderWay: false, failures: 0, notBeforeMs: 0, lastSentMs: nowMs },
  }
}

export function restoredThread(record: ThreadRecord): Thread {
  const { groupKey, receiver, told, firstToldMs, lastToldMs } = record
  const members = groupKey.startsWith(digestPrefix) ? new Set(told) : undefined
  return { ...newThread(groupKey, receiver, firstToldMs), members, record, lastSentMs: lastToldMs }
}

/** The wall clock was set back by so much: what it timed before moves along, so that every wait lasts as long as it should. */
export function setThreadBack(thread: Thread, byMs: number): void {
  thread.firstSeenMs -= byMs
  thread.lastSentMs -= byMs
  if (thread.record !== undefined) thread.record = toldBy(thread.record, thread.record.lastToldMs - byMs)
}

/** The same, told at this time at the latest: a clock that was ahead cannot hold the thread back. */
export function toldBy(record: ThreadRecord, latestMs: number): ThreadRecord {
  const { firstToldMs, lastToldMs } = record
  if (lastToldMs <= latestMs) return record
  return { ...record, firstToldMs: Math.min(firstToldMs, latestMs), lastToldMs: latestMs }
}

/**
 * Told by an earlier process, and told anew by one that could not know it: the receiver hears of the end in the old incident
 * too. Nothing else is said there.
 */
export function supersededThread(record: ThreadRecord): Thread {
  const groupKey = digestGroupKey(record.incident)
  const moved = { ...record, groupKey, key: threadKey(groupKey, record.receiver) }
  return { ...restoredThread(moved), members: new Set() }
}

type Times = Pick<Grouping, 'waitMs' | 'intervalMs'>

/** A digest begins at once, and speaks of something new each minute at most. */
export const digestTimes: Times = { waitMs: 0, intervalMs: 60_000 }

/** Before this the thread says nothing new, whatever happens. */
export function newsNotBeforeMs({ record, firstSeenMs }: Thread, { waitMs, intervalMs }: Times): number {
  if (record === undefined || record.told.length === 0) return firstSeenMs + waitMs
  return record.lastToldMs + intervalMs
}
