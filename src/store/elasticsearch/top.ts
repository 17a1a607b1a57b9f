/** Which have the most crashes, as an aggregation. */
import type { estypes } from '@elastic/elasticsearch'
import type { CrashTopRow } from '../crash-history.ts'

/** Each day counts its own first: one that is among so many on no day is not found, however much it adds up to. */
const perDay = 5000

export function topRequest(field: string, limit: number): Pick<estypes.SearchRequest, 'size' | 'aggs'> {
  const order = [{ crashes: 'desc' as const }, { _key: 'asc' as const }]
  const aggs = {
    crashes: { sum: { field: 'crashes' } },
    first: { min: { field: 'created_at' } },
    last: { max: { field: 'created_at' } },
  }
  return { size: 0, aggs: { top: { terms: { field, size: limit, shard_size: Math.max(perDay, limit), order }, aggs } } }
}

interface TopBucket {
  readonly key: string
  readonly crashes: { readonly value: number }
  readonly first: { readonly value: number }
  readonly last: { readonly value: number }
}

export function topRows(aggregations: Record<string, unknown> | undefined): readonly CrashTopRow[] {
  const { buckets = [] } = (aggregations?.top ?? {}) as { readonly buckets?: readonly TopBucket[] }
  return buckets.map(({ key, crashes, first, last }) => {
    return { value: key, crashes: crashes.value, firstMs: first.value, lastMs: last.value }
  })
}
