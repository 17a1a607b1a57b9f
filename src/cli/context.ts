import type { Clock } from '../base/clock.ts'

/** Where a command writes. The size of a terminal is read each time: its window can change. */
export interface TextOutput {
  write(text: string): void
  readonly isTerminal: boolean
  readonly columns: number | undefined
  readonly rows: number | undefined
}

/** All that a command knows of the process that runs it. */
export interface Context {
  /** As the person called it: `dogwatch` or `kubectl dogwatch`. */
  readonly programName: string
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: TextOutput
  readonly stderr: TextOutput
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Aborted on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
  /** Set by a command that succeeded and still has something to tell by its exit code. */
  exitCode: number
}

/** kubectl finds a plug-in by its file's name, and shows it to people with a space. */
export function programNameOf(calledAs: string): string {
  return /^kubectl[-_]dogwatch(\.|$)/.test(calledAs) ? 'kubectl dogwatch' : 'dogwatch'
}
