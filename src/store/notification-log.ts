/**
 * What the notification pipeline must still know after `kill -9`: which alerts are open, what each receiver was told of
 * them, what was about to be sent, and the history of all that. One contract, several engines.
 */
import type { Alert, AlertRoute, ReceiverUse } from '../model/alert.ts'
import type { Message, NotificationReason } from '../model/message.ts'

/** One episode of an alert, from its first firing to its end. */
export interface AlertRecord {
  /** Unique to the episode, short enough to type: what people acknowledge by. */
  readonly id: string
  readonly alert: Alert
  readonly route: AlertRoute
  readonly startedMs: number
  /** Absent while it is open. */
  readonly endedMs?: number
  readonly acknowledged?: Acknowledgement
}

export interface Acknowledgement {
  readonly by: string
  readonly atMs: number
  readonly comment?: string
}

/** What one receiver was told of one group of alerts. There is one while the group is open or owes it a last word. */
export interface ThreadRecord {
  /** Of group and receiver. */
  readonly key: string
  readonly groupKey: string
  readonly receiver: ReceiverUse
  /** Changes with each episode. */
  readonly incident: string
  /** Keys of the alerts that it knows as firing. */
  readonly told: readonly string[]
  /** What was told of those that can change, by key. */
  readonly stages?: Readonly<Record<string, string>>
  readonly firstToldMs: number
  readonly lastToldMs: number
  readonly reminders: number
  /** What the channel remembers of the incident. */
  readonly data: Readonly<Record<string, string>>
}

/** One message on its way, or one that arrived or failed. */
export interface DeliveryRecord {
  /** The message's id. */
  readonly id: string
  readonly threadKey: string
  readonly receiver: ReceiverUse
  readonly reason: NotificationReason
  readonly message: Message
  /** The episodes that it speaks of: firing ones first. */
  readonly alertIds: readonly string[]
  readonly state: 'intended' | 'sent' | 'failed'
  readonly intendedMs: number
  readonly endedMs?: number
  readonly tries: number
  readonly failure?: { readonly reason: string; readonly message: string }
  /** What the thread is once this arrives: absent when it has or where it speaks of none, null where the thread ends with it. */
  readonly after?: ThreadRecord | null
  /** Calls of the delivery: absent: not begun; null: begun, end unknown; else what it gave. */
  readonly steps: Readonly<Record<string, Readonly<Record<string, string>> | null>>
}

/** Each replaces what is known under its key. */
export type LogEntry =
  | { readonly type: 'alert'; readonly record: AlertRecord }
  | { readonly type: 'thread'; readonly record: ThreadRecord }
  | { readonly type: 'threadEnd'; readonly key: string }
  | { readonly type: 'delivery'; readonly record: DeliveryRecord }
  /** Small facts of the operator, such as whether it was told to stop. Absent value: forget it. */
  | { readonly type: 'setting'; readonly name: string; readonly value?: string }
  /** A record on its way to the crash history, until that has it. The same id replaces. */
  | ({ readonly type: 'outbox' } & OutboxEntry)
  | { readonly type: 'outboxEnd'; readonly id: string }

export interface OutboxEntry {
  /** At most 190 characters. */
  readonly id: string
  readonly value: string
}

/** Of who writes for a while. `away`: the log cannot be written now. `fenced`: another process writes it, or this one does not lead. */
export type WriteResult = 'written' | 'away' | 'fenced'

/** The outbox runs by id, whenever an entry came. */
export interface OutboxQuery {
  /** Absent: from the first. */
  readonly afterId?: string
  readonly limit: number
}

/** What a new leader takes up. */
export interface LogState {
  /** Open alerts. */
  readonly alerts: readonly AlertRecord[]
  /** Ended alerts that some thread still counts as firing: nobody was told there that they are over. */
  readonly owed: readonly AlertRecord[]
  readonly threads: readonly ThreadRecord[]
  /** Deliveries whose result is not known. */
  readonly unfinished: readonly DeliveryRecord[]
  readonly settings: Readonly<Record<string, string>>
}

export interface AlertQuery {
  readonly state?: 'firing' | 'ended'
  /** Exact labels that an alert must carry: all of docs/reference/alerts.md. */
  readonly labels?: Readonly<Record<string, string>>
  /** Any of these namespaces; absent: all, also alerts about no namespace. */
  readonly namespaces?: readonly string[]
  readonly policy?: { readonly namespace: string; readonly name: string }
  /** How many at most. */
  readonly limit: number
  /** The last id of the page before. Where history keeps that alert no longer, there is nothing after it either. */
  readonly afterId?: string
}

export interface Retention {
  /** Ended alerts and finished deliveries older than this go. */
  readonly maxAgeMs: number
  /**
   * The oldest of these go until the log is no larger; of a file its size, else that of the records. The outbox counts, but takes
   * no more than half of it from them: a crash history that is away does not cost the whole history of alerts.
   */
  readonly maxBytes: number
}

/**
 * Guarantees: `write` is atomic and durable when it resolves; entries of concurrent calls are written in the order of the calls,
 * and the epoch is checked in the same transaction. A log that failed is opened again by the next call: it comes back by itself.
 * After a failure it may be another, such as an empty one where the file was removed: whoever writes brings it up to the present.
 * Errors: STORE_FENCED when a higher epoch has taken over: never retry; STORE_UNAVAILABLE (retry) when it cannot be
 * written or read now, such as with a full disk; then nobody knows whether a write was made. STORE_NEWER when the file or
 * database was written by a newer version. No error shows a password. A call may last as long as a disk does: the caller has patience.
 */
export interface NotificationLog {
  /** Makes `epoch` the one that may write, and gives what there is. The same epoch may take over again. */
  takeOver(epoch: number): Promise<LogState>
  write(entries: readonly LogEntry[], epoch: number): Promise<void>
  /** Newest first. */
  alerts(query: AlertQuery): Promise<readonly AlertRecord[]>
  alert(id: string): Promise<AlertRecord | undefined>
  /** Newest first; of one episode. */
  deliveries(alertId: string): Promise<readonly DeliveryRecord[]>
  outbox(query: OutboxQuery): Promise<readonly OutboxEntry[]>
  /** What is in it, in bytes of its values. */
  outboxBytes(): Promise<number>
  /** Removes what retention does not keep, never what is open or in the outbox. Gives how many alerts and deliveries went. */
  prune(retention: Retention, nowMs: number): Promise<number>
  close(): Promise<void>
}
