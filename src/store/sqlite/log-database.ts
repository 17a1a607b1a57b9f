/**
 * The log in one open SQLite file. Everything here blocks: it runs in the worker. Each call is short, whatever the size of the
 * log: long work is cut into steps by the caller, so that writes pass between them.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { type EpochWrite, fencedError, type Refusal } from '../fence.ts'
import type { AlertRow, DeliveryRow, LogRow, NamedRow } from '../log-rows.ts'
import type { OutboxEntry } from '../notification-log.ts'
import { excessOfOutbox } from '../outbox-share.ts'
import { Connection } from './connection.ts'

/** One of the records that a new leader takes up, with the key that the next page begins after. */
export interface KeyedRecord {
  readonly key: string
  readonly record: string
}

export type StateTable = 'alerts' | 'threads' | 'deliveries'

/** A place in history, which runs from newer to older. */
export interface Position {
  readonly startedMs: number
  readonly id: string
}

export interface HistoryScan {
  /** Begin below this; absent: at the newest. */
  readonly after?: Position
  readonly state?: 'firing' | 'ended'
  readonly labels: readonly string[]
  readonly namespaces?: readonly string[]
  readonly policy?: string
  readonly limit: number
}

export interface HistoryPage {
  readonly records: readonly string[]
  /** How far was looked; absent at the end of history. */
  readonly last?: Position
}

export interface PruneStep {
  /** What ended before this goes. */
  readonly endedBeforeMs: number
  readonly maxBytes: number
}

export interface PruneResult {
  readonly removed: number
  readonly isDone: boolean
}

/** Rows looked at in one call. */
const scanRows = 2_000
const pruneRows = 500

const statePages: Readonly<Record<StateTable, string>> = {
  alerts: 'SELECT id AS key, record FROM alerts WHERE ended_ms IS NULL AND id > ? ORDER BY id LIMIT ?',
  threads: 'SELECT key, value AS record FROM threads WHERE key > ? ORDER BY key LIMIT ?',
  deliveries: 'SELECT id AS key, record FROM deliveries WHERE ended_ms IS NULL AND id > ? ORDER BY id LIMIT ?',
}

export class LogDatabase {
  readonly #connection: Connection

  constructor(database: DatabaseSync) {
    this.#connection = new Connection(database)
  }

  close(): void {
    this.#connection.close()
  }

