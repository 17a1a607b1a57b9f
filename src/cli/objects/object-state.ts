/** Whether an object of Dogwatch's works, in one word. */
import type { Condition } from '../../api/conditions.ts'
import type { Style } from '../output/color.ts'
import type { Cell } from '../output/table.ts'

export const objectStates = ['NotReady', 'Degraded', 'Unseen', 'Checking', 'Suspended', 'Ready'] as const
export type ObjectState = (typeof objectStates)[number]

export interface ObjectVerdict {
  readonly state: ObjectState
  /** One word. */
  readonly reason: string
  /** What to do, or that all is well. */
  readonly message: string
}

export function judgeObject(conditions: readonly Condition[] = []): ObjectVerdict {
  const find = (type: Condition['type']) => conditions.find((condition) => condition.type === type)
  const ready = find('Ready')
  if (ready === undefined) {
    return { state: 'Unseen', reason: 'Unseen', message: 'the operator has not looked at it: is one running?' }
  }
  const { status, reason, message } = ready
  const degraded = find('Degraded')
  if (status === 'True' && degraded?.status === 'True') {
    return { state: 'Degraded', reason: degraded.reason, message: degraded.message }
  }
  if (status === 'True') return { state: 'Ready', reason, message }
  if (reason === 'Suspended') return { state: 'Suspended', reason, message }
  return { state: status === 'Unknown' ? 'Checking' : 'NotReady', ...causeOf(conditions, ready) }
}

/** Where it is not ready because it was not accepted, or because something is missing, that says more. */
function causeOf(conditions: readonly Condition[], ready: Condition): Pick<ObjectVerdict, 'reason' | 'message'> {
  const cause = conditions.find(
    ({ type, status }) => (type === 'Accepted' || type === 'ResolvedRefs') && status === 'False',
  )
  const { reason, message } = cause ?? ready
  return { reason, message }
}

const styles: Partial<Record<ObjectState, Style>> = {
  NotReady: 'red',
  Degraded: 'yellow',
  Unseen: 'yellow',
  Checking: 'dim',
  Suspended: 'dim',
  Ready: 'green',
}

export function stateCell({ state }: { readonly state: ObjectState }): Cell {
  const style = styles[state]
  return style === undefined ? state : [{ text: state, style }]
}

/** A sentence for each object that needs somebody. */
export function stateNotes(
  items: readonly (ObjectVerdict & { readonly namespace: string; readonly name: string })[],
): string[] {
  const isFine = (state: ObjectState) => state === 'Ready' || state === 'Suspended'
  return items
    .filter(({ state }) => !isFine(state))
    .map(({ namespace, name, message }) => `${namespace}/${name}: ${message}`)
}

/** What needs somebody first. */
export function byState(left: { readonly state: ObjectState }, right: { readonly state: ObjectState }): number {
  return objectStates.indexOf(left.state) - objectStates.indexOf(right.state)
}
