/** An open SQLite file: its statements, prepared once; its transactions; its size. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { pragma } from './file-format.ts'

/** Free pages that stay in the file, for what is written next. */
const sparePages = 256
const vacuumPages = 1_000

export type Row = Readonly<Record<string, SQLOutputValue>>

export class Connection {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  close(): void {
    this.#database.close()
  }

  transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  /** Gives how many rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes)
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepared(sql).get(...values)
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepared(sql).all(...values)
  }

  /** One row after the other, as far as they are wanted; whole numbers come as bigint. */
  each(sql: string, ...values: SQLInputValue[]): IterableIterator<Row> {
    const statement = this.#prepared(sql)
    statement.setReadBigInts(true)
    return statement.iterate(...values)
  }

  /** Whole numbers come as bigint. */
  getBig(sql: string, ...values: SQLInputValue[]): Row | undefined {
    const statement = this.#prepared(sql)
    statement.setReadBigInts(true)
    return statement.get(...values)
  }

  usedBytes(): number {
    const usedPages = pragma(this.#database, 'page_count') - pragma(this.#database, 'freelist_count')
    return usedPages * pragma(this.#database, 'page_size')
  }

  /** Gives some of the file back, and says whether it has no more to give. */
  freePages(): boolean {
    const sparedPages = pragma(this.#database, 'freelist_count') - sparePages
    if (sparedPages > 0) this.#database.exec(`PRAGMA incremental_vacuum(${Math.min(sparedPages, vacuumPages)})`)
    if (sparedPages > vacuumPages) return false
    if (sparedPages > 0) this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    return true
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}
