import { OperatorError } from '../base/errors.ts'
import type { LabelSelectorRequirement, LabelSelectorTerms } from '../model/label-selector.ts'

/**
 * A selector as the API server takes it in a query: `app=web,tier in (a,b),!canary`; '' selects everything. Throws
 * INVALID_SPEC for In and NotIn without values: as text they would select something else.
 */
export function labelSelectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelectorTerms): string {
  const equalities = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`)
  return [...equalities, ...matchExpressions.map(requirementText)].join(',')
}

function requirementText({ key, operator, values = [] }: LabelSelectorRequirement): string {
  if (operator === 'Exists') return key
  if (operator === 'DoesNotExist') return `!${key}`
  if (values.length === 0) {
    throw new OperatorError('INVALID_SPEC', `label "${key}": operator ${operator} needs at least one value`)
  }
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`
}
