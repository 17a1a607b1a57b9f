/** Which alerts a silence is about: all its matchers hold. Patterns are RE2, so none of them can take long. */
import { RE2JS } from 're2js'
import { errorText, OperatorError } from '../base/errors.ts'
import { type Labels, labelValue } from './label-selector.ts'

/** Whether a label's value is meant. A label that is missing has the value ''. */
export interface LabelMatcher {
  readonly name: string
  matches(value: string): boolean
}

export interface MatcherText {
  readonly name: string
  readonly value: string
  /** True: the value is a pattern for the whole of the label's value. */
  readonly regex: boolean
}

/** Throws INVALID_SPEC with what is wrong with a pattern. */
export function compileMatcher({ name, value, regex }: MatcherText): LabelMatcher {
  if (!regex) return { name, matches: (text) => text === value }
  try {
    const pattern = RE2JS.compile(value)
    return { name, matches: (text) => pattern.matches(text) }
  } catch (error) {
    throw new OperatorError('INVALID_SPEC', `"${value}" is not a pattern that RE2 reads: ${errorText(error)}`)
  }
}

export function matchesAll(matchers: readonly LabelMatcher[], labels: Labels): boolean {
  return matchers.every(({ name, matches }) => matches(labelValue(labels, name) ?? ''))
}
