/** Texts of strangers where a terminal, a spreadsheet or a browser reads them: nothing in them is obeyed. */
import { plainText } from './plain-text.ts'

/** What a terminal may obey, or what turns the direction of a text around. Newline and tab are not among them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/
const eachObeyed = new RegExp(obeyed, 'g')

/** As `plainText`, in one line. */
export function plainLine(text: string): string {
  const plain = plainText(text)
  return /[\n\t]/.test(plain) ? plain.replaceAll(/[\n\t]+/g, ' ') : plain
}

export function isPlain(text: string): boolean {
  return !obeyed.test(text)
}

/** The same JSON with nothing in it that a terminal obeys: JSON itself lets some of it stand. Also for texts in double quotes of YAML. */
export function escapedJson(json: string): string {
  const codeOf = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return obeyed.test(json) ? json.replaceAll(eachObeyed, codeOf) : json
}

/** At most so many characters, and how many were left out. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text
  const cut = text.slice(0, most).replace(/[\ud800-\udbff]$/, '')
  return `${cut}… (${text.length - cut.length} more characters)`
}
