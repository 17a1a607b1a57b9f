import { expect } from 'chai'
import fc from 'fast-check'
import { plainText } from '../../src/model/plain-text.ts'

describe('plain text', () => {
  for (const [what, text, expected] of [
    ['colours', '\x1b[1;31mERROR\x1b[0m it \x1b[38;5;208mbroke\x1b[m', 'ERROR it broke'],
    ['cursor moves', 'a\x1b[2K\x1b[1Gb\x1b[?25lc', 'abc'],
    ['a title of the window', '\x1b]0;title\x07text\x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\', 'textlink'],
    ['a progress bar', '10 %\r50 %\r100 %\ndone', '100 %\ndone'],
    ['a progress bar that ends with a return', '10 %\r100 %\r', '100 %'],
    ["Windows' line ends", 'one\r\ntwo\r\n', 'one\ntwo\n'],
    ['NULs', 'a\0\0\0b', 'a\uFFFDb'],
    ['tabs, which stay', 'a\tb', 'a\tb'],
    ['turned text', 'abc\u202Etxt.exe\u2066', 'abc\uFFFDtxt.exe\uFFFD'],
    ['other scripts, which stay', 'größer 你好 🙂', 'größer 你好 🙂'],
    ['half an escape', 'a\x1b[', 'a\uFFFD['],
  ] as const) {
    it(`is made of ${what}`, () => expect(plainText(text)).to.equal(expected))
  }

  it('is made once and for all, and holds nothing that moves a cursor', () => {
    const hostile = fc.string({
      unit: fc.constantFrom('\x1b', '[', ']', '0', ';', 'm', '\x07', '\r', '\n', '\0', 'a', '\\'),
    })
    fc.assert(
      fc.property(hostile, (text) => {
        const plain = plainText(text)
        expect([...plain].filter((character) => character < ' ' && character !== '\n')).to.deep.equal([])
        expect(plainText(plain)).to.equal(plain)
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes a time that grows with its length alone', () => {
    const made = ['\x1b[', '\x1b]', '\x1b', '\r', '\x1b[0', '\x1b]a'].map(
      (part) => plainText(part.repeat(300_000)).length,
    )
    expect(made).to.have.length(6)
  })
})
