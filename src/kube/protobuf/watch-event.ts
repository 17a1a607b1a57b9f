import type { KubeObject } from '../resource.ts'
import { bookmarkOf, type WatchEvent } from '../watch-event.ts'
import { readFields, readStatus, unwrap, unwrapEvent } from './envelope.ts'
import type { FieldTable } from './field-table.ts'
import { malformedBytes } from './malformed.ts'
import { MessageReader } from './message-reader.ts'
import { anyObject } from './tables.ts'

/**
 * Decodes a frame of `application/vnd.kubernetes.protobuf;stream=watch` as far as `fields` go. `raw` are the object's bytes as a
 * list has them. Throws STREAM_MALFORMED.
 */
export function decodeProtobufEvent(frame: Buffer, fields: FieldTable): WatchEvent {
  const { type, object } = unwrapEvent(frame)
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED': {
      const { raw } = unwrap(object)
      return { type, object: readFields(raw, fields), raw }
    }
    case 'BOOKMARK':
      return bookmarkOf(new MessageReader(unwrap(object).raw).read(anyObject) as Partial<KubeObject>, frame)
    case 'ERROR':
      return { type: 'ERROR', status: readStatus(object) }
    default:
      throw malformedBytes('of an event of unknown type')
  }
}
