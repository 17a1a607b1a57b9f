import { expect } from 'chai'
import { cutLog } from '../../../../src/watchers/crash/enrich/crash-log.ts'

const cut = (lines: readonly string[], tailLines: number, maxBytes: number) =>
  cutLog(lines.join('\n'), { tailLines, maxBytes }, false)

describe('the log of a crash', () => {
  it('is whole where it is short', () => {
    expect(cut(['a', 'b'], 2, 1_024)).to.deep.equal({ text: 'a\nb', isCut: false })
  })

  it('keeps the last lines', () => {
    expect(cut(['a', 'b', 'c'], 2, 1_024)).to.deep.equal({ text: 'b\nc', isCut: true })
    expect(cut(['', '', 'c'], 2, 1_024)).to.deep.equal({ text: '\nc', isCut: true })
    expect(cut(['', '', 'c'], 3, 1_024)).to.deep.equal({ text: '\n\nc', isCut: false })
  })

  it('keeps whole lines where bytes are short', () => {
    expect(cut(['aaaa', 'bbbb', 'cccc'], 9, 9)).to.deep.equal({ text: 'bbbb\ncccc', isCut: true })
    expect(cut(['aaaa', 'bbbb', 'cccc'], 9, 8)).to.deep.equal({ text: 'cccc', isCut: true })
  })

  it('keeps the end of a line that is too long, from where a character begins', () => {
    expect(cut(['x🙂🙂'], 9, 7)).to.deep.equal({ text: '🙂', isCut: true })
  })

  it('says that there was more where there was', () => {
    expect(cutLog('a', { tailLines: 9, maxBytes: 9 }, true).isCut).to.equal(true)
  })
})
