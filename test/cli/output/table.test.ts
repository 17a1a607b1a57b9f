import { expect } from 'chai'
import { colorPaint } from '../../../src/cli/output/color.ts'
import { fitsWidth, formatTable, type Table } from '../../../src/cli/output/table.ts'

const table: Table = {
  columns: [
    { header: 'NODE', align: 'left', shrinkTo: 8 },
    { header: 'CPU LIMITS', align: 'right' },
    { header: 'STATUS', align: 'left' },
  ],
  rows: [
    ['*', ['12850m', '85%', '+12'], ''],
    ['ip-10-0-1-23.internal', ['850m', { text: '105%', style: 'red' }, ''], 'NotReady'],
    ['b', ['unknown', '', '+1'], ''],
  ],
}

describe('formatTable', () => {
  it('puts the same part of every row below each other, without trailing blanks', () => {
    expect(formatTable(table)).to.equal(
      [
        'NODE                         CPU LIMITS  STATUS',
        '*                       12850m  85% +12',
        'ip-10-0-1-23.internal     850m 105%      NotReady',
        'b                      unknown       +1',
        '',
      ].join('\n'),
    )
  })

  it('says how wide it is, and cuts the middle of what may be cut when there is less room', () => {
    expect([49, 35].map((width) => fitsWidth(table, width))).to.deep.equal([true, false])
    const lines = formatTable(table, { width: 42 }).trimEnd().split('\n')
    expect(Math.max(...lines.map((line) => line.length))).to.equal(42)
    expect(lines[2], 'the domain goes first').to.match(/^ip-10-0-1-23… {6}850m/)
  })

  it('never cuts below the least width, nor what may not be cut', () => {
    const lines = formatTable(table, { width: 10 }).trimEnd().split('\n')
    expect(lines[2], 'then the middle').to.match(/^ip-1…nal {5}850m 105% {6}NotReady$/)
  })

  it('colours texts without moving them', () => {
    const plain = formatTable(table)
    const painted = formatTable(table, { paint: colorPaint })
    expect(painted).to.contain('\u001b[31m105%\u001b[39m')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour is written with control characters
    expect(painted.replaceAll(/\u001b\[\d+m/g, '').replaceAll(/ +$/gm, '')).to.equal(plain)
  })

  it('shows texts of strangers as text', () => {
    const rows = [['a\u001b[31mb\nc', { text: '\u009bx\u202e', style: 'red' as const }]].map((cells) => [cells])
    expect(formatTable({ columns: [{ header: 'X', align: 'left' }], rows })).to.equal('X\nab c �x�\n')
  })

  it('is a line of headers when there are no rows', () => {
    expect(formatTable({ columns: table.columns, rows: [] })).to.equal('NODE  CPU LIMITS  STATUS\n')
  })
})
