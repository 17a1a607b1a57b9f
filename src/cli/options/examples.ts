import type { Command as Commander } from 'commander'
import type { Context } from '../context.ts'

/** What to type, and what it is for. */
export type Example = readonly [args: string, purpose: string]

/** Ends a command's help with examples that can be copied. */
export function addExamples(command: Commander, context: Context, examples: readonly Example[]): void {
  const lines = examples.map(([args, purpose]) => `  # ${purpose}\n  ${context.programName} ${args}`)
  command.addHelpText('after', `\nExamples:\n${lines.join('\n\n')}`)
}
