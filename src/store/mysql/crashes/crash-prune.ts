/** Removes what retention does not keep, some at a time, the oldest first. */
import type { PoolConnection, RowDataPacket } from 'mysql2/promise'
import type { CrashRetention } from '../../crash-history.ts'
import { textTables } from './crash-tables.ts'

const stepRows = 500

export interface PruneOptions {
  readonly cluster: string
  readonly retention: CrashRetention
  readonly nowMs: number
}

/** Gives how many went; 0 when there is nothing left to remove. */
export async function removeOldestCrashes(connection: PoolConnection, options: PruneOptions): Promise<number> {
  const seqs = await surplus(connection, options)
  if (seqs.length === 0) return 0
  const deletion = (table: string) => connection.format(`DELETE FROM ${table} WHERE seq IN (?)`, [seqs])
  const [first, second] = textTables
  const statements = [
    // Before anything else, as whoever writes does: so neither waits for the other in a circle.
    ...['START TRANSACTION', 'SELECT texts INTO @texts FROM dogwatch_crash_version WHERE one = 1 FOR UPDATE'],
    ...[deletion(first), 'SET @first = ROW_COUNT()', deletion(second), 'SET @second = ROW_COUNT()'],
    deletion('dogwatch_crashes'),
    'UPDATE dogwatch_crash_version SET removed = removed + IF(@texts = 0, @first, @second) WHERE one = 1',
    'COMMIT',
  ]
  await connection.query(statements.join(';\n'))
  return seqs.length
}

/** The oldest few, as far as they are too old or too much. */
async function surplus(
  connection: PoolConnection,
  { cluster, retention, nowMs }: PruneOptions,
): Promise<readonly number[]> {
  const [[sum]] = await connection.query<RowDataPacket[]>(
    'SELECT COALESCE(SUM(bytes), 0) AS used FROM dogwatch_crashes WHERE cluster = ?',
    [cluster],
  )
  const [oldest] = await connection.query<RowDataPacket[]>(
    'SELECT seq, at_ms, bytes FROM dogwatch_crashes WHERE cluster = ? ORDER BY at_ms, id LIMIT ?',
    [cluster, stepRows],
  )
  let excess = Number(sum?.used) - retention.maxBytes
  const seqs: number[] = []
  for (const { seq, at_ms, bytes } of oldest) {
    if (excess <= 0 && Number(at_ms) >= nowMs - retention.maxAgeMs) break
    seqs.push(Number(seq))
    excess -= Number(bytes)
  }
  return seqs
}
