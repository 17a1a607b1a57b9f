/**
 * What becomes of a crash by one route, and by which of its fields: the same answer for the watcher, which acts on it, and for
 * `dogwatch routes explain`, which shows it.
 *
 * In this order: scope and namespaces of the route select; `reasons`, `optOut` and `ignore` keep untold; the first line that
 * matches the namespace says where it goes, else the route's own receivers; the namespace's annotation may put another Slack
 * channel in place of theirs.
 */
import type { CrashAlertRouteSpec } from '../../api/crash-alert-route.ts'
import type { NamespaceFilter } from '../../api/selector.ts'
import type { CrashReason } from '../../model/crash.ts'
import { matchesGlob } from '../../model/glob.ts'
import { matchesLabelSelector } from '../../model/label-selector.ts'
import { type ChannelChoice, chooseChannel } from './channel-choice.ts'
import type { CrashNamespace } from './crash-namespace.ts'
import type { WatchedCrashRoute } from './watched-route.ts'

/** What crashed, as far as routes ask. */
export interface CrashSubject {
  readonly namespace: CrashNamespace
  /** The pod's; where a Job as a whole failed, the Job's. */
  readonly name: string
  /** Absent where the whole is in trouble: only `*` matches it. */
  readonly container?: string | undefined
  readonly reason: CrashReason
  readonly exitCode?: number | undefined
  /** Its annotation says that its crashes are not to be told. */
  readonly isOptedOut: boolean
}

export type RouteMatch = NotSelected | Ignored | Routed

/** The route has nothing to do with it: by this route it is neither told nor kept. */
export interface NotSelected {
  readonly verdict: 'NotSelected'
  /** `scope`: the route sees its own namespace alone. */
  readonly by: 'scope' | 'spec.namespaces'
}

/** It is kept in the history and not told. */
export interface Ignored {
  readonly verdict: 'Ignored'
  readonly by: 'spec.reasons' | 'spec.optOut' | `spec.ignore[${number}]`
}

export interface Routed {
  readonly verdict: 'Routed'
  /** The line's name; undefined: none matches, and it goes where `spec.receivers` says. */
  readonly line: string | undefined
  /** Empty: the operator's own console. */
  readonly receivers: readonly ChannelChoice[]
}

export function matchRoute(route: WatchedCrashRoute, subject: CrashSubject): RouteMatch {
  const leftOutBy = findLeavingOut(route, subject.namespace)
  if (leftOutBy !== undefined) return { verdict: 'NotSelected', by: leftOutBy }
  const ignoredBy = findIgnoring(route.spec, subject)
  if (ignoredBy !== undefined) return { verdict: 'Ignored', by: ignoredBy }
  return { verdict: 'Routed', ...findLine(route, subject.namespace) }
}

/** Where the crashes of a namespace go that are told. */
export function findLine(route: WatchedCrashRoute, namespace: CrashNamespace): Omit<Routed, 'verdict'> {
  const line = route.lines.find(({ namespaces }) => matchesNamespace(namespaces, namespace))
  const { receivers } = line ?? route
  return { line: line?.name, receivers: receivers.map((use) => chooseChannel(route, namespace, use)) }
}

/** Whether the route is about this namespace at all. */
export function selectsNamespace(route: WatchedCrashRoute, namespace: CrashNamespace): boolean {
  return findLeavingOut(route, namespace) === undefined
}

function findLeavingOut(
  { onlyNamespace, spec }: WatchedCrashRoute,
  namespace: CrashNamespace,
): NotSelected['by'] | undefined {
  if (onlyNamespace !== undefined && onlyNamespace !== namespace.name) return 'scope'
  return matchesNamespace(spec.namespaces, namespace) ? undefined : 'spec.namespaces'
}

/** Names and selector together intersect; what is absent or empty means all. */
export function matchesNamespace(
  filter: NamespaceFilter | undefined,
  { name, labels }: Pick<CrashNamespace, 'name' | 'labels'>,
): boolean {
  const { names = [], selector } = filter ?? {}
  return (names.length === 0 || names.includes(name)) && matchesLabelSelector(selector, labels)
}

function findIgnoring(spec: CrashAlertRouteSpec, subject: CrashSubject): Ignored['by'] | undefined {
  const { reasons = [], optOut, ignore = [] } = spec
  if (reasons.length > 0 && !reasons.includes(subject.reason)) return 'spec.reasons'
  if (optOut && subject.isOptedOut) return 'spec.optOut'
  const index = ignore.findIndex((entry) => isIgnoredBy(entry, subject))
  return index === -1 ? undefined : `spec.ignore[${index}]`
}

type IgnoreEntry = NonNullable<CrashAlertRouteSpec['ignore']>[number]

/** All that the entry sets has to hold. */
function isIgnoredBy({ namespace, pod, container, reason, exitCodes }: IgnoreEntry, subject: CrashSubject): boolean {
  return (
    isLike(namespace, subject.namespace.name) &&
    isLike(pod, subject.name) &&
    isLike(container, subject.container ?? '') &&
    (reason === undefined || reason === subject.reason) &&
    (exitCodes === undefined || (subject.exitCode !== undefined && exitCodes.includes(subject.exitCode)))
  )
}

function isLike(pattern: string | undefined, name: string): boolean {
  return pattern === undefined || matchesGlob(pattern, name)
}
