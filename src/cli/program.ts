import { Command as Commander, CommanderError } from 'commander'
import { errorText, hasCode } from '../base/errors.ts'
import { version } from '../base/version.ts'
import type { CliCommand } from './command.ts'
import type { Context } from './context.ts'
import { addExamples, type Example } from './options/examples.ts'

/** 0 done, 1 it failed, 2 it was asked wrongly, 130 it was interrupted before it was done. */
export const exitCodes = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const

/** Runs one command line and gives its exit code; what went wrong is told on stderr. Never throws. */
export async function runProgram(
  args: readonly string[],
  commands: readonly CliCommand[],
  context: Context,
): Promise<number> {
  try {
    await createProgram(commands, context).parseAsync(args, { from: 'user' })
    return context.exitCode
  } catch (error) {
    return explain(error, context)
  }
}

const examples: readonly Example[] = [
  ['capacity', 'how full the nodes are'],
  ['policy preview policy.yaml', 'what a capacity policy would say now'],
  ['capacity --help', 'all that a command can do'],
]

/** The whole tree of commands, which is also what the command-line reference is written from. */
export function createProgram(commands: readonly CliCommand[], context: Context): Commander {
  const program = new Commander(context.programName)
    .description('Keeps watch over a Kubernetes cluster.')
    .exitOverride()
    .configureOutput(outputOf(context))
    .configureHelp({ sortOptions: false })
    .showHelpAfterError(`Run "${context.programName} --help", or a command with --help, to see what is possible.`)
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .version(version, '--version', 'show the version')
  for (const command of commands) command.register(program, context)
  addExamples(program, context, examples)
  return program
}

function outputOf({ stdout, stderr }: Context) {
  return {
    writeOut: (text: string) => stdout.write(text),
    writeErr: (text: string) => stderr.write(text),
    getOutHelpWidth: () => helpWidth(stdout.columns),
    getErrHelpWidth: () => helpWidth(stderr.columns),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  }
}

/** Lines longer than this are hard to read however wide the terminal is. */
function helpWidth(columns: number | undefined): number {
  return Math.min(columns ?? 80, 100)
}

function explain(error: unknown, { signal, stderr, programName }: Context): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  if (signal.aborted) return exitCodes.interrupted
  stderr.write(`${programName}: ${errorText(error)}\n`)
  return hasCode(error, 'INVALID_OPTION') ? exitCodes.usage : exitCodes.failure
}
