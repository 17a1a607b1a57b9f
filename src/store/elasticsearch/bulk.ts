/** Writing many at once. Each of them is answered for itself, and no answer means that all is well. */
import type { estypes } from '@elastic/elasticsearch'
import type { CrashRecord } from '../../model/crash.ts'
import type { RefusedCrash } from '../crash-history.ts'
import { documentOf } from './crash-document.ts'
import type { ElasticsearchClient } from './elasticsearch-client.ts'
import { ElasticsearchAnswer, shownReason } from './elasticsearch-error.ts'
import { indexOf } from './index-names.ts'

const maximumRecords = 500
/** A server takes 100 MB at most; it answers small requests sooner, and needs less memory for them. */
const maximumChars = 4 * 1024 * 1024

/** A record's two lines. */
export interface BulkEntry {
  readonly id: string
  readonly lines: readonly [action: string, document: string]
}

export interface BulkPlace {
  readonly prefix: string
  readonly cluster: string
}

export function entryOf(record: CrashRecord, { prefix, cluster }: BulkPlace): BulkEntry {
  // "create": what is known already is left as it is.
  const action = { create: { _index: indexOf(prefix, record.atMs), _id: record.id } }
  return { id: record.id, lines: [JSON.stringify(action), JSON.stringify(documentOf(record, cluster))] }
}

/** In portions that a server takes in one request; one that is larger alone stands alone. */
export function* portionsOf(records: Iterable<CrashRecord>, place: BulkPlace): Generator<readonly BulkEntry[]> {
  let portion: BulkEntry[] = []
  let chars = 0
  for (const record of records) {
    const entry = entryOf(record, place)
    const size = entry.lines[0].length + entry.lines[1].length
    if (portion.length > 0 && (portion.length >= maximumRecords || chars + size > maximumChars)) {
      yield portion
      portion = []
      chars = 0
    }
    portion.push(entry)
    chars += size
  }
  if (portion.length > 0) yield portion
}

/** Resolves when all are durable but those that it gives back. Rejects where any of them may be taken later. */
export async function writePortion(
  client: ElasticsearchClient,
  entries: readonly BulkEntry[],
): Promise<RefusedCrash[]> {
  try {
    const lines = entries.flatMap((entry) => entry.lines)
    const path = '/_bulk'
    return refusedOf(await client.answer<estypes.BulkResponse>({ method: 'POST', path, lines }))
  } catch (error) {
    if (!(error instanceof ElasticsearchAnswer) || error.status !== 413) throw error
    return halves(client, entries)
  }
}

/** The server, or something before it, takes only smaller requests. */
async function halves(client: ElasticsearchClient, entries: readonly BulkEntry[]): Promise<RefusedCrash[]> {
  const [first] = entries
  if (first === undefined) return []
  if (entries.length === 1) return [{ id: first.id, why: 'it is larger than what Elasticsearch takes in one request' }]
  const middle = Math.ceil(entries.length / 2)
  const refused = await writePortion(client, entries.slice(0, middle))
  return [...refused, ...(await writePortion(client, entries.slice(middle)))]
}

/** Throws the first failure that may pass. */
export function refusedOf({ items }: estypes.BulkResponse): RefusedCrash[] {
  const results = items.flatMap(({ create }) => create ?? [])
  const failed = results.filter((result) => !isKept(result))
  const taking = new Set(results.filter(isKept).map(({ _index }) => _index))
  const passing = failed.find((result) => !isForEver(result, taking))
  if (passing !== undefined) throw new ElasticsearchAnswer(passing.status, passing.error ?? {})
  return failed.map(({ _id, error }) => ({ id: _id ?? '', why: shownReason(error ?? {}) }))
}

/** Now or, at a conflict, already: the id is there. */
const isKept = ({ status }: estypes.BulkResponseItem): boolean => status < 300 || status === 409

/**
 * Whether the document itself is what cannot be taken. Anything else is of the index, the rights or the moment: a cluster that has no
 * room for the index of a new day says 400 to each document, too. What is not known is of the document where its index takes others.
 */
function isForEver({ status, error, _index }: estypes.BulkResponseItem, taking: ReadonlySet<string>): boolean {
  if (status === 413) return true
  return status === 400 && (isOfDocument(error ?? {}) || taking.has(_index))
}

const documentErrors: ReadonlySet<string> = new Set([
  ...['document_parsing_exception', 'mapper_parsing_exception', 'strict_dynamic_mapping_exception'],
])

function isOfDocument({ type, reason }: Partial<estypes.ErrorCause>): boolean {
  if (type === 'illegal_argument_exception') return reason?.includes('immense term') ?? false
  return documentErrors.has(type ?? '')
}
