import { OperatorError } from '../base/errors.ts'
import { type Content, type Encoding, preferredEncoding } from './encoding.ts'
import { readFields } from './protobuf/envelope.ts'
import type { FieldTable } from './protobuf/field-table.ts'
import { fieldsOf } from './protobuf/tables.ts'
import { decodeProtobufEvent } from './protobuf/watch-event.ts'
import type { KubeObject, ResourceType } from './resource.ts'
import { decodeJsonEvent, decodeJsonObject, type WatchEvent } from './watch-event.ts'

/**
 * In what form a reflector's objects come. It stays the same from one complete state to the next, because objects are compared
 * by their bytes: when the server answers in another encoding, everything is synced again.
 */
export class ObjectFormat {
  readonly #type: ResourceType
  readonly #fields: FieldTable | undefined
  #content: Content = 'whole'
  #encoding: Encoding | undefined

  constructor(type: ResourceType) {
    this.#type = type
    this.#fields = fieldsOf(type)
  }

  get content(): Content {
    return this.#content
  }

  /** What to ask the server for. */
  get preferred(): Encoding {
    return preferredEncoding(this.#type, this.#content)
  }

  /** Whether a reader that wants so much can be served by what comes. */
  serves(content: Content): boolean {
    return content === 'fields' || this.preferred === 'json'
  }

  /** A complete state is about to come, for readers of which the most demanding wants this. */
  begin(content: Content): void {
    this.#content = content
    this.#encoding = undefined
  }

  /** Throws STREAM_MALFORMED, also where the server answers otherwise than before. */
  decodeEvent(frame: Buffer, encoding: Encoding): WatchEvent {
    this.#expect(encoding)
    if (encoding === 'json' || this.#fields === undefined) return decodeJsonEvent(frame)
    return decodeProtobufEvent(frame, this.#fields)
  }

  /** Of a list. Throws as `decodeEvent` does. */
  decodeObject(bytes: Buffer, encoding: Encoding): KubeObject {
    this.#expect(encoding)
    if (encoding === 'json' || this.#fields === undefined) return decodeJsonObject(bytes)
    return readFields(bytes, this.#fields)
  }

  #expect(encoding: Encoding): void {
    this.#encoding ??= encoding
    if (encoding === this.#encoding) return
    throw new OperatorError('STREAM_MALFORMED', `the API server sent ${encoding} after ${this.#encoding}`)
  }
}
