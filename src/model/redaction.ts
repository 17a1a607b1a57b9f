/**
 * What of a text is nobody's business: tokens, passwords, keys, e-mail addresses, card numbers, and what a user's patterns match. The
 * rest stays as it is. One rule for a log, a last word, a fact, and so for all that is told, kept and exported of them.
 *
 * The built-in rules take a time that grows with the length of the text alone. Patterns of users are RE2, which no text can hang, but
 * which are slow; they see one line at a time and are held against it in steps.
 */
import type { RE2JS } from 're2js'
import { findCardNumbers } from './redaction/card-numbers.ts'
import { findEmailAddresses } from './redaction/email-addresses.ts'
import { type Search, withoutFound } from './redaction/mark.ts'
import { findAssigned, findFlagged, findInCommands, findInElements } from './redaction/named-secrets.ts'
import { findPrivateKeys } from './redaction/private-keys.ts'
import { findBearers, findTokenShapes, findWebTokens } from './redaction/token-shapes.ts'
import { findUrlPasswords } from './redaction/url-passwords.ts'
import { compileUserPattern, withoutMatches } from './redaction/user-patterns.ts'

export interface Redactor {
  /** The text without its secrets. What is redacted already stays as it is. */
  redact(text: string): string
  /** The same in steps of a few milliseconds: whoever takes them can let others work in between. */
  steps(text: string): Generator<undefined, string>
}

/** In this order: what has many parts before what may be one of them. */
const builtIn: readonly ((text: string) => Search)[] = [
  findPrivateKeys,
  findUrlPasswords,
  findAssigned,
  findFlagged,
  findInElements,
  findInCommands,
  findTokenShapes,
  findBearers,
  findWebTokens,
  findEmailAddresses,
  findCardNumbers,
  // What stands before a card number may be an address only once that is gone.
  findEmailAddresses,
]

/** `problem` says in words which pattern cannot be used, and why. */
export function compileRedaction(patterns: readonly string[]): { redactor: Redactor } | { problem: string } {
  const compiled: RE2JS[] = []
  for (const pattern of patterns) {
    const result = compileUserPattern(pattern)
    if ('problem' in result) return result
    compiled.push(result)
  }
  return { redactor: createRedactor(compiled) }
}

function createRedactor(patterns: readonly RE2JS[]): Redactor {
  const steps = (text: string) => redactInSteps(text, patterns)
  return { steps, redact: (text) => lastOf(steps(text)) }
}

function* redactInSteps(text: string, patterns: readonly RE2JS[]): Generator<undefined, string> {
  let left = text
  for (const find of builtIn) {
    left = yield* withoutFound(left, find(left))
    yield
  }
  return patterns.length === 0 ? left : yield* withoutMatches(left, patterns)
}

function lastOf(steps: Generator<undefined, string>): string {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
