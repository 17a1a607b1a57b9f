/** Making texts fit a provider's limits. Lengths are in UTF-16 units, as providers of JSON APIs count, or in bytes of UTF-8. */

/** The beginning of a text, for titles; the last character says that something is missing. */
export function cutEnd(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  return `${wholeCharacters(text.slice(0, Math.max(0, maxLength - 1)))}…`
}

/**
 * The end of a log, in whole lines where they fit: what it said last is what counts. The first line says how much is cut off.
 */
export function cutHead(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const room = maxLength - longestNote
  const end = wholeEnd(text.slice(text.length - Math.max(0, room)))
  const lineBreak = end.indexOf('\n')
  const isWithinLine = text[text.length - end.length - 1] !== '\n'
  const kept = isWithinLine && lineBreak >= 0 && lineBreak < end.length - 1 ? end.slice(lineBreak + 1) : end
  return `${noteOf(text.length - kept.length)}\n${kept}`.slice(-maxLength)
}

const longestNote = 40

function noteOf(missing: number): string {
  return `… ${missing} characters before this`
}

/** As `cutHead`, measured in bytes of UTF-8. */
export function cutHeadToBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text
  let length = Math.min(text.length, maxBytes)
  let cut = cutHead(text, length)
  for (let over = Buffer.byteLength(cut) - maxBytes; over > 0; over = Buffer.byteLength(cut) - maxBytes) {
    length -= Math.max(1, Math.floor(over / 4))
    cut = cutHead(text, length)
  }
  return cut
}

/** The last lines of a text, at most `maxLines` of them and at most `maxLength` long. */
export function lastLines(text: string, maxLines: number, maxLength: number): string {
  const lines = text.trimEnd().split('\n')
  const shown = lines.slice(-maxLines).join('\n')
  return shown.length <= maxLength ? shown : cutHead(shown, maxLength)
}

/** Without the half of a surrogate pair that a cut left at the end. */
function wholeCharacters(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text
}

function wholeEnd(text: string): string {
  return /^[\udc00-\udfff]/.test(text) ? text.slice(1) : text
}
