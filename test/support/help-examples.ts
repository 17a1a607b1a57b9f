/** The examples that end every command's help, for whoever runs them. */
import type { Command } from 'commander'
import { commands } from '../../src/cli/commands.ts'
import { createProgram } from '../../src/cli/program.ts'
import { quietContext } from './cli.ts'

export interface HelpExample {
  /** `dogwatch silence add`. */
  readonly command: string
  /** As it stands in the help. */
  readonly line: string
}

/** Of the program and of all commands below it, each once. */
export function helpExamples(): HelpExample[] {
  const printed: string[] = []
  const output = { write: (text: string) => void printed.push(text), isTerminal: false, columns: 100, rows: undefined }
  const program = createProgram(commands, { ...quietContext, stdout: output, stderr: output })
  const examples = withSubcommands(program, 'dogwatch').flatMap(({ path, command }) => {
    printed.length = 0
    command.outputHelp()
    const help = printed.join('')
    const lines = help.slice(help.indexOf('\nExamples:')).match(/^ {2}dogwatch .*$/gm) ?? []
    return lines.map((line) => ({ command: path, line: line.trim() }))
  })
  return examples.filter(({ line }, i) => examples.findIndex((other) => other.line === line) === i)
}

function withSubcommands(command: Command, path: string): { path: string; command: Command }[] {
  const below = command.commands.filter((sub) => sub.name() !== 'help')
  return [{ path, command }, ...below.flatMap((sub) => withSubcommands(sub, `${path} ${sub.name()}`))]
}

/** The words behind `dogwatch`, as a shell splits them; without what follows a pipe or a redirection. */
export function argumentsOf(line: string): string[] {
  const words = line.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? []
  const end = words.findIndex((word) => /^[|<>]$/.test(word))
  return words.slice(1, end === -1 ? undefined : end).map((word) => word.replace(/^(['"])(.*)\1$/, '$2'))
}
