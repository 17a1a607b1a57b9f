/** A question about history as SQL. */
import { labelText, policyText } from '../log-rows.ts'
import type { AlertQuery } from '../notification-log.ts'

export interface SqlQuery {
  readonly sql: string
  readonly values: readonly unknown[]
}

export interface Position {
  readonly startedMs: number
  readonly id: string
}

type Condition = readonly [sql: string, ...values: unknown[]]

/** Newest first; `after` is the last alert of the page before. */
export function historyQuery(query: AlertQuery, after: Position | undefined): SqlQuery {
  const conditions = [...conditionsOf(query), ...(after === undefined ? [] : [below(after)])]
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`
  return {
    sql: `SELECT record FROM dogwatch_alerts ${where} ORDER BY started_ms DESC, id DESC LIMIT ?`,
    values: [...conditions.flatMap(([, ...values]) => values), query.limit],
  }
}

function below({ startedMs, id }: Position): Condition {
  return ['(started_ms < ? OR (started_ms = ? AND id < ?))', startedMs, startedMs, id]
}

function conditionsOf({ state, labels = {}, namespaces, policy }: AlertQuery): Condition[] {
  return [
    ...(state === undefined ? [] : [[state === 'firing' ? 'ended_ms IS NULL' : 'ended_ms IS NOT NULL'] as const]),
    ...(namespaces === undefined ? [] : [amongNamespaces(namespaces)]),
    ...(policy === undefined ? [] : [['policy = ?', policyText(policy)] as const]),
    ...Object.entries(labels).map((label): Condition => ['INSTR(labels, ?) > 0', labelText(label)]),
  ]
}

function amongNamespaces(namespaces: readonly string[]): Condition {
  return namespaces.length === 0 ? ['FALSE'] : ['namespace IN (?)', namespaces]
}
