/**
 * The notification log's tables. The fence holds the version too: each write checks both, so that a process of an older
 * version does not write into tables that a newer one has changed.
 */
import { type TableSet, tableOptions as table } from './migrate.ts'

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

export const logTables: TableSet = {
  title: 'the notification log',
  versionTable: 'dogwatch_fence',
  begin: fence,
  migrations,
}
