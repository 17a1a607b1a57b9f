import { expect } from 'chai'
import fc from 'fast-check'
import { cutEnd, cutHead, cutHeadToBytes, lastLines } from '../../src/notify/cut.ts'

const texts = fc.string({ unit: 'binary', maxLength: 400 })

describe('cutting of texts', () => {
  it('leaves short texts alone', () => {
    for (const cut of [cutEnd, cutHead, cutHeadToBytes]) expect(cut('short', 5)).to.equal('short')
  })

  it('keeps the beginning of a title and the end of a log', () => {
    expect(cutEnd('0123456789', 5)).to.equal('0123…')
    const log = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n')
    expect(cutHead(log, 80)).to.equal('… 190 characters before this\nline 25\nline 26\nline 27\nline 28\nline 29')
    expect(lastLines(`${log}\n\n`, 2, 100)).to.equal('line 28\nline 29')
  })

  it('never exceeds its limit, and splits no character', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 60, max: 300 }), (text, limit) => {
        const wellFormed = text.toWellFormed()
        for (const cut of [cutEnd, cutHead]) {
          expect(cut(wellFormed, limit).length).to.be.at.most(limit)
          expect(cut(wellFormed, limit).isWellFormed()).to.equal(true)
        }
        expect(Buffer.byteLength(cutHeadToBytes(wellFormed, limit))).to.be.at.most(limit)
        expect(cutHead(wellFormed, limit).at(-1)).to.equal(wellFormed.at(-1))
      }),
    )
  })
})
