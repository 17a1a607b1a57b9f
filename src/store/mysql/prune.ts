/** Removes what retention does not keep, some at a time. */
import type { PoolConnection, RowDataPacket } from 'mysql2/promise'
import type { Retention } from '../notification-log.ts'
import { excessOfOutbox } from '../outbox-share.ts'

const stepRows = 500

/** Gives how many went; 0 when there is nothing left to remove. */
export async function removeOldest(connection: PoolConnection, retention: Retention, nowMs: number): Promise<number> {
  const outbox = await outboxBytes(connection)
  const mostBytes = retention.maxBytes + excessOfOutbox(outbox, retention.maxBytes)
  const excessBytes = (await usedBytes(connection)) + outbox - mostBytes
  const endedBeforeMs = excessBytes > 0 ? Number.MAX_SAFE_INTEGER : nowMs - retention.maxAgeMs
  const upToMs = await endOfOldest(connection, endedBeforeMs)
  if (upToMs === undefined) return 0
  const deliveries = await endedUpTo(connection, 'dogwatch_deliveries', upToMs)
  const alerts = await endedUpTo(connection, 'dogwatch_alerts', upToMs)
  await connection.beginTransaction()
  if (deliveries.length > 0) {
    await connection.query('DELETE FROM dogwatch_delivery_alerts WHERE delivery_id IN (?)', [deliveries])
    await connection.query('DELETE FROM dogwatch_deliveries WHERE id IN (?)', [deliveries])
  }
  if (alerts.length > 0) await connection.query('DELETE FROM dogwatch_alerts WHERE id IN (?)', [alerts])
  await connection.commit()
  return deliveries.length + alerts.length
}

/** Of the records; what the server needs beside them is its own. It uses again what was freed. */
async function usedBytes(connection: PoolConnection): Promise<number> {
  const sql = `SELECT COALESCE((SELECT SUM(bytes) FROM dogwatch_alerts), 0)
    + COALESCE((SELECT SUM(bytes) FROM dogwatch_deliveries), 0) AS used`
  const [[row]] = await connection.query<RowDataPacket[]>(sql)
  return Number(row?.used)
}

export async function outboxBytes(connection: PoolConnection): Promise<number> {
  const sql = 'SELECT COALESCE(SUM(bytes), 0) AS bytes FROM dogwatch_outbox'
  const [[row]] = await connection.query<RowDataPacket[]>(sql)
  return Number(row?.bytes)
}

/** When the last of the oldest few ended, of both kinds together. */
async function endOfOldest(connection: PoolConnection, endedBeforeMs: number): Promise<number | undefined> {
  const oldest = (table: string) =>
    `(SELECT ended_ms FROM ${table} WHERE ended_ms IS NOT NULL AND ended_ms < ? ORDER BY ended_ms LIMIT ${stepRows})`
  const sql = `SELECT MAX(ended_ms) AS last FROM (
    SELECT ended_ms FROM (${oldest('dogwatch_alerts')} UNION ALL ${oldest('dogwatch_deliveries')}) AS either
    ORDER BY ended_ms LIMIT ${stepRows}) AS few`
  const [[row]] = await connection.query<RowDataPacket[]>(sql, [endedBeforeMs, endedBeforeMs])
  return row?.last === null ? undefined : Number(row?.last)
}

async function endedUpTo(connection: PoolConnection, table: string, upToMs: number): Promise<string[]> {
  const sql = `SELECT id FROM ${table} WHERE ended_ms <= ? ORDER BY ended_ms LIMIT ${stepRows}`
  const [rows] = await connection.query<RowDataPacket[]>(sql, [upToMs])
  return rows.map(({ id }) => `${id}`)
}
