/** Secrets that show by their form what they are, wherever they stand. */
import type { Search } from './mark.ts'

/**
 * Each begins with what its maker set there, so that a search begins in few places; and each class of characters is repeated at
 * most once, so that it ends soon.
 */
const shapes: readonly RegExp[] = [
  // Cloud providers
  /A(?:KIA|SIA|GPA|IDA|ROA|NPA|NVA|IPA)[A-Z0-9]{16}/,
  /AIza[\w-]{35}/,
  /ya29\.[\w.-]{20,}/,
  /GOCSPX-[\w-]{20,}/,
  /dop_v1_[a-f0-9]{64}/,
  // Code and packages
  /gh[pousr]_[A-Za-z0-9]{20,}/,
  /github_pat_\w{20,}/,
  /gl(?:pat|ptt|dt|rt|cbt|ft|soat|imt|agent)-[\w-]{20,}/,
  /npm_[A-Za-z0-9]{36}/,
  /pypi-[\w-]{50,}/,
  // Chat
  /xox[abeprs]-[\w-]{10,}/,
  /xapp-[\w-]{10,}/,
  /(?<=hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/+-]{10,}/,
  /(?<=discord(?:app)?\.com\/api\/webhooks\/)[\w/-]{10,}/,
  /(?<!\d)\d{8,10}:AA[\w-]{33}/,
  // Payment, mail, models, secrets' keepers
  /[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/,
  /whsec_[A-Za-z0-9+/=]{24,}/,
  /SG\.[\w-]{16,}\.[\w-]{16,}/,
  /shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/,
  /(?<![\w-])sk-(?:ant|proj|svcacct|or|admin)-[\w-]{20,}/,
  /(?<![\w-])sk-[A-Za-z0-9]{32,}/,
  /hf_[A-Za-z0-9]{30,}/,
  /hv[sbr]\.[\w-]{20,}/,
  /AGE-SECRET-KEY-1[0-9A-Z]{58}/,
]

const anyShape = new RegExp(shapes.map(({ source }) => source).join('|'), 'g')

export function* findTokenShapes(text: string): Search {
  for (const found of text.matchAll(anyShape)) yield { start: found.index, end: found.index + found[0].length }
}

/** After a word that says what follows, where it does not look like a word itself. */
export function* findBearers(text: string): Search {
  for (const found of text.matchAll(/(?<![A-Za-z])(?:bearer|basic)[ \t]{1,4}([\w.~+/-]{8,}={0,2})/gi)) {
    const end = found.index + found[0].length
    const value = found[1] ?? ''
    yield looksMadeUp(value) ? { start: end - value.length, end } : undefined
  }
}

/** Whether a text mixes digits, or big and small letters, as no word does. */
export function looksMadeUp(text: string): boolean {
  return /\d/.test(text) || /[a-z][A-Z]/.test(text) || text.endsWith('=')
}

const shortestHeader = 8
const shortestRest = 16

/** JSON Web Tokens: a header in base64 that begins an object, a dot, and more. */
export function* findWebTokens(text: string): Search {
  for (let at = text.indexOf('eyJ'); at >= 0; ) {
    const end = endOfRun(text, at)
    const start = tokenStart(text, at, end)
    yield start === undefined ? undefined : { start, end }
    at = text.indexOf('eyJ', end)
  }
}

function endOfRun(text: string, start: number): number {
  const run = /[\w.-]*/y
  run.lastIndex = start
  run.exec(text)
  return run.lastIndex
}

/** Where in a run without spaces a token begins that goes on to the run's end. */
function tokenStart(text: string, start: number, end: number): number | undefined {
  let at = start
  while (at >= 0 && at < end) {
    const dot = text.indexOf('.', at)
    if (dot < 0 || end - dot < shortestRest) return undefined
    if (dot - at >= shortestHeader) return at
    at = text.indexOf('eyJ', dot)
  }
  return undefined
}
