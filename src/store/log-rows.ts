/** A log's entries as rows: what an engine searches by stands in columns, the rest is one JSON text. */
import { matchLabels, namespaceOf } from '../model/alert-labels.ts'
import type { AlertQuery, AlertRecord, DeliveryRecord, LogEntry } from './notification-log.ts'

export interface AlertRow {
  readonly table: 'alerts'
  readonly id: string
  /** The alert's identity, the same in all of its episodes. */
  readonly key: string
  readonly startedMs: number
  /** Null while it is open. */
  readonly endedMs: number | null
  readonly namespace: string | null
  readonly policy: string
  readonly labels: string
  readonly record: string
}

export interface DeliveryRow {
  readonly table: 'deliveries'
  readonly id: string
  readonly intendedMs: number
  /** Null while its result is not known. */
  readonly endedMs: number | null
  readonly alertIds: readonly string[]
  readonly record: string
}

/** `value` null: what is known under the key goes. */
export interface NamedRow {
  readonly table: 'threads' | 'settings' | 'outbox'
  readonly key: string
  readonly value: string | null
}

export type LogRow = AlertRow | DeliveryRow | NamedRow

export function rowOf(entry: LogEntry): LogRow {
  switch (entry.type) {
    case 'alert':
      return alertRow(entry.record)
    case 'delivery':
      return deliveryRow(entry.record)
    case 'thread':
      return { table: 'threads', key: entry.record.key, value: JSON.stringify(entry.record) }
    case 'threadEnd':
      return { table: 'threads', key: entry.key, value: null }
    case 'setting':
      return { table: 'settings', key: entry.name, value: entry.value ?? null }
    case 'outbox':
      return { table: 'outbox', key: entry.id, value: entry.value }
    case 'outboxEnd':
      return { table: 'outbox', key: entry.id, value: null }
  }
}

function alertRow(record: AlertRecord): AlertRow {
  const { id, alert, startedMs, endedMs = null } = record
  return {
    ...{ table: 'alerts', id, key: alert.key, startedMs, endedMs },
    namespace: namespaceOf(alert) ?? null,
    policy: policyText(alert.policy),
    labels: Object.entries(matchLabels(alert)).map(labelText).join(''),
    record: JSON.stringify(record),
  }
}

function deliveryRow(record: DeliveryRecord): DeliveryRow {
  const { id, intendedMs, endedMs, state, alertIds } = record
  const isFinished = state !== 'intended'
  return {
    ...{ table: 'deliveries', id, intendedMs, alertIds, record: JSON.stringify(record) },
    endedMs: isFinished ? (endedMs ?? intendedMs) : null,
  }
}

/**
 * How a label stands among the others of its alert. Within a JSON text every quotation mark has a backslash before it, so no
 * part of a name or value can look like this; one search for it is exact, in every engine.
 */
export function labelText([name, value]: readonly [string, string]): string {
  return JSON.stringify([name, value])
}

export function policyText({ namespace, name }: NonNullable<AlertQuery['policy']>): string {
  return `${namespace}/${name}`
}

export function recordsOf<T>(texts: readonly string[]): T[] {
  return texts.map((text) => JSON.parse(text) as T)
}
