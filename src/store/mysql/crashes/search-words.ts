/**
 * Texts as words that every server's full-text index finds: in letters and digits of ASCII, never on a list of stop words,
 * the shortest longer than what the index leaves out by default. So the index answers exactly, however the server is set up; what
 * it may leave out nevertheless is looked for without it (`isIndexed`).
 */
import { createHash } from 'node:crypto'
import { wordsOf } from '../../crash-search.ts'

/** Lengths of the words that the server's index takes. */
export interface IndexedLengths {
  readonly least: number
  readonly most: number
}

const longestPlain = 64
const longestHex = 32

/** A word as the index has it; two words never have the same. */
export function indexedWord(word: string): string {
  if (word.length <= longestPlain && /^[a-z0-9]+$/.test(word)) return `${word}zz`
  const bytes = Buffer.from(word)
  if (bytes.length <= longestHex) return `${bytes.toString('hex')}zx`
  return `${createHash('sha256').update(bytes).digest('hex').slice(0, 40)}zy`
}

/** What no word is, so that a phrase never goes from one text into the next. */
const textEnd = ' zq '

/** Texts as the index has them, with a blank before and after each word. */
export function indexedText(texts: readonly string[]): string {
  return ` ${texts.map((text) => wordsOf(text).map(indexedWord).join(' ')).join(textEnd)} `
}

export function isIndexed(word: string, { least, most }: IndexedLengths): boolean {
  const { length } = indexedWord(word)
  return length >= least && length <= most
}
