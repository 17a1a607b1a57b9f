/**
 * Patterns that users write. RE2 lets no text hang them, but this RE2 may take a quarter of a microsecond for each
 * character and step of a hostile pattern: so patterns are small, they see a line at a time, and of a long line one window after the other. Windows overlap,
 * so that only matches longer than half of one can be cut in two; and what is cut is taken to go on up to the line's end.
 */
import { RE2JS } from 're2js'
import { errorText } from '../../base/errors.ts'
import { type Span, withoutFound } from './mark.ts'

const largestProgram = 256
const windowLength = 4_096

/** The pattern, or in words why it cannot be used. */
export function compileUserPattern(pattern: string): RE2JS | { readonly problem: string } {
  try {
    const compiled = RE2JS.compile(pattern)
    const size = compiled.programSize()
    if (size <= largestProgram) return compiled
    return { problem: `"${pattern}" is too large a pattern: ${size} steps, and ${largestProgram} at most are allowed` }
  } catch (error) {
    return { problem: `"${pattern}" is not a pattern that RE2 reads: ${errorText(error)}` }
  }
}

export function* withoutMatches(text: string, patterns: readonly RE2JS[]): Generator<undefined, string> {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    let left = line
    for (const pattern of patterns) left = yield* withoutMatchesInLine(left, pattern)
    lines.push(left)
  }
  return lines.join('\n')
}

function* withoutMatchesInLine(line: string, pattern: RE2JS): Generator<undefined, string> {
  const spans: Span[] = []
  for (let from = 0; ; from += windowLength / 2) {
    yield* findInWindow(line, { start: from, end: Math.min(from + windowLength, line.length) }, { pattern, spans })
    if (from + windowLength >= line.length) break
  }
  spans.sort((a, b) => a.start - b.start)
  return spans.length === 0 ? line : yield* withoutFound(line, spans)
}

function* findInWindow(
  line: string,
  { start, end }: Span,
  { pattern, spans }: { readonly pattern: RE2JS; readonly spans: Span[] },
): Generator<undefined> {
  const window = line.slice(start, end)
  yield
  if (!pattern.test(window)) return
  const matcher = pattern.matcher(window)
  while (matcher.find()) {
    // What begins in the second half is seen whole by the next window.
    const goesOn = start + matcher.end() === end && end < line.length && matcher.start() < windowLength / 2
    spans.push({ start: start + matcher.start(), end: goesOn ? line.length : start + matcher.end() })
    yield
  }
}
