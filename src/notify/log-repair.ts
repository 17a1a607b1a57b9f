/** What a log that was away must still be told, besides what is true now. Pure. */
import type { DeliveryRecord, LogEntry, LogState } from '../store/notification-log.ts'

/** What the log counts as open and `known` says nothing of: it is over, and the log missed its end. */
export function missedEnds(state: LogState, known: readonly LogEntry[], nowMs: number): LogEntry[] {
  const keys = new Set(known.map(keyOf))
  const alerts = state.alerts.map((record): LogEntry => {
    return { type: 'alert', record: { ...record, alert: { ...record.alert, state: 'closed' }, endedMs: nowMs } }
  })
  const threads = state.threads.map(({ key }): LogEntry => ({ type: 'threadEnd', key }))
  return [...alerts, ...threads].filter((entry) => !keys.has(keyOf(entry)))
}

/** Deliveries that an earlier process began and that nobody finishes: what they spoke of was told anew. */
export function givenUp(state: LogState, known: readonly LogEntry[], nowMs: number): LogEntry[] {
  const keys = new Set(known.map(keyOf))
  const failure = {
    reason: 'unknown',
    message: 'its end is not known; the notification log was away, and it was told anew',
  }
  return state.unfinished
    .map((record): DeliveryRecord => ({ ...record, state: 'failed', endedMs: nowMs, failure }))
    .map((record): LogEntry => ({ type: 'delivery', record }))
    .filter((entry) => !keys.has(keyOf(entry)))
}

/** What stands under the same key replaces each other. */
function keyOf(entry: LogEntry): string {
  switch (entry.type) {
    case 'alert':
      return `alert ${entry.record.id}`
    case 'delivery':
      return `delivery ${entry.record.id}`
    case 'thread':
      return `thread ${entry.record.key}`
    case 'threadEnd':
      return `thread ${entry.key}`
    case 'setting':
      return `setting ${entry.name}`
    case 'outbox':
    case 'outboxEnd':
      return `outbox ${entry.id}`
  }
}
