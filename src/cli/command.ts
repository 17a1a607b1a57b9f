import type { Command as Commander } from 'commander'
import type { Context } from './context.ts'

/**
 * One subcommand of the program. `register` describes its options and sets its action; whatever weighs much is imported
 * inside the action, so that `--help` stays quick. An action that fails throws; it never ends the process itself.
 */
export interface CliCommand {
  readonly name: string
  register(program: Commander, context: Context): void
}
