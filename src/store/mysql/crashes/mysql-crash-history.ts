/** The crash history in MySQL or MariaDB, with the server's own full-text index. */
import type { PoolConnection, RowDataPacket } from 'mysql2/promise'
import type { Clock } from '../../../base/clock.ts'
import { OperatorError } from '../../../base/errors.ts'
import type { CrashRecord } from '../../../model/crash.ts'
import { checkCrashes } from '../../crash-checks.ts'
import type {
  CrashFilter,
  CrashHistory,
  CrashQuery,
  CrashRetention,
  CrashSummary,
  CrashTopKey,
  CrashTopRow,
  RefusedCrash,
  ToldRestarts,
} from '../../crash-history.ts'
import { type Phrase, phrasesOf, summaryOf } from '../../crash-search.ts'
import type { MysqlSettings } from '../connection-settings.ts'
import type { SqlQuery } from '../history-query.ts'
import { newerError } from '../migrate.ts'
import { MysqlClient } from '../mysql-client.ts'
import { removeOldestCrashes } from './crash-prune.ts'
import { findNewestQuery, findQuery, getQuery, logsQuery, type QueryContext, topQuery } from './crash-query.ts'
import { recordOf } from './crash-rows.ts'
import { crashTables, textTables } from './crash-tables.ts'
import { type CrashAnswer, crashStatements, crashTransaction } from './crash-transaction.ts'
import { preparePodMonitorTables, readToldRestarts } from './pod-monitor-tables.ts'
import type { IndexedLengths } from './search-words.ts'
import { turnTextTables } from './text-tables.ts'

export interface MysqlCrashHistoryOptions {
  readonly settings: MysqlSettings
  readonly clock: Clock
  /** The operator's own: it sees the crashes that were written under this name alone. Absent: those without one. */
  readonly cluster?: string
  /** Whether the tables of kubernetes-pod-monitor are kept beside. */
  readonly withPodMonitorTables?: boolean
}

const version = crashTables.migrations.length
/** A request and its transaction end about here. */
const mostCharacters = 400_000
/** Patience with a question of somebody who waits, and with work that nobody waits for. */
const answerMs = 10_000
const workMs = 30_000
/** How many logs are looked through at a time for what was searched. */
const logsAtATime = 8

export class MysqlCrashHistory implements CrashHistory {
  readonly #client: MysqlClient
  readonly #cluster: string
  readonly #withPodMonitorTables: boolean

  constructor({ settings, clock, cluster = '', withPodMonitorTables = false }: MysqlCrashHistoryOptions) {
    const tables = withPodMonitorTables ? { ...crashTables, prepare: preparePodMonitorTables } : crashTables
    this.#client = new MysqlClient(settings, tables, clock)
    this.#cluster = cluster
    this.#withPodMonitorTables = withPodMonitorTables
  }

  async write(records: readonly CrashRecord[]): Promise<readonly RefusedCrash[]> {
    const { taken, refused } = checkCrashes(records)
    // In one order everywhere, so that two that write the same do not wait for each other.
    const ordered = taken.toSorted((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1))
    const tooLarge: RefusedCrash[] = []
    for (let from = 0; from < ordered.length; ) {
      from += await this.#client.run((connection) => this.#writeSome(connection, ordered.slice(from), tooLarge), workMs)
    }
    return [...refused, ...tooLarge]
  }

