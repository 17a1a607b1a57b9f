import { formatDuration } from '../../api/duration.ts'
import type { Severity } from '../../model/alert.ts'
import { subjectText } from '../../watchers/capacity/alert.ts'
import { type Paint, plainPaint, type Style } from '../output/color.ts'
import type { PolicyPreview, PreviewedAlert, UnknownNumber } from './preview.ts'

export interface PreviewTextOptions {
  readonly others: readonly string[]
  readonly warnings: readonly string[]
  readonly paint?: Paint
}

/** Of each policy first what would be told now, in the words of the message, then what may come, then what is not known. */
export function previewText(previews: readonly PolicyPreview[], options: PreviewTextOptions): string {
  const { others, warnings, paint = plainPaint } = options
  const notes = [
    ...warnings,
    ...(others.length === 0 ? [] : [`Also in the file, not previewed: ${others.join(', ')}.`]),
  ]
  return [...previews.map((preview) => policyText(preview, paint)), lines(notes)]
    .filter((part) => part !== '')
    .join('\n')
}

function policyText(preview: PolicyPreview, paint: Paint): string {
  return [headText(preview, paint), firingText(preview, paint), pendingText(preview, paint), unknownText(preview)]
    .filter((part) => part !== '')
    .join('\n')
}

function headText(preview: PolicyPreview, paint: Paint): string {
  const { namespace, name, watched, firing, pending, unknown, fineCount, isSuspended, receivers } = preview
  const counts = `${firing.length} would fire now, ${pending.length} pending, ${unknown.length} unknown, ${fineCount} fine`
  const receiver = receivers.length === 0 ? "the operator's console and an Event on the policy" : receivers.join(', ')
  return lines([
    paint('bold', `CapacityPolicy ${namespace}/${name}: ${counts}`),
    `Watches ${counted(watched.nodes, 'node')}, ${counted(watched.pods, 'pod')}, ${counted(watched.namespaces, 'namespace')}; tells ${receiver}.`,
    ...(isSuspended ? ['spec.suspend is true: the operator says nothing of this until it is false.'] : []),
  ])
}

const severityStyles: Record<Severity, Style> = { info: 'dim', warning: 'yellow', critical: 'red' }

function firingText({ firing }: PolicyPreview, paint: Paint): string {
  return firing
    .map(({ rule, alert: { severity, title, lines: facts } }) => {
      const head = `${paint(severityStyles[severity], severity)} ${title} (rule ${rule})`
      return lines([head, ...facts.filter((line) => !isTimeLine(line)).map((line) => `    ${line}`)])
    })
    .join('')
}

/** In a preview everything begins now. */
function isTimeLine(line: string): boolean {
  return line.startsWith('since ')
}

function pendingText({ pending }: PolicyPreview, paint: Paint): string {
  if (pending.length === 0) return ''
  const text = ({ rule, alert: { severity, title }, forMs }: PreviewedAlert) =>
    `${paint(severityStyles[severity], severity)} in ${formatDuration(forMs)}: ${title} (rule ${rule})`
  return lines(['Pending, told if it lasts:', ...pending.map((alert) => `  ${text(alert)}`)])
}

const shownNames = 3

/** A metrics API that is down makes every pod unknown: that is one line, not thousands. */
function unknownText({ unknown }: PolicyPreview): string {
  if (unknown.length === 0) return ''
  const groups = Map.groupBy(unknown, ({ rule, reason }) => JSON.stringify([rule, reason]))
  return lines(['Unknown, neither told nor fine:', ...[...groups.values()].map((group) => `  ${groupText(group)}`)])
}

function groupText(group: readonly UnknownNumber[]): string {
  const [first] = group
  const names = group.slice(0, shownNames).map(({ subject }) => subjectText(subject))
  const more = group.length > shownNames ? ` and ${group.length - shownNames} more` : ''
  return `rule ${first!.rule}, ${first!.subject.resource} of ${names.join(', ')}${more}: ${first!.reason}`
}

function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('')
}
