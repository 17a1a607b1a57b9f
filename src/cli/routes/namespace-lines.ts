/** Which lines of a route count for a namespace, as far as its labels are known. */
import type { CrashAlertRoute, CrashAlertRouteSpec } from '../../api/crash-alert-route.ts'
import type { NamespaceFilter } from '../../api/selector.ts'
import { OperatorError } from '../../base/errors.ts'
import type { Labels } from '../../model/label-selector.ts'
import { matchesNamespace } from '../../watchers/crash/route-match.ts'
import { namespacesText } from './line-text.ts'

export interface KnownNamespace {
  readonly name: string
  /** Absent: they are not known. */
  readonly labels?: Labels
  /** Why its labels are not known, as a sentence without its full stop. */
  readonly unknownBecause?: string
  readonly isAbsent?: boolean
  /** The Slack channel that its annotation asks for. */
  readonly wishedChannel?: string
}

/** As the operator judges it; where the labels are not known, by the name alone. */
export function couldMean(filter: NamespaceFilter | undefined, { name, labels }: KnownNamespace): boolean {
  if (labels !== undefined) return matchesNamespace(filter, { name, labels })
  return matchesNamespace({ ...filter, selector: undefined }, { name, labels: {} })
}

/** Whether it takes labels to tell that are not known. */
export function isUnsure(filter: NamespaceFilter | undefined, namespace: KnownNamespace): boolean {
  const { matchLabels = {}, matchExpressions = [] } = filter?.selector ?? {}
  const hasTerms = Object.keys(matchLabels).length > 0 || matchExpressions.length > 0
  return hasTerms && namespace.labels === undefined && couldMean(filter, namespace)
}

/** The line that counts now; undefined: none does. Throws INVALID_INPUT where it cannot be told. */
export function countingLine({ routes = [] }: CrashAlertRouteSpec, namespace: KnownNamespace) {
  const line = routes.find(({ namespaces }) => couldMean(namespaces, namespace))
  if (line === undefined || !isUnsure(line.namespaces, namespace)) return line
  throw new OperatorError(
    'INVALID_INPUT',
    `where crashes of namespace ${namespace.name} go now cannot be told: line ${line.name} chooses by labels, and ${namespace.unknownBecause}. Say by which receiver with --receiver NAME, or NAMESPACE/NAME`,
  )
}

/** Throws INVALID_INPUT where the route has nothing to do with the namespace. */
export function requireSelected({ metadata, spec }: CrashAlertRoute, namespace: KnownNamespace): void {
  if (couldMean(spec.namespaces, namespace)) return
  const route = `CrashAlertRoute ${metadata.namespace}/${metadata.name}`
  throw new OperatorError(
    'INVALID_INPUT',
    `${route} does not select namespace ${namespace.name}, so no line of it counts there: its spec.namespaces chooses ${namespacesText(spec.namespaces)}. Have it choose ${namespace.name} too, or change another route with --route`,
  )
}
