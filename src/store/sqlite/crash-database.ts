/**
 * The crash history in one open SQLite file. Everything here blocks: it runs in the worker, between the writes of the notification
 * log. Each call is short, whatever the size of the history: long work is cut into steps by the caller.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { CrashRecord } from '../../model/crash.ts'
import type { CrashPosition, CrashSummary, CrashTopKey, CrashTopRow } from '../crash-history.ts'
import { type Phrase, summaryOf } from '../crash-search.ts'
import { Connection, type Row } from './connection.ts'
import { placeShift } from './crash-format.ts'
import { scopeOf } from './crash-match.ts'

export interface CrashScan {
  /** What the index is asked; absent: everything. */
  readonly match?: string
  readonly fromMs: number
  readonly toMs: number
}

export interface CrashPageScan extends CrashScan {
  readonly after?: CrashPosition
  readonly limit: number
  /** For what is shown of the logs. */
  readonly phrases: readonly Phrase[]
}

/** `lookedToMs`: all from then on was looked at; absent when nothing is left. */
export interface CrashPage {
  readonly summaries: readonly CrashSummary[]
  readonly lookedToMs?: number
}

export interface CrashTopPage {
  readonly rows: readonly CrashTopRow[]
  readonly lookedToMs?: number
}

export interface CrashPruneStep {
  readonly beforeMs: number
  readonly maxBytes: number
}

/** Crashes looked at in one call. */
const scanRows = 50_000
const topRows = 20_000
const pruneRows = 100
/** What the index is tidied by in one call. */
const tidyPages = 64
const shift = BigInt(placeShift)

const topColumns: Readonly<Record<CrashTopKey, string>> = {
  workload: 'workload',
  namespace: 'namespace',
  reason: 'reason',
  node: 'node',
  image: 'image',
}

interface Window {
  readonly from: bigint
  /** Exclusive. */
  readonly to: bigint
  readonly isLast: boolean
}

interface Found {
  readonly place: bigint
  readonly id: string
}

export class CrashDatabase {
  readonly #connection: Connection

  constructor(database: DatabaseSync) {
    this.#connection = new Connection(database)
  }

  close(): void {
    this.#connection.close()
  }

