/** Questions about crashes as SQL. Every value goes through placeholders. */
import type { CrashFilter, CrashQuery, CrashTopKey } from '../../crash-history.ts'
import { type Phrase, phrasesOf } from '../../crash-search.ts'
import type { SqlQuery } from '../history-query.ts'
import { textTables } from './crash-tables.ts'
import { type IndexedLengths, indexedWord, isIndexed } from './search-words.ts'

/** What has to be known besides the question. */
export interface QueryContext {
  readonly cluster: string
  readonly lengths: IndexedLengths
}

type Condition = readonly [sql: string, ...values: unknown[]]

/** Records are read of those alone that are given: they are long, and sorting moves them about. */
export function findQuery(query: CrashQuery, context: QueryContext): SqlQuery {
  const { from, where, values } = filtered(query, context, belowPosition(query))
  return {
    sql: `${recordsOf} (SELECT c.seq FROM ${from} WHERE ${where} ${newestFirst} LIMIT ?) f JOIN dogwatch_crashes c USING (seq) ${newestFirst}`,
    values: [...values, query.limit],
  }
}

/** How many of the newest are looked through, before the index is asked. */
const newestRows = 1_000

/**
 * As `findQuery`, among the newest alone: whatever many logs say is found there at once, where the index would first give all of
 * them. Undefined where it makes no sense.
 */
export function findNewestQuery(query: CrashQuery, { cluster }: QueryContext): SqlQuery | undefined {
  const phrases = phrasesOf(query.text) ?? []
  if (phrases.length === 0 || query.limit > newestRows / 2) return undefined
  const conditions = [['c.cluster = ?', cluster] as const, ...columnsOf(query), ...belowPosition(query)]
  const looked = phrases.map(standsIn('COALESCE(t0.words, t1.words)'))
  return {
    sql: `${recordsOf} (SELECT c.seq FROM dogwatch_crashes c WHERE ${whereOf(conditions)} ${newestFirst} LIMIT ${newestRows}) f
      JOIN dogwatch_crashes c USING (seq) ${leftTexts} WHERE ${whereOf(looked)} ${newestFirst} LIMIT ?`,
    values: [...valuesOf(conditions), ...valuesOf(looked), query.limit],
  }
}

const recordsOf = 'SELECT c.seq, c.record, c.has_log FROM'
const newestFirst = 'ORDER BY c.at_ms DESC, c.id DESC'
const [text0, text1] = textTables
const leftTexts = `LEFT JOIN ${text0} t0 ON t0.seq = c.seq LEFT JOIN ${text1} t1 ON t1.seq = c.seq`

function belowPosition({ after }: CrashQuery): Condition[] {
  return after === undefined ? [] : [['(c.at_ms < ? OR (c.at_ms = ? AND c.id < ?))', after.atMs, after.atMs, after.id]]
}

const topColumns: Record<CrashTopKey, string> = {
  workload: "CONCAT(c.namespace, '/', c.workload_kind, '/', c.workload_name)",
  namespace: 'c.namespace',
  reason: 'c.reason',
  node: 'c.node',
  image: 'c.image',
}

/** Rows `value, crashes, first_ms, last_ms`. Crashes without what is asked for, such as a node, do not count. */
export function topQuery(by: CrashTopKey, filter: CrashFilter, context: QueryContext & { limit: number }): SqlQuery {
  const { from, where, values } = filtered(filter, context, [[`${topColumns[by]} IS NOT NULL`]])
  return {
    sql: `SELECT ${topColumns[by]} AS value, SUM(c.crashes) AS crashes, MIN(c.at_ms) AS first_ms, MAX(c.at_ms) AS last_ms
      FROM ${from} WHERE ${where} GROUP BY value ORDER BY crashes DESC, value LIMIT ?`,
    values: [...values, context.limit],
  }
}

interface Filtered {
  readonly from: string
  readonly where: string
  readonly values: readonly unknown[]
}

