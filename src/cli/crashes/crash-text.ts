/** One crash for somebody who was just woken: why, whose, when and how often, what is known, its last words, what to do. */
import type { CrashLogView, CrashView } from '../../api/http/crash-views.ts'
import { shortened } from '../../model/harmless-text.ts'
import { plainText } from '../../model/plain-text.ts'
import { type Paint, plainPaint } from '../output/color.ts'
import { plainData } from '../output/plain-data.ts'
import { localText, type Now, relativeText, spanText } from '../output/time.ts'
import { wrapLine } from '../output/wrap.ts'
import { idLetters } from './crash-listing.ts'
import type { FoundTop } from './crash-source.ts'
import { nextSteps } from './next-steps.ts'

export interface CrashTextOptions {
  readonly now: Now
  readonly programName: string
  readonly paint?: Paint
  readonly width: number | undefined
  /** Undefined: it may not be read; `hasLog` says whether there is one. */
  readonly log: CrashLogView | undefined
  readonly tailLines: number
  /** The crashes of the same workload in the days before now, by reason; undefined where that is not known. */
  readonly lately: FoundTop | undefined
}

/** How far back the crashes of the same workload are counted. */
export const latelyDays = 7
const dayMs = 86_400_000

export function crashText(view: CrashView, options: CrashTextOptions): string {
  const crash = plainData(view)
  const parts = [
    headLines(crash, options),
    [...whenLines(crash, options), ...oftenLines(crash, options)],
    crash.facts.map((fact) => `  ${fact}`),
    crash.message === undefined ? [] : [`Its last word: ${crash.message}`],
    crash.missing.length === 0 ? [] : ['Not to be had:', ...crash.missing.map((line) => `  ${line}`)],
  ]
  const { width = defaultWidth } = options
  const wrapped = parts.map((lines) => lines.flatMap((line) => wrapLine(line, width)))
  const rest = [logLines(crash, options), nextLines(crash, options), detailLines(crash)]
  return [...wrapped, ...rest]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line}\n`).join(''))
    .join('\n')
}

const defaultWidth = 100

function headLines(crash: CrashView, { paint = plainPaint, width = defaultWidth }: CrashTextOptions): string[] {
  const { reason, cause, workload, namespace, container, pod, node } = crash
  const role = container?.role === 'app' ? 'container' : `${container?.role} container`
  const place = [
    `${workload.kind} ${namespace}/${workload.name}`,
    ...(container === undefined ? [] : [`${role} ${container.name}`]),
    ...(pod === undefined || pod.name === workload.name ? [] : [`pod ${pod.name}`]),
    ...(node === undefined ? [] : [`node ${node}`]),
  ]
  const [first = '', ...rest] = wrapLine(`${reason}: ${cause}`, width)
  const head = `${paint('red', reason)}${first.slice(reason.length)}`
  return [head, ...rest, place.join(', ')]
}

function whenLines(crash: CrashView, { now }: CrashTextOptions): string[] {
  const { at, startedAt, finishedAt, crashes, restartCount, seenAt } = crash
  const ranMs = startedAt === undefined ? undefined : Date.parse(finishedAt ?? at) - Date.parse(startedAt)
  const ran = ranMs === undefined || ranMs < 0 ? '' : `, after running for ${spanText(ranMs)}`
  const lateMs = Date.parse(seenAt) - Date.parse(at)
  const late = lateMs < 60_000 ? '' : ` Seen ${spanText(lateMs)} later.`
  const several =
    crashes === 1 ? '' : ` It stands for ${crashes} crashes, which came faster than they could be looked at.`
  const restarts = restartCount === 0 ? '' : ` Restarts so far: ${restartCount}.`
  const verb = finishedAt === undefined ? 'Began' : 'Crashed'
  return [`${verb} ${timeText(at, now)}${ran}.${late}${several}${restarts}`]
}

function timeText(at: string, now: Now): string {
  return `${localText(Date.parse(at), now)} (${relativeText(Date.parse(at), now.nowMs)})`
}

function oftenLines({ at }: CrashView, { lately, now }: CrashTextOptions): string[] {
  if (lately === undefined) return []
  const span = `in the last ${latelyDays} days`
  const isOlder = Date.parse(at) < now.nowMs - latelyDays * dayMs
  const rows = plainData(lately.rows)
  const total = rows.reduce((sum, { crashes }) => sum + crashes, 0)
  if (total === 0) return isOlder ? [`No crash of this workload ${span}.`] : []
  if (total === 1 && !isOlder) return [`The only crash of this workload ${span}.`]
  const first = rows.map(({ firstAt }) => firstAt).sort()[0] ?? at
  const reasons = rows.map(({ value, crashes }) => `${value} ${crashes}`).join(', ')
  const count = `${total} ${total === 1 ? 'crash' : 'crashes'}`
  return [`${count} of this workload ${span} (${reasons}), the first ${timeText(first, now)}.`]
}

/** Of a line that would fill the screen the beginning. */
const mostCharacters = 500

function logLines(crash: CrashView, options: CrashTextOptions): string[] {
  const { log, tailLines, programName, paint = plainPaint } = options
  if (!crash.hasLog) return []
  if (log === undefined) {
    const check = `kubectl auth can-i get pods --subresource=log -n ${crash.namespace}`
    return ['There is a log that you may not read. Check with:', `  ${check}`]
  }
  const all = linesOf(log.text)
  const shown = all.slice(-tailLines)
  const command = `${programName} crashes logs ${crash.id.slice(0, idLetters)}`
  const isAll = shown.length === all.length && !log.isCut
  const end = shown.length === 1 ? 'The last line' : `The last ${shown.length} lines`
  const head = isAll ? 'Its whole log:' : `${end} of its log; more: ${command}`
  return [paint('bold', head), ...shown.map((line) => `  ${shortened(plainText(line), mostCharacters)}`)]
}

/** An end of line at the end begins no line. */
function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function nextLines(crash: CrashView, { programName }: CrashTextOptions): string[] {
  const steps = nextSteps(crash, programName, crash.id.slice(0, idLetters))
  return steps.length === 0 ? [] : ['Next:', ...steps.map((step) => `  ${step}`)]
}

function detailLines({ container, cluster, id }: CrashView): string[] {
  return [
    ...(container?.image === undefined ? [] : [`Image:   ${container.image}`]),
    ...(cluster === undefined ? [] : [`Cluster: ${cluster}`]),
    `Id:      ${id}`,
  ]
}
