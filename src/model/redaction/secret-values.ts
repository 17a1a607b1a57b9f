/** Where a value ends, and whether it is one at all. */
import { redacted, type Span } from './mark.ts'
import { looksMadeUp } from './token-shapes.ts'

export interface NamedValue {
  readonly name: string
  /** Where the name begins, and where its value. */
  readonly nameAt: number
  readonly start: number
}

/** Undefined where there is no secret: nothing, a word such as null, a placeholder, what is redacted already. */
export function valueAt(text: string, place: NamedValue): Span | undefined {
  const whole = spanAt(text, place)
  if (whole === undefined) return undefined
  const scheme = isHeader.test(place.name)
    ? (schemes.exec(text.slice(whole.start, whole.start + 40))?.[0].length ?? 0)
    : 0
  const start = whole.start + scheme
  const value = text.slice(start, whole.end)
  return isNoSecret(value, text, place) ? undefined : { start, end: whole.end }
}

const isHeader = /authorization$/i
const schemes = /^(?:bearer|basic|token|negotiate|apikey|digest)[ \t]{1,4}/i

function spanAt(text: string, place: NamedValue): Span | undefined {
  const { start } = place
  const quote = match(/\\*["'`]/y, text, start)
  if (quote !== undefined) return quotedSpan(text, start + quote.length, quote)
  if (text[start] === '{') return undefined
  if (text[start] === '[') return matched(/\[[^\]\n]{0,4096}\]?/y, text, start)
  if (goesToLineEnd(text, place)) return matched(/[^\n"']+/y, text, start)
  return bareSpan(text, start)
}

const upToQuote: Readonly<Record<string, RegExp>> = { '"': /[^"\n]*/y, "'": /[^'\n]*/y, '`': /[^`\n]*/y }

/** Up to the same quote with as many backslashes before it, or the line's end. */
function quotedSpan(text: string, start: number, quote: string): Span {
  const mark = quote.at(-1) ?? ''
  for (let end = start; ; end += 1) {
    end += match(upToQuote[mark] ?? /[^\n]*/y, text, end)?.length ?? 0
    if (text[end] !== mark) return { start, end }
    let slashes = 0
    while (slashes < quote.length && text[end - 1 - slashes] === '\\' && end - slashes > start) slashes += 1
    if (slashes < quote.length) return { start, end: end - slashes }
  }
}

/** Up to a space, or to what separates this value from the next one. */
function bareSpan(text: string, start: number): Span | undefined {
  const scheme = match(schemes, text.slice(start, start + 40), 0)?.length ?? 0
  const bare = /(?:[^\s"'`,;&<]|["'`](?![\s,:;)}\]]|$)|[,;&](?!\s|$|[\w.-]{1,64}[=:])|<(?!\/))+/y
  const whole = match(bare, text, start + scheme) ?? ''
  const value = whole.replace(/[,;:.)\]}>]{1,8}$/, '')
  return value === '' || nothing.test(whole) ? undefined : { start, end: start + scheme + value.length }
}

/** A cookie, a header of a scheme that has many parts, and a variable at a line's begin go on up to the line's end. */
function goesToLineEnd(text: string, { name, nameAt, start }: NamedValue): boolean {
  if (/cookie$/i.test(name)) return true
  if (isHeader.test(name)) return match(schemes, text.slice(start, start + 40), 0) === undefined
  const before = text.slice(Math.max(0, nameAt - 8), nameAt)
  const isVariable =
    /^[A-Z][A-Z0-9_]*$/.test(name) && text[start - 1] === '=' && /(?:^|\n|\bexport |\bENV )$/.test(before)
  return isVariable && !/^[^\n]* [\w.-]{1,64}=/.test(text.slice(start, start + 1_024))
}

const nothing =
  /^(?:null|nil|none|undefined|true|false|yes|no|on|off|\*+|x{3,}|<[\w -]{0,20}>|\$\{[^}]{0,100}\}|\$\([^)]{0,100}\)|\{\{.{0,100}\}\}|%[a-z]|\[\])$/i

function isNoSecret(value: string, text: string, { name, nameAt }: NamedValue): boolean {
  const bare = value.trim()
  if (bare === '' || bare.startsWith(redacted) || nothing.test(bare)) return true
  // How many tokens a model took, how many tests passed.
  if (/^\d{1,9}$/.test(bare)) return /tokens?$|^pass$/i.test(name)
  if (/credentials?$/i.test(name)) return !looksMadeUp(bare)
  // What a parser says of its input.
  return (
    /^token$/i.test(name) &&
    /(?:unexpected|expected|illegal|unknown)\s$/i.test(text.slice(Math.max(0, nameAt - 12), nameAt))
  )
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function matched(pattern: RegExp, text: string, start: number): Span | undefined {
  const found = match(pattern, text, start)
  return found === undefined ? undefined : { start, end: start + found.length }
}
