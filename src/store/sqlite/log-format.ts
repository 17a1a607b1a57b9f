/** The tables of the notification log's file. */
import type { FileFormat } from './file-format.ts'

export const logFormat: FileFormat = {
  name: 'the notification log',
  /** "dogw" */
  applicationId: 0x646f6777,
  sizeOption: '--history-max-bytes',
  migrations: [
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
  ],
}
