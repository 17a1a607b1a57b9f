/** What the watcher asks of a route, in its own words. */
import type { ReceiverUse } from '../../model/alert.ts'
import type { CrashRecord } from '../../model/crash.ts'
import type { ToldQuestion } from './crash-engine.ts'
import type { CrashNamespace } from './crash-namespace.ts'
import { dashboardLink } from './dashboard-link.ts'
import { findLine, matchRoute } from './route-match.ts'
import type { WatchedCrashRoute } from './watched-route.ts'

/** The line of a route that has no name: its own receivers. */
const defaultLine = ''

export function isTold(route: WatchedCrashRoute, namespace: CrashNamespace, crash: ToldQuestion): boolean {
  const { sighting, name, isOptedOut } = crash
  const subject = {
    ...{ namespace, isOptedOut, name },
    ...{ container: sighting.container?.name, reason: sighting.reason, exitCode: sighting.exitCode },
  }
  return matchRoute(route, subject).verdict === 'Routed'
}

export interface ChosenLine {
  readonly name: string
  readonly receivers: readonly ReceiverUse[]
  /** Why it does not go where the namespace wants it, in words. */
  readonly refusals: readonly string[]
}

export function lineOf(route: WatchedCrashRoute, namespace: CrashNamespace): ChosenLine {
  const { line = defaultLine, receivers } = findLine(route, namespace)
  return {
    name: line,
    receivers: receivers.map(({ use }) => use),
    refusals: [...new Set(receivers.flatMap(({ refusal }) => refusal ?? []))],
  }
}

/** Where a line goes that no single namespace has a say in. */
export function receiversOfLine(route: WatchedCrashRoute, line: string): readonly ReceiverUse[] {
  return (route.lines.find(({ name }) => name === line) ?? route).receivers
}

export function linkOf(template: string, record: CrashRecord): string {
  const { cluster, namespace, workload, pod, container, reason, node, id } = record
  return dashboardLink(template, {
    ...{ cluster, namespace, workload: workload.name, pod: pod?.name, container: container?.name, reason, node, id },
  })
}
