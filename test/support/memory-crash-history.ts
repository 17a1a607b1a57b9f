/** The crash history in memory, word for word as its contract says: what tests of its readers stand on. */
import type { CrashRecord } from '../../src/model/crash.ts'
import { checkCrashes } from '../../src/store/crash-checks.ts'
import type {
  CrashFilter,
  CrashHistory,
  CrashPosition,
  CrashQuery,
  CrashRetention,
  CrashSummary,
  CrashTopKey,
  CrashTopRow,
  RefusedCrash,
} from '../../src/store/crash-history.ts'
import { type Phrase, phrasesOf, summaryOf } from '../../src/store/crash-search.ts'

export class MemoryCrashHistory implements CrashHistory {
  readonly #records: Map<string, CrashRecord>
  /** Set: what every call waits for before it answers; one that rejects is an engine that is away. */
  hindrance: Promise<void> | undefined

  /** Two on the same store are as two processes. */
  constructor(store = new Map<string, CrashRecord>()) {
    this.#records = store
  }

  async write(records: readonly CrashRecord[]): Promise<readonly RefusedCrash[]> {
    await this.hindrance
    const { taken, refused } = checkCrashes(records)
    for (const record of taken) if (!this.#records.has(record.id)) this.#records.set(record.id, record)
    return refused
  }

  async find({ limit, after, ...filter }: CrashQuery): Promise<readonly CrashSummary[]> {
    await this.hindrance
    const found = this.#newestFirst(filter).filter((record) => after === undefined || isAfter(record, after))
    return found.slice(0, limit).map((record) => summaryOf(record, phrasesOf(filter.text)))
  }

  async get(id: string): Promise<CrashRecord | undefined> {
    await this.hindrance
    const beginning = [...this.#records.values()].filter((record) => id !== '' && record.id.startsWith(id))
    return this.#records.get(id) ?? (beginning.length === 1 ? beginning[0] : undefined)
  }

  async top(by: CrashTopKey, filter: CrashFilter, limit: number): Promise<readonly CrashTopRow[]> {
    await this.hindrance
    const groups = Map.groupBy(this.#newestFirst(filter), (record) => keyOf(record, by))
    const rows = [...groups].flatMap(([value, records]) => {
      if (value === undefined) return []
      const times = records.map(({ atMs }) => atMs)
      const crashes = records.reduce((sum, record) => sum + record.crashes, 0)
      return [{ value, crashes, firstMs: Math.min(...times), lastMs: Math.max(...times) }]
    })
    return rows.sort((a, b) => b.crashes - a.crashes || (a.value < b.value ? -1 : 1)).slice(0, limit)
  }

  async namespaces(): Promise<readonly string[]> {
    await this.hindrance
    return [...new Set([...this.#records.values()].map(({ namespace }) => namespace))].sort()
  }

  async prune({ maxAgeMs, maxBytes }: CrashRetention, nowMs: number): Promise<number> {
    const records = this.#newestFirst({})
    let bytes = 0
    const gone = records.filter((record) => {
      bytes += JSON.stringify(record).length
      return record.atMs < nowMs - maxAgeMs || bytes > maxBytes
    })
    for (const { id } of gone) this.#records.delete(id)
    return gone.length
  }

  async close(): Promise<void> {}

  #newestFirst(filter: CrashFilter): CrashRecord[] {
    return [...this.#records.values()]
      .filter((record) => matches(record, filter))
      .sort((a, b) => (isAfter(a, b) ? 1 : -1))
  }
}

function isAfter(record: CrashPosition, position: CrashPosition): boolean {
  return record.atMs < position.atMs || (record.atMs === position.atMs && record.id < position.id)
}

function matches(record: CrashRecord, filter: CrashFilter): boolean {
  const { fromMs = 0, toMs = Number.POSITIVE_INFINITY, namespaces, workload, reasons, text } = filter
  return (
    record.atMs >= fromMs &&
    record.atMs < toMs &&
    (namespaces === undefined || namespaces.includes(record.namespace)) &&
    (workload === undefined || isWorkload(record, workload)) &&
    (filter.pod ?? record.pod?.name) === record.pod?.name &&
    (filter.container ?? record.container?.name) === record.container?.name &&
    (filter.node ?? record.node) === record.node &&
    (reasons === undefined || reasons.includes(record.reason)) &&
    (text === undefined || hasText(record, phrasesOf(text) ?? []))
  )
}

function isWorkload({ workload }: CrashRecord, { kind, name }: NonNullable<CrashFilter['workload']>): boolean {
  return workload.name === name && (kind ?? workload.kind).toLowerCase() === workload.kind.toLowerCase()
}

function keyOf(record: CrashRecord, by: CrashTopKey): string | undefined {
  const { namespace, workload, reason, node, container } = record
  const keys = {
    namespace,
    reason,
    node,
    image: container?.image,
    workload: `${namespace}/${workload.kind}/${workload.name}`,
  }
  return keys[by]
}

/** Runs of letters, digits and marks; a word that is longer than this is several. */
const wordPattern = /[\p{L}\p{N}\p{M}]{1,256}/gu

/** The words, each with a blank before and behind it. */
function wordsOf(text: string): string {
  return ` ${(text.match(wordPattern) ?? []).join(' ').toLowerCase()} `
}

function hasText({ log, message, cause }: CrashRecord, phrases: readonly Phrase[]): boolean {
  const fields = [log?.text, message, cause].map((field) => wordsOf(field ?? ''))
  return phrases.length > 0 && phrases.every((words) => fields.some((field) => field.includes(` ${words.join(' ')} `)))
}
