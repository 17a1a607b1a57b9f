/** The indices of days that are there. A pattern takes those of a longer prefix too, so what is meant is known by name. */
import type { ElasticsearchClient } from './elasticsearch-client.ts'
import { everyDayOfYear, everyIndex, isDay } from './index-names.ts'

type Aliases = Readonly<Record<string, { readonly aliases?: Readonly<Record<string, unknown>> }>>

export interface DayIndices {
  /** As Elasticsearch has them. One that got another name in its life is here by that, if it is still known as a day, too. */
  readonly names: readonly string[]
  /** For a path, which has little room: has all of them, and next to nothing else. */
  readonly pattern: string
}

/** All, whoever made them; undefined where there is none. */
export async function dayIndices(client: ElasticsearchClient, prefix: string): Promise<DayIndices | undefined> {
  const path = `/${everyIndex(prefix)}/_alias`
  const found = await client.answer<Aliases>({ method: 'GET', path, query: { ignore_unavailable: true } })
  const known = Object.entries(found).map(([name, { aliases = {} }]) => {
    return { name, days: [name, ...Object.keys(aliases)].filter((one) => isDay(prefix, one)) }
  })
  const names = known.filter(({ days }) => days.length > 0).map(({ name }) => name)
  const years = new Set(known.flatMap(({ days }) => days.map((day) => everyDayOfYear(prefix, day))))
  return names.length === 0 ? undefined : { names, pattern: [...years].join(',') }
}

/** Those that were made from the template, in order. */
export async function ownIndices(client: ElasticsearchClient, prefix: string): Promise<readonly string[]> {
  const query = { filter_path: '*.mappings._meta.dogwatch', ignore_unavailable: true }
  const path = `/${everyIndex(prefix)}/_mapping`
  const found = await client.answer<Record<string, unknown>>({ method: 'GET', path, query })
  return Object.keys(found)
    .filter((name) => isDay(prefix, name))
    .sort()
}
