/**
 * Texts as words that every server's full-text index finds: in letters and digits of ASCII, never on a list of stop words,
 * the shortest longer than what the index leaves out by default. So the index answers exactly, however the server is set up; what
 * it may leave out nevertheless is looked for without it (`isIndexed`).
 */
import { createHash } from 'node:crypto'

/** What was searched for: each of these stands somewhere, its words one after the other. */
export type SearchTerm = readonly [string, ...string[]]

/** Lengths of the words that the server's index takes. */
export interface IndexedLengths {
  readonly least: number
  readonly most: number
}

const separators = /[^\p{L}\p{N}]+/gu

/** In lower case, in their order. */
export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(separators)
    .filter((word) => word !== '')
}

/** Words, and words within `"..."` that stand together; a quotation mark without a second one separates words. */
export function searchTerms(text: string): SearchTerm[] {
  const terms: string[][] = []
  const pieces = text.split('"')
  for (const [i, piece] of pieces.entries()) {
    const isQuoted = i % 2 === 1 && i < pieces.length - 1
    const words = wordsOf(piece)
    terms.push(...(isQuoted ? [words] : words.map((word) => [word])))
  }
  return terms.filter((words): words is [string, ...string[]] => words.length > 0)
}

const longestPlain = 64
const longestHex = 32

/** A word as the index has it; two words never have the same. */
export function indexedWord(word: string): string {
  if (word.length <= longestPlain && /^[a-z0-9]+$/.test(word)) return `zz${word}`
  const bytes = Buffer.from(word)
  if (bytes.length <= longestHex) return `zx${bytes.toString('hex')}`
  return `zy${createHash('sha256').update(bytes).digest('hex').slice(0, 40)}`
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

/** The first word that was searched for. */
export function firstWordOf(text: string): string | undefined {
  return searchTerms(text)[0]?.[0]
}

const longestSnippet = 200

/** What stands around the first place of a word in a text, at most 200 characters; undefined where it is not there. */
export function snippetAround(text: string, word: string): string | undefined {
  for (const match of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (match[0].toLowerCase() !== word) continue
    const from = Math.max(0, match.index - Math.floor((longestSnippet - word.length) / 2))
    return text
      .slice(from, from + longestSnippet)
      .replace(/^[\udc00-\udfff]/, '')
      .replace(/[\ud800-\udbff]$/, '')
  }
  return undefined
}
