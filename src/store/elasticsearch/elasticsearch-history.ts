/** The crash history in Elasticsearch: an index a day, a document a crash, its id that of the crash. */
import type { estypes } from '@elastic/elasticsearch'
import type { Clock } from '../../base/clock.ts'
import type { CrashRecord } from '../../model/crash.ts'
import { checkCrashes } from '../crash-checks.ts'
import type {
  CrashFilter,
  CrashHistory,
  CrashQuery,
  CrashRetention,
  CrashSummary,
  CrashTopKey,
  CrashTopRow,
  RefusedCrash,
} from '../crash-history.ts'
import { phrasesOf } from '../crash-search.ts'
import { portionsOf, writePortion } from './bulk.ts'
import type { ElasticsearchSettings } from './connection-settings.ts'
import { type CrashDocument, recordOf, summaryOf } from './crash-document.ts'
import { newestFirst, queryOf, queryOfId, topFields, withoutLogs } from './crash-query.ts'
import { type DayIndices, dayIndices, ownIndices } from './day-indices.ts'
import { type ElasticsearchCall, ElasticsearchClient } from './elasticsearch-client.ts'
import { ElasticsearchAnswer, elasticsearchError } from './elasticsearch-error.ts'
import { indexOf } from './index-names.ts'
import { ensureTemplate, prepareIndex } from './index-template.ts'
import { type DayIndex, indicesToRemove } from './retention.ts'
import { findSnippets } from './snippets.ts'
import { topRequest, topRows } from './top.ts'

const pageSize = 1000
/** Of an id, or of its beginning: what is none is in no crash. */
const idPattern = /^[0-9a-z]{1,64}$/
/** The index of a new day cannot be asked in its first moment, nor can any other after the server's start. */
const startingMs = 500
const mostSearches = 4

type Search = estypes.SearchRequest
type Found = Pick<estypes.SearchResponse<CrashDocument>, 'hits' | 'aggregations'>

const nothing: Found = { hits: { hits: [] } }

export class ElasticsearchHistory implements CrashHistory {
  readonly #client: ElasticsearchClient
  readonly #clock: Clock
  readonly #prefix: string
  readonly #cluster: string
  /** Indices of which this process knows that they have what a record needs. */
  readonly #prepared = new Set<string>()
  /** Whether something was written that no question has seen yet. */
  #isAhead = true

  constructor(settings: ElasticsearchSettings, clock: Clock) {
    this.#client = new ElasticsearchClient(settings, clock)
    this.#clock = clock
    this.#prefix = settings.indexPrefix
    this.#cluster = settings.cluster ?? ''
  }

