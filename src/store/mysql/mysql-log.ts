/** The notification log in MySQL or MariaDB: what several replicas share. */
import { randomUUID } from 'node:crypto'
import type { PoolConnection, RowDataPacket } from 'mysql2/promise'
import type { Clock } from '../../base/clock.ts'
import { OperatorError } from '../../base/errors.ts'
import { type EpochWrite, fencedError, type Refusal } from '../fence.ts'
import { GroupCommit } from '../group-commit.ts'
import { recordsOf } from '../log-rows.ts'
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
import type { MysqlSettings } from './connection-settings.ts'
import { historyQuery, type Position } from './history-query.ts'
import { newerError } from './migrate.ts'
import { MysqlClient } from './mysql-client.ts'
import { outboxBytes, removeOldest } from './prune.ts'
import { logTables } from './schema.ts'
import { type FenceAnswer, hashOf, takeOverTransaction, writeTransaction } from './transaction.ts'

const schemaVersion = logTables.migrations.length
const pageSize = 500

const statePages = {
  alerts: 'SELECT id AS last, record FROM dogwatch_alerts WHERE ended_ms IS NULL AND id > ? ORDER BY id LIMIT ?',
  threads: 'SELECT key_hash AS last, record FROM dogwatch_threads WHERE key_hash > ? ORDER BY key_hash LIMIT ?',
  deliveries:
    'SELECT id AS last, record FROM dogwatch_deliveries WHERE ended_ms IS NULL AND id > ? ORDER BY id LIMIT ?',
} as const

export class MysqlLog implements NotificationLog {
  readonly #client: MysqlClient
  readonly #writes: GroupCommit
  /** Tells this log's requests from those of an earlier process with the same epoch. */
  readonly #writer = randomUUID()
  #sequence = 0

  constructor(settings: MysqlSettings, clock: Clock) {
    this.#client = new MysqlClient(settings, logTables, clock)
    this.#writes = new GroupCommit((writes) => this.#commit(writes))
  }

