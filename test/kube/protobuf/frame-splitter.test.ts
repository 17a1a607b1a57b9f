import { expect } from 'chai'
import fc from 'fast-check'
import { FrameSplitter } from '../../../src/kube/protobuf/frame-splitter.ts'

function frame(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

function split(bytes: Buffer, size: number, maximum = 1_000): string[] {
  const frames: string[] = []
  const splitter = new FrameSplitter(maximum)
  for (let at = 0; at < bytes.length; at += size) {
    splitter.push(bytes.subarray(at, at + size), (body) => frames.push(body.toString('hex')))
  }
  return frames
}

describe('FrameSplitter', () => {
  it('finds the same frames however the bytes are cut, and none in an unfinished rest', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 400 }), fc.nat(), (frames, size, cut) => {
        const bytes = Buffer.concat(frames.map(frame))
        const expected = frames.map((body) => Buffer.from(body).toString('hex'))
        expect(split(bytes, size)).to.deep.equal(expected)
        const last = frame(Buffer.alloc(20)).subarray(0, cut % 24)
        expect(split(Buffer.concat([bytes, last]), size)).to.deep.equal(expected)
      }),
    )
  })

  it('refuses a length that no frame has, as soon as it is read', () => {
    expect(() => split(Buffer.from([0, 0, 3, 0xe9]), 1)).to.throw(RangeError)
    expect(() => split(Buffer.from('{"type"'), 7)).to.throw(RangeError)
  })
})
