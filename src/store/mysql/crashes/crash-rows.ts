/** Crashes as rows and back. A log is kept as JSON: so every letter of it comes back, also what no letter is. */
import { Buffer } from 'node:buffer'
import type { CrashLog, CrashRecord } from '../../../model/crash.ts'
import { longest } from './crash-tables.ts'
import { indexedText } from './search-words.ts'

export const crashColumns = [
  ...['id', 'cluster', 'at_ms', 'namespace', 'workload_kind', 'workload_name', 'pod', 'container', 'node', 'image'],
  ...['reason', 'crashes', 'has_log', 'bytes', 'record'],
] as const

export interface CrashRow {
  /** In the order of `crashColumns`. */
  readonly values: readonly unknown[]
  readonly log: string | null
  readonly words: string
}

export function crashRow({ log, ...summary }: CrashRecord, cluster: string): CrashRow {
  const { id, atMs, namespace, workload, pod, container, node, reason, crashes, cause, message = '' } = summary
  const record = JSON.stringify(summary)
  const logText = log === undefined ? null : JSON.stringify(log)
  const words = indexedText([log?.text ?? '', message, cause])
  const bytes = Buffer.byteLength(record) + Buffer.byteLength(logText ?? '') + words.length
  const names = [namespace, workload.kind.slice(0, longest.kind), workload.name, pod?.name, container?.name, node]
  return {
    values: [
      ...[id, cluster, atMs],
      ...names.map((name) => name?.slice(0, longest.name)),
      ...[container?.image?.slice(0, longest.image), reason, crashes, log !== undefined, bytes, record],
    ],
    log: logText,
    words,
  }
}

export function recordOf(record: string, log: string | null): CrashRecord {
  const summary = JSON.parse(record) as CrashRecord
  return log === null ? summary : { ...summary, log: JSON.parse(log) as CrashLog }
}