  async takeOver(epoch: number): Promise<LogState> {
    await this.#writes.flush(epoch)
    await this.#client.run(async (connection) => {
      const sql = takeOverTransaction(epoch, schemaVersion, formatOf(connection))
      const newest = this.#refusal(await transact(connection, [sql]))
      if (newest !== null) throw fencedError(epoch, newest)
    })
    const alerts = await this.#state<AlertRecord>('alerts')
    const threads = await this.#state<ThreadRecord>('threads')
    const unfinished = await this.#state<DeliveryRecord>('deliveries')
    return {
      ...{ alerts, threads, unfinished, owed: await this.#lastEnded(unknownEnds({ threads, unfinished }, alerts)) },
      settings: await this.#settings(),
    }
  }

  write(entries: readonly LogEntry[], epoch: number): Promise<void> {
    return this.#writes.write(entries, epoch)
  }

  async alerts(query: AlertQuery): Promise<readonly AlertRecord[]> {
    const { afterId } = query
    const after = afterId === undefined ? undefined : await this.#position(afterId)
    if (afterId !== undefined && after === undefined) return []
    const { sql, values } = historyQuery(query, after)
    return this.#records(sql, values)
  }

  async alert(id: string): Promise<AlertRecord | undefined> {
    return (await this.#records<AlertRecord>('SELECT record FROM dogwatch_alerts WHERE id = ?', [id]))[0]
  }

  deliveries(alertId: string): Promise<readonly DeliveryRecord[]> {
    const sql = `SELECT d.record FROM dogwatch_delivery_alerts a JOIN dogwatch_deliveries d ON d.id = a.delivery_id
      WHERE a.alert_id = ? ORDER BY d.intended_ms DESC, d.id DESC`
    return this.#records(sql, [alertId])
  }

  async outbox({ afterId = '', limit }: OutboxQuery): Promise<readonly OutboxEntry[]> {
    const sql = 'SELECT id, record FROM dogwatch_outbox WHERE id > ? ORDER BY id LIMIT ?'
    return (await this.#rows(sql, [afterId, limit])).map(({ id, record }) => ({ id: `${id}`, value: `${record}` }))
  }

  outboxBytes(): Promise<number> {
    return this.#client.run(outboxBytes)
  }

  async prune(retention: Retention, nowMs: number): Promise<number> {
    let removed = 0
    for (;;) {
      const step = await this.#client.run((connection) => removeOldest(connection, retention, nowMs))
      if (step === 0) return removed
      removed += step
    }
  }

  async close(): Promise<void> {
    await this.#writes.flush(Number.MAX_SAFE_INTEGER).catch(() => undefined)
    await this.#client.close()
  }

  /** Writes of one epoch after the other: that there are two at once is rare. */
  async #commit(writes: readonly EpochWrite[]): Promise<Refusal[]> {
    const refusals: Refusal[] = []
    for (let start = 0; start < writes.length; start = refusals.length) {
      const epoch = writes[start]?.epoch ?? 0
      const end = writes.findIndex((write, index) => index > start && write.epoch !== epoch)
      const run = writes.slice(start, end === -1 ? writes.length : end)
      const refusal = await this.#commitRun(run, epoch)
      refusals.push(...run.map(() => refusal))
    }
    return refusals
  }

  #commitRun(writes: readonly EpochWrite[], epoch: number): Promise<Refusal> {
    this.#sequence += 1
    const fence = { version: schemaVersion, epoch, writer: this.#writer, sequence: this.#sequence }
    const rows = writes.flatMap((write) => write.rows)
    return this.#client.run(async (connection) => {
      return this.#refusal(await transact(connection, writeTransaction(rows, fence, formatOf(connection))))
    })
  }

  /** The epoch that refused it; null where it was not refused. */
  #refusal({ open, version, epoch }: FenceAnswer): Refusal {
    if (open === 1) return null
    const { where } = this.#client
    if (version === null)
      throw new OperatorError('STORE_UNAVAILABLE', `the notification log ${where}: its fence is gone`)
    if (version > schemaVersion) throw newerError(logTables, where, version)
    return Number(epoch)
  }

  async #state<T>(table: keyof typeof statePages): Promise<T[]> {
    const records: T[] = []
    let last: unknown = table === 'threads' ? Buffer.alloc(0) : ''
    for (;;) {
      const rows = await this.#rows(statePages[table], [last, pageSize])
      records.push(...recordsOf<T>(rows.map(({ record }) => `${record}`)))
      last = rows.at(-1)?.last
      if (rows.length < pageSize) return records
    }
  }

  async #settings(): Promise<Record<string, string>> {
    const rows = await this.#rows('SELECT name, value FROM dogwatch_settings', [])
    return Object.fromEntries(rows.map(({ name, value }) => [`${name}`, `${value}`]))
  }

  /** The last episode of each of these alerts, where it has ended. */
  async #lastEnded(keys: readonly string[]): Promise<AlertRecord[]> {
    const found: AlertRecord[] = []
    const sql = `SELECT record FROM dogwatch_alerts WHERE key_hash = ? ORDER BY started_ms DESC, id DESC LIMIT 1`
    for (const key of keys) found.push(...(await this.#records<AlertRecord>(sql, [hashOf(key)])))
    return found.filter(({ endedMs }) => endedMs !== undefined)
  }

  async #position(id: string): Promise<Position | undefined> {
    const [row] = await this.#rows('SELECT started_ms FROM dogwatch_alerts WHERE id = ?', [id])
    return row && { id, startedMs: Number(row.started_ms) }
  }

  async #records<T>(sql: string, values: readonly unknown[]): Promise<T[]> {
    return recordsOf((await this.#rows(sql, values)).map(({ record }) => `${record}`))
  }

  #rows(sql: string, values: readonly unknown[]): Promise<RowDataPacket[]> {
    return this.#client.run(async (connection) => {
      const [rows] = await connection.query<RowDataPacket[]>(sql, [...values])
      return rows
    })
  }
}

async function transact(connection: PoolConnection, requests: readonly string[]): Promise<FenceAnswer> {
  let results: RowDataPacket[][] = []
  for (const sql of requests) [results] = await connection.query<RowDataPacket[][]>(sql)
  return results.at(-1)?.[0] as FenceAnswer
}

function formatOf(connection: PoolConnection) {
  return (sql: string, values: readonly unknown[]) => connection.format(sql, [...values])
}
