/** The file's tables, and how an older file comes to have them. */
import type { DatabaseSync } from 'node:sqlite'
import { OperatorError } from '../../base/errors.ts'

/** Says whose file it is ("dogw"); 0 in a file that was just made. */
const applicationId = 0x646f6777

/** Step n makes version n + 1 of version n. A step that was released is never changed. */
const migrations: readonly string[] = [
  `
  CREATE TABLE fence (one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL);
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE threads (key TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE alerts (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER,
    namespace TEXT, policy TEXT NOT NULL, labels TEXT NOT NULL, record TEXT NOT NULL);
  CREATE INDEX alerts_history ON alerts (started_ms, id, ended_ms, namespace, policy, labels);
  CREATE INDEX alerts_open ON alerts (started_ms, id) WHERE ended_ms IS NULL;
  CREATE INDEX alerts_ended ON alerts (ended_ms) WHERE ended_ms IS NOT NULL;
  CREATE INDEX alerts_key ON alerts (key, started_ms);
  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY, intended_ms INTEGER NOT NULL, ended_ms INTEGER, record TEXT NOT NULL);
  CREATE INDEX deliveries_unfinished ON deliveries (id) WHERE ended_ms IS NULL;
  CREATE INDEX deliveries_ended ON deliveries (ended_ms) WHERE ended_ms IS NOT NULL;
  CREATE TABLE delivery_alerts (
    alert_id TEXT NOT NULL, delivery_id TEXT NOT NULL, PRIMARY KEY (alert_id, delivery_id)) WITHOUT ROWID;
  CREATE INDEX delivery_alerts_delivery ON delivery_alerts (delivery_id);
  `,
  `
  CREATE TABLE outbox (key TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE INDEX outbox_bytes ON outbox (octet_length(value));
  `,
]

export const schemaVersion = migrations.length

/** The file's version, 0 for a new one. Throws STORE_NEWER, and STORE_UNAVAILABLE for a file of another program. */
export function checkVersion(database: DatabaseSync, path: string): number {
  const version = pragma(database, 'user_version')
  const owner = pragma(database, 'application_id')
  const isNew = owner === 0 && version === 0 && pragma(database, 'page_count') <= 1
  if (owner !== applicationId && !isNew) {
    throw new OperatorError('STORE_UNAVAILABLE', `${path} is a database of another program: move it away`)
  }
  if (version > schemaVersion) throw newerError(path, version)
  return version
}

export function migrate(database: DatabaseSync, version: number): void {
  for (const [index, sql] of migrations.entries()) if (index >= version) step(database, sql, index + 1)
}

function newerError(path: string, version: number): OperatorError {
  const versions = `in version ${version} of its format; this one knows version ${schemaVersion}`
  const advice = 'Run that newer version again, or move the file away to begin with an empty log'
  return new OperatorError('STORE_NEWER', `${path} was written by a newer Dogwatch, ${versions}. ${advice}`)
}

function step(database: DatabaseSync, sql: string, version: number): void {
  database.exec('BEGIN IMMEDIATE')
  if (pragma(database, 'user_version') >= version) {
    database.exec('ROLLBACK')
    return
  }
  database.exec(`${sql}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version}; COMMIT`)
}

export function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}
