/** Words and what the full-text index of a server makes of them. */
import { expect } from 'chai'
import { assert, property, string } from 'fast-check'
import {
  firstWordOf,
  indexedText,
  indexedWord,
  isIndexed,
  searchTerms,
  snippetAround,
  wordsOf,
} from '../../../../src/store/mysql/crashes/search-words.ts'

describe('search words', () => {
  it('are runs of letters and digits, in lower case', () => {
    expect(wordsOf('java.lang.NullPointerException: at Foo$Bar_1(Foo.java:42)')).to.deep.equal([
      'java',
      'lang',
      'nullpointerexception',
      'at',
      'foo',
      'bar',
      '1',
      'foo',
      'java',
      '42',
    ])
    expect(wordsOf('ÜBER 日本語 𝒳 ١٢\u0000\ud800x')).to.deep.equal(['über', '日本語', '𝒳', '١٢', 'x'])
    expect(wordsOf('  --- ')).to.deep.equal([])
  })

  it('are searched for one by one, or together within quotation marks', () => {
    const cases: [text: string, terms: string[][]][] = [
      ['out of memory', [['out'], ['of'], ['memory']]],
      ['"out of memory" heap', [['out', 'of', 'memory'], ['heap']]],
      ['a-b "c_d"', [['a'], ['b'], ['c', 'd']]],
      ['a "b c', [['a'], ['b'], ['c']]],
      ['"" "!" +x -y* (z) @4 ~w "<"', [['x'], ['y'], ['z'], ['4'], ['w']]],
    ]
    for (const [text, terms] of cases) expect(searchTerms(text), text).to.deep.equal(terms)
    expect(firstWordOf('"Out of" x')).to.equal('out')
    expect(firstWordOf('!')).to.equal(undefined)
  })

  it('become words of ASCII that no server leaves out and that mean nothing in a query', () => {
    void assert(
      property(string({ unit: 'binary' }), (text) => {
        for (const word of wordsOf(text)) {
          expect(indexedWord(word)).to.match(/^z[xyz][a-z0-9]{1,66}$/)
          expect(isIndexed(word, { least: 3, most: 84 })).to.equal(true)
        }
      }),
    )
  })

  it('stay apart: long ones, those of other scripts and those that look like what stands for them', () => {
    const words = [
      'a',
      'the',
      'www',
      'zza',
      'über',
      'uber',
      `${'x'.repeat(64)}`,
      `${'x'.repeat(65)}`,
      `${'x'.repeat(66)}`,
    ]
    const scripts = ['ж'.repeat(16), 'ж'.repeat(17), 'ж'.repeat(18), 'd0b6', 'xd0b6', '日本語']
    const all = [...words, ...scripts].map(indexedWord)
    expect(new Set(all).size).to.equal(all.length)
  })

  it('of two texts never stand together', () => {
    const [first, second] = [indexedText(['out of', 'memory']), indexedText(['out of memory'])]
    const phrase = ` ${wordsOf('of memory').map(indexedWord).join(' ')} `
    expect(first).not.to.include(phrase)
    expect(second).to.include(phrase)
  })

  it('are looked for without the index where a server indexes longer or shorter ones alone', () => {
    expect(isIndexed('oom', { least: 6, most: 84 })).to.equal(false)
    expect(isIndexed('heap', { least: 6, most: 84 })).to.equal(true)
    expect(isIndexed('exception', { least: 3, most: 10 })).to.equal(false)
  })

  it('are shown with what stands around them', () => {
    const text = `${'before '.repeat(100)}a PANIC: b ${'after '.repeat(100)}`
    const snippet = snippetAround(text, 'panic')
    expect(snippet).to.have.length(200)
    expect(snippet).to.match(/^.{70,110}PANIC.{70,110}$/)
    expect(snippetAround('panicked', 'panic')).to.equal(undefined)
    expect(snippetAround(`${'😀'.repeat(150)} panic`, 'panic')).to.match(/^😀+ panic$/u)
    expect(snippetAround('panic', 'panic')).to.equal('panic')
  })
})
