import type { Clock } from '../../src/base/clock.ts'
import type { CliCommand } from '../../src/cli/command.ts'
import type { Context } from '../../src/cli/context.ts'
import { runProgram } from '../../src/cli/program.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface CliRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface CliRunOptions {
  readonly stdin?: string
  readonly isTerminal?: boolean
  readonly columns?: number
  readonly rows?: number
  readonly env?: Record<string, string>
  readonly signal?: AbortSignal
  readonly programName?: string
  readonly clock?: Clock
  /** Told of everything as it is printed. */
  readonly onWrite?: (text: string) => void
}

/** Runs one command line inside this process and keeps what it printed. */
export async function runCli(
  commands: readonly CliCommand[],
  args: readonly string[],
  options: CliRunOptions = {},
): Promise<CliRun> {
  const printed = { stdout: '', stderr: '' }
  const outputTo = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      printed[name] += text
      options.onWrite?.(text)
    },
    isTerminal: options.isTerminal ?? false,
    columns: options.columns,
    rows: options.rows,
  })
  const context: Context = {
    programName: options.programName ?? 'dogwatch',
    stdin: textChunks(options.stdin ?? ''),
    stdout: outputTo('stdout'),
    stderr: outputTo('stderr'),
    env: options.env ?? {},
    clock: options.clock ?? new VirtualClock(),
    signal: options.signal ?? new AbortController().signal,
    exitCode: 0,
  }
  const exitCode = await runProgram(args, commands, context)
  return { exitCode, ...printed }
}

const silent = { write: () => {}, isTerminal: false, columns: undefined, rows: undefined }

/** For looking at the commands without running one. */
export const quietContext: Context = {
  programName: 'dogwatch',
  stdin: textChunks(''),
  stdout: silent,
  stderr: silent,
  env: {},
  clock: new VirtualClock(),
  signal: new AbortController().signal,
  exitCode: 0,
}

async function* textChunks(text: string): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
}
