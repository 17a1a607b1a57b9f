import { compileRedaction, type Redactor } from '../../src/model/redaction.ts'

/** A redactor with a user's patterns beside the built-in rules. */
export function redactorOf(...patterns: readonly string[]): Redactor {
  const compiled = compileRedaction(patterns)
  if ('problem' in compiled) throw new Error(compiled.problem)
  return compiled.redactor
}