  async find(query: CrashQuery): Promise<readonly CrashSummary[]> {
    const phrases = phrasesOf(query.text) ?? []
    return this.#client.run(async (connection) => {
      const context = { cluster: this.#cluster, lengths: await indexedLengths(connection) }
      const found = await foundBy(connection, query, context)
      if (phrases.length > 0) return summariesWithSnippets(connection, found, phrases)
      return found.map(({ record, has_log }) => ({ ...summaryOf(recordOf(`${record}`, null)), hasLog: has_log === 1 }))
    }, answerMs)
  }

  async get(id: string): Promise<CrashRecord | undefined> {
    const found = await this.#client.run((connection) => rowsOf(connection, getQuery(id, this.#cluster)), answerMs)
    const [first] = found
    if (first === undefined || (first.id !== id && found.length > 1)) return undefined
    return recordOf(`${first.record}`, first.log as string | null)
  }

  async top(by: CrashTopKey, filter: CrashFilter, limit: number): Promise<readonly CrashTopRow[]> {
    return this.#client.run(async (connection) => {
      const context = { cluster: this.#cluster, lengths: await indexedLengths(connection), limit }
      const rows = await rowsOf(connection, topQuery(by, filter, context))
      return rows.map(({ value, crashes, first_ms, last_ms }) => ({
        ...{ value: `${value}`, crashes: Number(crashes), firstMs: Number(first_ms), lastMs: Number(last_ms) },
      }))
    }, answerMs)
  }

  async namespaces(): Promise<readonly string[]> {
    const sql = 'SELECT DISTINCT namespace FROM dogwatch_crashes WHERE cluster = ? ORDER BY namespace'
    const rows = await this.#client.run((connection) => rowsOf(connection, { sql, values: [this.#cluster] }), answerMs)
    return rows.map(({ namespace }) => `${namespace}`)
  }

  async prune(retention: CrashRetention, nowMs: number): Promise<number> {
    const options = { cluster: this.#cluster, retention, nowMs }
    let removed = 0
    for (;;) {
      const step = await this.#client.run((connection) => removeOldestCrashes(connection, options), workMs)
      if (step === 0) break
      removed += step
    }
    await this.#client.run(turnTextTables, workMs)
    return removed
  }

  async toldRestarts(): Promise<readonly ToldRestarts[]> {
    if (!this.#withPodMonitorTables) return []
    return this.#client.run((connection) => readToldRestarts(connection, this.#cluster), answerMs)
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** As many of the first as one request takes, at least one; gives how many. */
  async #writeSome(connection: PoolConnection, records: CrashRecord[], refused: RefusedCrash[]): Promise<number> {
    const { texts, mostBytes } = await writeLimits(connection)
    const format = (sql: string, values: readonly unknown[]) => connection.format(sql, [...values])
    const options = {
      ...{ cluster: this.#cluster, textTable: textTables[texts] ?? textTables[0] },
      withPodMonitorTables: this.#withPodMonitorTables,
    }
    const { crashes, tooLarge } = takeSome(records, mostBytes, (record) => crashStatements(record, options, format))
    const [results] = await connection.query<RowDataPacket[][]>(crashTransaction(crashes, { version, texts }, format))
    const answer = results.at(-1)?.[0] as CrashAnswer
    this.#requireOwnVersion(answer)
    // Another text table took over in between: once more.
    if (answer.open === 0) return 0
    refused.push(...tooLarge)
    return crashes.length + tooLarge.length
  }

  #requireOwnVersion(answer: CrashAnswer): void {
    if (answer.version === version) return
    const { where } = this.#client
    if (answer.version !== null && answer.version > version) throw newerError(crashTables, where, answer.version)
    throw new OperatorError('STORE_UNAVAILABLE', `${crashTables.title} ${where}: its tables are not complete`)
  }
}

interface Taken {
  readonly crashes: readonly string[]
  readonly tooLarge: readonly RefusedCrash[]
}

function takeSome(
  records: readonly CrashRecord[],
  mostBytes: number,
  statementsOf: (record: CrashRecord) => string,
): Taken {
  const crashes: string[] = []
  const tooLarge: RefusedCrash[] = []
  let characters = 0
  for (const record of records) {
    const statements = statementsOf(record)
    if (crashes.length > 0 && characters + statements.length > mostCharacters) break
    if (Buffer.byteLength(statements) <= mostBytes) crashes.push(statements)
    else tooLarge.push({ id: record.id, why: 'it is larger than the server takes (max_allowed_packet)' })
    characters += statements.length
  }
  return { crashes, tooLarge }
}

async function rowsOf(connection: PoolConnection, { sql, values }: SqlQuery): Promise<RowDataPacket[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql, [...values])
  return rows
}

async function foundBy(connection: PoolConnection, query: CrashQuery, context: QueryContext): Promise<RowDataPacket[]> {
  const newest = findNewestQuery(query, context)
  const found = newest === undefined ? [] : await rowsOf(connection, newest)
  return newest !== undefined && found.length === query.limit ? found : rowsOf(connection, findQuery(query, context))
}

async function indexedLengths(connection: PoolConnection): Promise<IndexedLengths> {
  const sql = 'SELECT @@innodb_ft_min_token_size AS least, @@innodb_ft_max_token_size AS most'
  const [row] = await rowsOf(connection, { sql, values: [] })
  return { least: Number(row?.least), most: Number(row?.most) }
}

/** `mostBytes`: of statements that one request can have, with room for what stands around them. */
async function writeLimits(connection: PoolConnection): Promise<{ texts: number; mostBytes: number }> {
  const sql = 'SELECT @@max_allowed_packet AS bytes, texts FROM dogwatch_crash_version WHERE one = 1'
  const [row] = await rowsOf(connection, { sql, values: [] })
  return { texts: Number(row?.texts ?? 0), mostBytes: Number(row?.bytes ?? 0) - 4_096 }
}

/** A few logs at a time, for they can be large. */
async function summariesWithSnippets(
  connection: PoolConnection,
  found: readonly RowDataPacket[],
  phrases: readonly Phrase[],
): Promise<CrashSummary[]> {
  const summaries: CrashSummary[] = []
  for (let from = 0; from < found.length; from += logsAtATime) {
    const some = found.slice(from, from + logsAtATime)
    const rows = await rowsOf(connection, logsQuery(some.map(({ seq }) => seq)))
    const logs = new Map(rows.map(({ seq, log }) => [seq, log as string | null]))
    summaries.push(...some.map(({ seq, record }) => summaryOf(recordOf(`${record}`, logs.get(seq) ?? null), phrases)))
  }
  return summaries
}
