/** From an accepted CrashAlertRoute to one that the watcher can carry out: whom each of its lines can tell. */
import { type CrashAlertRoute, type CrashAlertRouteSpec, crashAlertRoute } from '../../api/crash-alert-route.ts'
import { namespaceOnly } from '../../api/scope-rule.ts'
import type { PolicyReference, ReceiverUse } from '../../model/alert.ts'
import { type ReceiverSurroundings, type ResolvedUse, resolveUses, usable } from '../../notify/receiver-uses.ts'
import type { WatchedCrashRoute } from '../../watchers/crash/watched-route.ts'
import type { AcceptedVersion, NamedReceiver } from '../policy-conditions.ts'
import { channelAnswering } from './channel-answer.ts'

export interface ResolvedRoute {
  /** By the lines of the spec, in their order. */
  readonly lines: readonly (readonly ResolvedUse[])[]
  readonly others: readonly ResolvedUse[]
  readonly spec: CrashAlertRouteSpec
}

export function routeReference({ metadata }: CrashAlertRoute): PolicyReference {
  return { kind: crashAlertRoute.kind, namespace: metadata.namespace, name: metadata.name, uid: metadata.uid }
}

export function resolveRoute(
  { metadata }: CrashAlertRoute,
  spec: CrashAlertRouteSpec,
  surroundings: ReceiverSurroundings,
): ResolvedRoute {
  const resolve = (named: CrashAlertRouteSpec['receivers']) => resolveUses(named, metadata.namespace, surroundings)
  return { lines: (spec.routes ?? []).map((line) => resolve(line.receivers)), others: resolve(spec.receivers), spec }
}

export function usesOf({ lines, others }: ResolvedRoute): ReceiverUse[] {
  return [...lines.flat(), ...others].map(({ use }) => use)
}

/** Each with the field that names it. */
export function namedReceivers({ lines, others, spec }: ResolvedRoute): NamedReceiver[] {
  const named = (place: string, resolved: readonly ResolvedUse[]) =>
    resolved.map(({ resolution }) => ({ place, resolution }))
  return [
    ...lines.flatMap((resolved, index) => named(`spec.routes[${spec.routes?.[index]?.name}]`, resolved)),
    ...named('spec.receivers', others),
  ]
}

interface Application {
  readonly resolved: ResolvedRoute
  readonly surroundings: ReceiverSurroundings
}

/** Also where a version works on that is no longer what the spec says. */
export function watchedRoute(
  route: CrashAlertRoute,
  version: AcceptedVersion<CrashAlertRouteSpec>,
  { resolved, surroundings }: Application,
): WatchedCrashRoute {
  const { receivers, systemNamespace } = surroundings
  const lines = version.spec.routes ?? []
  return {
    reference: routeReference(route),
    ...{ generation: version.generation, spec: version.spec },
    onlyNamespace: namespaceOnly({ namespace: route.metadata.namespace, systemNamespace }),
    lines: lines.map(({ name, namespaces }, index) => ({
      ...{ name, namespaces, receivers: usable(resolved.lines[index] ?? []) },
    })),
    receivers: usable(resolved.others),
    channelAnswer: channelAnswering(receivers),
  }
}
