/** An Event's JSON, and when and how often what it says happened. Its times come in four fields, by who wrote it and when. */
import type { KubeletEvent } from '../detectors/probe-killed.ts'
import { timeMs } from '../object-facts.ts'

export interface EventObject {
  readonly reason?: string
  readonly message?: string
  readonly type?: string
  readonly count?: number | null
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string | null } | null
  readonly involvedObject?: { readonly fieldPath?: string }
}

export interface CountedEvent extends KubeletEvent {
  readonly isWarning: boolean
  readonly count: number
}

export function countedEvent(event: EventObject): CountedEvent {
  const firstMs = timeMs(event.firstTimestamp) ?? timeMs(event.eventTime) ?? timeMs(event.lastTimestamp) ?? 0
  return {
    reason: event.reason ?? '',
    message: event.message ?? '',
    fieldPath: event.involvedObject?.fieldPath,
    isWarning: event.type === 'Warning',
    count: event.series?.count ?? event.count ?? 1,
    firstMs,
    lastMs: timeMs(event.series?.lastObservedTime) ?? timeMs(event.lastTimestamp) ?? firstMs,
  }
}
