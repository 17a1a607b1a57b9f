/** Which silences mute a crash now, and which may: some labels of its alert cannot be read from outside of the operator. */
import type { CrashAlertRoute } from '../../api/crash-alert-route.ts'
import { namespaceOnly } from '../../api/scope-rule.ts'
import type { Silence } from '../../api/silence.ts'
import { hasCode } from '../../base/errors.ts'
import type { Alert, ObjectReference } from '../../model/alert.ts'
import { type AlertLabel, matchLabels } from '../../model/alert-labels.ts'
import { compileMatcher, matchesAll } from '../../model/matchers.ts'
import { routeReference } from '../../reconcilers/crash-alert-route/resolve-route.ts'
import { crashAlert } from '../../watchers/crash/alert.ts'
import { beginIncident } from '../../watchers/crash/incident.ts'
import { matcherText } from '../silence/matcher-text.ts'
import { silenceRecord } from '../silence/silence-record.ts'
import type { CrashQuestion } from './crash-question.ts'

export interface SilenceFacts {
  readonly question: CrashQuestion
  readonly silences: readonly Silence[]
  readonly surroundings: { readonly systemNamespace: string }
  /** The operator's `--cluster-name`, empty where it has none; absent: it is not known. */
  readonly clusterName?: string
  readonly nowMs: number
}

export interface MutingSilence {
  readonly namespace: string
  readonly name: string
  /** RFC 3339. */
  readonly endsAt: string
}

export interface PossibleSilence extends MutingSilence {
  /** What has to hold besides, as `cluster=prod`. */
  readonly onlyIf: readonly string[]
}

export interface FoundSilences {
  readonly silences: readonly MutingSilence[]
  readonly possibleSilences: readonly PossibleSilence[]
}

export function findSilences(route: CrashAlertRoute, facts: SilenceFacts): FoundSilences {
  const alert = alertOf(route, facts)
  const unknown = unknownLabels(route, facts)
  const found = facts.silences.flatMap((silence) => matching(silence, { alert, unknown }, facts))
  return {
    silences: found.filter(({ onlyIf }) => onlyIf.length === 0).map(({ onlyIf: _, ...silence }) => silence),
    possibleSilences: found.filter(({ onlyIf }) => onlyIf.length > 0),
  }
}

interface PartlyKnownAlert {
  readonly alert: Alert
  readonly unknown: readonly AlertLabel[]
}

function unknownLabels({ spec }: CrashAlertRoute, { question, clusterName }: SilenceFacts): AlertLabel[] {
  const isOfUnknown = !question.isWorkloadKnown && spec.grouping.by !== 'Pod'
  return [
    ...(clusterName === undefined ? (['cluster'] as const) : []),
    ...(isOfUnknown ? (['workload', 'kind', 'name'] as const) : []),
  ]
}

function matching(
  silence: Silence,
  { alert, unknown }: PartlyKnownAlert,
  { question, surroundings, nowMs }: SilenceFacts,
): PossibleSilence[] {
  const { namespace, name, state, endsAt } = silenceRecord(silence, nowMs)
  const only = namespaceOnly({ namespace, systemNamespace: surroundings.systemNamespace })
  if (state !== 'Active' || (only !== undefined && only !== question.namespace)) return []
  const isUnknown = (matcher: { readonly name: string }) => unknown.some((label) => label === matcher.name)
  const known = silence.spec.matchers.filter((matcher) => !isUnknown(matcher))
  if (!isReadable(silence) || !matchesAll(known.map(compileMatcher), matchLabels(alert))) return []
  return [{ namespace, name, endsAt, onlyIf: silence.spec.matchers.filter(isUnknown).map(matcherText) }]
}

/** One that cannot be read mutes nothing, as the operator has it. */
function isReadable({ spec }: Silence): boolean {
  try {
    spec.matchers.map(compileMatcher)
    return true
  } catch (error) {
    if (hasCode(error, 'INVALID_SPEC')) return false
    throw error
  }
}

/** As the operator would tell it, were it the first of its incident. */
function alertOf(route: CrashAlertRoute, { question, clusterName, nowMs }: SilenceFacts): Alert {
  const { namespace, pod, container, node, reason } = question
  const subject = {
    ...{ namespace, workload: subjectOf(route, question) },
    ...(container === undefined ? {} : { container }),
  }
  const place = { podName: pod, ...(node === undefined ? {} : { nodeName: node }) }
  const sighting = { key: '', reason, cause: '', atMs: nowMs, restartCount: 0, crashes: 1 }
  const source = {
    ...{ reference: routeReference(route), severity: route.spec.severity, labels: route.spec.labels ?? {} },
    ...{
      runbookURL: undefined,
      clusterName: clusterName || undefined,
      dashboardLink: () => undefined,
      logWish: undefined,
    },
  }
  const incident = beginIncident(subject, { id: '', sighting }, place)
  return crashAlert({ route: source, incident, record: undefined, nowMs })
}

function subjectOf({ spec }: CrashAlertRoute, { namespace, pod, workload }: CrashQuestion): ObjectReference {
  return spec.grouping.by === 'Pod' ? { kind: 'Pod', namespace, name: pod } : workload
}