  /** All in one transaction; those that are known already stay as they are. */
  write(records: readonly CrashRecord[]): void {
    this.#connection.transaction(() => {
      for (const record of records) if (!this.#isKnown(record.id)) this.#add(record)
    })
  }

  find(scan: CrashPageScan): CrashPage {
    const { after, limit, phrases } = scan
    const toMs = after === undefined ? scan.toMs : Math.min(scan.toMs, after.atMs + 1)
    const window = this.#window({ ...scan, toMs }, scanRows)
    const found = this.#found(scan, window).sort(newestFirst)
    const summaries = found.slice(0, limit).map(({ place }) => summaryOf(this.#record(place), phrases))
    return window.isLast || found.length >= limit ? { summaries } : { summaries, lookedToMs: msOf(window.from) }
  }

  /** Also by the beginning of an id that no other has. */
  get(id: string): CrashRecord | undefined {
    const exact = this.#connection.getBig('SELECT place FROM crashes WHERE id = ?', id)
    if (exact !== undefined) return this.#record(exact.place as bigint)
    const sql = 'SELECT id FROM crashes WHERE id >= ? AND id < ? LIMIT 2'
    const [first, second] = this.#connection.all(sql, id, `${id}{`)
    return first === undefined || second !== undefined ? undefined : this.get(`${first.id}`)
  }

  top(by: CrashTopKey, scan: CrashScan): CrashTopPage {
    const window = this.#window(scan, topRows)
    const column = `c.${topColumns[by]}`
    const sql = `SELECT ${column} AS value, sum(c.crashes) AS crashes, min(c.place) AS first, max(c.place) AS last
      ${fromWhere(scan)} AND ${column} IS NOT NULL GROUP BY ${column}`
    const rows = [...this.#connection.each(sql, ...valuesOf(scan, window))].map(topRowOf)
    return window.isLast ? { rows } : { rows, lookedToMs: msOf(window.from) }
  }

  /** Each is found from the one before: an index of every crash need not be read for that. */
  namespaces(): string[] {
    const sql = `WITH RECURSIVE known (name) AS (SELECT min(namespace) FROM crashes UNION ALL
        SELECT (SELECT min(namespace) FROM crashes WHERE namespace > name) FROM known WHERE name IS NOT NULL)
      SELECT name FROM known WHERE name IS NOT NULL`
    return this.#connection.all(sql).map(({ name }) => `${name}`)
  }

  /** Removes some of what is too old or too much. 0: there is no such thing. */
  prune({ beforeMs, maxBytes }: CrashPruneStep): number {
    const isTooLarge = this.#connection.usedBytes() > maxBytes
    const below = isTooLarge ? firstPlace(latestMs + 1) : firstPlace(beforeMs)
    return this.#connection.transaction(() => this.#removeOldest(below))
  }

  /** Makes the index smaller and faster by one step, and says whether there is more to do. */
  tidy(): boolean {
    const changes = () => Number(this.#connection.get('SELECT total_changes() AS changes')?.changes)
    const before = changes()
    this.#connection.run("INSERT INTO words (words, rank) VALUES ('merge', ?)", tidyPages)
    // The command itself counts as one: https://www.sqlite.org/fts5.html#the_merge_command
    return changes() - before >= 2
  }

  /** Gives some of the file back, and says whether it has no more to give. */
  shrink(): boolean {
    return this.#connection.freePages()
  }

  #isKnown(id: string): boolean {
    return this.#connection.get('SELECT 1 FROM crashes WHERE id = ?', id) !== undefined
  }

  #add(record: CrashRecord): void {
    const { id, namespace, workload, reason, node = null, container, crashes, log, message, cause } = record
    const place = this.#freePlace(record.atMs)
    const path = `${workload.namespace ?? namespace}/${workload.kind}/${workload.name}`
    const values = [place, id, namespace, path, reason, node, container?.image ?? null, crashes]
    this.#connection.run('INSERT INTO crashes VALUES (?, ?, ?, ?, ?, ?, ?, ?)', ...values)
    this.#connection.run('INSERT INTO bodies VALUES (?, ?)', place, zstdCompressSync(JSON.stringify(record)))
    const sql = 'INSERT INTO words (rowid, log, message, cause, scope) VALUES (?, ?, ?, ?, ?)'
    const texts = [log?.text, message, cause].map((text) => indexed(text))
    this.#connection.run(sql, place, ...texts, scopeOf(record))
  }

  /** After the others of its moment. */
  #freePlace(atMs: number): bigint {
    const sql = 'SELECT max(place) AS last FROM crashes WHERE place >= ? AND place < ?'
    const last = this.#connection.getBig(sql, firstPlace(atMs), firstPlace(atMs + 1))?.last
    return typeof last === 'bigint' ? last + 1n : firstPlace(atMs)
  }

  /** The newest of what is left to look at, whole moments, no more than that many crashes unless they are of one moment. */
  #window({ fromMs, toMs }: CrashScan, rows: number): Window {
    const [from, to] = [firstPlace(fromMs), firstPlace(toMs)]
    const sql = 'SELECT place FROM crashes WHERE place < ? ORDER BY place DESC LIMIT 1 OFFSET ?'
    const row = this.#connection.getBig(sql, to, rows - 1)
    const start = row === undefined ? from : firstPlace(msOf(row.place as bigint))
    return start <= from ? { from, to, isLast: true } : { from: start, to, isLast: false }
  }

  /** As many as are wanted, and all others of the last one's moment: order among these is by id. */
  #found(scan: CrashPageScan, window: Window): Found[] {
    const { after, limit } = scan
    const sql = `SELECT c.place, c.id ${fromWhere(scan)} ORDER BY ${placeColumn(scan)} DESC`
    const found: Found[] = []
    for (const { place, id } of this.#connection.each(sql, ...valuesOf(scan, window)) as Iterable<Row & Found>) {
      const last = found.at(-1)
      if (found.length >= limit && last !== undefined && msOf(place) !== msOf(last.place)) break
      if (after === undefined || msOf(place) < after.atMs || id < after.id) found.push({ place, id })
    }
    return found
  }

  #record(place: bigint): CrashRecord {
    const body = this.#connection.get('SELECT body FROM bodies WHERE place = ?', place)?.body as Uint8Array
    return JSON.parse(zstdDecompressSync(body).toString()) as CrashRecord
  }

  #removeOldest(below: bigint): number {
    const chosen = `SELECT place FROM crashes WHERE place < ? ORDER BY place LIMIT ${pruneRows}`
    this.#connection.run(`DELETE FROM words WHERE rowid IN (${chosen})`, below)
    this.#connection.run(`DELETE FROM bodies WHERE place IN (${chosen})`, below)
    return this.#connection.run(`DELETE FROM crashes WHERE place IN (${chosen})`, below)
  }
}

/** Later than any crash that is taken. */
const latestMs = 4_000_000_000_001

function firstPlace(atMs: number): bigint {
  const inRange = Math.min(Math.max(Math.ceil(atMs), 0), latestMs)
  return BigInt(Number.isNaN(inRange) ? 0 : inRange) << shift
}

function msOf(place: bigint): number {
  return Number(place >> shift)
}

function newestFirst(one: Found, other: Found): number {
  const [oneMs, otherMs] = [msOf(one.place), msOf(other.place)]
  if (oneMs !== otherMs) return otherMs - oneMs
  return one.id < other.id ? 1 : -1
}

function placeColumn({ match }: CrashScan): string {
  return match === undefined ? 'c.place' : 'words.rowid'
}

function fromWhere(scan: CrashScan): string {
  const place = placeColumn(scan)
  const range = `${place} >= ? AND ${place} < ?`
  if (scan.match === undefined) return `FROM crashes c WHERE ${range}`
  return `FROM words CROSS JOIN crashes c ON c.place = words.rowid WHERE words MATCH ? AND ${range}`
}

function valuesOf({ match }: CrashScan, { from, to }: Window): SQLInputValue[] {
  return match === undefined ? [from, to] : [match, from, to]
}

/** The index reads no further than a zero. */
function indexed(text: string | undefined): string | null {
  return text?.replaceAll('\u0000', ' ') ?? null
}

function topRowOf({ value, crashes, first, last }: Row): CrashTopRow {
  const times = { firstMs: msOf(first as bigint), lastMs: msOf(last as bigint) }
  return { value: `${value}`, crashes: Number(crashes), ...times }
}
