/** The crash history in one SQLite file, on the thread that the notification log's may be on too. */
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
import type { CrashScan } from './crash-database.ts'
import { matchOf } from './crash-match.ts'
import { type OpenFile, StoreThread } from './store-thread.ts'

/** What is written in one call, so that the thread is free again soon: tens of milliseconds. */
const mostRecords = 20
const mostCharacters = 128_000

export class SqliteCrashHistory implements CrashHistory {
  readonly #file: OpenFile<'crashes'>
  #isTidying = false
  #isClosed = false

  /** `path` of the file, which is made when it is first needed; on a thread that others may share. */
  constructor(path: string, thread = new StoreThread()) {
    this.#file = thread.open({ kind: 'crashes', path })
  }

  async write(records: readonly CrashRecord[]): Promise<readonly RefusedCrash[]> {
    const { taken, refused } = checkCrashes(records)
    for (const group of groupsOf(taken)) {
      await this.#file.call('write', group)
      void this.#tidy()
    }
    return refused
  }

  async find(query: CrashQuery): Promise<readonly CrashSummary[]> {
    const { limit, after } = query
    let scan = scanOf(query)
    const phrases = phrasesOf(query.text) ?? []
    const summaries: CrashSummary[] = []
    while (scan !== undefined && summaries.length < limit) {
      const page = await this.#file.call('find', {
        ...{ ...scan, phrases, limit: limit - summaries.length },
        ...(after === undefined ? {} : { after }),
      })
      summaries.push(...page.summaries)
      scan = page.lookedToMs === undefined ? undefined : { ...scan, toMs: page.lookedToMs }
    }
    return summaries
  }

  async get(id: string): Promise<CrashRecord | undefined> {
    return /^[0-9a-z]{1,64}$/.test(id) ? this.#file.call('get', id) : undefined
  }

  async top(by: CrashTopKey, filter: CrashFilter, limit: number): Promise<readonly CrashTopRow[]> {
    const sums = new Map<string, CrashTopRow>()
    for (let scan = scanOf(filter); scan !== undefined; ) {
      const page = await this.#file.call('top', by, scan)
      for (const row of page.rows) sums.set(row.value, sumOf(row, sums.get(row.value)))
      scan = page.lookedToMs === undefined ? undefined : { ...scan, toMs: page.lookedToMs }
    }
    return [...sums.values()].sort(mostFirst).slice(0, limit)
  }

  namespaces(): Promise<readonly string[]> {
    return this.#file.call('namespaces')
  }

  async prune({ maxAgeMs, maxBytes }: CrashRetention, nowMs: number): Promise<number> {
    const step = { beforeMs: nowMs - maxAgeMs, maxBytes }
    let removed = 0
    for (;;) {
      const went = await this.#file.call('prune', step)
      removed += went
      // What the index no longer needs is known to the file only when it was tidied.
      while (went > 0 && (await this.#file.call('tidy')));
      while (!(await this.#file.call('shrink')));
      if (went === 0) return removed
    }
  }

  close(): Promise<void> {
    this.#isClosed = true
    return this.#file.close()
  }

  /** Between writes, a step at a time. What is left over when it fails is done after the next write. */
  async #tidy(): Promise<void> {
    if (this.#isTidying) return
    this.#isTidying = true
    try {
      while (!this.#isClosed && (await this.#file.call('tidy')));
    } catch {
      // The next write fails for the same reason, and says so.
    }
    this.#isTidying = false
  }
}

/** Undefined: nothing can be found. */
function scanOf(filter: CrashFilter): CrashScan | undefined {
  const match = matchOf(filter)
  const { fromMs = 0, toMs = Number.MAX_SAFE_INTEGER } = filter
  if (match === null || !(fromMs < toMs)) return undefined
  return match === undefined ? { fromMs, toMs } : { fromMs, toMs, match }
}

function groupsOf(records: readonly CrashRecord[]): CrashRecord[][] {
  const groups: CrashRecord[][] = []
  let characters = Number.POSITIVE_INFINITY
  for (const record of records) {
    characters += lengthOf(record)
    const group = groups.at(-1)
    if (group === undefined || group.length === mostRecords || characters > mostCharacters) {
      groups.push([record])
      characters = lengthOf(record)
    } else group.push(record)
  }
  return groups
}

function lengthOf({ log, message = '' }: CrashRecord): number {
  return (log?.text.length ?? 0) + message.length
}

function sumOf(row: CrashTopRow, before: CrashTopRow | undefined): CrashTopRow {
  if (before === undefined) return row
  const firstMs = Math.min(row.firstMs, before.firstMs)
  const lastMs = Math.max(row.lastMs, before.lastMs)
  return { value: row.value, crashes: row.crashes + before.crashes, firstMs, lastMs }
}

function mostFirst(one: CrashTopRow, other: CrashTopRow): number {
  return other.crashes - one.crashes || (one.value < other.value ? -1 : 1)
}
