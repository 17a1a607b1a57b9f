/**
 * A crash as Elasticsearch has it. The first eight fields are those of kubernetes-pod-monitor, under its names and of its
 * types, so that whatever was made for its indices goes on working.
 */
import type { ContainerRole, CrashReason, CrashRecord } from '../../model/crash.ts'
import type { CrashSummary } from '../crash-history.ts'
import { wordsOf } from '../crash-search.ts'

export interface CrashDocument {
  readonly namespace: string
  readonly pod_name?: string
  readonly container_name?: string
  readonly cluster_name?: string
  /** When it happened. RFC 3339. */
  readonly created_at: string
  readonly restart_count: number
  readonly logs?: string
  /** Reason and cause. */
  readonly termination_state: string
  readonly id: string
  /** The cluster's name as the operator has it, empty where it has none: whose history this is of. */
  readonly recorded_by: string
  readonly seen_at: string
  readonly pod_uid?: string
  readonly container_role?: ContainerRole
  readonly container_id?: string
  readonly image?: string
  /** `namespace/kind/name`. */
  readonly workload: string
  readonly workload_kind: string
  readonly workload_name: string
  readonly workload_namespace?: string
  readonly workload_uid?: string
  readonly node?: string
  readonly reason: CrashReason
  readonly cause: string
  readonly exit_code?: number
  readonly signal?: number
  readonly started_at?: string
  readonly finished_at?: string
  readonly crashes: number
  readonly message?: string
  readonly facts: readonly string[]
  readonly missing: readonly string[]
  /** Absent where there is no log. */
  readonly logs_cut?: boolean
  readonly logs_bytes?: number
  /**
   * What is searched: the words of the log, the last word and the cause, each in one text. Elasticsearch's own ways to split a
   * text keep `connection_refused` in one piece, so that `refused` would not be found. It does not give this back.
   */
  readonly words?: readonly string[]
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}

const timeText = (timeMs: number | undefined) => (timeMs === undefined ? undefined : new Date(timeMs).toISOString())
const timeMs = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text))

export function documentOf(record: CrashRecord, recordedBy: string): CrashDocument {
  const { pod, container, workload, log } = record
  const { kind, name, namespace, uid } = workload
  return withoutUndefined({
    namespace: record.namespace,
    pod_name: pod?.name,
    container_name: container?.name,
    cluster_name: record.cluster,
    created_at: new Date(record.atMs).toISOString(),
    restart_count: record.restartCount,
    logs: log?.text,
    termination_state: `${record.reason}: ${record.cause}`,
    id: record.id,
    recorded_by: recordedBy,
    seen_at: new Date(record.seenMs).toISOString(),
    pod_uid: pod?.uid,
    container_role: container?.role,
    container_id: container?.containerId,
    image: container?.image,
    workload: `${record.namespace}/${kind}/${name}`,
    ...{ workload_kind: kind, workload_name: name, workload_namespace: namespace, workload_uid: uid },
    node: record.node,
    ...{ reason: record.reason, cause: record.cause, exit_code: record.exitCode, signal: record.signal },
    ...{ started_at: timeText(record.startedMs), finished_at: timeText(record.finishedMs) },
    ...{ crashes: record.crashes, message: record.message, facts: record.facts, missing: record.missing },
    logs_cut: log?.isCut,
    logs_bytes: log === undefined ? undefined : Buffer.byteLength(log.text),
    words: [log?.text, record.message, record.cause].flatMap((text) => searchable(text)),
  }) as CrashDocument
}

function searchable(text: string | undefined): string[] {
  const words = text === undefined ? [] : wordsOf(text)
  return words.length === 0 ? [] : [words.join(' ')]
}

/** Without its log; `logs` need not be there. */
export function summaryOf(document: CrashDocument): CrashSummary {
  return { ...factsOf(document), hasLog: document.logs_cut !== undefined }
}

export function recordOf(document: CrashDocument): CrashRecord {
  const { logs, logs_cut: isCut } = document
  return { ...factsOf(document), ...(isCut === undefined ? {} : { log: { text: logs ?? '', isCut } }) }
}

function factsOf(document: CrashDocument): Omit<CrashRecord, 'log'> {
  return withoutUndefined({
    id: document.id,
    atMs: Date.parse(document.created_at),
    seenMs: Date.parse(document.seen_at),
    cluster: document.cluster_name,
    namespace: document.namespace,
    workload: workloadOf(document),
    pod: document.pod_name === undefined ? undefined : { name: document.pod_name, uid: document.pod_uid ?? '' },
    container: containerOf(document),
    node: document.node,
    ...{ reason: document.reason, cause: document.cause, exitCode: document.exit_code, signal: document.signal },
    ...{ startedMs: timeMs(document.started_at), finishedMs: timeMs(document.finished_at) },
    ...{ restartCount: document.restart_count, crashes: document.crashes, message: document.message },
    ...{ facts: document.facts, missing: document.missing },
  }) as Omit<CrashRecord, 'log'>
}

function workloadOf(document: CrashDocument): CrashRecord['workload'] {
  return withoutUndefined({
    kind: document.workload_kind,
    namespace: document.workload_namespace,
    name: document.workload_name,
    uid: document.workload_uid,
  }) as CrashRecord['workload']
}

function containerOf(document: CrashDocument): CrashRecord['container'] {
  if (document.container_name === undefined) return undefined
  return withoutUndefined({
    name: document.container_name,
    role: document.container_role ?? 'app',
    image: document.image,
    containerId: document.container_id,
  }) as CrashRecord['container']
}
