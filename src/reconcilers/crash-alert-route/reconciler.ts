/**
 * CrashAlertRoute: checks scope and patterns, finds the receivers of every line, sets the crash watcher to work, and mirrors
 * what it sees into the status. A version that is not accepted changes nothing: the last good one works on, and the status
 * says so.
 */
import { type CrashAlertRoute, type CrashAlertRouteSpec, crashAlertRoute } from '../../api/crash-alert-route.ts'
import { crashScopeProblems } from '../../api/scope-rule.ts'
import type { Clock } from '../../base/clock.ts'
import { compileRedaction } from '../../model/redaction.ts'
import type { EventWriter } from '../../notify/own-console.ts'
import { type ReceiverSurroundings, userKey } from '../../notify/receiver-uses.ts'
import { placeholderNames, unknownPlaceholders } from '../../watchers/crash/dashboard-link.ts'
import type { CrashView } from '../../watchers/crash/view.ts'
import type { WatchedCrashRoute } from '../../watchers/crash/watched-route.ts'
import type { AcceptedVersions } from '../accepted-versions.ts'
import { type KindReconciler, recordTurns } from '../kind-reconciler.ts'
import type { AcceptedVersion, Rejection } from '../policy-conditions.ts'
import { namedReceivers, resolveRoute, routeReference, usesOf, watchedRoute } from './resolve-route.ts'
import { buildStatus } from './status.ts'

type Version = AcceptedVersion<CrashAlertRouteSpec>

/** The crash watcher as this reconciler needs it. */
export interface CrashWatching {
  apply(route: WatchedCrashRoute): void
  /** Closes what is open and tells so. */
  remove(uid: string): void
  /** The version at work; undefined for a route that never was accepted. */
  workOf(uid: string): Version | undefined
  view(uid: string): CrashView | undefined
}

export interface CrashAlertRouteSurroundings extends ReceiverSurroundings {
  readonly crashes: CrashWatching
  readonly accepted: AcceptedVersions
  readonly recordEvent: EventWriter
  /** Why the notification log cannot be written; undefined where it can. */
  readonly logProblem: () => string | undefined
  /** Why the crash history cannot be written; undefined where it can. */
  readonly historyProblem: () => string | undefined
  /** Somebody stopped all judgement and all messages. */
  readonly isStopped: () => boolean
  readonly clock: Clock
}

export function createCrashAlertRouteReconciler(
  surroundings: CrashAlertRouteSurroundings,
): KindReconciler<typeof crashAlertRoute> {
  const { crashes, receivers, accepted, isStopped, clock } = surroundings
  return {
    kind: crashAlertRoute,
    reconcile: async (route) => {
      const { uid } = route.metadata
      const rejection = findRejection(route, surroundings)
      const version =
        rejection === undefined ? versionOf(route) : (crashes.workOf(uid) ?? earlierVersion(route, surroundings))
      if (rejection === undefined) accepted.keep(uid, versionOf(route))
      accepted.whenRead(uid, version === undefined ? () => takeUp(route, surroundings) : undefined)
      const resolved = resolveRoute(route, version?.spec ?? route.spec, surroundings)
      receivers.use(userKey(routeReference(route)), usesOf(resolved))
      if (version !== undefined) crashes.apply(watchedRoute(route, version, { resolved, surroundings }))
      const problems = { logProblem: surroundings.logProblem(), historyProblem: surroundings.historyProblem() }
      const observed = { view: crashes.view(uid), isStopped: isStopped(), ...problems }
      const findings = { rejection, version, receivers: namedReceivers(resolved), ...observed }
      const status = buildStatus(route, findings, clock.nowMs())
      recordTurns(crashAlertRoute.kind, route, { status, recordEvent: surroundings.recordEvent })
      return status
    },
    forget: async ({ namespace, name, uid }) => {
      receivers.use(userKey({ kind: crashAlertRoute.kind, namespace, name }), [])
      crashes.remove(uid)
      accepted.forget(uid)
    },
  }
}

/** The version that an earlier process accepted goes to work. */
function takeUp(route: CrashAlertRoute, surroundings: CrashAlertRouteSurroundings): void {
  const version = earlierVersion(route, surroundings)
  if (version === undefined) return
  const resolved = resolveRoute(route, version.spec, surroundings)
  surroundings.crashes.apply(watchedRoute(route, version, { resolved, surroundings }))
}

function findRejection(
  { metadata, spec }: CrashAlertRoute,
  { systemNamespace }: CrashAlertRouteSurroundings,
): Rejection | undefined {
  const beyond = crashScopeProblems(spec, { namespace: metadata.namespace, systemNamespace })
  const wrong = [...repeatedNames(spec), ...patternProblems(spec), ...placeholderProblems(spec)]
  const messages = [...beyond.map(({ message }) => message), ...wrong]
  if (messages.length === 0) return undefined
  return { reason: beyond.length > 0 ? 'OutOfScope' : 'InvalidSpec', message: messages.join('; ') }
}

/** Checked here and not in the schema: the API server finds it too dear for a list of this length. */
function repeatedNames({ routes = [] }: CrashAlertRouteSpec): string[] {
  const names = routes.map(({ name }) => name)
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  return [...repeated].map((name) => `spec.routes[${name}]: two lines have this name: give each its own`)
}

function patternProblems({ logs: { redact = [] } }: CrashAlertRouteSpec): string[] {
  return redact.flatMap((pattern, index) => {
    const compiled = compileRedaction([pattern])
    return 'problem' in compiled ? `spec.logs.redact[${index}]: ${compiled.problem}` : []
  })
}

function placeholderProblems({ dashboardURL = '' }: CrashAlertRouteSpec): string[] {
  const known = placeholderNames.map((name) => `{{${name}}}`).join(', ')
  return unknownPlaceholders(dashboardURL).map(
    (unknown) => `spec.dashboardURL: ${unknown} stands for nothing: write one of ${known}`,
  )
}

/** What an earlier process accepted, if it may see what it asks for in this one too. */
function earlierVersion(route: CrashAlertRoute, surroundings: CrashAlertRouteSurroundings): Version | undefined {
  const version = surroundings.accepted.of<CrashAlertRouteSpec>(route.metadata.uid, crashAlertRoute.spec)
  if (version === undefined) return undefined
  return findRejection({ ...route, spec: version.spec }, surroundings) === undefined ? version : undefined
}

function versionOf({ metadata, spec }: CrashAlertRoute): Version {
  return { generation: metadata.generation, spec }
}
