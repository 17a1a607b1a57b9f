/** Which alerts a silence is about: all its matchers hold. Patterns are RE2, so none of them can take long. */
import { type Labels, labelValue } from './label-selector.ts'
import { compilePattern } from './pattern.ts'

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
  const pattern = compilePattern(value)
  return { name, matches: (text) => pattern.matches(text) }
}

export function matchesAll(matchers: readonly LabelMatcher[], labels: Labels): boolean {
  return matchers.every(({ name, matches }) => matches(labelValue(labels, name) ?? ''))
}
