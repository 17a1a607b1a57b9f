/** Which alerts a silence is about: all its matchers hold. */

/** Whether a label's value is meant. A label that is missing has the value ''. */
export interface LabelMatcher {
  readonly name: string
  matches(value: string): boolean
}

export function matchesAll(matchers: readonly LabelMatcher[], labels: Readonly<Record<string, string>>): boolean {
  return matchers.every(({ name, matches }) => matches(labels[name] ?? ''))
}
