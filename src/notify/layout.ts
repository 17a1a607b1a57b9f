/**
 * What a message says, in the order in which every rich channel shows it: how bad it is, what it is, the facts, the end of
 * the log, where it comes from, and last what to do next. Channels give it their form; none of them adds or drops a fact
 * that another has, but for want of room.
 *
 * Texts come from strangers: control characters are gone from them, all else is for the channel to escape.
 */
import type { Alert, Attachment } from '../model/alert.ts'
import type { Message } from '../model/message.ts'
import { footnotes, headline, headWord, withoutControlCharacters } from './render-text.ts'

/** What colour it has: at a glance, before anything is read. */
export type Tone = 'critical' | 'warning' | 'info' | 'over' | 'quiet'

export interface Layout {
  /** `CRITICAL`, `STILL WARNING`, `RESOLVED`. */
  readonly word: string
  readonly tone: Tone
  /** One line that says it all. */
  readonly headline: string
  readonly clusterName?: string
  /** The receiver's own words, by its template: they stand in place of the sections. */
  readonly text?: string
  /** The alerts that still fire, then those that ended. */
  readonly sections: readonly Section[]
  /** Reminders, possible repeats, what is not shown. */
  readonly notes: readonly string[]
  /** RFC 3339. */
  readonly at: string
}

/** One alert. */
export interface Section {
  readonly key: string
  /** Absent where the headline has said it. */
  readonly title?: string
  readonly word: string
  readonly tone: Tone
  /** Most important first. */
  readonly facts: readonly string[]
  readonly log?: Attachment
  /** Which policy says so, and the labels to match on. */
  readonly source: string
  /** What to run or open next. */
  readonly next: readonly string[]
  /** Absent where it is none that a browser opens. */
  readonly runbookURL?: string
}

export function layoutOf(message: Message): Layout {
  const { firing, ended, clusterName, at } = message
  const title = clean(headline(message))
  const alerts = [...firing, ...ended]
  return {
    ...{ word: headWord(message), tone: toneOf(message), headline: title, at },
    ...(clusterName === undefined ? {} : { clusterName: clean(clusterName) }),
    ...(message.text === undefined ? {} : { text: message.text.split('\n').map(clean).join('\n') }),
    sections: alerts.map((alert) => sectionOf(alert, title)),
    notes: footnotes(message).map(clean),
  }
}

function toneOf({ reason, severity, counts }: Message): Tone {
  if (reason === 'heartbeat' || reason === 'test') return 'quiet'
  return counts.firing === 0 ? 'over' : severity
}

const nextPrefix = /^next: /

function sectionOf(alert: Alert, headlineText: string): Section {
  const { key, state, severity, lines, runbookURL, attachment } = alert
  const title = clean(alert.title)
  const cleaned = lines.map(clean).filter((line) => line.trim() !== '')
  const isOpen = state === 'firing'
  return {
    ...{ key, word: isOpen ? severity.toUpperCase() : state.toUpperCase(), tone: isOpen ? severity : 'over' },
    ...(title === headlineText ? {} : { title }),
    facts: cleaned.filter((line) => !nextPrefix.test(line)),
    ...(attachment === undefined ? {} : { log: cleanLog(attachment) }),
    source: clean(sourceOf(alert)),
    next: cleaned.filter((line) => nextPrefix.test(line)).map((line) => line.replace(nextPrefix, '')),
    ...(isWebAddress(runbookURL) ? { runbookURL } : {}),
  }
}

function sourceOf({ policy, rule, labels }: Alert): string {
  const named = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
  const source = `policy ${policy.namespace}/${policy.name}, rule ${rule}`
  return named.length === 0 ? source : `${source}, labels ${named.join(', ')}`
}

function isWebAddress(text: string | undefined): text is string {
  return text !== undefined && URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}

function clean(text: string): string {
  return withoutControlCharacters(text).toWellFormed()
}

/** What colours a terminal says nothing in a message. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const terminalSequences = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g

function cleanLog({ name, text }: Attachment): Attachment {
  const lines = text.replaceAll(terminalSequences, '').replaceAll('\r\n', '\n').replaceAll('\t', '    ').split('\n')
  return { name: fileName(name), text: lines.map(clean).join('\n') }
}

/** A name that is safe in a header and on every disk. */
function fileName(name: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(-100)
  return safe === '' || safe.startsWith('.') ? `log${safe}` : safe
}
