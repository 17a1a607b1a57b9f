/** Silence: sets it to work, and says whether it silences now, what, and until when. */
import { durationMs } from '../api/duration.ts'
import type { SpecOf } from '../api/kind.ts'
import { namespaceOnly } from '../api/scope-rule.ts'
import {
  createdByApi,
  createdByLabel,
  type Silence,
  type SilenceState,
  type SilenceStatus,
  silence,
} from '../api/silence.ts'
import type { Clock } from '../base/clock.ts'
import { errorText, OperatorError } from '../base/errors.ts'
import type { Alert } from '../model/alert.ts'
import { compileMatcher, type LabelMatcher } from '../model/matchers.ts'
import { timeText } from '../model/time-text.ts'
import type { EventWriter } from '../notify/own-console.ts'
import type { Silences } from '../notify/silences.ts'
import { conditionsOf, type Judgement, type KindReconciler, recordTurns } from './kind-reconciler.ts'

export interface SilenceSurroundings {
  /** Absent: the operator reads one namespace only. */
  readonly systemNamespace: string | undefined
  readonly silences: Silences
  readonly openAlerts: () => Iterable<Alert>
  /** Deletes a silence; does nothing where that is not up to this process. */
  readonly remove: (object: Silence, signal: AbortSignal) => Promise<void>
  readonly recordEvent: EventWriter
  readonly clock: Clock
}

/** How long after its end a silence that came through the API can still be looked up. */
const keptMs = 24 * 60 * 60_000

/** A spec that can be carried out, or why it cannot. */
type Verdict = { readonly matchers: readonly LabelMatcher[] } | { readonly problem: string }

export function createSilenceReconciler(surroundings: SilenceSurroundings): KindReconciler<typeof silence> {
  const { silences, clock, recordEvent } = surroundings
  const judged = new Map<string, { readonly generation: number; readonly verdict: Verdict }>()
  return {
    kind: silence,
    reconcile: async (object, signal) => {
      const { uid, generation } = object.metadata
      const known = judged.get(uid)
      const verdict = known?.generation === generation ? known.verdict : judgeMatchers(object.spec.matchers)
      judged.set(uid, { generation, verdict })
      const span = spanOf(object)
      if (clock.nowMs() >= (span.forgetMs ?? Number.POSITIVE_INFINITY)) {
        await surroundings.remove(object, signal)
        return object.status ?? {}
      }
      setToWork(object, { verdict, span, surroundings })
      const status = buildStatus(object, { verdict, span, surroundings })
      recordTurns(silence.kind, object, { status, recordEvent })
      return status
    },
    forget: async (object) => {
      judged.delete(object.uid)
      silences.delete(keyOf(object))
    },
  }
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`
}

function judgeMatchers(texts: SpecOf<typeof silence>['matchers']): Verdict {
  try {
    const matchers = texts.map((text, index) => compileAt(text, index))
    if (matchers.some(({ matches }) => !matches(''))) return { matchers }
    const example = 'name severity, value .+, regex true'
    return {
      problem: `spec.matchers: they match alerts without any of these labels too: name one that has to be there (${example})`,
    }
  } catch (error) {
    return { problem: errorText(error) }
  }
}

function compileAt(text: SpecOf<typeof silence>['matchers'][number], index: number): LabelMatcher {
  try {
    return compileMatcher(text)
  } catch (error) {
    throw new OperatorError('INVALID_SPEC', `spec.matchers[${index}].value: ${errorText(error)}`)
  }
}

interface Span {
  readonly startMs: number
  readonly endMs: number
  readonly forgetMs?: number
}

function spanOf({ metadata, spec }: Silence): Span {
  const startMs = Date.parse(spec.startsAt ?? metadata.creationTimestamp)
  const endMs = spec.endsAt === undefined ? startMs + durationMs(spec.duration ?? '0s') : Date.parse(spec.endsAt)
  const isOfApi = metadata.labels?.[createdByLabel] === createdByApi
  return { startMs, endMs, ...(isOfApi ? { forgetMs: endMs + keptMs } : {}) }
}

interface Judged {
  readonly verdict: Verdict
  readonly span: Span
  readonly surroundings: SilenceSurroundings
}

/** One that is not accepted silences nothing, also where an earlier version of it did: better one message too many. */
function setToWork({ metadata }: Silence, { verdict, span, surroundings }: Judged): void {
  const { silences, systemNamespace } = surroundings
  const key = keyOf(metadata)
  const onlyNamespace = namespaceOnly({ namespace: metadata.namespace, systemNamespace })
  const matchers = 'matchers' in verdict ? verdict.matchers : undefined
  if (matchers === undefined) silences.delete(key)
  else silences.set(key, { matchers, onlyNamespace, ...span })
}

function buildStatus(object: Silence, { verdict, span, surroundings }: Judged): SilenceStatus {
  const { silences, openAlerts, clock } = surroundings
  const nowMs = clock.nowMs()
  const observedGeneration = object.metadata.generation
  const now = timeText(nowMs)
  if ('problem' in verdict)
    return { observedGeneration, conditions: conditionsOf(object, rejected(verdict.problem), now) }
  const state = stateAt(span, nowMs)
  return {
    observedGeneration,
    conditions: conditionsOf(object, accepted(state), now),
    ...{ state, startsAt: timeText(span.startMs), endsAt: timeText(span.endMs) },
    muted: state === 'Active' ? silences.countMuted(keyOf(object.metadata), openAlerts()) : 0,
  }
}

function stateAt({ startMs, endMs }: Span, nowMs: number): SilenceState {
  if (nowMs >= endMs) return 'Expired'
  return nowMs >= startMs ? 'Active' : 'Pending'
}

function rejected(message: string): Judgement[] {
  return [
    { type: 'Accepted', status: 'False', reason: 'InvalidSpec', message },
    { type: 'Ready', status: 'False', reason: 'NotAccepted', message: 'Nothing is silenced: the spec is not accepted' },
  ]
}

const stateWords: Readonly<Record<SilenceState, string>> = {
  Pending: 'It silences from startsAt on',
  Active: 'What it matches is not told until endsAt',
  Expired: 'It is over and silences nothing',
}

function accepted(state: SilenceState): Judgement[] {
  const isActive = state === 'Active'
  return [
    { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The spec can be carried out' },
    { type: 'Ready', status: isActive ? 'True' : 'False', reason: state, message: stateWords[state] },
  ]
}
