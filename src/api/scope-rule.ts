/**
 * The one scope rule of every kind: a resource in the system namespace may select the whole cluster; in any other
 * namespace it sees that namespace alone. Checked by the operator, so nothing that a tenant writes widens it.
 */
import type { AlertReceiverSpec } from './alert-receiver.ts'
import type { CapacityPolicySpec } from './capacity-policy.ts'
import type { CrashAlertRouteSpec } from './crash-alert-route.ts'
import type { NamespaceFilter } from './selector.ts'

/** A field that reaches further than its resource may, and what to do about it. */
export interface ScopeProblem {
  readonly field: string
  readonly message: string
}

/** Where a resource lies. */
export interface Place {
  readonly namespace: string
  /** Absent: the operator reads one namespace only, and nothing can be selected beyond it. */
  readonly systemNamespace: string | undefined
}

export function capacityScopeProblems(spec: CapacityPolicySpec, place: Place): ScopeProblem[] {
  if (place.namespace === place.systemNamespace) return []
  const wide = spec.rules.filter(({ scope }) => scope !== 'Pod' && scope !== 'Namespace')
  return [
    ...otherNamespaces('spec.namespaces', spec.namespaces, place),
    ...(spec.nodes === undefined ? [] : [problem('spec.nodes', place)]),
    ...(spec.pool === undefined ? [] : [problem('spec.pool', place)]),
    ...wide.map(({ name, scope }) => problem(`spec.rules[${name}].scope ${scope}`, place)),
  ]
}

export function crashScopeProblems({ namespaces, routes = [] }: CrashAlertRouteSpec, place: Place): ScopeProblem[] {
  if (place.namespace === place.systemNamespace) return []
  const lines = routes.flatMap((line) =>
    otherNamespaces(`spec.routes[${line.name}].namespaces`, line.namespaces, place),
  )
  return [...otherNamespaces('spec.namespaces', namespaces, place), ...lines]
}

export function receiverScopeProblems(spec: AlertReceiverSpec, place: Place): ScopeProblem[] {
  if (place.namespace === place.systemNamespace || spec.share === undefined) return []
  return [problem('spec.share', place)]
}

/** The one namespace that a resource there sees, or undefined where it may see all. */
export function namespaceOnly({ namespace, systemNamespace }: Place): string | undefined {
  return namespace === systemNamespace ? undefined : namespace
}

function otherNamespaces(field: string, filter: NamespaceFilter | undefined, place: Place): ScopeProblem[] {
  if (filter === undefined) return []
  const foreign = (filter.names ?? []).filter((name) => name !== place.namespace)
  return [
    ...(foreign.length === 0 ? [] : [problem(`${field}.names (${foreign.join(', ')})`, place)]),
    ...(filter.selector === undefined ? [] : [problem(`${field}.selector`, place)]),
  ]
}

function problem(field: string, { namespace, systemNamespace }: Place): ScopeProblem {
  const elsewhere =
    systemNamespace === undefined ? 'install the operator cluster-wide' : `ask for it in ${systemNamespace}`
  const advice = `leave it out, or ${elsewhere}`
  return { field, message: `${field}: a resource in namespace ${namespace} sees that namespace alone: ${advice}` }
}
