/** One alert for somebody who was just woken: what it is, since when, who knows of it, what to do. */
import type { AlertDetailView, DeliveryView } from '../../api/http/alert-views.ts'
import { type Paint, plainPaint } from '../output/color.ts'
import { plainData } from '../output/plain-data.ts'
import { type Column, formatTable } from '../output/table.ts'
import { localText, type Now, relativeText, spanText } from '../output/time.ts'
import { severityStyles } from './alert-listing.ts'

export interface AlertTextOptions {
  readonly now: Now
  readonly programName: string
  /** By `namespace/name` the kind of channel of a receiver, where it is known. */
  readonly channels: ReadonlyMap<string, string>
  readonly paint?: Paint
  readonly width: number | undefined
}

export function alertText(view: AlertDetailView, options: AlertTextOptions): string {
  const alert = plainData(view)
  const parts = [
    headText(alert, options),
    factsText(alert),
    toldText(alert, options),
    nextText(alert, options),
    detailsText(alert),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function headText(alert: AlertDetailView, { now, paint = plainPaint }: AlertTextOptions): string {
  const { severity, title, acknowledged } = alert
  const comment = acknowledged?.comment === undefined ? '' : `: ${acknowledged.comment}`
  return lines([
    `${paint(severityStyles[severity], severity)} ${paint('bold', title)}`,
    stateText(alert, now),
    ...(acknowledged === undefined
      ? []
      : [`Looked after by ${acknowledged.by} since ${timeText(acknowledged.at, now)}${comment}.`]),
  ])
}

const endWords = { firing: 'Over', resolved: 'Resolved', closed: 'Closed without a measurement that it is over' }

function stateText({ state, startedAt, endedAt }: AlertDetailView, now: Now): string {
  if (endedAt === undefined) return `Fires since ${timeText(startedAt, now)}.`
  const lasted = spanText(Date.parse(endedAt) - Date.parse(startedAt))
  return `${endWords[state]} at ${timeText(endedAt, now)}, after ${lasted}; began ${timeText(startedAt, now)}.`
}

function timeText(at: string, now: Now): string {
  return `${localText(Date.parse(at), now)} (${relativeText(Date.parse(at), now.nowMs)})`
}

const nextPrefix = 'next: '

function factsText({ lines: facts }: AlertDetailView): string {
  return lines(facts.filter((fact) => !isToldElsewhere(fact)).map((fact) => `  ${fact}`))
}

/** When it began stands on top, what to do next at the end. */
function isToldElsewhere(fact: string): boolean {
  return fact.startsWith(nextPrefix) || fact.startsWith('since ')
}

function detailsText({ policy, rule, labels, clusterName, id }: AlertDetailView): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
  return lines([
    `Policy:  ${policy.kind} ${policy.namespace}/${policy.name}, rule ${rule}`,
    ...(clusterName === undefined ? [] : [`Cluster: ${clusterName}`]),
    ...(pairs.length === 0 ? [] : [`Labels:  ${pairs.join(' ')}`]),
    `Id:      ${id}`,
  ])
}

const columns: readonly Column[] = [
  { header: 'TOLD', align: 'left' },
  { header: 'RECEIVER', align: 'left', shrinkTo: 12 },
  { header: 'CHANNEL', align: 'left', shrinkTo: 8 },
  { header: 'WHY', align: 'left' },
  { header: 'RESULT', align: 'left', shrinkTo: 20, cut: 'end' },
]

function toldText({ deliveries, endedAt, policy }: AlertDetailView, options: AlertTextOptions): string {
  const { now, channels, paint = plainPaint, width } = options
  if (deliveries.length === 0) return endedAt === undefined ? nobodyYet(options.programName) : 'Nobody was told.\n'
  const rows = deliveries.map((delivery) => [
    [localText(Date.parse(delivery.intendedAt), now), `(${relativeText(Date.parse(delivery.intendedAt), now.nowMs)})`],
    delivery.receiver.namespace === policy.namespace ? delivery.receiver.name : receiverName(delivery),
    channelText(delivery, channels),
    delivery.reason,
    [resultPart(delivery)],
  ])
  const table = formatTable({ columns, rows }, { paint, ...(width === undefined ? {} : { width }) })
  const failures = deliveries.flatMap(({ failure, receiver }) =>
    failure === undefined ? [] : [`${receiver.namespace}/${receiver.name}: ${failure.message}`],
  )
  const unique = [...new Set(failures)]
  return unique.length === 0 ? table : `${table}\n${lines(unique)}`
}

function nobodyYet(programName: string): string {
  return lines([
    'Nobody was told yet. What may hold it:',
    `  a silence: ${programName} silence list -A`,
    `  a receiver that is not ready, or its hours: ${programName} receivers list -A`,
    "  the policy's wait for more of the same group",
  ])
}

function receiverName({ receiver: { namespace, name } }: DeliveryView): string {
  return `${namespace}/${name}`
}

function channelText(delivery: DeliveryView, channels: ReadonlyMap<string, string>): string {
  const { slackChannel } = delivery.receiver
  const kind = channels.get(receiverName(delivery)) ?? ''
  return slackChannel === undefined ? kind : `${kind} ${slackChannel}`.trim()
}

function resultPart({ state, tries, failure, endedAt, intendedAt }: DeliveryView) {
  const effort = tries > 1 ? ` (${tries} tries)` : ''
  if (state === 'failed') return { text: `FAILED: ${failure?.reason ?? 'unknown'}${effort}`, style: 'red' as const }
  if (state === 'intended') {
    const since = failure === undefined ? 'on its way' : `not yet: ${failure.reason}`
    return { text: `${since}${effort}`, style: 'yellow' as const }
  }
  const tookMs = endedAt === undefined ? 0 : Date.parse(endedAt) - Date.parse(intendedAt)
  return { text: tookMs < 10_000 ? `arrived${effort}` : `arrived after ${spanText(tookMs)}${effort}` }
}

/** What the alert itself says to run comes first. */
function nextText(
  { lines: facts, runbookURL, id, acknowledged, endedAt }: AlertDetailView,
  options: AlertTextOptions,
): string {
  const said = facts
    .filter((fact) => fact.startsWith(nextPrefix))
    .flatMap((fact) => fact.slice(nextPrefix.length).split('; '))
  const isOpen = endedAt === undefined && acknowledged === undefined
  const steps = [
    ...(runbookURL === undefined ? [] : [runbookURL]),
    ...said,
    ...(isOpen ? [`${options.programName} alerts ack ${id.slice(0, 8)} --comment "looking"`] : []),
  ]
  return steps.length === 0 ? '' : lines(['Next:', ...steps.map((step) => `  ${step}`)])
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('')
}
