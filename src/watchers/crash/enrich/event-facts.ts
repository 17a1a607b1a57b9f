import type { Redactor } from '../../../model/redaction.ts'
import { toldLine } from '../told-line.ts'
import type { CountedEvent } from './event-object.ts'
import { whenWords } from './time-words.ts'

/** What says most about a crash comes first; other warnings come after these. */
const important = [
  'Evicted',
  'Preempted',
  'SystemOOM',
  'OOMKilling',
  'Rebooted',
  'Killing',
  'Unhealthy',
  'FailedPostStartHook',
  'FailedPreStopHook',
  'Failed',
  'FailedMount',
  'FailedAttachVolume',
  'FailedCreatePodSandBox',
  'FailedScheduling',
  'TaintManagerEviction',
  'NodeNotReady',
  'SandboxChanged',
  'BackOff',
]

const mostFacts = 6

/** What makes lines for a crash of what others wrote. */
export interface CrashTelling {
  readonly crashMs: number
  readonly redactor: Redactor
}

/** Events as lines, one for each reason with its newest message, the most important first. What is no news is left out. */
export function eventFacts(events: readonly CountedEvent[], telling: CrashTelling): string[] {
  const told = events.filter(({ isWarning, reason }) => isWarning || important.includes(reason))
  const groups = Map.groupBy(told, ({ reason }) => reason)
  return [...groups.values()]
    .map((group) => ({ rank: rankOf(group[0]?.reason ?? ''), newest: newestOf(group), count: countOf(group) }))
    .sort((a, b) => a.rank - b.rank || b.newest.lastMs - a.newest.lastMs)
    .slice(0, mostFacts)
    .map(({ newest, count }) => eventLine(newest, count, telling))
}

function rankOf(reason: string): number {
  const rank = important.indexOf(reason)
  return rank < 0 ? important.length : rank
}

function newestOf(group: readonly CountedEvent[]): CountedEvent {
  return group.reduce((newest, event) => (event.lastMs > newest.lastMs ? event : newest))
}

function countOf(group: readonly CountedEvent[]): number {
  return group.reduce((sum, { count }) => sum + count, 0)
}

function eventLine(event: CountedEvent, count: number, { crashMs, redactor }: CrashTelling): string {
  const when = event.lastMs === 0 ? undefined : whenWords(event.lastMs, crashMs)
  const often = count > 1 ? [`${count} times`, when && `last ${when}`] : [when]
  const told = often.filter((words) => words !== undefined)
  return `Event ${event.reason}${told.length === 0 ? '' : ` (${told.join(', ')})`}: ${toldLine(event.message, redactor)}`
}
