import { plainText } from '../../model/plain-text.ts'
import type { Redactor } from '../../model/redaction.ts'

const headLength = 220
const tailLength = 160

/**
 * What somebody else wrote, as people read it: one line without secrets that is not too long, and loses its middle where it is. It
 * is shortened last: half of a secret is known as none.
 */
export function toldLine(text: string, redactor: Redactor): string {
  const words = redactor.redact(plainText(text)).replace(/\s+/g, ' ').trim()
  // A name on one line and its secret on the next are known in one line only.
  return withoutMiddle(redactor.redact(words), headLength, tailLength)
}

/** Whole where it is short, else its beginning and its end. */
export function withoutMiddle(text: string, head: number, tail: number): string {
  return text.length <= head + tail ? text : `${text.slice(0, head)} … ${text.slice(-tail)}`
}
