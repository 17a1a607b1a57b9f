import type { Alert, NotificationReason } from '../model/alert.ts'

const headWords: Readonly<Record<NotificationReason, string | undefined>> = {
  first: undefined,
  reminder: 'STILL',
  resolved: 'RESOLVED',
  closed: 'CLOSED',
}

/** `WARNING`, `STILL CRITICAL`, `RESOLVED`, `CLOSED`: what the reader must know first. */
export function headWord(alert: Alert): string {
  const word = headWords[alert.reason]
  const severity = alert.severity.toUpperCase()
  if (word === undefined) return severity
  return alert.reason === 'reminder' ? `${word} ${severity}` : word
}

/** The alert as plain text: one line that says it all, facts indented below it, where it comes from last. */
export function renderText(alert: Alert): string {
  const source = `policy ${alert.policy.namespace}/${alert.policy.name}, rule ${alert.rule}`
  const cluster = alert.clusterName === undefined ? '' : `[${alert.clusterName}] `
  const labels = Object.entries(alert.labels).map(([name, value]) => `${name}=${value}`)
  const facts = [...alert.lines, ...(alert.runbookURL === undefined ? [] : [`runbook: ${alert.runbookURL}`])]
  const tail = labels.length === 0 ? source : `${source}  {${labels.join(', ')}}`
  const head = `${alert.at}  ${headWord(alert)}  ${cluster}${alert.title}`
  return [head, ...[...facts, tail].map((line) => `    ${line}`)].map(withoutControlCharacters).join('\n')
}

/** Names and labels come from strangers: a terminal must not obey them. */
function withoutControlCharacters(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return line.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?')
}
