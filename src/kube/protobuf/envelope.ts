/**
 * What the API server wraps around each message: four bytes, then `runtime.Unknown`, which says the kind and holds the object.
 * A watch sends `metav1.WatchEvent`s whose object is wrapped in the same way.
 */
import type { ApiStatus } from '../api-error.ts'
import type { KubeObject } from '../resource.ts'
import { bytes, type FieldTable, fieldTable, message, text, word } from './field-table.ts'
import { malformedBytes } from './malformed.ts'
import { MessageReader } from './message-reader.ts'
import { status } from './tables.ts'

export const magic = Buffer.from('k8s\0')

export interface Wrapped {
  readonly typeMeta?: { readonly apiVersion?: string; readonly kind?: string }
  /** The object's own message. */
  readonly raw?: Buffer
  readonly contentEncoding?: string
}

/** Fields of `runtime.Unknown` around the object. */
export const wrapping: FieldTable = fieldTable({
  1: message('typeMeta', fieldTable({ 1: word('apiVersion'), 2: word('kind') })),
  2: bytes('raw'),
  3: text('contentEncoding'),
})

const watchEvent = fieldTable({ 1: word('type'), 2: message('object', fieldTable({ 1: bytes('raw') })) })

export function isWrapped(bytes: Buffer): boolean {
  return bytes.length >= magic.length && bytes.compare(magic, 0, magic.length, 0, magic.length) === 0
}

/** Throws STREAM_MALFORMED. */
export function unwrap(bytes: Buffer): Wrapped & { readonly raw: Buffer } {
  if (!isWrapped(bytes)) throw malformedBytes('without its first bytes')
  const { raw = Buffer.alloc(0), ...wrapped } = new MessageReader(bytes, magic.length).read(wrapping) as Wrapped
  if (wrapped.contentEncoding !== undefined) throw malformedBytes('in an encoding of its own')
  return { ...wrapped, raw }
}

/** The type of an event, and the object as the server wrapped it. Throws STREAM_MALFORMED. */
export function unwrapEvent(frame: Buffer): { readonly type: string; readonly object: Buffer } {
  const { type = '', object } = new MessageReader(frame).read(watchEvent) as {
    type?: string
    object?: { raw?: Buffer }
  }
  if (object?.raw === undefined) throw malformedBytes('of an event without object')
  return { type, object: object.raw }
}

/** The fields that `table` names of one object; the shape is that of JSON. Throws STREAM_MALFORMED. */
export function readFields(raw: Buffer, table: FieldTable): KubeObject {
  const object = new MessageReader(raw).read(table) as Partial<KubeObject>
  const { name, resourceVersion } = object.metadata ?? {}
  if (name === undefined || resourceVersion === undefined) {
    throw malformedBytes('of an object without name or resourceVersion')
  }
  return object as KubeObject
}

/** A wrapped `v1.Status`. Throws STREAM_MALFORMED. */
export function readStatus(bytes: Buffer): ApiStatus {
  return new MessageReader(unwrap(bytes).raw).read(status) as ApiStatus
}
