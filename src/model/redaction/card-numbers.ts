import type { Search, Span } from './mark.ts'

/** Groups of digits with a space or a dash between, or one. */
const groups = /(?<!\d)\d{3,}(?:[ -]\d{3,})*/g
const fewestDigits = 13
const mostDigits = 19

/** Begins of numbers that are given out, and how many digits these have. */
const brands: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|65|64[4-9])/, [16, 19]],
  [/^(?:30[0-5]|36|3[89])/, [14]],
  [/^35(?:2[89]|[3-8])/, [16, 19]],
  [/^62/, [16, 17, 18, 19]],
]

/** Numbers of payment cards: of a length and begin that are given out, and with the right check digit. */
export function* findCardNumbers(text: string): Search {
  for (const { 0: run, index } of text.matchAll(groups)) {
    if (run.length < fewestDigits) continue
    // What follows a decimal point is no number of its own.
    let at = text[index - 1] === '.' ? nextGroup(run, 0) : 0
    while (run.length - at >= fewestDigits) {
      const card = cardAt(run, at)
      yield card && { start: index + card.start, end: index + card.end }
      at = nextGroup(run, card === undefined ? at : card.end - 1)
    }
  }
}

function nextGroup(run: string, from: number): number {
  const gap = run.slice(from, from + mostDigits + 1).search(/[ -]/)
  return gap < 0 ? nextFar(run, from + mostDigits) : from + gap + 1
}

/** After a group that is longer than any card's number. */
function nextFar(run: string, from: number): number {
  const gap = /[ -]|$/g
  gap.lastIndex = from
  return (gap.exec(run)?.index ?? run.length) + 1
}

/** There may be digits after the number, in groups of their own. */
function cardAt(run: string, start: number): Span | undefined {
  let digits = ''
  let end = start
  while (end < run.length && digits.length < mostDigits) {
    const group = /\d*/y
    group.lastIndex = end
    digits += group.exec(run)?.[0] ?? ''
    end = group.lastIndex
    if (isCardNumber(digits)) return { start, end }
    end += 1
  }
  return undefined
}

function isCardNumber(digits: string): boolean {
  if (digits.length < fewestDigits || digits.length > mostDigits) return false
  return (
    brands.some(([begin, lengths]) => lengths.includes(digits.length) && begin.test(digits)) && hasCheckDigit(digits)
  )
}

/** Luhn's formula: every second digit from the right doubled, its digits added, all added up: a multiple of ten. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index])
    const value = index % 2 === 1 ? digit * 2 : digit
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}
