import { expect } from 'chai'
import fc from 'fast-check'
import { hasCode } from '../../../src/base/errors.ts'
import type { ListEnvelope } from '../../../src/kube/item-scanner.ts'
import { ProtobufListScanner } from '../../../src/kube/protobuf/list-scanner.ts'
import { listMeta } from '../../../src/kube/protobuf/tables.ts'
import { sized, tagged, varint, wrap, write, writeList } from '../../support/protobuf-writer.ts'

interface Scan {
  readonly items: Buffer[]
  readonly envelope: ListEnvelope
  readonly count: number
}

function scan(bytes: Buffer, size = bytes.length): Scan {
  const items: Buffer[] = []
  const scanner = new ProtobufListScanner((item) => items.push(Buffer.from(item)))
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size))
  return { items, envelope: scanner.end(), count: scanner.count }
}

function isMalformed(bytes: Buffer, size?: number): boolean {
  try {
    scan(bytes, size)
    return false
  } catch (error) {
    if (hasCode(error, 'STREAM_MALFORMED')) return true
    throw error
  }
}

const metadata = { resourceVersion: '12', continue: 'abc', remainingItemCount: 3 }
const lists = fc
  .array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 })
  .map((items) => items.map((item) => Buffer.from(item)))

describe('ProtobufListScanner', () => {
  it('finds the same objects however the bytes are cut', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 400 }), (items, size) => {
        const bytes = writeList('PodList', write(listMeta, metadata), items)
        const trailer = Buffer.concat([sized(3, ''), sized(4, '')])
        for (const whole of [bytes, Buffer.concat([bytes, trailer])]) {
          expect(scan(whole, size)).to.deep.equal({ items, envelope: { metadata }, count: items.length })
        }
      }),
    )
  })

  it('never takes a part of a list for the whole', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 100 }), fc.nat(), (items, size, at) => {
        const bytes = writeList('PodList', write(listMeta, metadata), items)
        expect(isMalformed(bytes.subarray(0, at % bytes.length), size)).to.equal(true)
      }),
    )
  })

  it('throws nothing but STREAM_MALFORMED, whatever the bytes', () => {
    const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([Buffer.from('k8s\0'), bytes]))
    fc.assert(fc.property(noise, fc.integer({ min: 1, max: 50 }), (bytes, size) => isMalformed(bytes, size) || true))
  })

  it('steps over fields of a list that it does not know', () => {
    const raw = Buffer.concat([
      tagged(9, 0, varint(300)),
      sized(2, 'one'),
      sized(8, 'x'),
      tagged(7, 5, Buffer.alloc(4)),
    ])
    expect(scan(wrap('PodList', raw), 3).items.map(String)).to.deep.equal(['one'])
  })

  it('knows an empty list', () => {
    expect(scan(wrap('PodList', sized(1, write(listMeta, { resourceVersion: '7' })))).envelope).to.deep.equal({
      metadata: { resourceVersion: '7' },
    })
  })

  const others: Record<string, Buffer> = {
    nothing: Buffer.alloc(0),
    JSON: Buffer.from('{"kind":"PodList","items":[]}'),
    'an object that is no list': wrap('Status', sized(2, 'Failure')),
    'an item longer than its list': wrap('PodList', Buffer.from([0x12, 0x7f, 1, 2])),
    'an item longer than any': wrap('PodList', Buffer.concat([Buffer.from([0x12]), varint(2 ** 40)])),
  }
  for (const [what, bytes] of Object.entries(others)) {
    it(`says STREAM_MALFORMED for ${what}`, () => {
      expect(isMalformed(bytes)).to.equal(true)
    })
  }
})
