/**
 * What people search crashes for, as words: the same in every engine. Pure.
 *
 * Letters and digits make words, everything else stands between them. A quotation mark begins a phrase, and the next one or the
 * end of the text ends it.
 */
import type { CrashRecord } from '../model/crash.ts'
import type { CrashSummary } from './crash-history.ts'

/** Words in lower case that stand together; one word alone is a phrase too. */
export type Phrase = readonly string[]

/** What is searched for beyond this is not looked at: no engine is brought down by a question. */
const mostPhrases = 32
const mostCharacters = 2_000
const snippetCharacters = 200

/** Undefined: no text is asked for. Empty: a text without a word, which nothing contains. */
export function phrasesOf(text: string | undefined): readonly Phrase[] | undefined {
  if (text === undefined) return undefined
  const phrases = text
    .slice(0, mostCharacters)
    .split('"')
    .flatMap((part, index) => (index % 2 === 1 ? [wordsOf(part)] : wordsOf(part).map((word) => [word])))
  return phrases.filter(({ length }) => length > 0).slice(0, mostPhrases)
}

/** Marks belong to the letter before them. */
const wordPattern = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu

export function wordsOf(text: string): string[] {
  return (text.match(wordPattern) ?? []).map(foldCase)
}

function foldCase(text: string): string {
  return text.toLowerCase()
}

/** The crash without its log; with what stands around the first of the phrases that its log has. */
export function summaryOf(record: CrashRecord, phrases: readonly Phrase[] = []): CrashSummary {
  const { log, ...rest } = record
  const snippet = log === undefined ? undefined : snippetOf(log.text, phrases)
  return { ...rest, hasLog: log !== undefined, ...(snippet === undefined ? {} : { snippet }) }
}

export function snippetOf(text: string, phrases: readonly Phrase[]): string | undefined {
  const places = phrases.map((phrase) => placeOf(text, phrase)).filter((place) => place >= 0)
  if (places.length === 0) return undefined
  const found = Math.min(...places)
  const start = Math.max(0, found - snippetCharacters / 4)
  return wholeCharacters(text.slice(start, start + snippetCharacters))
}

/** Where it begins; -1 where it is not. */
function placeOf(text: string, phrase: Phrase): number {
  return text.search(patternOf(phrase))
}

function patternOf(phrase: Phrase): RegExp {
  const together = phrase.join('[^\\p{L}\\p{N}\\p{M}]+')
  return new RegExp(`(?<![\\p{L}\\p{N}\\p{M}])${together}(?![\\p{L}\\p{N}\\p{M}])`, 'iu')
}

/** A cut may have gone through the middle of a character. */
function wholeCharacters(text: string): string {
  return text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/gu, '')
}
