/** A silence as this program shows it: what the operator says of it, and what the spec alone says where it says nothing. */
import { durationMs } from '../../api/duration.ts'
import { createdByApi, createdByLabel, type Silence, type SilenceState } from '../../api/silence.ts'
import { matcherText } from './matcher-text.ts'

export interface SilenceRecord {
  readonly namespace: string
  readonly name: string
  /** `Refused`: the operator does not accept it, and it silences nothing. */
  readonly state: SilenceState | 'Refused'
  /** Open alerts that it keeps quiet; absent where the operator has not said. */
  readonly muted?: number
  /** RFC 3339. */
  readonly startsAt: string
  readonly endsAt: string
  readonly matchers: readonly string[]
  readonly comment?: string
  readonly createdBy?: string
  /** Made by hand or through the API, and not from files that would bring it back. */
  readonly isFromApi: boolean
  /** Why it is refused, or that the operator has not looked at it yet. */
  readonly problem?: string
}

export function silenceRecord(object: Silence, nowMs: number): SilenceRecord {
  const { metadata, spec, status } = object
  const startMs = Date.parse(spec.startsAt ?? metadata.creationTimestamp)
  const endMs = spec.endsAt === undefined ? startMs + durationMs(spec.duration ?? '0s') : Date.parse(spec.endsAt)
  const isSeen = status?.observedGeneration === metadata.generation
  const problem = problemOf(object, { isSeen, nowMs })
  const state = problem?.isRefused === true ? 'Refused' : stateAt({ startMs, endMs }, nowMs)
  return {
    ...{ namespace: metadata.namespace, name: metadata.name, state },
    ...(isSeen && status.muted !== undefined ? { muted: status.muted } : {}),
    ...{ startsAt: new Date(startMs).toISOString(), endsAt: new Date(endMs).toISOString() },
    matchers: spec.matchers.map(matcherText),
    ...(spec.comment === undefined ? {} : { comment: spec.comment }),
    ...(spec.createdBy === undefined ? {} : { createdBy: spec.createdBy }),
    isFromApi: metadata.labels?.[createdByLabel] === createdByApi,
    ...(problem === undefined ? {} : { problem: problem.text }),
  }
}

function stateAt({ startMs, endMs }: { startMs: number; endMs: number }, nowMs: number): SilenceState {
  if (nowMs >= endMs) return 'Expired'
  return nowMs >= startMs ? 'Active' : 'Pending'
}

/** An operator looks at once; after this time there is none at work. */
const patienceMs = 60_000

function problemOf(
  { metadata, status }: Silence,
  { isSeen, nowMs }: { isSeen: boolean; nowMs: number },
): { text: string; isRefused: boolean } | undefined {
  const accepted = status?.conditions?.find(({ type }) => type === 'Accepted')
  if (isSeen && accepted?.status === 'False') return { text: accepted.message, isRefused: true }
  const isYoung = nowMs - Date.parse(metadata.creationTimestamp) < patienceMs
  if (isSeen || isYoung) return undefined
  return { text: 'the operator has not looked at it: is one running?', isRefused: false }
}
