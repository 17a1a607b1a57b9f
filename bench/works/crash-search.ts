import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { missingForElasticsearch, startElasticsearch } from '../../hack/testbed/elasticsearch.ts'
import { systemClock } from '../../src/base/clock.ts'
import { hasCode } from '../../src/base/errors.ts'
import type { CrashRecord } from '../../src/model/crash.ts'
import type { CrashHistory, CrashQuery } from '../../src/store/crash-history.ts'
import { ElasticsearchHistory } from '../../src/store/elasticsearch/elasticsearch-history.ts'
import { SqliteCrashHistory } from '../../src/store/sqlite/sqlite-crash-history.ts'
import { SqliteLog } from '../../src/store/sqlite/sqlite-log.ts'
import { StoreThread } from '../../src/store/sqlite/store-thread.ts'
import { corpusCrash, namespaceOf, seededRandom } from '../crash-corpus.ts'
import type { BenchContext, Subject, Work } from '../work.ts'

const written = 200
const pageSize = 50

/** A rare word, a common one, a phrase of common ones, a phrase that there is not: each over all and in one namespace. */
const texts = [
  (random: () => number) => `needle${Math.floor(random() * 10)}`,
  () => 'error',
  () => '"connection refused"',
  () => '"refused connection"',
]

function queries(count: number): CrashQuery[] {
  const random = seededRandom(11)
  return Array.from({ length: count }, (_, n): CrashQuery => {
    const text = texts[n % texts.length]?.(random) ?? ''
    const isInOne = Math.floor(n / texts.length) % 2 === 1
    const place = isInOne ? { namespaces: [namespaceOf(Math.floor(random() * 100))] } : {}
    return { text, limit: pageSize, ...place }
  })
}

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

async function fill(history: CrashHistory, count: number): Promise<void> {
  for (let first = 0; first < count; first += written) {
    const crashes = Array.from({ length: Math.min(written, count - first) }, (_, n) => corpusCrash(first + n))
    await writeAtLast(history, crashes)
  }
}

/** A server on a busy machine may need several tries; what is written twice is kept once. */
async function writeAtLast(history: CrashHistory, crashes: readonly CrashRecord[], tries = 30): Promise<void> {
  try {
    await history.write(crashes)
  } catch (error) {
    if (tries === 1 || !hasCode(error, 'STORE_UNAVAILABLE')) throw error
    await systemClock.sleep(1_000)
    await writeAtLast(history, crashes, tries - 1)
  }
}

async function search(history: CrashHistory, asked: readonly CrashQuery[]): Promise<number[]> {
  const timesMs: number[] = []
  for (const query of asked) {
    const startMs = performance.now()
    await history.find(query)
    timesMs.push(performance.now() - startMs)
  }
  return timesMs
}

function subjectOf(name: string, timesMs: readonly number[], figures: Readonly<Record<string, number>> = {}): Subject {
  const [p50, p95, most] = [quantile(timesMs, 0.5), quantile(timesMs, 0.95), Math.max(...timesMs)]
  return { name, figures: { 'p50 ms': p50, 'p95 ms': p95, 'max ms': most, ...figures } }
}

/** Writes to the notification log beside a search, until it is stopped: what they wait is what people wait. */
async function writeBeside(log: SqliteLog, signal: AbortSignal): Promise<number[]> {
  const timesMs: number[] = []
  await log.takeOver(1)
  while (!signal.aborted) {
    const startMs = performance.now()
    await log.write([{ type: 'setting', name: 'bench', value: `${timesMs.length}` }], 1)
    timesMs.push(performance.now() - startMs)
    await systemClock.sleep(5)
  }
  return timesMs
}

async function inSqlite({ folder, say }: BenchContext, count: number, asked: readonly CrashQuery[]): Promise<Subject> {
  const thread = new StoreThread()
  const path = join(folder, 'crashes.db')
  const history = new SqliteCrashHistory(path, thread)
  const log = new SqliteLog(join(folder, 'beside.db'), thread)
  const startMs = performance.now()
  await fill(history, count)
  const fillMs = performance.now() - startMs
  say(`${count} crashes are in SQLite`)
  await search(history, asked.slice(0, texts.length * 2))
  const timesMs = await search(history, asked)
  const done = new AbortController()
  const beside = writeBeside(log, done.signal)
  await search(history, asked)
  done.abort()
  const waits = await beside
  await history.close()
  await log.close()
  return subjectOf('SQLite', timesMs, {
    'bytes a crash': (await stat(path)).size / count,
    'crashes written a second': (count * 1_000) / fillMs,
    'log write beside p99 ms': quantile(waits, 0.99),
  })
}

async function inElasticsearch(context: BenchContext, count: number, asked: readonly CrashQuery[]): Promise<Subject> {
  const server = await startElasticsearch({ isTuned: true })
  try {
    const history = new ElasticsearchHistory({ urls: [server.url], indexPrefix: 'bench-' }, systemClock)
    await fill(history, count)
    context.say(`${count} crashes are in Elasticsearch`)
    await search(history, asked.slice(0, texts.length * 2))
    const subject = subjectOf('Elasticsearch', await search(history, asked))
    await history.close()
    return subject
  } finally {
    await server.stop()
  }
}

/** Who looks for a trace at night waits for nothing. */
export const crashSearch: Work = {
  name: 'crash-search',
  title: 'Search over 100,000 crashes, logs median 4 KB',
  async run(context) {
    await context.stopBigCluster()
    const count = context.isQuick ? 10_000 : 100_000
    const asked = queries(context.isQuick ? 200 : 1_000)
    const sqlite = await inSqlite(context, count, asked)
    const missing = context.isQuick ? 'it takes half a minute to start' : missingForElasticsearch()
    const others = missing === undefined ? [await inElasticsearch(context, count, asked)] : []
    const limit = { unit: 'ms', comparison: '<=', limit: 100 } as const
    return {
      subjects: [sqlite, ...others],
      bars: [{ ...limit, what: 'SQLite p95', value: sqlite.figures?.['p95 ms'] ?? Number.NaN }],
      notes: [
        `${count} crashes, one a minute, in 100 namespaces; ${asked.length} searches for the newest ${pageSize}: a rare word, a common word, ` +
          'a phrase, and a phrase that no log has though all have its words; half of them in one namespace.',
        ...(missing === undefined ? [] : [`Elasticsearch was not measured: ${missing}`]),
      ],
    }
  },
}
