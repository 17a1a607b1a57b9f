/** Changes of a CrashAlertRoute's spec as people ask for them: pure, so that one can be made anew where somebody else wrote first. */
import type { CrashAlertRouteSpec } from '../../api/crash-alert-route.ts'
import { OperatorError } from '../../base/errors.ts'
import type { CrashReason } from '../../model/crash.ts'
import { matchesGlob } from '../../model/glob.ts'
import { namespacesText } from './line-text.ts'
import { couldMean, isUnsure, type KnownNamespace } from './namespace-lines.ts'

export type RouteLine = NonNullable<CrashAlertRouteSpec['routes']>[number]
export type IgnoreEntry = NonNullable<CrashAlertRouteSpec['ignore']>[number]

/** Entries of a list of the spec that go, and that come. */
export interface EntryChange {
  readonly list: 'routes' | 'ignore'
  readonly before?: readonly (RouteLine | IgnoreEntry)[]
  readonly after?: readonly (RouteLine | IgnoreEntry)[]
}

export interface RouteEdit {
  /** What is to be merged into the spec; absent: it says so already. */
  readonly patch?: { readonly routes?: readonly RouteLine[] | null; readonly ignore?: readonly IgnoreEntry[] | null }
  readonly change?: EntryChange
  /** What it means, one sentence each. */
  readonly effects: readonly string[]
}

/** Whether it is for this namespace and no other. */
function isFor(filter: RouteLine['namespaces'], namespace: string): boolean {
  const { names = [], selector } = filter ?? {}
  return names.length === 1 && names[0] === namespace && selector === undefined
}

/**
 * The line of this namespace, so placed that no line before it counts for the namespace: where it was, or before those, or as
 * a new one before all others.
 */
export function setLine(
  spec: CrashAlertRouteSpec,
  namespace: KnownNamespace,
  receivers: RouteLine['receivers'],
): RouteEdit {
  const { routes = [] } = spec
  const { name } = namespace
  const before = routes.find(({ namespaces }) => isFor(namespaces, name))
  if (before === undefined) {
    const after = { name: freeName(routes, name), namespaces: { names: [name] }, receivers }
    return { patch: { routes: [after, ...routes] }, change: { list: 'routes', after: [after] }, effects: [] }
  }
  const after = { ...before, receivers }
  const first = routes.slice(0, routes.indexOf(before)).find(({ namespaces }) => couldMean(namespaces, namespace))
  if (first === undefined && JSON.stringify(before) === JSON.stringify(after)) return { effects: [] }
  return {
    patch: { routes: routes.flatMap((line) => replaced(line, { before, after, first })) },
    change: { list: 'routes', before: [before], after: [after] },
    effects: first === undefined ? [] : [moveText(after, first, namespace)],
  }
}

interface LineMove {
  readonly before: RouteLine
  readonly after: RouteLine
  /** The line that `after` comes before; undefined: it takes the place of `before`. */
  readonly first: RouteLine | undefined
}

function replaced(line: RouteLine, { before, after, first }: LineMove): RouteLine[] {
  if (line === first) return [after, line]
  if (line !== before) return [line]
  return first === undefined ? [after] : []
}

function moveText({ name }: RouteLine, first: RouteLine, namespace: KnownNamespace): string {
  const counts = isUnsure(first.namespaces, namespace) ? 'may count' : 'counts'
  return `Line ${name} moves before line ${first.name}, which ${counts} for ${namespace.name} too`
}

function freeName(routes: readonly RouteLine[], wanted: string): string {
  const names = new Set(routes.map(({ name }) => name))
  if (!names.has(wanted)) return wanted
  const numbers = Array.from({ length: routes.length + 1 }, (_, index) => `${wanted.slice(0, 58)}-${index + 2}`)
  return numbers.find((name) => !names.has(name)) ?? wanted
}

/** Throws INVALID_INPUT where there is no such line. */
export function removeLine({ routes = [] }: CrashAlertRouteSpec, name: string): RouteEdit {
  const before = routes.find((line) => line.name === name)
  if (before === undefined) {
    const known = routes.length === 0 ? 'it has none' : `it has ${routes.map((line) => line.name).join(', ')}`
    throw new OperatorError('INVALID_INPUT', `the route has no line ${name}: ${known}`)
  }
  const rest = routes.filter((line) => line !== before)
  const effect = `Crashes of ${namespacesText(before.namespaces)} go where the next line that matches says, or else the route's own receivers`
  return { patch: { routes: orNone(rest) }, change: { list: 'routes', before: [before] }, effects: [effect] }
}

