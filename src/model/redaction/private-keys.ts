/** PEM blocks of private keys, on many lines or in one text with `\n` in it, also those of which an end is cut off. */
import type { Search, Span } from './mark.ts'

const marker = /-----(BEGIN|END) (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/g

/** A block whose end is farther than this from its begin has none. */
const longestBlock = 64 * 1024

export function* findPrivateKeys(text: string): Search {
  let open: Span | undefined
  let floor = 0
  for (const found of text.matchAll(marker)) {
    const here = { start: found.index, end: found.index + found[0].length }
    if (open !== undefined && here.start - open.end > longestBlock) {
      yield { start: open.start, end: endOfBody(text, open.end) }
      open = undefined
    }
    if (found[1] === 'BEGIN') open ??= here
    else {
      yield { start: open?.start ?? startOfBody(text, here.start, floor), end: here.end }
      floor = here.end
      open = undefined
    }
  }
  if (open !== undefined) yield { start: open.start, end: endOfBody(text, open.end) }
}

/** Of a body whose begin is missing; it begins nowhere before `floor`. */
function startOfBody(text: string, end: number, floor: number): number {
  let start = end
  while (start > floor && isBodyCharacter(text.charCodeAt(start - 1))) start -= 1
  for (let isLastLine = true; ; isLastLine = false) {
    const lineStart = lineStartBefore(text, start, floor)
    if (lineStart <= floor) return start
    const previousStart = lineStartBefore(text, lineStart - 1, floor)
    // The first line that is left of it may be torn.
    if (!isBodyLine(text.slice(previousStart, lineStart - 1), isLastLine || previousStart === 0)) return start
    start = previousStart
  }
}

function lineStartBefore(text: string, at: number, floor: number): number {
  let start = at
  while (start > floor && text[start - 1] !== '\n') start -= 1
  return start
}

/** Of a body whose end is missing. */
function endOfBody(text: string, start: number): number {
  let end = start
  while (end < text.length && isBodyCharacter(text.charCodeAt(end))) end += 1
  while (text[end] === '\n' || text[end] === '\r') {
    const next = text.indexOf('\n', end + 1)
    const lineEnd = next < 0 ? text.length : next
    if (!isBodyLine(text.slice(end + 1, lineEnd), next < 0)) return end
    end = lineEnd
  }
  return end
}

/** Base64, or a backslash of `\n`. */
function isBodyCharacter(code: number): boolean {
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
  return isLetter || (code >= 48 && code <= 57) || code === 43 || code === 47 || code === 61 || code === 92
}

/** Lines of a body are of one length, except the last; a logger may have set something before each. */
function isBodyLine(line: string, isLast: boolean): boolean {
  const words = line.slice(-200).trim()
  if (words === '' || /^(?:Proc-Type|DEK-Info|Version|Comment): /.test(words)) return true
  const last = words.slice(words.search(/\S+$/))
  return /^[A-Za-z0-9+/=]+$/.test(last) && (isLast || last.length >= 40)
}
