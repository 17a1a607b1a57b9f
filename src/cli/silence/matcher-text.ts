/** Matchers as people type them: `namespace=dev`, `pod=~load-.*`. */
import type { SilenceSpec } from '../../api/silence.ts'
import { errorText, OperatorError } from '../../base/errors.ts'
import { compileMatcher } from '../../model/matchers.ts'

export type Matcher = SilenceSpec['matchers'][number]

const shape = /^([a-zA-Z_][a-zA-Z0-9_]*)(=~|!=|!~|=)(.*)$/s

/** Throws INVALID_OPTION. */
export function parseMatcher(text: string): Matcher {
  const match = shape.exec(text)
  const [name, operator, value] = match?.slice(1) ?? []
  if (name === undefined || operator === undefined || value === undefined) {
    throw new OperatorError(
      'INVALID_OPTION',
      `"${text}" is not a matcher: write label=value or label=~pattern, such as namespace=dev or pod=~load-.*`,
    )
  }
  if (operator.startsWith('!')) {
    throw new OperatorError(
      'INVALID_OPTION',
      `"${text}": a silence only says what it is about. Write label=value or label=~pattern.`,
    )
  }
  return checked({ name, value: unquoted(value), regex: operator === '=~' })
}

function checked(matcher: Matcher): Matcher {
  try {
    compileMatcher(matcher)
    return matcher
  } catch (error) {
    throw new OperatorError('INVALID_OPTION', `${matcher.name}: ${errorText(error)}`)
  }
}

/** The quotes that a shell left, as in 'pod=~"load-.*"'. */
function unquoted(value: string): string {
  return /^"[^"]*"$/.test(value) ? value.slice(1, -1) : value
}

export function matcherText({ name, value, regex }: Matcher): string {
  return `${name}${regex ? '=~' : '='}${value === '' ? '""' : value}`
}