  takeOver(epoch: number): void {
    this.#connection.transaction(() => {
      const newest = this.#newestEpoch()
      if (epoch < newest) throw fencedError(epoch, newest)
      this.#connection.run('INSERT INTO fence VALUES (1, ?) ON CONFLICT DO UPDATE SET epoch = excluded.epoch', epoch)
    })
  }

  /** All in one transaction. */
  write(writes: readonly EpochWrite[]): Refusal[] {
    return this.#connection.transaction(() => {
      const newest = this.#newestEpoch()
      return writes.map(({ epoch, rows }) => {
        if (epoch < newest) return newest
        for (const row of rows) this.#put(row)
        return null
      })
    })
  }

  /** Of what a new leader takes up, by key. */
  statePage(table: StateTable, afterKey: string, limit: number): KeyedRecord[] {
    return this.#connection.all(statePages[table], afterKey, limit) as unknown as KeyedRecord[]
  }

  settings(): (readonly [string, string])[] {
    return this.#connection.all('SELECT key, value FROM settings').map(({ key, value }) => [`${key}`, `${value}`])
  }

  /** The last episode of each of these alerts, where it has ended. */
  lastEnded(keys: readonly string[]): string[] {
    const sql = 'SELECT ended_ms, record FROM alerts WHERE key = ? ORDER BY started_ms DESC, id DESC LIMIT 1'
    return keys.flatMap((key) => {
      const row = this.#connection.get(sql, key)
      return row === undefined || row.ended_ms === null ? [] : [`${row.record}`]
    })
  }

  alert(id: string): string | undefined {
    const row = this.#connection.get('SELECT record FROM alerts WHERE id = ?', id)
    return row === undefined ? undefined : `${row.record}`
  }

  position(id: string): Position | undefined {
    const row = this.#connection.get('SELECT started_ms FROM alerts WHERE id = ?', id)
    return row === undefined ? undefined : { startedMs: Number(row.started_ms), id }
  }

  history(scan: HistoryScan): HistoryPage {
    const rows = this.#connection.all(...scanQuery(scan))
    const records: string[] = []
    for (const { id, started_ms, matches } of rows) {
      if (matches === 1) records.push(this.alert(`${id}`) ?? '')
      if (records.length === scan.limit) return { records, last: { id: `${id}`, startedMs: Number(started_ms) } }
    }
    const last = rows.length < scanRows ? undefined : rows.at(-1)
    if (last === undefined) return { records }
    return { records, last: { id: `${last.id}`, startedMs: Number(last.started_ms) } }
  }

  deliveries(alertId: string): string[] {
    const sql = `SELECT d.record FROM delivery_alerts a JOIN deliveries d ON d.id = a.delivery_id
      WHERE a.alert_id = ? ORDER BY d.intended_ms DESC, d.id DESC`
    return this.#connection.all(sql, alertId).map(({ record }) => `${record}`)
  }

  outbox(afterId: string, limit: number): OutboxEntry[] {
    const sql = 'SELECT key AS id, value FROM outbox WHERE key > ? ORDER BY key LIMIT ?'
    return this.#connection.all(sql, afterId, limit) as unknown as OutboxEntry[]
  }

  outboxBytes(): number {
    return Number(this.#connection.get('SELECT coalesce(sum(octet_length(value)), 0) AS bytes FROM outbox')?.bytes)
  }

  /** Removes some of what is too old or too much, and gives some of the file back. */
  prune({ endedBeforeMs, maxBytes }: PruneStep): PruneResult {
    const removed = this.#connection.transaction(() => {
      const isTooLarge = this.#connection.usedBytes() > maxBytes + excessOfOutbox(this.outboxBytes(), maxBytes)
      return this.#removeOldest(isTooLarge ? undefined : endedBeforeMs)
    })
    const isFreed = this.#connection.freePages()
    return { removed, isDone: removed === 0 && isFreed }
  }

  /** The oldest of both kinds together, at most `pruneRows` of each. `endedBeforeMs` absent: whenever they ended. */
  #removeOldest(endedBeforeMs = Number.MAX_SAFE_INTEGER): number {
    const oldest = `SELECT ended_ms FROM (
        SELECT * FROM (SELECT ended_ms FROM alerts WHERE ended_ms IS NOT NULL ORDER BY ended_ms LIMIT ${pruneRows})
        UNION ALL
        SELECT * FROM (SELECT ended_ms FROM deliveries WHERE ended_ms IS NOT NULL ORDER BY ended_ms LIMIT ${pruneRows})
      ) WHERE ended_ms < ? ORDER BY ended_ms LIMIT ${pruneRows}`
    const last = this.#connection.all(oldest, endedBeforeMs).at(-1)
    if (last === undefined) return 0
    const upToMs = Number(last.ended_ms)
    return this.#removeDeliveries(upToMs) + this.#removeAlerts(upToMs)
  }

  #removeAlerts(upToMs: number): number {
    const chosen = `SELECT rowid FROM alerts WHERE ended_ms <= ? ORDER BY ended_ms LIMIT ${pruneRows}`
    return this.#connection.run(`DELETE FROM alerts WHERE rowid IN (${chosen})`, upToMs)
  }

  #removeDeliveries(upToMs: number): number {
    const chosen = (column: string) =>
      `SELECT ${column} FROM deliveries WHERE ended_ms <= ? ORDER BY ended_ms, id LIMIT ${pruneRows}`
    this.#connection.run(`DELETE FROM delivery_alerts WHERE delivery_id IN (${chosen('id')})`, upToMs)
    return this.#connection.run(`DELETE FROM deliveries WHERE id IN (${chosen('id')})`, upToMs)
  }

  #newestEpoch(): number {
    return Number(this.#connection.get('SELECT epoch FROM fence')?.epoch ?? Number.NEGATIVE_INFINITY)
  }

  #put(row: LogRow): void {
    if (row.table === 'alerts') this.#putAlert(row)
    else if (row.table === 'deliveries') this.#putDelivery(row)
    else this.#putNamed(row)
  }

  #putAlert({ id, key, startedMs, endedMs, namespace, policy, labels, record }: AlertRow): void {
    const values = [id, key, startedMs, endedMs, namespace, policy, labels, record]
    this.#connection.run('INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?)', ...values)
  }

  #putDelivery({ id, intendedMs, endedMs, alertIds, record }: DeliveryRow): void {
    const isNew = this.#connection.get('SELECT 1 FROM deliveries WHERE id = ?', id) === undefined
    this.#connection.run('INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?, ?)', id, intendedMs, endedMs, record)
    if (!isNew) return
    const sql = 'INSERT OR IGNORE INTO delivery_alerts SELECT value, ? FROM json_each(?)'
    this.#connection.run(sql, id, JSON.stringify(alertIds))
  }

  #putNamed({ table, key, value }: NamedRow): void {
    if (value === null) this.#connection.run(`DELETE FROM ${table} WHERE key = ?`, key)
    else this.#connection.run(`INSERT OR REPLACE INTO ${table} VALUES (?, ?)`, key, value)
  }
}

/** Looks at the next rows, and says of each whether it is wanted: a row of the index is enough for that. */
function scanQuery({ after, state, labels, namespaces, policy }: HistoryScan): [string, ...SQLInputValue[]] {
  const wanted = [
    ...(state === 'ended' ? [['ended_ms IS NOT NULL']] : []),
    ...(namespaces === undefined
      ? []
      : [['namespace IN (SELECT value FROM json_each(?))', JSON.stringify(namespaces)]]),
    ...(policy === undefined ? [] : [['policy = ?', policy]]),
    ...labels.map((label) => ['instr(labels, ?) > 0', label]),
  ]
  const matches = wanted.length === 0 ? '1' : wanted.map(([sql]) => sql).join(' AND ')
  const places = [
    ...(state === 'firing' ? ['ended_ms IS NULL'] : []),
    ...(after === undefined ? [] : ['(started_ms, id) < (?, ?)']),
  ]
  const where = places.length === 0 ? '' : `WHERE ${places.join(' AND ')}`
  const sql = `SELECT id, started_ms, coalesce(${matches}, 0) AS matches FROM alerts ${where}
    ORDER BY started_ms DESC, id DESC LIMIT ${scanRows}`
  const values = wanted.flatMap(([, ...given]) => given as SQLInputValue[])
  return [sql, ...values, ...(after === undefined ? [] : [after.startedMs, after.id])]
}
