import { expect } from 'chai'
import type { OutputFormat } from '../../../src/cli/options/output.ts'
import { createScreen } from '../../../src/cli/output/screen.ts'

function record(size: { isTerminal: boolean; rows?: number }, format?: OutputFormat) {
  const written: string[] = []
  const output = { write: (text: string) => void written.push(text), columns: 80, rows: undefined, ...size }
  return { screen: createScreen(output, format), written }
}

const escape_ = '\u001b['

describe('createScreen', () => {
  it('puts block behind block where there is no terminal', () => {
    const { screen, written } = record({ isTerminal: false })
    screen.show('a\n')
    screen.show('b\n')
    screen.end()
    expect(written.join('')).to.equal('a\n\nb\n')
  })

  it('parts documents of YAML as YAML does', () => {
    const { screen, written } = record({ isTerminal: false }, 'yaml')
    screen.show('a: 1\n')
    screen.show('a: 2\n')
    screen.end()
    expect(written.join('')).to.equal('a: 1\n---\na: 2\n')
  })

  it('writes over what was there on a terminal, clears what is left of it, and gives the cursor back', () => {
    const { screen, written } = record({ isTerminal: true, rows: 24 })
    screen.show('one\ntwo\n')
    screen.show('three\n')
    screen.end()
    expect(written).to.deep.equal([
      `${escape_}?25l${escape_}H${escape_}Jone${escape_}K\ntwo${escape_}K\n${escape_}J`,
      `${escape_}Hthree${escape_}K\n${escape_}J`,
      `${escape_}?25h`,
    ])
  })

  it('keeps to the height of the terminal and says what it leaves out', () => {
    const { screen, written } = record({ isTerminal: true, rows: 5 })
    screen.show(`${[1, 2, 3, 4, 5, 6].join('\n')}\n`)
    const lines = written.join('').split(`${escape_}K\n`).slice(0, -1)
    expect(lines.slice(1)).to.deep.equal([
      '2',
      '3',
      '... 3 lines more than fit: sort, filter, or make the window taller',
    ])
  })

  it('leaves a terminal alone on which it showed nothing', () => {
    const { screen, written } = record({ isTerminal: true })
    screen.end()
    expect(written).to.deep.equal([])
  })
})
