/** A question about crashes as Elasticsearch's. All of it is filter: nothing is scored, and no text of a person is read as syntax. */
import type { estypes } from '@elastic/elasticsearch'
import type { CrashFilter, CrashTopKey } from '../crash-history.ts'
import { type Phrase, phrasesOf } from '../crash-search.ts'

type Query = estypes.QueryDslQueryContainer

/** The fields that a list needs, which are all but the large one. */
export const withoutLogs = { excludes: ['logs'] }

/** Newest first. An index of another program may lie among ours, without these fields. */
export const newestFirst: estypes.SortCombinations[] = [
  { created_at: { order: 'desc', unmapped_type: 'date', format: 'epoch_millis' } },
  { id: { order: 'desc', unmapped_type: 'keyword' } },
]

export const topFields: Readonly<Record<CrashTopKey, string>> = {
  workload: 'workload',
  namespace: 'namespace',
  reason: 'reason',
  node: 'node',
  image: 'image',
}

/** Every document that the filter takes and that `cluster` has: no other's, and none of another program. */
export function queryOf(filter: CrashFilter, cluster: string): Query {
  const { namespaces, reasons, pod, container, node } = filter
  const conditions: Query[] = [
    { term: { recorded_by: cluster } },
    ...timeRange(filter),
    ...(namespaces === undefined ? [] : [{ terms: { namespace: [...namespaces] } }]),
    ...(reasons === undefined ? [] : [{ terms: { reason: [...reasons] } }]),
    ...Object.entries({ pod_name: pod, container_name: container, node }).flatMap(([field, value]) =>
      value === undefined ? [] : [{ term: { [field]: value } }],
    ),
    ...ofWorkload(filter.workload),
    ...saying(phrasesOf(filter.text)),
  ]
  return { bool: { filter: conditions } }
}

export function queryOfId(beginning: string, cluster: string): Query {
  return { bool: { filter: [{ term: { recorded_by: cluster } }, { prefix: { id: beginning } }] } }
}

function timeRange({ fromMs, toMs }: CrashFilter): Query[] {
  if (fromMs === undefined && toMs === undefined) return []
  const from = fromMs === undefined ? {} : { gte: dateOf(fromMs) }
  const to = toMs === undefined ? {} : { lt: dateOf(toMs) }
  return [{ range: { created_at: { ...from, ...to } } }]
}

/** Elasticsearch reads years of four digits; crashes are kept from 1970 on. */
const latestMs = Date.parse('9999-12-31T23:59:59.999Z')

function dateOf(timeMs: number): string {
  return new Date(Math.min(Math.max(timeMs, 0), latestMs)).toISOString()
}

function ofWorkload(workload: CrashFilter['workload']): Query[] {
  if (workload === undefined) return []
  const { kind, name } = workload
  const ofKind: Query[] =
    kind === undefined ? [] : [{ term: { workload_kind: { value: kind, case_insensitive: true } } }]
  return [{ term: { workload_name: name } }, ...ofKind]
}

function saying(phrases: readonly Phrase[] | undefined): Query[] {
  // A text without a word is in nothing.
  if (phrases?.length === 0) return [{ match_none: {} }]
  return (phrases ?? []).map((phrase) => ({ match_phrase: { words: phrase.join(' ') } }))
}
