import { OperatorError } from '../base/errors.ts'
import type { KubeClient } from './client.ts'
import { type Content, type Encoding, openEncoded, preferredEncoding } from './encoding.ts'
import { ItemScanner, type ListEnvelope } from './item-scanner.ts'
import { ProtobufListScanner } from './protobuf/list-scanner.ts'
import { type Selection, selectionPath, selectionQuery } from './selection.ts'

export interface ListQuery extends Selection {
  /** Absent: the newest state. */
  readonly resourceVersion?: string
  /** With `Exact`, the state at precisely `resourceVersion`; 410 when it has left the history. */
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  readonly limit?: number
  readonly continue?: string
  /** Default `whole`. */
  readonly content?: Content
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
 * Streams one list and calls `onObject` with each object's bytes, valid during the call only: JSON, or where the
 * query is content with fields also protobuf, as `encoding` says. Memory does not grow with the list. Objects of built-in kinds carry no `kind` and `apiVersion` in a list: the caller knows what it asked for.
 * Throws the client's errors, and STREAM_MALFORMED when the answer is no list.
 */
export async function listObjects(
  client: KubeClient,
  query: ListQuery,
  onObject: (bytes: Buffer, encoding: Encoding) => void,
  signal: AbortSignal,
): Promise<ListResult> {
  const path = selectionPath(query)
  const { resourceVersion, resourceVersionMatch, limit, continue: token, content = 'whole' } = query
  const request = {
    path,
    query: { ...selectionQuery(query), resourceVersion, resourceVersionMatch, limit, continue: token },
    signal,
    timeoutMs: listSilenceMs,
    silenceMs: listSilenceMs,
  }
  const { stream, encoding } = await openEncoded(client, request, preferredEncoding(query.type, content))
  const onItem = (bytes: Buffer) => onObject(bytes, encoding)
  const scanner = encoding === 'protobuf' ? new ProtobufListScanner(onItem) : new ItemScanner(onItem)
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

async function readList(
  stream: AsyncIterable<Buffer>,
  scanner: ItemScanner | ProtobufListScanner,
  call: string,
): Promise<ListEnvelope> {
  try {
    for await (const chunk of stream) scanner.push(chunk)
    return scanner.end()
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new OperatorError('STREAM_MALFORMED', `${call}: the answer is not a list`)
  }
}
