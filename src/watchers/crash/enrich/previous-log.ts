/**
 * The log of the very run that crashed. The kubelet gives logs by place, the newest run's or the one's before, and containers restart
 * while one asks: so the place is known before, from the look that saw the crash or else from the pod, and looked at again after. A
 * log that could be another run's is not told.
 *
 * People wait for it, so nothing is asked first that is known already, and nothing after that cannot have changed.
 */
import { hasCode } from '../../../base/errors.ts'
import { askPod } from './ask-pod.ts'
import { cutLog } from './crash-log.ts'
import type { CrashedPod, EnrichRequest } from './enrichment.ts'
import { logPart } from './missing.ts'
import type { EnrichPart, Found, PartContext } from './part.ts'
import { isNeverRunAgain, type PodObject } from './pod-object.ts'
import { type LogEnd, type LogQuery, readLogEnd } from './read-log.ts'
import { redactInTurns } from './redact-in-turns.ts'
import { placeOfRun } from './run-place.ts'

export const previousLog: EnrichPart = {
  what: logPart,
  withinMs: 10_000,
  isFor: (request) => runOf(request) !== undefined,
  find: async (context, signal) => {
    const run = runOf(context)
    if (run === undefined) return {}
    requireAnswer(run.pod, context)
    return foundOf(await findRun(run, context, signal), { context, run, signal })
  },
}

interface Run extends Omit<LogQuery, 'place'> {
  readonly containerId: string
  readonly finishedMs: number | undefined
}

function runOf({ pod, sighting, logs }: EnrichRequest): Run | undefined {
  const { name, containerId } = sighting.container ?? {}
  if (pod === undefined || logs === undefined || name === undefined || containerId === undefined) return undefined
  return { pod, container: name, containerId, finishedMs: sighting.finishedMs, wish: logs }
}

/** A run moves from the one place to the other, and from there away, while it is asked for. */
const attempts = 5
/** The API server may be behind the kubelet; this long at first, then twice as long each time. */
const firstPauseMs = 50

async function findRun(run: Run, context: PartContext, signal: AbortSignal): Promise<LogEnd> {
  const { client, clock, seenAt } = context
  const placeIn = (pod: PodObject) => placeOfRun(pod, run.container, run.containerId)
  let place = seenAt ?? placeIn(await context.podNow())
  for (let attempt = 0; attempt < attempts && place !== 'gone'; attempt++) {
    const asked = { ...run, place }
    const end = await outcomeOf(readLogEnd(client, asked, signal))
    signal.throwIfAborted()
    noteSilence(end, run.pod, context)
    if ('error' in end && hasCode(end.error, 'API_TIMEOUT')) throw end.error
    if ('value' in end && attempt === 0 && (await isSettled(end.value, run, context))) return end.value
    place = placeIn(await askPod(client, run.pod, signal))
    if (place !== asked.place) continue
    if ('error' in end) throw end.error
    if (!isOfLaterRun(end.value, run.finishedMs)) return end.value
    await clock.sleep(firstPauseMs * 2 ** attempt, signal)
  }
  throw new Error('the container ran again meanwhile, and the kubelet no longer gives the log of this run')
}

/** The log read at the place where the run was seen is the run's: there was none after it, and the pod is not another of its name. */
async function isSettled(end: LogEnd, run: Run, { seenAt, podNow, isPodThere }: PartContext): Promise<boolean> {
  if (seenAt !== 'current' || isOfLaterRun(end, run.finishedMs)) return false
  const pod = await podNow().catch(() => undefined)
  return pod !== undefined && isNeverRunAgain(pod, run.container) && isPodThere?.() === true
}

function requireAnswer({ node }: CrashedPod, { silentNodes }: PartContext): void {
  if (node !== undefined && silentNodes.has(node)) {
    throw new Error(`the kubelet of node ${node} did not answer a moment ago, so it was not asked`)
  }
}

function noteSilence(outcome: Outcome<LogEnd>, { node }: CrashedPod, { silentNodes }: PartContext): void {
  if (node !== undefined && 'error' in outcome && hasCode(outcome.error, 'API_TIMEOUT')) silentNodes.add(node)
}

/** Timestamps are the node's, to the nanosecond; the end of a run is its too, to the second. */
const roundingMs = 2_000

function isOfLaterRun({ lastMs }: LogEnd, finishedMs: number | undefined): boolean {
  return lastMs !== undefined && finishedMs !== undefined && lastMs > finishedMs + roundingMs
}

async function foundOf(
  end: LogEnd,
  { context, run, signal }: { readonly context: PartContext; readonly run: Run; readonly signal: AbortSignal },
): Promise<Found> {
  const complaint = end.complaint === undefined ? [] : [complaintText(end.complaint)]
  if (end.lines.length === 0) return complaint.length > 0 ? { missing: complaint } : { facts: ['It wrote no log.'] }
  // Whole, because a key can go over many lines.
  const text = await redactInTurns(end.lines.join('\n'), context, signal)
  return { log: cutLog(text, run.wish, end.isCut), missing: complaint }
}

function complaintText(complaint: string): string {
  return isGone.test(complaint)
    ? `the node has removed it already (${complaint})`
    : `the kubelet could not read it: ${complaint}`
}

const isGone = /^unable to retrieve container logs for |no such file or directory/

type Outcome<T> = { readonly value: T } | { readonly error: unknown }

async function outcomeOf<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work }
  } catch (error) {
    return { error }
  }
}
