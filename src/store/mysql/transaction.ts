/**
 * A group of writes as SQL. The whole transaction is one request: the server never waits for this process while it holds
 * the fence, so a process that is stopped in the middle cannot keep the next leader out. That is why no statement depends on
 * an answer: each writes only where the fence was found open (`@open`).
 *
 * `sequence`: a request that was given up may still reach the server after later ones did; its number is too low then.
 */
import { createHash } from 'node:crypto'
import type { AlertRow, DeliveryRow, LogRow, NamedRow } from '../log-rows.ts'

/** Puts values into SQL safely: mysql2's `format`. */
export type Format = (sql: string, values: readonly unknown[]) => string

export interface FenceCheck {
  readonly version: number
  readonly epoch: number
  readonly writer: string
  readonly sequence: number
}

/** What the last statement gives; null where there is no fence. */
export interface FenceAnswer {
  readonly open: 0 | 1 | null
  readonly version: number | null
  readonly epoch: number | null
}

/** A connection remembers its variables from one transaction to the next. */
const begin = ['SET @open = NULL, @version = NULL, @epoch = NULL', 'START TRANSACTION']
const answer = 'SELECT @open AS open, @version AS version, @epoch AS epoch'
const rowsInStatement = 200
const charactersInStatement = 250_000

/** The requests that make it, in their order: one, unless it is too large. The last statement of the last gives the answer. */
export function writeTransaction(rows: readonly LogRow[], fence: FenceCheck, format: Format): string[] {
  const { version, epoch, writer, sequence } = fence
  const check = `SELECT version = ? AND epoch <= ? AND NOT (writer = ? AND sequence >= ?), version, epoch
    INTO @open, @version, @epoch FROM dogwatch_fence WHERE one = 1 FOR UPDATE`
  return requestsOf([
    ...begin,
    format(check, [version, epoch, writer, sequence]),
    ...statementsOf(rows, format),
    format('UPDATE dogwatch_fence SET writer = ?, sequence = ? WHERE one = 1 AND @open', [writer, sequence]),
    'COMMIT',
    answer,
  ])
}

/** A server takes 16 MB by default (`max_allowed_packet`), and a letter is up to four bytes. */
const mostCharacters = 2_000_000

function requestsOf(statements: readonly string[]): string[] {
  const requests: string[] = []
  let current: string[] = []
  let characters = 0
  for (const statement of statements) {
    if (current.length > 0 && characters + statement.length > mostCharacters) {
      requests.push(current.join(';\n'))
      current = []
      characters = 0
    }
    current.push(statement)
    characters += statement.length
  }
  return [...requests, current.join(';\n')]
}

/** Raises the fence, as one request. */
export function takeOverTransaction(epoch: number, version: number, format: Format): string {
  return [
    ...begin,
    format(
      `SELECT version = ? AND epoch <= ?, version, epoch INTO @open, @version, @epoch
        FROM dogwatch_fence WHERE one = 1 FOR UPDATE`,
      [version, epoch],
    ),
    format('UPDATE dogwatch_fence SET epoch = ? WHERE one = 1 AND @open', [epoch]),
    'COMMIT',
    answer,
  ].join(';\n')
}

function statementsOf(rows: readonly LogRow[], format: Format): string[] {
  const latest = latestOf(rows)
  const threads = latest.filter((row): row is NamedRow => row.table === 'threads')
  const settings = latest.filter((row): row is NamedRow => row.table === 'settings')
  const outbox = latest.filter((row): row is NamedRow => row.table === 'outbox')
  const alerts = latest.filter((row) => row.table === 'alerts')
  const deliveries = latest.filter((row) => row.table === 'deliveries')
  return [
    ...replace('dogwatch_alerts', alertColumns, alerts.map(alertValues), format),
    ...replace('dogwatch_deliveries', deliveryColumns, deliveries.map(deliveryValues), format),
    ...replace('dogwatch_delivery_alerts', linkColumns, deliveries.flatMap(links), format),
    ...namedStatements('dogwatch_threads', threadColumns, threads, format),
    ...namedStatements('dogwatch_settings', settingColumns, settings, format),
    ...namedStatements('dogwatch_outbox', outboxColumns, outbox, format),
  ]
}

/** Of rows with the same key only the last counts: a transaction is seen at its end. */
function latestOf(rows: readonly LogRow[]): LogRow[] {
  const byKey = new Map<string, LogRow>()
  for (const row of rows) byKey.set(`${row.table} ${'id' in row ? row.id : row.key}`, row)
  return [...byKey.values()]
}

const alertColumns = ['id', 'key_hash', 'started_ms', 'ended_ms', 'namespace', 'policy', 'labels', 'bytes', 'record']
const deliveryColumns = ['id', 'intended_ms', 'ended_ms', 'bytes', 'record']
const linkColumns = ['alert_id', 'delivery_id']
const threadColumns = ['key_hash', 'record']
const settingColumns = ['name', 'value']
const outboxColumns = ['id', 'record']

function alertValues({ id, key, startedMs, endedMs, namespace, policy, labels, record }: AlertRow): unknown[] {
  return [id, hashOf(key), startedMs, endedMs, namespace, policy, labels, Buffer.byteLength(record), record]
}

function deliveryValues({ id, intendedMs, endedMs, record }: DeliveryRow): unknown[] {
  return [id, intendedMs, endedMs, Buffer.byteLength(record), record]
}

function links({ id, alertIds }: DeliveryRow): unknown[][] {
  return alertIds.map((alertId) => [alertId, id])
}

function namedStatements(
  table: string,
  columns: readonly string[],
  rows: readonly NamedRow[],
  format: Format,
): string[] {
  const keyOf = ({ key, table: kind }: NamedRow) => (kind === 'threads' ? hashOf(key) : key)
  const gone = rows.filter(({ value }) => value === null).map(keyOf)
  const kept = rows.filter(({ value }) => value !== null)
  const removed = gone.length === 0 ? [] : [format(`DELETE FROM ${table} WHERE ${columns[0]} IN (?) AND @open`, [gone])]
  return [
    ...removed,
    ...replace(
      table,
      columns,
      kept.map((row) => [keyOf(row), row.value]),
      format,
    ),
  ]
}

/** Keys may be longer than an index takes. */
export function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

function replace(table: string, columns: readonly string[], rows: readonly unknown[][], format: Format): string[] {
  const statements: string[] = []
  let selects: string[] = []
  let characters = 0
  const finish = () => {
    const union = selects.join(' UNION ALL ')
    statements.push(`REPLACE INTO ${table} (${columns.join(', ')}) SELECT * FROM (${union}) AS given WHERE @open`)
    selects = []
    characters = 0
  }
  for (const values of rows) {
    const named = selects.length === 0 ? columns.map((column) => `? AS ${column}`) : columns.map(() => '?')
    const select = format(`SELECT ${named.join(', ')}`, values)
    selects.push(select)
    characters += select.length
    if (selects.length === rowsInStatement || characters > charactersInStatement) finish()
  }
  if (selects.length > 0) finish()
  return statements
}
