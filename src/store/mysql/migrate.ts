/** How a set of tables comes to be as this version has them. One process at a time changes tables. */
import type { PoolConnection, RowDataPacket } from 'mysql2/promise'
import { OperatorError } from '../../base/errors.ts'
import { isMissingTable } from './mysql-error.ts'

/** Tables that are changed together, with one number for their version. */
export interface TableSet {
  /** For people: `the notification log`. */
  readonly title: string
  /** A table with one row, whose columns `one` (1) and `version` are its key and the version. */
  readonly versionTable: string
  /** Make that table and its row, with version 0, where they are missing. */
  readonly begin: readonly string[]
  /** Step n makes version n + 1 of version n; it may have been begun before. A step that was released is never changed. */
  readonly migrations: readonly (readonly string[])[]
  /** What else has to be there. */
  readonly prepare?: (connection: PoolConnection) => Promise<void>
}

/** How each table is made. */
export const tableOptions = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'

const lockSeconds = 3

/** Brings the tables up to this version. `where` names the database. Rejects with STORE_NEWER. */
export async function migrate(connection: PoolConnection, tables: TableSet, where: string): Promise<void> {
  await update(connection, tables, where)
  await tables.prepare?.(connection)
}

async function update(connection: PoolConnection, tables: TableSet, where: string): Promise<void> {
  if ((await versionOf(connection, tables, where)) === tables.migrations.length) return
  const lock = "CONCAT('dogwatch:', DATABASE())"
  const [[taken]] = await connection.query<RowDataPacket[]>(`SELECT GET_LOCK(${lock}, ${lockSeconds}) AS taken`)
  if (taken?.taken !== 1) {
    throw new OperatorError(
      'STORE_UNAVAILABLE',
      `${tables.title} ${where}: another operator is changing the database's tables`,
    )
  }
  for (const sql of tables.begin) await connection.query(sql)
  const version = await versionOf(connection, tables, where)
  for (const [index, steps] of tables.migrations.entries()) {
    if (index < version) continue
    for (const sql of steps) await connection.query(sql)
    await connection.query(`UPDATE ${tables.versionTable} SET version = ? WHERE one = 1`, [index + 1])
  }
  await connection.query(`SELECT RELEASE_LOCK(${lock})`)
}

async function versionOf(connection: PoolConnection, tables: TableSet, where: string): Promise<number> {
  try {
    const sql = `SELECT version FROM ${tables.versionTable} WHERE one = 1`
    const [[row]] = await connection.query<RowDataPacket[]>(sql)
    const version = Number(row?.version ?? 0)
    if (version > tables.migrations.length) throw newerError(tables, where, version)
    return version
  } catch (error) {
    if (isMissingTable(error)) return 0
    throw error
  }
}

export function newerError({ title, migrations }: TableSet, where: string, version: number): OperatorError {
  const versions = `in version ${version} of its format; this one knows version ${migrations.length}`
  const advice = 'Run that newer version again, or name an empty database'
  return new OperatorError('STORE_NEWER', `${title} ${where} was written by a newer Dogwatch, ${versions}. ${advice}`)
}
