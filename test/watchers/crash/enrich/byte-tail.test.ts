import { expect } from 'chai'
import fc from 'fast-check'
import { ByteTail } from '../../../../src/watchers/crash/enrich/byte-tail.ts'

describe('the tail of a stream of bytes', () => {
  it('is the end of all that was pushed, however it was cut into chunks', () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 })
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 64 }), (pieces, capacity) => {
        const tail = new ByteTail(capacity)
        for (const piece of pieces) tail.push(Buffer.from(piece))
        const all = Buffer.concat(pieces)
        expect(tail.bytes()).to.deep.equal(all.subarray(Math.max(0, all.length - capacity)))
        expect(tail.totalBytes).to.equal(all.length)
        expect(tail.isCut).to.equal(all.length > capacity)
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes the memory of what it holds', () => {
    const tail = new ByteTail(1 << 30)
    tail.push(Buffer.alloc(100_000))
    expect(tail.bytes().buffer.byteLength).to.be.below(200_000)
  })
})
