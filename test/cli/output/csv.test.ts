import { expect } from 'chai'
import { formatCsv } from '../../../src/cli/output/csv.ts'

describe('formatCsv', () => {
  it('quotes what a reader would otherwise take for more than one value', () => {
    expect(
      formatCsv(
        ['a', 'b'],
        [
          ['1', ''],
          ['x,y', 'say "no"\nnow'],
        ],
      ),
    ).to.equal('a,b\n1,\n"x,y","say ""no""\nnow"\n')
  })

  it('has nothing that a terminal or a spreadsheet obeys', () => {
    const rows = [['=HYPERLINK("http://x")', '@SUM(1)', '+1-1', '-5', '+2.5', '\u001b[31mred\u001b[0m\r\nx\u202e']]
    expect(formatCsv(['a'], rows)).to.equal(`a\n"'=HYPERLINK(""http://x"")",'@SUM(1),'+1-1,-5,+2.5,"red\nx�"\n`)
  })
})