/** What is to be muted; at least the namespace. */
export interface MuteRequest {
  readonly namespace: string
  readonly container?: string
  readonly pod?: string
  readonly reason?: CrashReason
  readonly exitCodes?: readonly number[]
}

export function mute({ ignore = [] }: CrashAlertRouteSpec, request: MuteRequest): RouteEdit {
  const after = entryOf(request)
  if (ignore.some((entry) => isSame(entry, after))) return { effects: [`${muteText(after)} are muted already`] }
  return {
    patch: { ignore: [...ignore, after] },
    change: { list: 'ignore', after: [after] },
    effects: [`${muteText(after)} are not told any more; they are kept in the history`],
  }
}

/** Takes out whatever says exactly that, however often. Throws INVALID_INPUT where no entry does. */
export function unmute({ ignore = [] }: CrashAlertRouteSpec, request: MuteRequest): RouteEdit {
  const wanted = entryOf(request)
  const before = ignore.filter((entry) =>
    isSame(hasNoCodes(entry) ? { ...entry, exitCodes: undefined } : entry, wanted),
  )
  if (before.length === 0) {
    const message = `no entry of spec.ignore is exactly this: ${muteText(wanted)}. \`routes list --muted\` shows what is muted; what it shows as any is left out here`
    throw new OperatorError('INVALID_INPUT', message)
  }
  const rest = ignore.filter((entry) => !before.includes(entry))
  return {
    patch: { ignore: orNone(rest) },
    change: { list: 'ignore', before },
    effects: [toldAgainText(wanted, rest)],
  }
}

function toldAgainText(wanted: IgnoreEntry, rest: readonly IgnoreEntry[]): string {
  const wider = rest.find((entry) => isWider(entry, wanted))
  if (wider === undefined) return `${muteText(wanted)} are told again`
  return `${muteText(wanted)} stay untold all the same, because another entry is wider: ${muteText(wider)}`
}

/** It matches no crash at all. */
function hasNoCodes({ exitCodes }: IgnoreEntry): boolean {
  return exitCodes?.length === 0
}

/** A pattern that matches another as text matches all that the other does. */
function isWider(wide: IgnoreEntry, narrow: IgnoreEntry): boolean {
  const { reason, exitCodes } = wide
  return (
    (['namespace', 'pod', 'container'] as const).every((member) =>
      matchesGlob(wide[member] ?? '*', narrow[member] ?? '*'),
    ) &&
    (reason === undefined || reason === narrow.reason) &&
    (exitCodes === undefined || narrow.exitCodes?.every((code) => exitCodes.includes(code)) === true)
  )
}

function entryOf({ namespace, pod, container, reason, exitCodes }: MuteRequest): IgnoreEntry {
  return {
    namespace,
    ...(pod === undefined ? {} : { pod }),
    ...(container === undefined ? {} : { container }),
    ...(reason === undefined ? {} : { reason }),
    ...(exitCodes === undefined ? {} : { exitCodes: [...exitCodes].sort((a, b) => a - b) }),
  }
}

/** The same whatever the order in which it is written; `*` is as good as nothing. */
function isSame(one: IgnoreEntry, other: IgnoreEntry): boolean {
  const key = ({ namespace = '*', pod = '*', container = '*', reason, exitCodes }: IgnoreEntry) =>
    JSON.stringify([namespace, pod, container, reason, exitCodes?.toSorted((a, b) => a - b)])
  return key(one) === key(other)
}

/** `Crashes of container app in namespace dev, pods load-*, with Error and exit code 143`. */
export function muteText({ namespace = '*', pod, container, reason, exitCodes = [] }: IgnoreEntry): string {
  const what = container === undefined ? 'Crashes' : `Crashes of container ${container}`
  const pods = pod === undefined ? '' : `, pods ${pod}`
  const codes = exitCodes.length === 0 ? [] : [`exit code ${exitCodes.join(' or ')}`]
  const how = [...(reason === undefined ? [] : [reason]), ...codes].join(' and ')
  return `${what} in namespace ${namespace}${pods}${how === '' ? '' : `, with ${how}`}`
}

/** By merge patch a list goes with null. */
function orNone<T>(list: readonly T[]): readonly T[] | null {
  return list.length === 0 ? null : list
}
