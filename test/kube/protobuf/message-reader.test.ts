import { expect } from 'chai'
import fc from 'fast-check'
import { hasCode } from '../../../src/base/errors.ts'
import {
  type FieldTable,
  fieldTable,
  flag,
  many,
  map,
  message,
  number,
  text,
  time,
} from '../../../src/kube/protobuf/field-table.ts'
import { MessageReader } from '../../../src/kube/protobuf/message-reader.ts'
import { fieldsOf } from '../../../src/kube/protobuf/tables.ts'
import { objectsOf } from '../../support/protobuf-objects.ts'
import { sized, tagged, varint, write } from '../../support/protobuf-writer.ts'

const read = (bytes: Buffer, table: FieldTable) => new MessageReader(bytes).read(table)
const tables = ['pods', 'nodes', 'namespaces', 'resourcequotas'].map((resource) => {
  return fieldsOf({ group: '', version: 'v1', resource })!
})
const sample = fieldTable({
  1: text('name'),
  2: number('count'),
  3: many(number('ports')),
  4: flag('isOn'),
  5: map(message('parts', fieldTable({ 1: text('id'), 2: number('size') }))),
  6: time('at'),
  7: message('inner', fieldTable({ 1: text('a'), 2: text('b') })),
})

/** Fields of every wire type under numbers that no table has. */
const unknownFields = fc
  .array(
    fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => tagged(900, 0, varint(value))),
      fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => tagged(901, 1, Buffer.from(bytes))),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => sized(902, Buffer.from(bytes))),
      fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => tagged(536_870_911, 5, Buffer.from(bytes))),
    ),
    { maxLength: 4 },
  )
  .map((fields) => Buffer.concat(fields))

/** Whatever the bytes: an object, or a word that they are none. */
function outcome(bytes: Buffer, table: FieldTable): object | 'malformed' {
  try {
    return read(bytes, table)
  } catch (error) {
    if (hasCode(error, 'STREAM_MALFORMED')) return 'malformed'
    throw error
  }
}

describe('MessageReader', () => {
  for (const table of tables) {
    it(`gives back what was written, past unknown fields (${table[2]?.name}, table ${tables.indexOf(table)})`, () => {
      fc.assert(
        fc.property(objectsOf(table), unknownFields, unknownFields, (object, before, after) => {
          const bytes = Buffer.concat([before, write(table, object), after])
          expect(read(bytes, table)).to.deep.equal(object)
        }),
        { numRuns: 60 },
      )
    })
  }

  it('says of bytes that end within a field that they are malformed', () => {
    fc.assert(
      fc.property(objectsOf(tables[0]!), fc.double({ min: 0, max: 0.999, noNaN: true }), (object, part) => {
        const field = sized(1, write(tables[0]!, object))
        const cut = field.subarray(0, 1 + Math.floor((field.length - 1) * part))
        expect(outcome(cut, fieldTable({ 1: message('all', tables[0]!) }))).to.equal('malformed')
      }),
      { numRuns: 200 },
    )
  })

  it('throws nothing but STREAM_MALFORMED, whatever the bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((values) => Buffer.from(values))
    fc.assert(
      fc.property(bytes, fc.constantFrom(sample, ...tables), (noise, table) => {
        outcome(noise, table)
      }),
      { numRuns: 2_000 },
    )
  })

  it('throws nothing but STREAM_MALFORMED where single bytes of a message are others', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(objectsOf(tables[0]!), changes, (object, flips) => {
        const bytes = write(tables[0]!, object)
        for (const [at, mask] of flips) if (bytes.length > 0) bytes[at % bytes.length]! ^= mask
        outcome(bytes, tables[0]!)
      }),
      { numRuns: 500 },
    )
  })

  it('reads repeated numbers packed and unpacked', () => {
    const unpacked = Buffer.concat([80, 443, 0].map((port) => tagged(3, 0, varint(port))))
    const packed = sized(3, Buffer.concat([80, 443, 0].map(varint)))
    expect(read(unpacked, sample)).to.deep.equal({ ports: [80, 443, 0] })
    expect(read(Buffer.concat([packed, unpacked]), sample)).to.deep.equal({ ports: [80, 443, 0, 80, 443, 0] })
  })

  it('reads numbers of 64 bits, negative ones too', () => {
    expect(read(tagged(2, 0, varint(-1n)), sample)).to.deep.equal({ count: -1 })
    expect(read(tagged(2, 0, varint(2n ** 53n - 1n)), sample)).to.deep.equal({ count: Number.MAX_SAFE_INTEGER })
    expect(read(tagged(2, 0, varint(-(2n ** 40n))), sample)).to.deep.equal({ count: -(2 ** 40) })
  })

  it('puts a message together that comes in pieces, and lets the last of a field win', () => {
    const pieces = [sized(7, sized(1, 'old')), sized(7, sized(2, 'b')), sized(7, sized(1, 'new'))]
    expect(read(Buffer.concat(pieces), sample)).to.deep.equal({ inner: { a: 'new', b: 'b' } })
    expect(read(Buffer.concat([sized(1, 'old'), sized(1, '')]), sample)).to.deep.equal({})
  })

  it('takes a key or value that a map leaves out as empty', () => {
    const entries = [sized(5, sized(1, 'only-key')), sized(5, sized(2, sized(1, 'x')))]
    expect(read(Buffer.concat(entries), sample)).to.deep.equal({ parts: { 'only-key': {}, '': { id: 'x' } } })
  })

  it('keeps a map key that JavaScript means something by', () => {
    const labels = fieldTable({ 1: map(text('labels')) })
    const bytes = sized(1, Buffer.concat([sized(1, '__proto__'), sized(2, 'x')]))
    expect(JSON.stringify(read(bytes, labels))).to.equal('{"labels":{"__proto__":"x"}}')
  })

  it('leaves out a time that is none', () => {
    expect(read(sized(6, ''), sample)).to.deep.equal({})
  })

  const malformed: Record<string, Buffer> = {
    'a number without end': Buffer.alloc(12, 0xff),
    'a field of number 0': Buffer.from([0x02, 0x00]),
    'a group': Buffer.from([0x0b, 0x0c]),
    'a text written as a number': tagged(1, 0, varint(1)),
    'a number written as a text': sized(2, 'x'),
    'a time outside the calendar': sized(6, tagged(1, 0, varint(2n ** 62n))),
    'a fixed number cut short': Buffer.from([...varint(99 * 8 + 1), 1, 2, 3]),
  }
  for (const [what, bytes] of Object.entries(malformed)) {
    it(`says STREAM_MALFORMED for ${what}`, () => {
      expect(outcome(bytes, sample)).to.equal('malformed')
    })
  }
})
