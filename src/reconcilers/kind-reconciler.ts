/** What every kind's reconciler has in common: spec in, status out. */
import { type Condition, type ConditionType, maxMessageLength, setCondition } from '../api/conditions.ts'
import type { Kind, Resource, StatusOf } from '../api/kind.ts'
import type { EventWriter } from '../notify/own-console.ts'

/** An object by name, as it is known once it is gone. */
export interface ObjectIdentity {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/**
 * One kind: brings what runs in line with an object's spec, and says what its status should be.
 *
 * Guarantees: calls for one kind come one after the other. `reconcile` may be called though nothing changed and then
 * returns the same status. What it throws is retried; what cannot get better is said in the status instead.
 */
export interface KindReconciler<K extends Kind = Kind> {
  readonly kind: K
  reconcile(object: Resource<K>, signal: AbortSignal): Promise<StatusOf<K>>
  /** The object is gone. */
  forget(object: ObjectIdentity): Promise<void>
}

/** One condition as a reconciler judges it; generation and times are added. */
export interface Judgement {
  readonly type: ConditionType
  readonly status: Condition['status']
  /** One word in CamelCase. */
  readonly reason: string
  readonly message: string
}

export interface ConditionedObject {
  readonly metadata: { readonly generation: number }
  readonly status?: { readonly conditions?: readonly Condition[] | undefined } | undefined
}

/** The object's conditions with these judgements in them; those of other types are dropped. */
export function conditionsOf(object: ConditionedObject, judgements: readonly Judgement[], now: string): Condition[] {
  const types = judgements.map(({ type }) => type)
  const existing = (object.status?.conditions ?? []).filter(({ type }) => types.includes(type))
  const observedGeneration = object.metadata.generation
  const set = (known: readonly Condition[], { type, status, reason, message }: Judgement) =>
    setCondition(known, { type, status, reason, message: shorten(message), observedGeneration }, now)
  return [...judgements.reduce(set, existing)]
}

interface Turn {
  readonly status: { readonly conditions?: readonly Condition[] | undefined }
  readonly recordEvent: EventWriter
}

/** Conditions whose turning bad is told as an Event, once for each new reason. */
const toldConditions = ['Accepted', 'ResolvedRefs'] as const

/** Events on an object whose spec is no longer accepted, or that names what is not there. */
export function recordTurns(kind: string, object: Resource<Kind>, { status, recordEvent }: Turn): void {
  const { namespace, name, uid } = object.metadata
  const earlier = (object.status as ConditionedObject['status'])?.conditions
  for (const type of toldConditions) {
    const before = earlier?.find((condition) => condition.type === type)
    const now = status.conditions?.find((condition) => condition.type === type)
    const isNews = before?.status !== now?.status || before?.message !== now?.message
    if (now?.status === 'False' && isNews) recordEvent({ kind, namespace, name, uid }, now.reason, now.message)
  }
}

/** The API server refuses a longer message, and with it the whole status. */
function shorten(message: string): string {
  return message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength - 4)} ...`
}
