/**
 * Text as a container writes it, made fit to be read anywhere: without a terminal's colours and cursor moves, of a progress bar
 * its last state, and with one � for each run of bytes that are no text.
 */

/** Of the lines between line breaks; a break itself stays. */
export function plainText(text: string): string {
  if (!unprintable.test(text)) return text
  return text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => plainLine(line))
    .join('\n')
}

function plainLine(line: string): string {
  return lastState(line.replaceAll(terminalCodes, '')).replaceAll(noText, '\uFFFD')
}

/** What stays visible of a line that was written over itself. */
function lastState(line: string): string {
  if (!line.includes('\r')) return line
  return line.split('\r').findLast((state) => state.trim() !== '') ?? ''
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unprintable = /[\0-\x08\x0B-\x1F\x7F-\x9F\u202A-\u202E\u2066-\u2069\uFFFD]/

/** CSI sequences, a title or link up to its end (at most 2,000 characters), and the short escapes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const terminalCodes = /\x1B(?:\[[0-?]{0,64}[ -/]{0,16}[@-~]|\][^\x07\x1B]{0,2000}(?:\x07|\x1B\\)|[ -/]{0,4}[0-Z\\^-~])/g

/** Control characters, and those that turn the direction of the text around them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const noText = /[\0-\x08\x0B-\x1F\x7F-\x9F\u202A-\u202E\u2066-\u2069\uFFFD]+/g
