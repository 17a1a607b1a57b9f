/** What becomes of one crash by every CrashAlertRoute that could see it. Pure: what was read of the cluster comes in. */
import type { CrashAlertRoute } from '../../api/crash-alert-route.ts'
import { crashScopeProblems } from '../../api/scope-rule.ts'
import type { Silence } from '../../api/silence.ts'
import type { ReceiverSurroundings } from '../../notify/receiver-uses.ts'
import { resolveRoute, watchedRoute } from '../../reconcilers/crash-alert-route/resolve-route.ts'
import type { ChannelChoice } from '../../watchers/crash/channel-choice.ts'
import type { CrashNamespace } from '../../watchers/crash/crash-namespace.ts'
import { matchRoute, type RouteMatch } from '../../watchers/crash/route-match.ts'
import { judgeObject } from '../objects/object-state.ts'
import type { CrashQuestion } from './crash-question.ts'
import { findSilences, type MutingSilence, type PossibleSilence } from './muting-silences.ts'

export interface ExplainFacts {
  readonly question: CrashQuestion
  readonly namespace: CrashNamespace
  readonly routes: readonly CrashAlertRoute[]
  readonly silences: readonly Silence[]
  readonly surroundings: ReceiverSurroundings & { readonly systemNamespace: string }
  /** The operator's `--cluster-name`, empty where it has none; absent: it is not known. */
  readonly clusterName?: string
  readonly nowMs: number
}

export interface RouteAnswer {
  readonly namespace: string
  readonly route: string
  readonly match: RouteMatch
  /** Why the route does nothing, or something else than its spec says, in words; absent: it is at work. */
  readonly restsBecause?: string
  /** Those that mute it now. */
  readonly silences: readonly MutingSilence[]
  /** Those of which it cannot be told from here. */
  readonly possibleSilences: readonly PossibleSilence[]
  /** What else is to be known, in words. */
  readonly notes: readonly string[]
}

export function explainRoutes(facts: ExplainFacts): RouteAnswer[] {
  return facts.routes.map((route) => explainOne(route, facts))
}

function explainOne(route: CrashAlertRoute, facts: ExplainFacts): RouteAnswer {
  const { question, namespace, surroundings } = facts
  const { metadata, spec } = route
  const resolved = resolveRoute(route, spec, surroundings)
  const version = { generation: metadata.generation, spec }
  const watched = watchedRoute(route, version, { resolved, surroundings })
  const match = matchRoute(watched, { ...question, namespace, name: question.pod })
  const isTold = match.verdict === 'Routed'
  const restsBecause = findRest(route, surroundings.systemNamespace)
  return {
    ...{ namespace: metadata.namespace, route: metadata.name, match },
    ...(isTold ? findSilences(route, facts) : { silences: [], possibleSilences: [] }),
    notes: isTold ? receiverNotes(match, resolved) : [],
    ...(restsBecause === undefined ? {} : { restsBecause }),
  }
}

function findRest({ metadata, spec, status }: CrashAlertRoute, systemNamespace: string): string | undefined {
  if (spec.suspend) return 'it is suspended'
  const [beyond] = crashScopeProblems(spec, { namespace: metadata.namespace, systemNamespace })
  if (beyond !== undefined) return `it is not accepted: ${beyond.message}`
  const { state, message } = judgeObject(status?.conditions)
  return state === 'NotReady' || state === 'Unseen' ? `it is not at work: ${message}` : undefined
}

function receiverNotes(match: RouteMatch, { lines, others, spec }: ReturnType<typeof resolveRoute>): string[] {
  if (match.verdict !== 'Routed') return []
  const index = spec.routes?.findIndex(({ name }) => name === match.line) ?? -1
  const problems = (lines[index] ?? others).flatMap(({ resolution }) =>
    'problem' in resolution ? [resolution.message] : [],
  )
  return [...problems, ...match.receivers.flatMap(({ refusal }: ChannelChoice) => refusal ?? [])]
}
