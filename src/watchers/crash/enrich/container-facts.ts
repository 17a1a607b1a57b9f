import { timeMs } from '../object-facts.ts'
import type { Sighting } from '../sighting.ts'
import type { ContainerObject, ContainerStatusObject } from './pod-object.ts'
import { spanWords } from './time-words.ts'

/** What the container may use, as its pod says it: `Memory limit 64Mi, request 32Mi`. */
export function resourceFacts(container: ContainerObject): string[] {
  const { limits, requests } = container.resources ?? {}
  const memory = limitWords('Memory', limits?.memory, requests?.memory)
  const cpu = limitWords('CPU', limits?.cpu, requests?.cpu)
  return [`${memory}; ${cpu}.`]
}

type Amount = string | number | undefined

function limitWords(name: string, limit: Amount, request: Amount): string {
  if (limit === undefined && request === undefined) return `${name}: no limit, no request`
  const words = [
    limit === undefined ? 'no limit' : `limit ${limit}`,
    request === undefined ? 'no request' : `request ${request}`,
  ]
  return `${name}: ${words.join(', ')}`
}

/** How long it ran, how often it ended before, and how the run before this one ended. */
export function historyFacts(
  { startedMs, finishedMs, restartCount, container }: Sighting,
  status: ContainerStatusObject | undefined,
): string[] {
  const ran = startedMs === undefined || finishedMs === undefined ? [] : [`It ran ${spanWords(finishedMs - startedMs)}`]
  const times = `${restartCount} time${restartCount === 1 ? '' : 's'}`
  const restarts = restartCount > 0 ? [`its container restarted ${times} so far`] : []
  const facts = [...ran, ...restarts].join('; ')
  const before = status?.lastState?.terminated
  const isOther = before?.containerID !== undefined && before.containerID !== container?.containerId
  return [...(facts === '' ? [] : [`${capital(facts)}.`]), ...(isOther ? [runBefore(before)] : [])]
}

function runBefore(end: NonNullable<NonNullable<ContainerStatusObject['lastState']>['terminated']>): string {
  const [startedMs, finishedMs] = [timeMs(end.startedAt), timeMs(end.finishedAt)]
  const ran = startedMs === undefined || finishedMs === undefined ? '' : ` after ${spanWords(finishedMs - startedMs)}`
  return `The run before it ended${ran} with exit code ${end.exitCode ?? 0}${end.reason ? ` (${end.reason})` : ''}.`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
