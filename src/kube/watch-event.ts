import { isUtf8 } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { OperatorError } from '../base/errors.ts'
import type { ApiStatus } from './api-error.ts'
import { textWithoutManagedFields } from './object-text.ts'
import type { KubeObject } from './resource.ts'

export type WatchEvent = ObjectEvent | BookmarkEvent | ErrorEvent

export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubeObject
  /** The object's own bytes, JSON or protobuf, valid only while the event is handled. */
  readonly raw: Buffer
}

export interface BookmarkEvent {
  readonly type: 'BOOKMARK'
  readonly resourceVersion: string
  /** The state that the watch began with is complete. */
  readonly endsInitialEvents: boolean
}

export interface ErrorEvent {
  readonly type: 'ERROR'
  readonly status: ApiStatus
}

const initialEventsEnd = 'k8s.io/initial-events-end'
const prefixes = (['ADDED', 'MODIFIED', 'DELETED'] as const).map((type) => Buffer.from(`{"type":"${type}","object":`))
const openingBrace = 0x7b
const closingBrace = 0x7d

/**
 * Decodes a line of `application/json;stream=watch`. The object comes without managedFields where they can be cut out. Throws
 * STREAM_MALFORMED.
 */
export function decodeJsonEvent(line: Buffer): WatchEvent {
  const event = parse(line)
  const object = event.object
  if (typeof object !== 'object' || object === null) throw malformed('an event without object', line)
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      requireIdentity(object, line)
      return { type: event.type, object, raw: rawObject(line, object) }
    case 'BOOKMARK':
      return bookmarkOf(object, line)
    case 'ERROR':
      return { type: 'ERROR', status: object as ApiStatus }
    default:
      throw malformed('an event of unknown type', line)
  }
}

/** Decodes one object of a list. Throws STREAM_MALFORMED. */
export function decodeJsonObject(bytes: Buffer): KubeObject {
  const object = parse(bytes)
  requireIdentity(object, bytes)
  return object
}

/**
 * A number that is equal for equal content and else, but for one chance in four billion at equal length, different. Lists
 * of built-in kinds leave out the leading `kind` and `apiVersion` that watches write: they do not count. In protobuf the
 * object's bytes are the same in both.
 */
export function fingerprint(raw: Buffer): number {
  const content = raw[0] !== openingBrace ? raw : raw.subarray(typeMetaLength(raw))
  return content.length * 2 ** 32 + crc32(content)
}

const typeMeta = /^\{("kind":"[^"]{0,100}","apiVersion":"[^"]{0,100}",)/

function typeMetaLength(raw: Buffer): number {
  if (raw[2] !== 0x6b) return 1
  return 1 + (typeMeta.exec(raw.toString('latin1', 0, 240))?.[1]?.length ?? 0)
}

// biome-ignore lint/suspicious/noExplicitAny: what the server sent is checked field by field
function parse(bytes: Buffer): any {
  if (!isUtf8(bytes)) throw malformed('bytes that are not UTF-8', bytes)
  try {
    return JSON.parse(textWithoutManagedFields(bytes))
  } catch {
    throw malformed('bytes that are not JSON', bytes)
  }
}

function requireIdentity(object: KubeObject, bytes: Buffer): void {
  const meta: Partial<KubeObject['metadata']> | undefined = object.metadata
  if (typeof meta?.name !== 'string' || typeof meta.resourceVersion !== 'string') {
    throw malformed('an object without name or resourceVersion', bytes)
  }
}

/** `object` carries metadata alone; `frame` is where it came from. Throws STREAM_MALFORMED. */
export function bookmarkOf(object: Partial<KubeObject>, frame: Buffer): BookmarkEvent {
  const meta: Partial<KubeObject['metadata']> = object.metadata ?? {}
  const { resourceVersion, annotations } = meta
  if (typeof resourceVersion !== 'string') throw malformed('a bookmark without resourceVersion', frame)
  return { type: 'BOOKMARK', resourceVersion, endsInitialEvents: annotations?.[initialEventsEnd] === 'true' }
}

/** The object's bytes inside its line; where the server writes an event in another order, the object written again. */
function rawObject(line: Buffer, object: KubeObject): Buffer {
  const prefix = prefixes.find((candidate) => line.compare(candidate, 0, candidate.length, 0, candidate.length) === 0)
  if (prefix === undefined || line.at(-1) !== closingBrace) return Buffer.from(JSON.stringify(object))
  return line.subarray(prefix.length, line.length - 1)
}

/** The parser's own words quote the bytes, which may be anybody's secret. */
function malformed(what: string, bytes: Buffer): OperatorError {
  return new OperatorError('STREAM_MALFORMED', `the API server sent ${what} (${bytes.length} bytes)`)
}
