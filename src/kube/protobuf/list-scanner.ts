/**
 * Finds the objects of a list in a protobuf stream: the wrapping, then fields of the list, of which field 2 is one item each.
 * Items are handed on undecoded as they come, so that a list of any size needs the memory of one item.
 */
import type { ListEnvelope } from '../item-scanner.ts'
import { ByteGatherer } from './byte-gatherer.ts'
import { isWrapped, magic, type Wrapped, wrapping } from './envelope.ts'
import { malformedBytes } from './malformed.ts'
import { MessageReader } from './message-reader.ts'
import { listMeta } from './tables.ts'

/** Tags: number and wire type of a field. */
const rawTag = (2 << 3) | 2
const itemTag = (2 << 3) | 2
const metadataTag = (1 << 3) | 2

/** Larger than any object that etcd stores. */
const maximumFieldBytes = 64 * 1024 * 1024
const maximumHeaderBytes = 20

/** A field at the beginning of some bytes: where its body begins and ends, counted from there. */
interface FieldSpan {
  readonly tag: number
  readonly from: number
  readonly to: number
}

export class ProtobufListScanner {
  readonly #onItem: (bytes: Buffer) => void
  readonly #gatherer = new ByteGatherer()
  readonly #wrapping: Buffer[] = []
  readonly #metadata: Buffer[] = []
  #place: 'magic' | 'wrapping' | 'list' = 'magic'
  /** Bytes of the list that are still to come. */
  #listBytes = 0
  #hasList = false
  #count = 0

  /** The buffer given to `onItem` is valid during the call only. */
  constructor(onItem: (bytes: Buffer) => void) {
    this.#onItem = onItem
  }

  get count(): number {
    return this.#count
  }

  /** Throws STREAM_MALFORMED where the bytes cannot be a list. */
  push(chunk: Buffer): void {
    const bytes = this.#gatherer.add(chunk)
    if (bytes === undefined) return
    let at = 0
    let used = this.#take(bytes, at)
    while (used > 0) {
      at += used
      used = this.#take(bytes, at)
    }
    this.#gatherer.keep(bytes.subarray(at), -used)
  }

  /** The list without its items. Throws STREAM_MALFORMED when the bytes ended early, or were no list. */
  end(): ListEnvelope {
    if (this.#gatherer.pendingBytes > 0 || this.#place !== 'wrapping' || !this.#hasList) {
      throw malformedBytes('that ends within a list')
    }
    const { typeMeta, contentEncoding } = new MessageReader(Buffer.concat(this.#wrapping)).read(wrapping) as Wrapped
    if (contentEncoding !== undefined || typeMeta?.kind?.endsWith('List') !== true) {
      throw malformedBytes('that is no list')
    }
    return { metadata: new MessageReader(Buffer.concat(this.#metadata)).read(listMeta) }
  }

  /** How many bytes were used; zero or less: none, because so many are needed from `at` on. */
  #take(bytes: Buffer, at: number): number {
    if (this.#place === 'magic') return this.#takeMagic(bytes, at)
    const span = spanAt(bytes, at)
    if (typeof span === 'number') return -span
    const isList = this.#place === 'wrapping' && span.tag === rawTag
    if (isList) return this.#enterList(span)
    if (span.to > maximumFieldBytes) throw malformedBytes(`with a field of ${span.to} bytes`)
    if (this.#place === 'list' && span.to > this.#listBytes) throw malformedBytes('with a field that leaves its list')
    if (at + span.to > bytes.length) return -span.to
    this.#takeField(bytes, at, span)
    return span.to
  }

  #takeMagic(bytes: Buffer, at: number): number {
    if (bytes.length - at < magic.length) return -magic.length
    if (!isWrapped(bytes.subarray(at))) throw malformedBytes('without its first bytes')
    this.#place = 'wrapping'
    return magic.length
  }

  #enterList({ from, to }: FieldSpan): number {
    if (this.#hasList) throw malformedBytes('of two lists in one')
    this.#hasList = true
    this.#listBytes = to - from
    if (this.#listBytes > 0) this.#place = 'list'
    return from
  }

  #takeField(bytes: Buffer, at: number, { tag, from, to }: FieldSpan): void {
    if (this.#place === 'wrapping') {
      this.#wrapping.push(Buffer.from(bytes.subarray(at, at + to)))
      return
    }
    this.#listBytes -= to
    if (this.#listBytes === 0) this.#place = 'wrapping'
    if (tag === metadataTag) this.#metadata.push(Buffer.from(bytes.subarray(at + from, at + to)))
    if (tag !== itemTag) return
    this.#count += 1
    this.#onItem(bytes.subarray(at + from, at + to))
  }
}

/** The field at `at`, or how many bytes are needed to tell. */
function spanAt(bytes: Buffer, at: number): FieldSpan | number {
  const tag = varintAt(bytes, at)
  if (tag === undefined) return bytes.length - at + 1
  if (tag.value < 8) throw malformedBytes('with a field of number 0')
  const wire = tag.value % 8
  if (wire === 1 || wire === 5) return { tag: tag.value, from: tag.to - at, to: tag.to - at + (wire === 1 ? 8 : 4) }
  if (wire !== 0 && wire !== 2) throw malformedBytes('with a field of unknown type')
  const number = varintAt(bytes, tag.to)
  if (number === undefined) return bytes.length - at + 1
  const from = wire === 2 ? number.to - at : tag.to - at
  return { tag: tag.value, from, to: wire === 2 ? from + number.value : number.to - at }
}

function varintAt(bytes: Buffer, at: number): { readonly value: number; readonly to: number } | undefined {
  let value = 0
  let factor = 1
  for (let to = at; to < bytes.length; to += 1) {
    const byte = bytes[to]!
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return { value, to: to + 1 }
    if (to - at >= maximumHeaderBytes / 2 - 1) throw malformedBytes('with a number without end')
    factor *= 0x80
  }
  return undefined
}
