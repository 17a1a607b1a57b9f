import { expect } from 'chai'
import fc from 'fast-check'
import { LineSplitter } from '../../src/kube/line-splitter.ts'

const text = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '🐕', '"', '\\', ' '), maxLength: 40 })

function split(chunks: readonly Buffer[], maximumLineBytes = 1 << 20): { lines: string[]; pendingBytes: number } {
  const lines: string[] = []
  const splitter = new LineSplitter(maximumLineBytes)
  for (const chunk of chunks) splitter.push(chunk, (line) => lines.push(line.toString('utf8')))
  return { lines, pendingBytes: splitter.pendingBytes }
}

/** The bytes cut at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...sorted, bytes.length].map((end, index) => bytes.subarray(sorted[index - 1] ?? 0, end))
}

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(text), text, fc.array(fc.nat()), (lines, tail, places) => {
        const bytes = Buffer.from(`${lines.map((line) => `${line}\n`).join('')}${tail}`)
        const result = split(cut(bytes, places))
        expect(result.lines).to.deep.equal(lines.filter((line) => line !== ''))
        expect(result.pendingBytes).to.equal(Buffer.byteLength(tail))
      }),
    )
  })

  it('keeps characters whole that come one byte at a time', () => {
    const bytes = Buffer.from('{"dog":"🐕漢é"}\n')
    const result = split([...bytes].map((byte) => Buffer.from([byte])))
    expect(result.lines).to.deep.equal(['{"dog":"🐕漢é"}'])
  })

  it('costs no more than its size for a large line in small pieces', () => {
    const bytes = Buffer.alloc(4_000_000, 'x')
    const splitter = new LineSplitter(bytes.length)
    let copied = 0
    const original = Buffer.prototype.copy
    Buffer.prototype.copy = function (this: Buffer, ...args: Parameters<typeof original>) {
      const count = original.apply(this, args)
      copied += count
      return count
    } as typeof original
    try {
      for (let at = 0; at < bytes.length; at += 100) splitter.push(bytes.subarray(at, at + 100), () => {})
    } finally {
      Buffer.prototype.copy = original
    }
    let length = 0
    splitter.push(Buffer.from('\n'), (line) => {
      length = line.length
    })
    expect(length).to.equal(bytes.length)
    expect(copied).to.be.lessThan(3 * bytes.length)
  })

  it('refuses a line beyond its maximum', () => {
    expect(() => split([Buffer.from('abc'), Buffer.from('def')], 5)).to.throw(RangeError)
    expect(split([Buffer.from('abc'), Buffer.from('de\n')], 5).lines).to.deep.equal(['abcde'])
  })
})
