/** The conditions that every kind of policy judges in the same way: its spec, its receivers, and the notification log. */
import type { Pending } from '../notify/receiver-uses.ts'
import type { Resolution } from '../notify/receivers.ts'
import type { ConditionedObject, Judgement } from './kind-reconciler.ts'

/** A spec that can be carried out, and the generation that it came with. */
export interface AcceptedVersion<Spec> {
  readonly generation: number
  readonly spec: Spec
}

/** Why a spec cannot be carried out; `reason` is one word. */
export interface Rejection {
  readonly reason: string
  readonly message: string
}

/** A receiver where the spec names it; `place` is absent where there is but one list of them. */
export interface NamedReceiver {
  readonly place?: string
  readonly resolution: Resolution | Pending
}

/** Where one receiver is named in many places, so many of them are said. */
const maxPlaces = 5

/** `idle` says what does not happen while no version was ever accepted. */
export function acceptance(
  rejection: Rejection | undefined,
  version: AcceptedVersion<unknown> | undefined,
  idle: string,
): Judgement {
  if (rejection === undefined)
    return { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The spec can be carried out' }
  const others = version === undefined ? idle : `Generation ${version.generation} works on`
  return { type: 'Accepted', status: 'False', reason: rejection.reason, message: `${rejection.message}. ${others}` }
}

export function references(object: ConditionedObject, named: readonly NamedReceiver[]): Judgement {
  if (named.some(({ resolution }) => 'pending' in resolution)) return lastKnownReferences(object)
  const problems = named.flatMap(({ place, resolution }) => ('problem' in resolution ? [{ place, ...resolution }] : []))
  const [first] = problems
  if (first === undefined)
    return { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message: 'All receivers can be used' }
  const others = problems.length === named.length ? "alerts go to the operator's console" : 'the others work'
  const message = `${problemText(problems)}; ${others}`
  return { type: 'ResolvedRefs', status: 'False', reason: `Receiver${first.problem}`, message }
}

export function logDegradation(problem: string): Judgement {
  const message = `The notification log cannot be written: ${problem}. Alerts go out all the same, some perhaps twice`
  return { type: 'Degraded', status: 'True', reason: 'LogUnavailable', message }
}

/** The same problem of many places is said once. */
function problemText(problems: readonly { readonly place: string | undefined; readonly message: string }[]): string {
  const byMessage = Map.groupBy(problems, ({ message }) => message)
  return [...byMessage]
    .map(([message, those]) => placesText(those.flatMap(({ place }) => place ?? [])) + message)
    .join('; ')
}

function placesText(places: readonly string[]): string {
  if (places.length === 0) return ''
  const more = places.length - maxPlaces
  return `${places.slice(0, maxPlaces).join(', ')}${more > 0 ? ` and ${more} more` : ''}: `
}

/** A restart is no reason to take back what was known of this generation. */
function lastKnownReferences({ metadata, status }: ConditionedObject): Judgement {
  const known = status?.conditions?.find(({ type }) => type === 'ResolvedRefs')
  if (known?.observedGeneration === metadata.generation) return known
  const message = 'Which receivers are shared shows when the namespaces have been read'
  return { type: 'ResolvedRefs', status: 'Unknown', reason: 'Syncing', message }
}
