/** What becomes of one crash by every CrashAlertRoute that could see it. Pure: what was read of the cluster comes in. */
import type { CrashAlertRoute } from '../../api/crash-alert-route.ts'
import type { Silence } from '../../api/silence.ts'
import type { ReceiverSurroundings } from '../../notify/receiver-uses.ts'
import { resolveRoute, watchedRoute } from '../../reconcilers/crash-alert-route/resolve-route.ts'
import type { ChannelChoice } from '../../watchers/crash/channel-choice.ts'
import type { CrashNamespace } from '../../watchers/crash/crash-namespace.ts'
import { matchRoute, type Routed, type RouteMatch } from '../../watchers/crash/route-match.ts'
import type { CrashQuestion } from './crash-question.ts'
import { findSilences, type MutingSilence, type PossibleSilence } from './muting-silences.ts'
import { routeStanding } from './route-standing.ts'

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

/** What is at work is not what the spec says, and cannot be read. */
interface Unknown {
  readonly verdict: 'Unknown'
}

export interface RouteAnswer {
  readonly namespace: string
  readonly route: string
  readonly match: RouteMatch | Unknown
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
  const standing = routeStanding(route, facts.surroundings.systemNamespace)
  const answer = {
    ...{ namespace: route.metadata.namespace, route: route.metadata.name },
    ...(standing.kind === 'AtWork' ? {} : { restsBecause: standing.because }),
  }
  const none = { silences: [], possibleSilences: [], notes: [] }
  if (standing.kind === 'EarlierAtWork') return { ...answer, match: { verdict: 'Unknown' }, ...none }
  return { ...answer, ...none, ...judgeBySpec(route, facts) }
}

function judgeBySpec(
  route: CrashAlertRoute,
  facts: ExplainFacts,
): Pick<RouteAnswer, 'match'> & Partial<Pick<RouteAnswer, 'silences' | 'possibleSilences' | 'notes'>> {
  const { question, namespace, surroundings } = facts
  const { metadata, spec } = route
  const resolved = resolveRoute(route, spec, surroundings)
  const version = { generation: metadata.generation, spec }
  const watched = watchedRoute(route, version, { resolved, surroundings })
  const match = matchRoute(watched, { ...question, namespace, name: question.pod })
  if (match.verdict !== 'Routed') return { match }
  return { match, ...findSilences(route, facts), notes: receiverNotes(match, resolved) }
}

function receiverNotes(match: Routed, { lines, others, spec }: ReturnType<typeof resolveRoute>): string[] {
  const index = spec.routes?.findIndex(({ name }) => name === match.line) ?? -1
  const problems = (lines[index] ?? others).flatMap(({ resolution }) =>
    'problem' in resolution ? [resolution.message] : [],
  )
  return [...problems, ...match.receivers.flatMap(({ refusal }: ChannelChoice) => refusal ?? [])]
}
