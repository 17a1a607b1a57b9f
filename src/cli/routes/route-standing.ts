/** Whether what a route's spec says is what is at work: one that is refused, or not looked at yet, leaves an earlier version at work. */
import type { Condition } from '../../api/conditions.ts'
import type { CrashAlertRoute } from '../../api/crash-alert-route.ts'
import { crashScopeProblems } from '../../api/scope-rule.ts'
import { judgeObject } from '../objects/object-state.ts'

export type RouteStanding =
  | { readonly kind: 'AtWork' }
  /** Nothing is told by it. */
  | { readonly kind: 'AtRest'; readonly because: string }
  /** An earlier version of the spec is at work, which no object shows. */
  | { readonly kind: 'EarlierAtWork'; readonly because: string }

export function routeStanding(route: CrashAlertRoute, systemNamespace: string): RouteStanding {
  const ready = find(route, 'Ready')
  const doubt = findDoubt(route, systemNamespace)
  if (doubt === undefined && route.spec.suspend) return { kind: 'AtRest', because: 'it is suspended' }
  if (doubt !== undefined && ready?.status === 'True') {
    const because = `${doubt}. What that does with this crash cannot be read from the object`
    return { kind: 'EarlierAtWork', because }
  }
  if (doubt !== undefined) return { kind: 'AtRest', because: `it is not at work: ${restText(doubt, ready)}` }
  const { state, message } = judgeObject(route.status?.conditions)
  const isAtRest = state === 'NotReady' || state === 'Unseen'
  return isAtRest ? { kind: 'AtRest', because: `it is not at work: ${message}` } : { kind: 'AtWork' }
}

/** Why the operator refuses the spec as it stands; undefined: it does not, or has not looked at it. */
export function refusalOf(route: CrashAlertRoute): string | undefined {
  const accepted = find(route, 'Accepted')
  return accepted?.status === 'False' && isOfThisSpec(route, accepted) ? accepted.message : undefined
}

/** For lists of what specs say: those of which an earlier version is at work. */
export function refusalNotes(routes: readonly CrashAlertRoute[]): string[] {
  return routes.flatMap((route) => {
    const refusal = refusalOf(route)
    if (refusal === undefined || find(route, 'Ready')?.status !== 'True') return []
    const { namespace, name } = route.metadata
    return `${namespace}/${name}: what is shown here is refused, and an earlier version of the spec is at work: ${refusal}`
  })
}

/** Why the spec as it stands is not what is at work. */
function findDoubt(route: CrashAlertRoute, systemNamespace: string): string | undefined {
  const { metadata, spec } = route
  const ready = find(route, 'Ready')
  const refusal = refusalOf(route)
  if (refusal !== undefined) return `its spec is refused: ${refusal}`
  if (ready !== undefined && !isOfThisSpec(route, ready))
    return 'the operator has not looked at its spec since it was changed, and goes by an earlier one'
  if (find(route, 'Accepted')?.status === 'True') return undefined
  const [beyond] = crashScopeProblems(spec, { namespace: metadata.namespace, systemNamespace })
  return beyond && `its spec is refused: ${beyond.message}`
}

/** That nothing was ever accepted is said by the refusal already. */
function restText(doubt: string, ready: Condition | undefined): string {
  return ready === undefined || ready.reason === 'NotAccepted' ? doubt : `${ready.message}. Besides, ${doubt}`
}

function find({ status }: CrashAlertRoute, type: Condition['type']): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type)
}

function isOfThisSpec({ metadata }: CrashAlertRoute, { observedGeneration }: Condition): boolean {
  return observedGeneration === metadata.generation
}
