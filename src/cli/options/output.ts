/** How results are printed: the same words in every command. */
import { type Command as Commander, InvalidArgumentError, Option } from 'commander'
import { tryDurationMs } from '../../api/duration.ts'

/** Of what is a list of things. */
export const outputFormats = ['table', 'wide', 'json', 'yaml', 'csv'] as const
export type OutputFormat = (typeof outputFormats)[number]

/** Of what is told in sentences. */
export const textFormats = ['text', 'json', 'yaml'] as const
export type TextFormat = (typeof textFormats)[number]

/** `-o`, with the formats that a command knows. */
export function outputOption(formats: readonly string[], standard: string): Option {
  return new Option('-o, --output <format>', 'how to print the result').choices(formats).default(standard)
}

export function isText(output: OutputFormat): output is 'table' | 'wide' {
  return output === 'table' || output === 'wide'
}

export interface WatchOptions {
  readonly watch?: boolean
  /** Milliseconds. */
  readonly interval: number
}

export function addWatchOptions(command: Commander): Commander {
  return command.option('-w, --watch', 'go on showing it as it changes, until Ctrl-C').addOption(intervalOption())
}

/** With `--watch`, or with a command that always watches. */
export function intervalOption(): Option {
  return new Option('--interval <duration>', 'with --watch: show at most so often')
    .argParser(parseIntervalMs)
    .default(2_000, '2s')
}

function parseIntervalMs(text: string): number {
  const intervalMs = tryDurationMs(text)
  if (intervalMs === undefined || intervalMs === 0) throw new InvalidArgumentError('Write a duration such as 2s or 1m.')
  return intervalMs
}
