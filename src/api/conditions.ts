import { z } from 'zod'
import { count, listMap, patternText, timestamp } from './schema.ts'

export const conditionTypes = ['Accepted', 'ResolvedRefs', 'Ready', 'Degraded'] as const
export type ConditionType = (typeof conditionTypes)[number]

/** Characters. */
export const maxMessageLength = 4096

const condition = z.object({
  type: z
    .enum(conditionTypes)
    .describe(
      'Accepted: the spec can be carried out. ResolvedRefs: all that it names exists. Ready: it is at work. Degraded: it works, but not fully.',
    ),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether the condition holds.'),
  observedGeneration: count().describe('The metadata.generation that this was judged for.'),
  lastTransitionTime: timestamp().describe('When status last changed.'),
  reason: patternText(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/, 128).describe('Why, as one word for programs.'),
  message: z.string().max(maxMessageLength).describe('Why, and what to do, for people.'),
})

export type Condition = z.output<typeof condition>

/** The `conditions` of every kind's status. */
export const conditions = () => listMap(condition, ['type']).max(conditionTypes.length)

/**
 * The list with this condition set. `lastTransitionTime` is `now` only where status changes; the same list is returned
 * when nothing does, so that a caller sees by identity whether there is something to write.
 */
export function setCondition(
  existing: readonly Condition[],
  next: Omit<Condition, 'lastTransitionTime'>,
  now: string,
): readonly Condition[] {
  const previous = existing.find(({ type }) => type === next.type)
  if (previous === undefined) return [...existing, { ...next, lastTransitionTime: now }]
  const lastTransitionTime = previous.status === next.status ? previous.lastTransitionTime : now
  const changed = { ...next, lastTransitionTime }
  if (isSame(previous, changed)) return existing
  return existing.map((item) => (item === previous ? changed : item))
}

function isSame(a: Condition, b: Condition): boolean {
  return Object.keys(condition.shape).every((key) => a[key as keyof Condition] === b[key as keyof Condition])
}
