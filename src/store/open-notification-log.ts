/** Opens the notification log that the options name. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { OperatorError } from '../base/errors.ts'
import type {
  AlertRecord,
  DeliveryRecord,
  LogEntry,
  LogState,
  NotificationLog,
  ThreadRecord,
} from './notification-log.ts'

export interface NotificationLogOptions {
  /** Where an embedded database lies. */
  readonly folder: string
}

const schema = `
  CREATE TABLE IF NOT EXISTS alerts (id TEXT PRIMARY KEY, is_open INTEGER, started_ms INTEGER, ended_ms INTEGER, record TEXT);
  CREATE TABLE IF NOT EXISTS threads (key TEXT PRIMARY KEY, record TEXT);
  CREATE TABLE IF NOT EXISTS deliveries (id TEXT PRIMARY KEY, state TEXT, intended_ms INTEGER, record TEXT);
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);
  CREATE TABLE IF NOT EXISTS fence (one INTEGER PRIMARY KEY, epoch INTEGER);
`

export async function openNotificationLog({ folder }: NotificationLogOptions): Promise<NotificationLog> {
  mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'notifications.db'), { timeout: 2_000 })
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${schema}`)
  return new PlainLog(database)
}

class PlainLog implements NotificationLog {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  async takeOver(epoch: number): Promise<LogState> {
    this.#checkFence(epoch)
    this.#run('INSERT OR REPLACE INTO fence VALUES (1, ?)', epoch)
    return {
      alerts: this.#records<AlertRecord>('SELECT record FROM alerts WHERE is_open = 1'),
      threads: this.#records<ThreadRecord>('SELECT record FROM threads'),
      unfinished: this.#records<DeliveryRecord>("SELECT record FROM deliveries WHERE state = 'intended'"),
      settings: Object.fromEntries(
        this.#database
          .prepare('SELECT name, value FROM settings')
          .all()
          .map((row) => [`${row.name}`, `${row.value}`]),
      ),
    }
  }

  async write(entries: readonly LogEntry[], epoch: number): Promise<void> {
    this.#checkFence(epoch)
    this.#database.exec('BEGIN')
    for (const entry of entries) this.#write(entry)
    this.#database.exec('COMMIT')
  }

  async alerts(): Promise<readonly AlertRecord[]> {
    return this.#records('SELECT record FROM alerts ORDER BY started_ms DESC')
  }

  async alert(id: string): Promise<AlertRecord | undefined> {
    return this.#records<AlertRecord>('SELECT record FROM alerts WHERE id = ?', id)[0]
  }

  async deliveries(): Promise<readonly DeliveryRecord[]> {
    return this.#records('SELECT record FROM deliveries ORDER BY intended_ms DESC')
  }

  async prune(): Promise<number> {
    return 0
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  #checkFence(epoch: number): void {
    const row = this.#database.prepare('SELECT epoch FROM fence').get()
    if (row !== undefined && Number(row.epoch) > epoch) {
      throw new OperatorError('STORE_FENCED', `epoch ${row.epoch} has taken over from epoch ${epoch}`)
    }
  }

  #write(entry: LogEntry): void {
    if (entry.type === 'alert') {
      const { id, startedMs, endedMs } = entry.record
      const record = JSON.stringify(entry.record)
      this.#run(
        'INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?)',
        id,
        endedMs === undefined ? 1 : 0,
        startedMs,
        endedMs ?? null,
        record,
      )
    } else if (entry.type === 'thread') {
      this.#run('INSERT OR REPLACE INTO threads VALUES (?, ?)', entry.record.key, JSON.stringify(entry.record))
    } else if (entry.type === 'threadEnd') this.#run('DELETE FROM threads WHERE key = ?', entry.key)
    else if (entry.type === 'delivery') {
      const { id, state, intendedMs } = entry.record
      this.#run(
        'INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?, ?)',
        id,
        state,
        intendedMs,
        JSON.stringify(entry.record),
      )
    } else if (entry.value === undefined) this.#run('DELETE FROM settings WHERE name = ?', entry.name)
    else this.#run('INSERT OR REPLACE INTO settings VALUES (?, ?)', entry.name, entry.value)
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    this.#database.prepare(sql).run(...values)
  }

  #records<T>(sql: string, ...values: string[]): T[] {
    return this.#database
      .prepare(sql)
      .all(...values)
      .map((row) => JSON.parse(`${row.record}`) as T)
  }
}
