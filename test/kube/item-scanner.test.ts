import { expect } from 'chai'
import fc from 'fast-check'
import { ItemScanner, type ListEnvelope } from '../../src/kube/item-scanner.ts'

interface Scan {
  items: unknown[]
  envelope: ListEnvelope
  count: number
}

function scan(chunks: readonly Buffer[]): Scan {
  const items: unknown[] = []
  const scanner = new ItemScanner((bytes) => items.push(JSON.parse(bytes.toString('utf8'))))
  for (const chunk of chunks) scanner.push(chunk)
  return { items, envelope: scanner.end(), count: scanner.count }
}

function pieces(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text)
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  return chunks
}

const nasty = fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'é', '🐕', 'items', '\n') })
const item = fc.record({
  metadata: fc.record({ name: nasty, labels: fc.dictionary(nasty, nasty) }),
  items: fc.array(fc.record({ items: fc.array(nasty) }), { maxLength: 2 }),
})
const metadata = { resourceVersion: '12', continue: 'abc', remainingItemCount: 3 }

describe('ItemScanner', () => {
  it('finds the same objects however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), fc.integer({ min: 1, max: 60 }), (items, size) => {
        const builtIn = JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata, items })
        const custom = JSON.stringify({ apiVersion: 'v1', items, kind: 'DogList', metadata }, null, size % 3)
        for (const text of [builtIn, `${custom}\n`]) {
          const result = scan(pieces(text, size))
          expect(result.items).to.deep.equal(JSON.parse(JSON.stringify(items)))
          expect(result.envelope.metadata).to.deep.equal(metadata)
          expect(result.count).to.equal(items.length)
        }
      }),
    )
  })

  it('takes items that are null for none', () => {
    const result = scan([Buffer.from('{"kind":"PodList","metadata":{"resourceVersion":"1"},"items":null}')])
    expect(result).to.deep.include({ items: [], count: 0 })
  })

  it('does not mistake another list for the items', () => {
    const text = '{"notItems":[{"a":1}],"metadata":{"items":[{"b":1}],"resourceVersion":"1"},"items":[{"c":1}]}'
    expect(scan(pieces(text, 7)).items).to.deep.equal([{ c: 1 }])
  })

  for (const [what, text] of [
    ['in the middle of an item', '{"items":[{"a":1},{"b"'],
    ['in the middle of a string', '{"items":[{"a":"x'],
    ['between two items', '{"items":[{"a":1},'],
    ['after the items', '{"items":[{"a":1}]'],
    ['before the items', '{"metadata":{'],
  ]) {
    it(`refuses a list that ends ${what}`, () => {
      expect(() => scan([Buffer.from(text!)])).to.throw(SyntaxError)
    })
  }

  it('refuses an answer that is no list', () => {
    expect(() => scan([Buffer.from('<html>')])).to.throw(SyntaxError)
    expect(() => scan([])).to.throw(SyntaxError)
  })
})
