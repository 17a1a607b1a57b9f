/** Words and what the full-text index of a server makes of them. */
import { expect } from 'chai'
import { assert, property, string } from 'fast-check'
import { wordsOf } from '../../../../src/store/crash-search.ts'
import { indexedText, indexedWord, isIndexed } from '../../../../src/store/mysql/crashes/search-words.ts'

describe('search words', () => {
  it('become words of ASCII that no server leaves out and that mean nothing in a query', () => {
    void assert(
      property(string({ unit: 'binary' }), (text) => {
        for (const word of wordsOf(text)) {
          expect(indexedWord(word)).to.match(/^[a-z0-9]{1,66}z[xyz]$/)
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
      'azz',
      'über',
      'uber',
      `${'x'.repeat(64)}`,
      `${'x'.repeat(65)}`,
      `${'x'.repeat(66)}`,
    ]
    const scripts = ['ж'.repeat(16), 'ж'.repeat(17), 'ж'.repeat(18), 'd0b6', 'd0b6zx', '日本語']
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
})
