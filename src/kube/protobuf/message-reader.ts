/**
 * Walks the fields of one protobuf message and makes of those that a table names the object that JSON would give. Fields
 * that are not named are stepped over: a length is read, and what it covers is never looked at.
 *
 * As in Go's JSON, empty values are left out unless the table keeps them. A message that comes in pieces is put together, and
 * repeated numbers are read packed and unpacked. Throws STREAM_MALFORMED where the bytes cannot be the message.
 */
import type { Field, FieldTable, Value } from './field-table.ts'
import { malformedBytes } from './malformed.ts'
import { TextCache } from './text-cache.ts'

type Members = Record<string, unknown>

const wireVarint = 0
const wireFixed64 = 1
const wireBytes = 2
const wireFixed32 = 5

const words = new TextCache()

export class MessageReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, from = 0) {
    this.#bytes = bytes
    this.#at = from
  }

  /** The message that ends at `end`, the end of the bytes by default. */
  read(table: FieldTable, end = this.#bytes.length): Members {
    const members: Members = {}
    this.#readInto(members, table, end)
    return members
  }

  #readInto(members: Members, table: FieldTable, end: number): void {
    while (this.#at < end) {
      const tag = this.#unsigned(end)
      const wire = tag & 7
      const field = tag < 0x1_0000_0000 ? table[tag >>> 3] : undefined
      if (field === undefined) this.#skip(tag, end)
      else if (field.shape === 'one') this.#readOne(members, field, wire, end)
      else if (field.shape === 'map') this.#readEntry(mapOf(members, field.name), field, this.#bodyEnd(wire, end))
      else this.#readMany(members, field, wire, end)
    }
  }

  #readOne(members: Members, field: Field, wire: number, end: number): void {
    const { value, name } = field
    if (value.kind === 'message') {
      const bodyEnd = this.#bodyEnd(wire, end)
      const known = members[name] as Members | undefined
      if (known !== undefined) this.#readInto(known, value.fields, bodyEnd)
      else members[name] = this.read(value.fields, bodyEnd)
      return
    }
    const content = this.#value(value, wire, end)
    if (field.isKept || (content !== '' && content !== 0 && content !== false)) members[name] = content
    else if (members[name] !== undefined) delete members[name]
  }

  #readMany(members: Members, field: Field, wire: number, end: number): void {
    const { value, name } = field
    const list = listOf(members, name)
    const isPacked = wire === wireBytes && (value.kind === 'number' || value.kind === 'flag')
    if (!isPacked) {
      list.push(this.#value(value, wire, end))
      return
    }
    const bodyEnd = this.#bodyEnd(wire, end)
    while (this.#at < bodyEnd) list.push(this.#value(value, wireVarint, bodyEnd))
  }

  /** An entry of a map is a message of key (1) and value (2), each empty where it is absent. */
  #readEntry(target: Members, { value }: Field, end: number): void {
    let key = ''
    let content: unknown
    while (this.#at < end) {
      const tag = this.#unsigned(end)
      if (tag >>> 3 === 1) key = this.#text(true, this.#bodyEnd(tag & 7, end))
      else if (tag >>> 3 === 2) content = this.#value(value, tag & 7, end)
      else this.#skip(tag, end)
    }
    setMember(target, key, content ?? emptyValue(value))
  }

  #value(value: Value, wire: number, end: number): unknown {
    switch (value.kind) {
      case 'text':
        return this.#text(false, this.#bodyEnd(wire, end))
      case 'word':
        return this.#text(true, this.#bodyEnd(wire, end))
      case 'bytes':
        return this.#view(this.#bodyEnd(wire, end))
      case 'quantity':
        return this.#quantity(this.#bodyEnd(wire, end))
      case 'message':
        return this.read(value.fields, this.#bodyEnd(wire, end))
      case 'time':
        return this.#time(this.#bodyEnd(wire, end))
      default:
        if (wire !== wireVarint) throw malformedBytes('with a number of another type')
        return value.kind === 'flag' ? this.#signed(end) !== 0 : this.#signed(end)
    }
  }

  #text(isWord: boolean, end: number): string {
    const from = this.#at
    this.#at = end
    return isWord ? words.text(this.#bytes, from, end) : this.#bytes.toString('utf8', from, end)
  }

  #view(end: number): Buffer {
    const from = this.#at
    this.#at = end
    return this.#bytes.subarray(from, end)
  }

  #quantity(end: number): string {
    let text = ''
    while (this.#at < end) {
      const tag = this.#unsigned(end)
      if (tag >>> 3 === 1) text = this.#text(true, this.#bodyEnd(tag & 7, end))
      else this.#skip(tag, end)
    }
    return text === '' ? '0' : text
  }

  /** '' for no time at all. JSON has no fractions of a second. */
  #time(end: number): string {
    let seconds = 0
    while (this.#at < end) {
      const tag = this.#unsigned(end)
      if (tag === ((1 << 3) | wireVarint)) seconds = this.#signed(end)
      else this.#skip(tag, end)
    }
    return seconds === 0 ? '' : timeText(seconds)
  }

  /** Reads the length of what comes next and says where it ends. */
  #bodyEnd(wire: number, end: number): number {
    if (wire !== wireBytes) throw malformedBytes('with a text or message of another type')
    const length = this.#unsigned(end)
    const bodyEnd = this.#at + length
    if (bodyEnd > end) throw malformedBytes('that ends within a field')
    return bodyEnd
  }

  #skip(tag: number, end: number): void {
    if (tag < 8) throw malformedBytes('with a field of number 0')
    switch (tag % 8) {
      case wireVarint:
        this.#unsigned(end)
        return
      case wireFixed64:
        this.#at += 8
        break
      case wireBytes:
        this.#at = this.#bodyEnd(wireBytes, end)
        return
      case wireFixed32:
        this.#at += 4
        break
      default:
        throw malformedBytes('with a field of unknown type')
    }
    if (this.#at > end) throw malformedBytes('that ends within a field')
  }

  /** A length or a tag; what is larger than any is as good as endless. */
  #unsigned(end: number): number {
    const bytes = this.#bytes
    let value = 0
    let factor = 1
    for (let count = 0; count < 10 && this.#at < end; count += 1) {
      const byte = bytes[this.#at]!
      this.#at += 1
      if (byte < 0x80) return value + byte * factor
      value += (byte & 0x7f) * factor
      factor *= 0x80
    }
    throw malformedBytes('with a number without end')
  }

  /** An int32 or int64: two's complement in 64 bits. */
  #signed(end: number): number {
    const from = this.#at
    const value = this.#unsigned(end)
    if (this.#at - from < 10) return value
    let bits = 0n
    for (let at = from; at < this.#at; at += 1) bits |= BigInt(this.#bytes[at]! & 0x7f) << BigInt(7 * (at - from))
    return Number(BigInt.asIntN(64, bits))
  }
}

function mapOf(members: Members, name: string): Members {
  members[name] ??= {}
  return members[name] as Members
}

function listOf(members: Members, name: string): unknown[] {
  members[name] ??= []
  return members[name] as unknown[]
}

function setMember(target: Members, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

function emptyValue({ kind }: Value): unknown {
  if (kind === 'number') return 0
  if (kind === 'flag') return false
  if (kind === 'message') return {}
  return kind === 'quantity' ? '0' : ''
}

let lastSeconds = 0
let lastText = ''

/** Objects that are read together were often made together. */
function timeText(seconds: number): string {
  if (seconds === lastSeconds) return lastText
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) throw malformedBytes('with a time outside the calendar')
  lastText = `${date.toISOString().slice(0, -5)}Z`
  lastSeconds = seconds
  return lastText
}