function filtered(filter: CrashFilter, { cluster, lengths }: QueryContext, more: readonly Condition[]): Filtered {
  const phrases = phrasesOf(filter.text)
  const conditions = [['c.cluster = ?', cluster] as const, ...columnsOf(filter), ...more]
  if (phrases === undefined)
    return { from: 'dogwatch_crashes c', where: whereOf(conditions), values: valuesOf(conditions) }
  const texts = textOf(phrases, lengths)
  const found = textTables.map((table) => `SELECT t.seq FROM ${table} t WHERE ${whereOf(texts)}`).join(' UNION ALL ')
  return {
    from: `(${found}) AS found JOIN dogwatch_crashes c USING (seq)`,
    where: whereOf(conditions),
    values: [...textTables.flatMap(() => valuesOf(texts)), ...valuesOf(conditions)],
  }
}

function whereOf(conditions: readonly Condition[]): string {
  return conditions.map(([sql]) => sql).join(' AND ')
}

function valuesOf(conditions: readonly Condition[]): unknown[] {
  return conditions.flatMap(([, ...values]) => values)
}

function columnsOf({ fromMs, toMs, workload, pod, container, node, ...lists }: CrashFilter): Condition[] {
  return [
    ...(fromMs === undefined ? [] : [['c.at_ms >= ?', fromMs] as const]),
    ...(toMs === undefined ? [] : [['c.at_ms < ?', toMs] as const]),
    ...anyOf('c.namespace', lists.namespaces),
    ...anyOf('c.reason', lists.reasons),
    ...(workload === undefined ? [] : [['c.workload_name = ?', workload.name] as const]),
    ...(workload?.kind === undefined ? [] : [['LOWER(c.workload_kind) = LOWER(?)', workload.kind] as const]),
    ...Object.entries({ pod, container, node }).flatMap(([column, value]): Condition[] =>
      value === undefined ? [] : [[`c.${column} = ?`, value]],
    ),
  ]
}

function anyOf(column: string, values: readonly string[] | undefined): Condition[] {
  if (values === undefined) return []
  return values.length === 0 ? [['FALSE']] : [[`${column} IN (?)`, values]]
}

/** The index gives what has all of the words; where that does not say it all, the texts that it gives are read. */
function textOf(phrases: readonly Phrase[], lengths: IndexedLengths): Condition[] {
  if (phrases.length === 0) return [['FALSE']]
  const words = [...new Set(phrases.flat())]
  const indexed = words.filter((word) => isIndexed(word, lengths)).map((word) => `+${indexedWord(word)}`)
  const isAnswered = (phrase: Phrase) => phrase.length === 1 && phrase.every((word) => isIndexed(word, lengths))
  return [
    ...(indexed.length === 0 ? [] : [['MATCH (t.words) AGAINST (? IN BOOLEAN MODE)', indexed.join(' ')] as const]),
    ...phrases.filter((phrase) => !isAnswered(phrase)).map(standsIn('t.words')),
  ]
}

function standsIn(column: string): (phrase: Phrase) => Condition {
  return (phrase) => [`${column} LIKE ?`, `% ${phrase.map(indexedWord).join(' ')} %`]
}

/** A crash by its id or by the beginning of one: at most two rows are of use. */
export function getQuery(id: string, cluster: string): SqlQuery {
  const beginning = `${id.replaceAll(/[\\%_]/g, '\\$&')}%`
  return {
    sql: `SELECT c.id, c.record, COALESCE(t0.log, t1.log) AS log FROM dogwatch_crashes c ${leftTexts}
      WHERE c.cluster = ? AND c.id LIKE ? ORDER BY c.id = ? DESC LIMIT 2`,
    values: [cluster, beginning, id],
  }
}

/** Rows `seq, log`. */
export function logsQuery(seqs: readonly unknown[]): SqlQuery {
  const parts = textTables.map((table) => `SELECT seq, log FROM ${table} WHERE seq IN (?)`)
  return { sql: parts.join(' UNION ALL '), values: textTables.map(() => seqs) }
}
