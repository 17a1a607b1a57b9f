/** Questions about crashes as SQL. Every value goes through placeholders. */
import type { CrashFilter, CrashQuery, CrashTopKey } from '../../crash-history.ts'
import { type Phrase, phrasesOf } from '../../crash-search.ts'
import type { SqlQuery } from '../history-query.ts'
import { type IndexedLengths, indexedWord, isIndexed } from './search-words.ts'

/** What has to be known besides the question. */
export interface QueryContext {
  readonly cluster: string
  readonly lengths: IndexedLengths
}

type Condition = readonly [sql: string, ...values: unknown[]]

export function findQuery(query: CrashQuery, context: QueryContext): SqlQuery {
  const { after } = query
  const below: Condition[] =
    after === undefined ? [] : [['(c.at_ms < ? OR (c.at_ms = ? AND c.id < ?))', after.atMs, after.atMs, after.id]]
  const { from, where, values } = filtered(query, context, below)
  return {
    sql: `SELECT c.seq, c.record, c.has_log FROM ${from} WHERE ${where} ORDER BY c.at_ms DESC, c.id DESC LIMIT ?`,
    values: [...values, query.limit],
  }
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
  const conditions = [['c.cluster = ?', cluster] as const, ...columnsOf(filter), ...textOf(phrases, lengths), ...more]
  return {
    from: `dogwatch_crashes c${phrases === undefined ? '' : ' JOIN dogwatch_crash_texts t ON t.seq = c.seq'}`,
    where: conditions.map(([sql]) => sql).join(' AND '),
    values: conditions.flatMap(([, ...values]) => values),
  }
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
function textOf(phrases: readonly Phrase[] | undefined, lengths: IndexedLengths): Condition[] {
  if (phrases === undefined) return []
  if (phrases.length === 0) return [['FALSE']]
  const words = [...new Set(phrases.flat())]
  const indexed = words.filter((word) => isIndexed(word, lengths)).map((word) => `+${indexedWord(word)}`)
  const isAnswered = (phrase: Phrase) => phrase.length === 1 && phrase.every((word) => isIndexed(word, lengths))
  return [
    ...(indexed.length === 0 ? [] : [['MATCH (t.words) AGAINST (? IN BOOLEAN MODE)', indexed.join(' ')] as const]),
    ...phrases
      .filter((phrase) => !isAnswered(phrase))
      .map((phrase): Condition => ['t.words LIKE ?', `% ${phrase.map(indexedWord).join(' ')} %`]),
  ]
}

/** A crash by its id or by the beginning of one: at most two rows are of use. */
export function getQuery(id: string, cluster: string): SqlQuery {
  const beginning = `${id.replaceAll(/[\\%_]/g, '\\$&')}%`
  return {
    sql: `SELECT c.id, c.record, t.log FROM dogwatch_crashes c LEFT JOIN dogwatch_crash_texts t ON t.seq = c.seq
      WHERE c.cluster = ? AND c.id LIKE ? ORDER BY c.id = ? DESC LIMIT 2`,
    values: [cluster, beginning, id],
  }
}
