/**
 * Where in the logs of what was found the words stand. Logs are fetched for this alone, a few at a time, because a page
 * of them together may be larger than the memory for it.
 */
import { type Phrase, snippetOf } from '../crash-search.ts'
import type { CrashDocument } from './crash-document.ts'
import type { ElasticsearchClient } from './elasticsearch-client.ts'

const maximumBytes = 4 * 1024 * 1024

export type PlacedDocument = CrashDocument & { readonly index: string }

interface LogAnswer {
  readonly docs: readonly { readonly _source?: Pick<CrashDocument, 'id' | 'logs'> }[]
}

/** By the crash's id; those in whose log they do not stand are absent. */
export async function findSnippets(
  client: ElasticsearchClient,
  documents: readonly PlacedDocument[],
  phrases: readonly Phrase[],
): Promise<ReadonlyMap<string, string>> {
  const snippets = new Map<string, string>()
  if (phrases.length === 0) return snippets
  for (const few of inPortions(documents.filter(({ logs_bytes: bytes = 0 }) => bytes > 0))) {
    const docs = few.map(({ index, id }) => ({ _index: index, _id: id }))
    const query = { _source_includes: 'id,logs' }
    const answer = await client.request<LogAnswer>({ method: 'POST', path: '/_mget', query, body: { docs } })
    for (const { _source } of answer.docs) {
      const snippet = snippetOf(_source?.logs ?? '', phrases)
      if (_source !== undefined && snippet !== undefined) snippets.set(_source.id, snippet)
    }
  }
  return snippets
}

function* inPortions(documents: readonly PlacedDocument[]): Generator<readonly PlacedDocument[]> {
  let portion: PlacedDocument[] = []
  let bytes = 0
  for (const document of documents) {
    const size = document.logs_bytes ?? 0
    if (portion.length > 0 && bytes + size > maximumBytes) {
      yield portion
      portion = []
      bytes = 0
    }
    portion.push(document)
    bytes += size
  }
  if (portion.length > 0) yield portion
}
