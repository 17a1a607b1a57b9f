/** The notification log in one SQLite file, which a thread of its own reads and writes. */
import { GroupCommit } from '../group-commit.ts'
import { labelText, policyText, recordsOf } from '../log-rows.ts'
import type {
  AlertQuery,
  AlertRecord,
  DeliveryRecord,
  LogEntry,
  LogState,
  NotificationLog,
  OutboxEntry,
  OutboxQuery,
  Retention,
  ThreadRecord,
} from '../notification-log.ts'
import { unknownEnds } from '../unknown-ends.ts'
import type { HistoryScan, KeyedRecord, StateTable } from './log-database.ts'
import { type OpenFile, StoreThread } from './store-thread.ts'

/** Records that pass between the threads at a time. */
const pageSize = 500

export class SqliteLog implements NotificationLog {
  readonly #file: OpenFile<'log'>
  readonly #writes: GroupCommit

  /** `path` of the file, which is made when it is first needed; on a thread that others may share. */
  constructor(path: string, thread = new StoreThread()) {
    this.#file = thread.open({ kind: 'log', path })
    this.#writes = new GroupCommit((writes) => this.#file.call('write', writes))
  }

  async takeOver(epoch: number): Promise<LogState> {
    await this.#writes.flush(epoch)
    await this.#file.call('takeOver', epoch)
    const alerts = await this.#state<AlertRecord>('alerts')
    const threads = await this.#state<ThreadRecord>('threads')
    const unfinished = await this.#state<DeliveryRecord>('deliveries')
    const ended = await this.#file.call('lastEnded', unknownEnds({ threads, unfinished }, alerts))
    return {
      ...{ alerts, threads, unfinished, owed: recordsOf<AlertRecord>(ended) },
      settings: Object.fromEntries(await this.#file.call('settings')),
    }
  }

  write(entries: readonly LogEntry[], epoch: number): Promise<void> {
    return this.#writes.write(entries, epoch)
  }

  async alerts(query: AlertQuery): Promise<readonly AlertRecord[]> {
    const { afterId, limit } = query
    let after = afterId === undefined ? undefined : await this.#file.call('position', afterId)
    if (afterId !== undefined && after === undefined) return []
    const texts: string[] = []
    do {
      const scan = { ...scanOf(query), limit: limit - texts.length }
      const page = await this.#file.call('history', after === undefined ? scan : { ...scan, after })
      texts.push(...page.records)
      after = page.last
    } while (after !== undefined && texts.length < limit)
    return recordsOf(texts)
  }

  async alert(id: string): Promise<AlertRecord | undefined> {
    const text = await this.#file.call('alert', id)
    return text === undefined ? undefined : (JSON.parse(text) as AlertRecord)
  }

  async deliveries(alertId: string): Promise<readonly DeliveryRecord[]> {
    return recordsOf(await this.#file.call('deliveries', alertId))
  }

  outbox({ afterId = '', limit }: OutboxQuery): Promise<readonly OutboxEntry[]> {
    return this.#file.call('outbox', afterId, limit)
  }

  outboxBytes(): Promise<number> {
    return this.#file.call('outboxBytes')
  }

  async prune({ maxAgeMs, maxBytes }: Retention, nowMs: number): Promise<number> {
    const step = { endedBeforeMs: nowMs - maxAgeMs, maxBytes }
    let removed = 0
    for (;;) {
      const done = await this.#file.call('prune', step)
      removed += done.removed
      if (done.isDone) return removed
    }
  }

  async close(): Promise<void> {
    await this.#writes.flush(Number.MAX_SAFE_INTEGER).catch(() => undefined)
    await this.#file.close()
  }

  async #state<T>(table: StateTable): Promise<T[]> {
    const records: T[] = []
    let page: readonly KeyedRecord[] = []
    do {
      page = await this.#file.call('statePage', table, page.at(-1)?.key ?? '', pageSize)
      records.push(...recordsOf<T>(page.map(({ record }) => record)))
    } while (page.length === pageSize)
    return records
  }
}

function scanOf({ state, labels = {}, namespaces, policy, limit }: AlertQuery): HistoryScan {
  return {
    ...{ limit, labels: Object.entries(labels).map(labelText) },
    ...(state === undefined ? {} : { state }),
    ...(namespaces === undefined ? {} : { namespaces }),
    ...(policy === undefined ? {} : { policy: policyText(policy) }),
  }
}
