/** The words that were searched for, made to stand out where they are found. */
import type { Paint } from '../output/color.ts'

const wordPattern = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu

export function highlight(text: string, searched: string, paint: Paint): string {
  const words = new Set((searched.match(wordPattern) ?? []).map((word) => word.toLowerCase()))
  return text.replaceAll(wordPattern, (word) => (words.has(word.toLowerCase()) ? paint('yellow', word) : word))
}

/** What a person typed, as the API searches: an argument of several words is one that stands together. */
export function searchTextOf(args: readonly string[]): string {
  return args.map((arg) => (/\s/.test(arg.trim()) && !arg.includes('"') ? `"${arg}"` : arg)).join(' ')
}
