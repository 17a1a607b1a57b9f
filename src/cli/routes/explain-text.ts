/** Where a crash goes, as people read it and as data. */
import type { ChannelChoice } from '../../watchers/crash/channel-choice.ts'
import { type Paint, plainPaint } from '../output/color.ts'
import { type Cell, type Column, formatTable } from '../output/table.ts'
import { localText, type Now, relativeText } from '../output/time.ts'
import type { CrashQuestion } from './crash-question.ts'
import type { RouteAnswer } from './explain.ts'
import type { MutingSilence, PossibleSilence } from './muting-silences.ts'

export interface RouteExplanation {
  readonly question: CrashQuestion
  readonly answers: readonly RouteAnswer[]
  /** What could not be read, in words. */
  readonly notes: readonly string[]
}

interface TextOptions {
  readonly now: Now
  readonly paint?: Paint
  readonly width: number | undefined
}

export function explainText({ question, answers, notes }: RouteExplanation, options: TextOptions): string {
  const below = [...answers.flatMap((answer) => answerNotes(answer, options.now)), ...notes]
  const tail = below.length === 0 ? '' : `\n${below.map((note) => `${note}.\n`).join('')}`
  return `${questionText(question)}\n\n${answersText(answers, options)}${tail}`
}

/** `Pod payments/api-0, container api: OOMKilled, exit code 137 (its last crash)`. */
function questionText({ namespace, pod, container, reason, exitCode, isSeen }: CrashQuestion): string {
  const where = container === undefined ? '' : `, container ${container}`
  const code = exitCode === undefined ? '' : `, exit code ${exitCode}`
  const seen = isSeen ? 'its last crash' : 'a crash that could be'
  return `Pod ${namespace}/${pod}${where}: ${reason}${code} (${seen})`
}

function answersText(answers: readonly RouteAnswer[], { paint = plainPaint, width }: TextOptions): string {
  if (answers.length === 0) return 'No CrashAlertRoute was found: nobody is told.\n'
  const columns: Column[] = [
    { header: 'ROUTE', align: 'left', shrinkTo: 16 },
    { header: 'TOLD', align: 'left' },
    { header: 'BY', align: 'left', shrinkTo: 16 },
    { header: 'GOES TO', align: 'left', shrinkTo: 24, cut: 'end' },
  ]
  const rows = answers.map((answer): Cell[] => [
    `${answer.namespace}/${answer.route}`,
    toldCell(answer),
    byText(answer.match),
    goesTo(answer.match),
  ])
  return formatTable({ columns, rows }, { paint, ...(width === undefined ? {} : { width }) })
}

const unknown: Cell = [{ text: 'unknown', style: 'yellow' }]

function toldCell({ match, silences, possibleSilences, restsBecause }: RouteAnswer): Cell {
  if (match.verdict === 'Unknown') return unknown
  if (match.verdict !== 'Routed' || restsBecause !== undefined) return 'no'
  if (silences.length > 0) return [{ text: 'muted', style: 'yellow' }]
  return possibleSilences.length > 0 ? unknown : [{ text: 'yes', style: 'bold' }]
}

function byText(match: RouteAnswer['match']): string {
  if (match.verdict === 'Unknown') return 'an earlier spec'
  if (match.verdict !== 'Routed') return match.by
  return match.line === undefined ? 'spec.receivers' : `line ${match.line}`
}

function goesTo(match: RouteAnswer['match']): string {
  if (match.verdict === 'Ignored') return 'the history'
  if (match.verdict === 'NotSelected' || match.verdict === 'Unknown') return ''
  return match.receivers.map(choiceText).join(', ') || "the operator's console"
}

function choiceText({ use, chosenBy }: ChannelChoice): string {
  const channel = use.slackChannel === undefined ? '' : ` ${use.slackChannel}`
  return `${use.namespace}/${use.name}${channel}${chosenBy === 'Annotation' ? ' (by annotation)' : ''}`
}

function answerNotes(answer: RouteAnswer, now: Now): string[] {
  const { namespace, route, notes, restsBecause } = answer
  const rest = restsBecause === undefined ? [] : [restsBecause]
  return [...rest, ...silenceNotes(answer, now), ...notes].map((note) => `${namespace}/${route}: ${note}`)
}

function silenceNotes({ silences, possibleSilences }: RouteAnswer, now: Now): string[] {
  const until = ({ endsAt }: MutingSilence) => {
    const endMs = Date.parse(endsAt)
    return `until ${localText(endMs, now)} (${relativeText(endMs, now.nowMs)})`
  }
  return [
    ...silences.map((silence) => `Silence ${silence.namespace}/${silence.name} mutes it ${until(silence)}`),
    ...possibleSilences.map(
      (silence) =>
        `Silence ${silence.namespace}/${silence.name} may mute it ${until(silence)}: only where ${silence.onlyIf.join(' and ')} holds, which cannot be seen from here${clusterHint(silence)}`,
    ),
  ]
}

function clusterHint({ onlyIf }: PossibleSilence): string {
  return onlyIf.some((matcher) => matcher.startsWith('cluster=')) ? " (say the operator's with --cluster-name)" : ''
}

export function explainDocument({ question, answers, notes }: RouteExplanation): object {
  return {
    crash: question,
    routes: answers.map(({ match, ...answer }) => ({
      ...{ namespace: answer.namespace, route: answer.route, verdict: match.verdict, by: byText(match) },
      ...(answer.restsBecause === undefined ? {} : { restsBecause: answer.restsBecause }),
      receivers: match.verdict === 'Routed' ? match.receivers.map(choiceDocument) : [],
      ...{ silences: answer.silences, possibleSilences: answer.possibleSilences, notes: answer.notes },
    })),
    notes,
  }
}

function choiceDocument({ use, ...rest }: ChannelChoice): object {
  return { ...use, ...rest }
}
