/** A message as plain text, for terminals, files that people read, and the plain part of mail. */
import { formatDuration } from '../api/duration.ts'
import type { Alert } from '../model/alert.ts'
import type { Message, NotificationReason } from '../model/message.ts'

const headWords: Readonly<Record<NotificationReason, string | undefined>> = {
  first: undefined,
  newAlerts: 'MORE',
  changed: 'CHANGED',
  someResolved: 'LESS',
  resolved: 'RESOLVED',
  repeat: 'STILL',
  digest: 'STORM',
  heartbeat: 'ALIVE',
  test: 'TEST',
}

/** `WARNING`, `STILL CRITICAL`, `RESOLVED`, `CLOSED`: what the reader must know first. */
export function headWord({ reason, severity, ended }: Message): string {
  if (reason === 'resolved') return ended.every(({ state }) => state === 'closed') ? 'CLOSED' : 'RESOLVED'
  const word = headWords[reason]
  if (reason === 'heartbeat' || reason === 'test') return word ?? ''
  return word === undefined ? severity.toUpperCase() : `${word} ${severity.toUpperCase()}`
}

/** One line that says it all: the receiver's own title, else the title of its alert, or how many there are. */
export function headline(message: Message): string {
  return message.title ?? plainHeadline(message)
}

/** The same without regard to the receiver's template. */
export function plainHeadline(message: Message): string {
  const { firing, ended, counts, reason } = message
  if (reason === 'heartbeat') return heartbeatText(message)
  const [only] = reason === 'resolved' ? ended : firing
  if (counts.firing + counts.ended === 1 && only !== undefined) return only.title
  if (reason === 'test' && only === undefined) return 'a test message: this receiver works'
  if (counts.firing === 0) return `${counts.ended} alerts are over: ${only?.title ?? ''}`
  const over = counts.ended === 0 ? '' : `, ${counts.ended} over`
  return `${counts.firing} ${counts.firing === 1 ? 'alert fires' : 'alerts fire'}${over}: ${only?.title ?? ''}`
}

function heartbeatText({ nextWithinMs }: Message): string {
  const next = nextWithinMs === undefined ? '' : `; the next sign of life comes within ${formatDuration(nextWithinMs)}`
  return `Dogwatch is at work${next}`
}

/** What there is to say beside the alerts themselves: reminders, possible repeats, what is not shown. */
export function footnotes(message: Message): string[] {
  const { reminder, isPossibleRepeat, dropped, counts, firing, ended } = message
  const hidden = counts.firing + counts.ended - firing.length - ended.length
  const of = reminder?.of === undefined ? '' : ` of ${reminder.of}`
  return [
    ...(reminder === undefined ? [] : [`reminder ${reminder.number}${of}`]),
    ...(hidden > 0 ? [`${hidden} more are not shown; dogwatch alerts list`] : []),
    ...(dropped === undefined ? [] : [`${dropped} more came than can be kept; they were not told`]),
    ...(isPossibleRepeat ? ['possible repeat: it is not known whether this arrived before'] : []),
  ]
}

/** The message as plain text: one line that says it all, facts indented below it, where it comes from last. */
export function renderText(message: Message): string {
  const cluster = message.clusterName === undefined ? '' : `[${message.clusterName}] `
  const head = `${message.at}  ${headWord(message)}  ${cluster}${headline(message)}`
  return [head, ...[...body(message), ...footnotes(message)].map((line) => `    ${line}`)]
    .map(withoutControlCharacters)
    .join('\n')
}

/** What stands below the headline: the receiver's own text, else the facts of each alert. */
export function body(message: Message): string[] {
  if (message.text !== undefined) return message.text.split(/\r?\n/)
  const alerts = [...message.firing, ...message.ended]
  const [only] = alerts
  return alerts.length === 1 && only !== undefined ? alertFacts(only) : alerts.flatMap(alertSection)
}

const stateWords = { firing: '', resolved: 'RESOLVED  ', closed: 'CLOSED  ' } as const

function alertSection(alert: Alert): string[] {
  const word = alert.state === 'firing' ? `${alert.severity.toUpperCase()}  ` : stateWords[alert.state]
  return [`${word}${alert.title}`, ...alertFacts(alert).map((line) => `    ${line}`)]
}

/** The facts below an alert's title. */
export function alertFacts(alert: Alert): string[] {
  const source = `policy ${alert.policy.namespace}/${alert.policy.name}, rule ${alert.rule}`
  const labels = Object.entries(alert.labels).map(([name, value]) => `${name}=${value}`)
  const runbook = alert.runbookURL === undefined ? [] : [`runbook: ${alert.runbookURL}`]
  return [...alert.lines, ...runbook, labels.length === 0 ? source : `${source}  {${labels.join(', ')}}`]
}

/** Names and labels come from strangers: a terminal must not obey them. */
export function withoutControlCharacters(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return line.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?')
}
