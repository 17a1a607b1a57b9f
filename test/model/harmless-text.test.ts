import { expect } from 'chai'
import { escapedJson, isPlain, plainLine, shortened } from '../../src/model/harmless-text.ts'

const esc = '\u001b'

describe('texts of strangers', () => {
  it('are one line where one line is wanted', () => {
    expect(plainLine('one\ntwo\r\n\n\tthree')).to.equal('one two three')
    expect(plainLine(`${esc}[31mERROR${esc}[0m: ${esc}]0;owned\u0007no \u202egnp.exe`)).to.equal('ERROR: no �gnp.exe')
    expect(plainLine('plain ünïcode 🐶')).to.equal('plain ünïcode 🐶')
  })

  it('are plain where nothing in them is obeyed', () => {
    expect(isPlain('plain\n\tünïcode 🐶 <script>')).to.equal(true)
    for (const text of [`${esc}[31m`, '\u009b31m', 'a\u202eb', '\r', '\u0000', '\u0007']) {
      expect([isPlain(text), isPlain(plainLine(`${text} ${text}`))], JSON.stringify(text)).to.deep.equal([false, true])
    }
  })

  it('are the same JSON with nothing raw in it', () => {
    const text = `\u009b31m \u202e ${esc}[0m ü\n`
    const json = escapedJson(JSON.stringify({ text }))
    expect(JSON.parse(json)).to.deep.equal({ text })
    expect(isPlain(json)).to.equal(true)
    expect(json).to.include('\\u009b31m \\u202e').and.include('ü')
  })

  it('are cut between characters, and say how much is missing', () => {
    expect(shortened('short', 5)).to.equal('short')
    expect(shortened('x'.repeat(12), 5)).to.equal('xxxxx… (7 more characters)')
    expect(shortened('abc🐶def', 4)).to.equal('abc… (5 more characters)')
  })
})
