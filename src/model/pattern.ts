/** Patterns that users write: RE2, so that none of them can take long. */
import { RE2JS } from 're2js'
import { errorText, OperatorError } from '../base/errors.ts'

/** Throws INVALID_SPEC with what is wrong with a pattern. */
export function compilePattern(text: string): RE2JS {
  try {
    return RE2JS.compile(text)
  } catch (error) {
    throw new OperatorError('INVALID_SPEC', `"${text}" is not a pattern that RE2 reads: ${errorText(error)}`)
  }
}
