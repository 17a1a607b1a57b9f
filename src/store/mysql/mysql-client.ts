/**
 * Connections to the database. Each call has a deadline. A connection on which something went wrong is not used again, and
 * what was refused for its credentials reads them anew: so a store comes back by itself when its database does.
 */
import { createPool, type Pool, type PoolConnection } from 'mysql2/promise'
import type { Clock } from '../../base/clock.ts'
import { within } from '../../base/deadline.ts'
import { OperatorError } from '../../base/errors.ts'
import { addressText, type MysqlSettings, parseMysqlUrl, poolOptions, sessionSettings } from './connection-settings.ts'
import { migrate, type TableSet } from './migrate.ts'
import { isRefused, mysqlError } from './mysql-error.ts'

/** Of one call, the making of its connection included, where nothing else is said. */
const callMs = 5_000

export class MysqlClient {
  readonly #settings: MysqlSettings
  readonly #tables: TableSet
  readonly #clock: Clock
  readonly #ready = new WeakSet<PoolConnection['connection']>()
  #pool: Pool | undefined
  #where = 'in MySQL'
  #isMigrated = false

  constructor(settings: MysqlSettings, tables: TableSet, clock: Clock) {
    this.#settings = settings
    this.#tables = tables
    this.#clock = clock
  }

  /** For people: where it is. */
  get where(): string {
    return this.#where
  }

  /** Rejects with STORE_UNAVAILABLE, and with what `work` rejects with on purpose. */
  async run<T>(work: (connection: PoolConnection) => Promise<T>, withinMs: number = callMs): Promise<T> {
    const call: Call = { connection: undefined, isLate: false }
    try {
      const result = await within(this.#work(call, work), {
        clock: this.#clock,
        withinMs,
        reason: () => this.#lateError(withinMs),
      })
      call.connection?.release()
      return result
    } catch (error) {
      call.isLate = true
      call.connection?.destroy()
      // Whatever comes next may find another database.
      this.#isMigrated = false
      if (isRefused(error)) this.#forget()
      throw mysqlError(error, `${this.#tables.title} ${this.#where}`, this.#settings.flags)
    }
  }

  #lateError(withinMs: number): OperatorError {
    const what = `${this.#tables.title} ${this.#where}`
    return new OperatorError('STORE_UNAVAILABLE', `${what}: no answer within ${withinMs / 1_000} s`)
  }

  async close(): Promise<void> {
    const pool = this.#pool
    this.#pool = undefined
    if (pool === undefined) return
    const late = { clock: this.#clock, withinMs: 1_000, reason: () => new Error('no answer') }
    await within(pool.end(), late).catch(() => undefined)
  }

  async #work<T>(call: Call, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    const connection = await this.#open().getConnection()
    call.connection = connection
    if (call.isLate) {
      connection.destroy()
      throw new Error('it came too late')
    }
    await this.#prepare(connection)
    return work(connection)
  }

  async #prepare(connection: PoolConnection): Promise<void> {
    if (!this.#ready.has(connection.connection)) await connection.query(sessionSettings)
    this.#ready.add(connection.connection)
    if (!this.#isMigrated) await migrate(connection, this.#tables, this.#where)
    this.#isMigrated = true
  }

  #open(): Pool {
    if (this.#pool !== undefined) return this.#pool
    this.#where = addressText(parseMysqlUrl(this.#settings.url()))
    this.#pool = createPool(poolOptions(this.#settings))
    return this.#pool
  }

  /** The next call begins with new credentials. */
  #forget(): void {
    const pool = this.#pool
    this.#pool = undefined
    pool?.end().catch(() => undefined)
  }
}

interface Call {
  connection: PoolConnection | undefined
  isLate: boolean
}
