import { OperatorError } from '../base/errors.ts'
import type { KubeClient } from './client.ts'
import { ItemScanner, type ListEnvelope } from './item-scanner.ts'
import { type Selection, selectionPath, selectionQuery } from './selection.ts'

export interface ListQuery extends Selection {
  /** Absent: the newest state. */
  readonly resourceVersion?: string
  /** With `Exact`, the state at precisely `resourceVersion`; 410 when it has left the history. */
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  readonly limit?: number
  readonly continue?: string
  readonly accept?: string
}

export interface ListResult {
  /** Empty where the API computes its answer, as metrics.k8s.io does: nothing can be watched from there. */
  readonly resourceVersion: string
  /** Objects handed on. */
  readonly count: number
  /** Where the next page begins; absent on the last. */
  readonly continue?: string
}

/** The longest pause between two pieces of a list before it is given up. */
const listSilenceMs = 60_000

/**
 * Streams one list and calls `onObject` with each object's JSON bytes, valid during the call only. Memory does not grow
 * with the list. Objects of built-in kinds carry no `kind` and `apiVersion` in a list: the caller knows what it asked for.
 * Throws the client's errors, and STREAM_MALFORMED when the answer is no list.
 */
export async function listObjects(
  client: KubeClient,
  query: ListQuery,
  onObject: (bytes: Buffer) => void,
  signal: AbortSignal,
): Promise<ListResult> {
  const path = selectionPath(query)
  const { resourceVersion, resourceVersionMatch, limit, continue: token, accept } = query
  const stream = await client.openStream({
    path,
    query: { ...selectionQuery(query), resourceVersion, resourceVersionMatch, limit, continue: token },
    ...(accept === undefined ? {} : { accept }),
    signal,
    timeoutMs: listSilenceMs,
    silenceMs: listSilenceMs,
  })
  const scanner = new ItemScanner(onObject)
  const envelope = await readList(stream, scanner, `GET ${path}`)
  if (envelope.metadata === undefined)
    throw new OperatorError('STREAM_MALFORMED', `GET ${path}: the answer is not a list`)
  const { resourceVersion: version = '', continue: next } = envelope.metadata
  return {
    resourceVersion: version,
    count: scanner.count,
    ...(next === undefined || next === '' ? {} : { continue: next }),
  }
}

async function readList(stream: AsyncIterable<Buffer>, scanner: ItemScanner, call: string): Promise<ListEnvelope> {
  try {
    for await (const chunk of stream) scanner.push(chunk)
    return scanner.end()
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new OperatorError('STREAM_MALFORMED', `${call}: the answer is not a list`)
  }
}
