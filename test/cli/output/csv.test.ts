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
})
