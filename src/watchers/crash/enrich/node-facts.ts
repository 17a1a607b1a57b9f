import { timeMs } from '../object-facts.ts'
import type { ConditionObject } from '../pod-object.ts'
import { toldLine } from '../told-line.ts'
import type { CrashTelling } from './event-facts.ts'
import type { NodeObject } from './node-object.ts'
import { spanWords, whenWords } from './time-words.ts'

const shortOf: Readonly<Record<string, string>> = {
  MemoryPressure: 'memory',
  DiskPressure: 'disk space',
  PIDPressure: 'process IDs',
}

/** What came so long before a crash may have to do with it. */
export const recentMs = 15 * 60_000

/** What is not as it should be with a node, or was not a short time before; nothing of one that is well. */
export function nodeFacts(name: string, node: NodeObject, telling: CrashTelling): string[] {
  const conditions = node.status?.conditions ?? []
  const facts = conditions.map((condition) => conditionWords(condition, telling)).filter((words) => words !== undefined)
  if (node.spec?.unschedulable === true) facts.push('is cordoned: it takes no new pods')
  return facts.map((words) => `Node ${name} ${words}.`)
}

function conditionWords(condition: ConditionObject, telling: CrashTelling): string | undefined {
  const { crashMs, redactor } = telling
  const { type, status, message = '' } = condition
  const sinceMs = timeMs(condition.lastTransitionTime)
  if (type === 'Ready') return readyWords(condition, sinceMs, telling)
  const since = sinceMs === undefined ? '' : ` (began ${whenWords(sinceMs, crashMs)})`
  if (status !== 'True') return undefined
  if (type in shortOf) return `is short of ${shortOf[type]}${since}`
  return `has ${type}${since}${message === '' ? '' : `: ${toldLine(message, redactor).replace(/\.$/, '')}`}`
}

function readyWords(
  { status, message = '' }: ConditionObject,
  sinceMs: number | undefined,
  { crashMs, redactor }: CrashTelling,
): string | undefined {
  if (status === 'True') {
    const isRecent = sinceMs !== undefined && sinceMs <= crashMs && crashMs - sinceMs < recentMs
    return isRecent ? `became ready only ${spanWords(crashMs - sinceMs)} before` : undefined
  }
  const since = sinceMs === undefined ? '' : ` (began ${whenWords(sinceMs, crashMs)})`
  if (status === 'Unknown') return `does not answer${since}`
  return `is not ready${since}${message === '' ? '' : `: ${toldLine(message, redactor).replace(/\.$/, '')}`}`
}
