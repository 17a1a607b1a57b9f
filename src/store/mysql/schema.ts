/**
 * The database's tables, and how an older database comes to have them. The fence holds the version too: each write checks
 * both, so that a process of an older version does not write into tables that a newer one has changed.
 */
import type { PoolConnection, RowDataPacket } from 'mysql2/promise'
import { OperatorError } from '../../base/errors.ts'
import { isMissingTable } from './mysql-error.ts'

const table = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'

/** Step n makes version n + 1 of version n; it may have been begun before. A step that was released is never changed. */
const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE IF NOT EXISTS dogwatch_settings (name VARCHAR(190) PRIMARY KEY, value MEDIUMTEXT NOT NULL) ${table}`,
    `CREATE TABLE IF NOT EXISTS dogwatch_threads (key_hash BINARY(32) PRIMARY KEY, record LONGTEXT NOT NULL) ${table}`,
    `CREATE TABLE IF NOT EXISTS dogwatch_alerts (
      id VARCHAR(64) PRIMARY KEY, key_hash BINARY(32) NOT NULL, started_ms BIGINT NOT NULL, ended_ms BIGINT,
      namespace VARCHAR(190), policy VARCHAR(400) NOT NULL, labels MEDIUMTEXT NOT NULL,
      bytes INT UNSIGNED NOT NULL, record LONGTEXT NOT NULL,
      KEY history (started_ms, id), KEY ended (ended_ms, id, bytes), KEY episodes (key_hash, started_ms)) ${table}`,
    `CREATE TABLE IF NOT EXISTS dogwatch_deliveries (
      id VARCHAR(64) PRIMARY KEY, intended_ms BIGINT NOT NULL, ended_ms BIGINT,
      bytes INT UNSIGNED NOT NULL, record LONGTEXT NOT NULL,
      KEY ended (ended_ms, id, bytes)) ${table}`,
    `CREATE TABLE IF NOT EXISTS dogwatch_delivery_alerts (
      alert_id VARCHAR(64) NOT NULL, delivery_id VARCHAR(64) NOT NULL,
      PRIMARY KEY (alert_id, delivery_id), KEY delivery (delivery_id)) ${table}`,
  ],
  [
    `CREATE TABLE IF NOT EXISTS dogwatch_outbox (
      id VARCHAR(190) PRIMARY KEY, record LONGTEXT NOT NULL,
      bytes INT UNSIGNED AS (LENGTH(record)) STORED, KEY size (bytes)) ${table}`,
  ],
]

const fence = [
  `CREATE TABLE IF NOT EXISTS dogwatch_fence (
    one TINYINT PRIMARY KEY, version INT NOT NULL, epoch BIGINT NOT NULL,
    writer CHAR(36) NOT NULL, sequence BIGINT NOT NULL) ${table}`,
  "INSERT IGNORE INTO dogwatch_fence VALUES (1, 0, -1, '', 0)",
]

export const schemaVersion = migrations.length
const lockSeconds = 3

/** Brings the tables up to this version; one process at a time. Rejects with STORE_NEWER. */
export async function migrate(connection: PoolConnection, where: string): Promise<void> {
  if ((await versionOf(connection, where)) === schemaVersion) return
  const lock = "CONCAT('dogwatch:', DATABASE())"
  const [[taken]] = await connection.query<RowDataPacket[]>(`SELECT GET_LOCK(${lock}, ${lockSeconds}) AS taken`)
  if (taken?.taken !== 1) {
    throw new OperatorError(
      'STORE_UNAVAILABLE',
      `the notification log ${where}: another operator is changing its tables`,
    )
  }
  for (const sql of fence) await connection.query(sql)
  const version = await versionOf(connection, where)
  for (const [index, steps] of migrations.entries()) {
    if (index < version) continue
    for (const sql of steps) await connection.query(sql)
    await connection.query('UPDATE dogwatch_fence SET version = ? WHERE one = 1', [index + 1])
  }
  await connection.query(`SELECT RELEASE_LOCK(${lock})`)
}

async function versionOf(connection: PoolConnection, where: string): Promise<number> {
  try {
    const [[row]] = await connection.query<RowDataPacket[]>('SELECT version FROM dogwatch_fence WHERE one = 1')
    const version = Number(row?.version ?? 0)
    if (version > schemaVersion) throw newerError(where, version)
    return version
  } catch (error) {
    if (isMissingTable(error)) return 0
    throw error
  }
}

export function newerError(where: string, version: number): OperatorError {
  const versions = `in version ${version} of its format; this one knows version ${schemaVersion}`
  const advice = 'Run that newer version again, or name an empty database'
  return new OperatorError(
    'STORE_NEWER',
    `the notification log ${where} was written by a newer Dogwatch, ${versions}. ${advice}`,
  )
}
