/** What becomes of one crash by every CrashAlertRoute that could see it. Pure: what was read of the cluster comes in. */
import type { CrashAlertRoute } from '../../api/crash-alert-route.ts'
import { crashScopeProblems, namespaceOnly } from '../../api/scope-rule.ts'
import type { Silence } from '../../api/silence.ts'
import { hasCode } from '../../base/errors.ts'
import type { Alert } from '../../model/alert.ts'
import { matchLabels } from '../../model/alert-labels.ts'
import { compileMatcher, matchesAll } from '../../model/matchers.ts'
import type { ReceiverSurroundings } from '../../notify/receiver-uses.ts'
import { resolveRoute, routeReference, watchedRoute } from '../../reconcilers/crash-alert-route/resolve-route.ts'
import { crashAlert } from '../../watchers/crash/alert.ts'
import type { ChannelChoice } from '../../watchers/crash/channel-choice.ts'
import type { CrashNamespace } from '../../watchers/crash/crash-namespace.ts'
import { beginIncident } from '../../watchers/crash/incident.ts'
import { matchRoute, type RouteMatch } from '../../watchers/crash/route-match.ts'
import { judgeObject } from '../objects/object-state.ts'
import { silenceRecord } from '../silence/silence-record.ts'
import type { CrashQuestion } from './crash-question.ts'

export interface ExplainFacts {
  readonly question: CrashQuestion
  readonly namespace: CrashNamespace
  readonly routes: readonly CrashAlertRoute[]
  readonly silences: readonly Silence[]
  readonly surroundings: ReceiverSurroundings & { readonly systemNamespace: string }
  readonly nowMs: number
}

export interface MutingSilence {
  readonly namespace: string
  readonly name: string
  /** RFC 3339. */
  readonly endsAt: string
}

export interface RouteAnswer {
  readonly namespace: string
  readonly route: string
  readonly match: RouteMatch
  /** Why the route does nothing, or something else than its spec says, in words; absent: it is at work. */
  readonly restsBecause?: string
  /** Those that mute it now. */
  readonly silences: readonly MutingSilence[]
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
    silences: isTold ? facts.silences.flatMap((silence) => muting(silence, route, facts)) : [],
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

function muting(silence: Silence, route: CrashAlertRoute, facts: ExplainFacts): MutingSilence[] {
  const { question, surroundings, nowMs } = facts
  const { namespace, name, state, endsAt } = silenceRecord(silence, nowMs)
  const only = namespaceOnly({ namespace, systemNamespace: surroundings.systemNamespace })
  if (state !== 'Active' || (only !== undefined && only !== question.namespace)) return []
  return isAbout(silence, alertOf(route, question, nowMs)) ? [{ namespace, name, endsAt }] : []
}

/** One that cannot be read mutes nothing, as the operator has it. */
function isAbout({ spec }: Silence, alert: Alert): boolean {
  try {
    return matchesAll(spec.matchers.map(compileMatcher), matchLabels(alert))
  } catch (error) {
    if (hasCode(error, 'INVALID_SPEC')) return false
    throw error
  }
}

/** As the operator would tell it, were it the first of its incident. */
function alertOf(route: CrashAlertRoute, question: CrashQuestion, nowMs: number): Alert {
  const { namespace, pod, container, node, workload, reason } = question
  const subject = { namespace, workload, ...(container === undefined ? {} : { container }) }
  const place = { podName: pod, ...(node === undefined ? {} : { nodeName: node }) }
  const sighting = { key: '', reason, cause: '', atMs: nowMs, restartCount: 0, crashes: 1 }
  const source = {
    ...{ reference: routeReference(route), severity: route.spec.severity, labels: route.spec.labels ?? {} },
    ...{ runbookURL: undefined, clusterName: undefined, dashboardLink: () => undefined, logWish: undefined },
  }
  const incident = beginIncident(subject, { id: '', sighting }, place)
  return crashAlert({ route: source, incident, record: undefined, nowMs })
}
