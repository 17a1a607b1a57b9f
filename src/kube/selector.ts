import { OperatorError } from '../base/errors.ts'

/** The shape of metav1.LabelSelector. Empty selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined
  readonly matchExpressions?: readonly LabelExpression[] | undefined
}

export interface LabelExpression {
  readonly key: string
  /** In, NotIn, Exists or DoesNotExist. */
  readonly operator: string
  readonly values?: readonly string[] | undefined
}

export type LabelMatcher = (labels: Readonly<Record<string, string>> | undefined) => boolean

const noLabels: Readonly<Record<string, string>> = {}

/**
 * Compiles a selector as the API server judges it: all conditions must hold, and a label that is absent satisfies NotIn.
 * Throws INVALID_SPEC for an unknown operator, and for In or NotIn without values.
 */
export function createLabelMatcher(selector: LabelSelector): LabelMatcher {
  const conditions = requirementsOf(selector).map(conditionFor)
  return (labels = noLabels) => conditions.every((holds) => holds(labels))
}

/** The same selector as the API server takes it in a query: `app=web,tier in (a,b),!canary`. '' selects everything. */
export function labelSelectorText(selector: LabelSelector): string {
  return requirementsOf(selector).map(requirementText).join(',')
}

type Condition = (labels: Readonly<Record<string, string>>) => boolean

function requirementsOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): LabelExpression[] {
  const equalities = Object.entries(matchLabels).map(([key, value]) => ({ key, operator: 'In', values: [value] }))
  return [...equalities, ...matchExpressions]
}

function conditionFor(requirement: LabelExpression): Condition {
  const { key, operator } = requirement
  const values = valuesOf(requirement)
  const wanted = new Set(values)
  const has: Condition = (labels) => Object.hasOwn(labels, key)
  switch (operator) {
    case 'In':
      return (labels) => has(labels) && wanted.has(labels[key]!)
    case 'NotIn':
      return (labels) => !has(labels) || !wanted.has(labels[key]!)
    case 'Exists':
      return has
    default:
      return (labels) => !has(labels)
  }
}

function requirementText(requirement: LabelExpression): string {
  const { key, operator } = requirement
  const values = valuesOf(requirement)
  if (operator === 'In') return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(',')})`
  if (operator === 'NotIn') return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${values.join(',')})`
  return operator === 'Exists' ? key : `!${key}`
}

function valuesOf({ key, operator, values = [] }: LabelExpression): readonly string[] {
  if (operator === 'Exists' || operator === 'DoesNotExist') return []
  if (operator !== 'In' && operator !== 'NotIn') {
    throw new OperatorError(
      'INVALID_SPEC',
      `label "${key}": operator "${operator}" is not In, NotIn, Exists or DoesNotExist`,
    )
  }
  if (values.length > 0) return values
  throw new OperatorError('INVALID_SPEC', `label "${key}": operator ${operator} needs at least one value`)
}
