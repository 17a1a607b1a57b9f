import { InvalidArgumentError } from 'commander'
import type { NodeTaint } from '../../watchers/capacity/node-facts.ts'

/** A taint by what was said of it: without a value any value, without an effect any effect. */
export interface TaintCondition {
  readonly key: string
  readonly value?: string
  readonly effect?: string
  /** Written with a `-` at the end: nodes with this taint are left out. */
  readonly isExcluded: boolean
}

const shape = /^([^=:,\s]+?)(?:=([^:,\s]*?))?(?::(NoSchedule|PreferNoSchedule|NoExecute))?(-?)$/

export interface TaintQuery {
  readonly text: string
  readonly conditions: readonly TaintCondition[]
}

/** Reads `key`, `key=value`, `key:effect`, `key=value:effect`, each with `-` at the end to leave such nodes out. */
export function parseTaintQuery(text: string): TaintQuery {
  return { text, conditions: text.split(',').map((part) => parseCondition(part.trim())) }
}

function parseCondition(text: string): TaintCondition {
  const match = shape.exec(text)
  if (match === null) {
    throw new InvalidArgumentError(
      `"${text}" is not a taint: write key, key=value or key=value:effect (NoSchedule, PreferNoSchedule, NoExecute), with - at the end to leave such nodes out.`,
    )
  }
  const [, key, value, effect, minus] = match
  return {
    key: key!,
    ...(value === undefined ? {} : { value }),
    ...(effect === undefined ? {} : { effect }),
    isExcluded: minus === '-',
  }
}

/** Every wanted taint is there, and none of the unwanted. */
export function matchesTaintQuery({ conditions }: TaintQuery, taints: readonly NodeTaint[]): boolean {
  return conditions.every((condition) => taints.some((taint) => isMeant(condition, taint)) !== condition.isExcluded)
}

function isMeant(condition: TaintCondition, taint: NodeTaint): boolean {
  return (
    condition.key === taint.key &&
    (condition.value === undefined || condition.value === (taint.value ?? '')) &&
    (condition.effect === undefined || condition.effect === taint.effect)
  )
}