  async write(records: readonly CrashRecord[]): Promise<readonly RefusedCrash[]> {
    const { taken, refused: odd } = checkCrashes(records)
    const refused = [...odd]
    if (taken.length === 0) return refused
    await this.#toServer(() => this.#prepare(taken))
    this.#isAhead = true
    const place = { prefix: this.#prefix, cluster: this.#cluster }
    // A record that no document can be made of is no trouble of the server's: the shipper finds it, and goes on without it.
    for (const portion of portionsOf(taken, place)) {
      refused.push(...(await this.#toServer(() => writePortion(this.#client, portion))))
    }
    return refused
  }

  async find(query: CrashQuery): Promise<readonly CrashSummary[]> {
    const { limit, after, text } = query
    const { hits } = await this.#search({
      query: queryOf(query, this.#cluster),
      sort: newestFirst,
      size: limit,
      _source: withoutLogs,
      ...(after === undefined ? {} : { search_after: [after.atMs, after.id] }),
    })
    const documents = hits.hits.flatMap(({ _source, _index }) => (_source ? [{ ..._source, index: _index }] : []))
    const snippets = await findSnippets(this.#client, documents, phrasesOf(text) ?? [])
    return documents.map((document) => {
      const snippet = snippets.get(document.id)
      return { ...summaryOf(document), ...(snippet === undefined ? {} : { snippet }) }
    })
  }

  async get(id: string): Promise<CrashRecord | undefined> {
    if (!idPattern.test(id)) return undefined
    const sort = [{ id: { order: 'asc' as const, unmapped_type: 'keyword' as const } }]
    const { hits } = await this.#search({ query: queryOfId(id, this.#cluster), sort, size: 2 })
    const [first, second] = hits.hits.flatMap(({ _source }) => _source ?? [])
    // The whole id comes before those that it begins.
    const isMeant = first?.id === id || second === undefined
    return first !== undefined && isMeant ? recordOf(first) : undefined
  }

  async top(by: CrashTopKey, filter: CrashFilter, limit: number): Promise<readonly CrashTopRow[]> {
    const { aggregations } = await this.#search({
      query: queryOf(filter, this.#cluster),
      ...topRequest(topFields[by], limit),
    })
    return topRows(aggregations)
  }

  async namespaces(): Promise<readonly string[]> {
    const found: string[] = []
    for (let after: object | undefined, isMore = true; isMore; ) {
      const sources = [{ namespace: { terms: { field: 'namespace' } } }]
      const composite = { size: pageSize, sources, ...(after === undefined ? {} : { after }) }
      const { aggregations } = await this.#search({
        query: queryOf({}, this.#cluster),
        size: 0,
        aggs: { namespaces: { composite } },
      })
      const page = aggregations?.namespaces as
        | { after_key?: object; buckets: { key: { namespace: string } }[] }
        | undefined
      found.push(...(page?.buckets ?? []).map(({ key }) => key.namespace))
      after = page?.after_key
      isMore = after !== undefined
    }
    return found.sort()
  }

  async prune(retention: CrashRetention, nowMs: number): Promise<number> {
    let removed = 0
    for (const { name, records } of indicesToRemove(await this.#days(), this.#prefix, retention, nowMs)) {
      await this.#client.request({ method: 'DELETE', path: `/${name}`, query: { ignore_unavailable: true } })
      this.#prepared.delete(name)
      removed += records
    }
    return removed
  }

  async close(): Promise<void> {
    this.#client.close()
  }

  async #toServer<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      // Whatever comes next may find another server.
      this.#prepared.clear()
      throw elasticsearchError(error, this.#client.where)
    }
  }

  async #prepare(records: readonly CrashRecord[]): Promise<void> {
    const wanted = new Set(records.map(({ atMs }) => indexOf(this.#prefix, atMs)))
    const missing = [...wanted].filter((index) => !this.#prepared.has(index))
    if (missing.length === 0) return
    await ensureTemplate(this.#client, this.#prefix)
    for (const index of missing) {
      await prepareIndex(this.#client, index)
      this.#prepared.add(index)
    }
  }

  async #search(body: Search): Promise<Found> {
    for (let triesLeft = mostSearches; ; triesLeft--) {
      try {
        const days = await dayIndices(this.#client, this.#prefix)
        if (days === undefined) return nothing
        await this.#catchUp(days)
        return await this.#client.answer<Found>(searchOf(body, days))
      } catch (error) {
        const isPassing = error instanceof ElasticsearchAnswer && error.status === 503 && triesLeft > 1
        if (!isPassing) throw elasticsearchError(error, this.#client.where)
        await this.#clock.sleep(startingMs)
      }
    }
  }

  /** What this process wrote is found by its next question. For others it takes a second. */
  async #catchUp({ pattern }: DayIndices): Promise<void> {
    if (!this.#isAhead) return
    this.#isAhead = false
    try {
      await this.#client.request({ method: 'POST', path: `/${pattern}/_refresh` })
    } catch {
      // Where the right to it is missing, what is found is a second old. Any other trouble shows in the question itself.
      this.#isAhead = true
    }
  }

  async #days(): Promise<readonly DayIndex[]> {
    try {
      const days = await dayIndices(this.#client, this.#prefix)
      if (days === undefined) return []
      await this.#catchUp(days)
      const own = new Set(await ownIndices(this.#client, this.#prefix))
      const query = { format: 'json', bytes: 'b', h: 'index,docs.count,store.size' }
      const path = `/_cat/indices/${days.pattern}`
      const rows = await this.#client.answer<Record<string, string | null>[]>({ method: 'GET', path, query })
      return rows
        .map((row) => ({ name: `${row.index}`, records: Number(row['docs.count']), bytes: Number(row['store.size']) }))
        .filter(({ name }) => own.has(name))
    } catch (error) {
      throw elasticsearchError(error, this.#client.where)
    }
  }
}

function searchOf({ query, ...rest }: Search, { names, pattern }: DayIndices): ElasticsearchCall {
  const params = { ignore_unavailable: true, allow_no_indices: true, allow_partial_search_results: false }
  const ofDays = { bool: { filter: [{ terms: { _index: [...names] } }, ...(query === undefined ? [] : [query])] } }
  const body = { track_total_hits: false, ...rest, query: ofDays }
  return { method: 'POST', path: `/${pattern}/_search`, query: params, body }
}
