/**
 * The server's full-text index keeps what it knew of rows that were removed, and only lets go of it with its table. So there are two
 * tables: new texts go into one, until as many were removed from it as it has; then into the other, which has become empty by then
 * and is made anew. What is kept of removed texts is never more than what is kept of others.
 */
import type { PoolConnection, RowDataPacket } from 'mysql2/promise'
import { textTables } from './crash-tables.ts'

/** Before this many were removed it is not worth the trouble. */
const leastRemoved = 1_000

export async function turnTextTables(connection: PoolConnection): Promise<void> {
  if ((await turnOf(connection)) === undefined) return
  const lock = "CONCAT('dogwatch:', DATABASE())"
  const [[taken]] = await connection.query<RowDataPacket[]>(`SELECT GET_LOCK(${lock}, 0) AS taken`)
  if (taken?.taken !== 1) return
  const next = await turnOf(connection)
  if (next !== undefined) {
    await connection.query(`TRUNCATE TABLE ${textTables[next]}`)
    await connection.query('UPDATE dogwatch_crash_version SET texts = ?, removed = 0 WHERE one = 1', [next])
  }
  await connection.query(`SELECT RELEASE_LOCK(${lock})`)
}

/** Which table is next, where it is time for it. */
async function turnOf(connection: PoolConnection): Promise<0 | 1 | undefined> {
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT texts, removed FROM dogwatch_crash_version')
  const removed = Number(row?.removed ?? 0)
  if (removed < leastRemoved) return undefined
  const next = Number(row?.texts) === 0 ? 1 : 0
  const [[kept]] = await connection.query<RowDataPacket[]>(
    `SELECT (SELECT COUNT(*) FROM (SELECT seq FROM ${textTables[1 - next]} LIMIT ?) AS some) AS here,
      EXISTS (SELECT 1 FROM ${textTables[next]}) AS there`,
    [removed + 1],
  )
  return kept?.there === 0 && Number(kept?.here) <= removed ? (next as 0 | 1) : undefined
}
