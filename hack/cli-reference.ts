import type { Command } from 'commander'
import { operatorCommand } from '../src/app/operator-command.ts'
import { systemClock } from '../src/base/clock.ts'
import { commands } from '../src/cli/commands.ts'
import type { TextOutput } from '../src/cli/context.ts'
import { createProgram } from '../src/cli/program.ts'

/** The help of every command, as one Markdown page. */
export function renderCliReference(): string {
  const printed: string[] = []
  const output: TextOutput = { write: (text) => printed.push(text), isTerminal: false, columns: 100, rows: undefined }
  const program = createProgram([...commands, operatorCommand], {
    programName: 'dogwatch',
    stdin: (async function* () {})(),
    stdout: output,
    stderr: output,
    env: {},
    clock: systemClock,
    signal: new AbortController().signal,
    exitCode: 0,
  })
  const sections = withSubcommands(program, []).map(({ path, command }) => {
    printed.length = 0
    command.outputHelp()
    return `\n## ${path.join(' ')}\n\n\`\`\`text\n${printed.join('').trimEnd()}\n\`\`\`\n`
  })
  const exits =
    'Exit codes: 0 done, 1 it failed, 2 it was asked wrongly, 130 it was interrupted. As `kubectl-dogwatch` on the PATH it is `kubectl dogwatch`.'
  return `# The command line\n\n${exits}\n${sections.join('')}`
}

function withSubcommands(command: Command, above: readonly string[]): { path: string[]; command: Command }[] {
  const path = [...above, command.name()]
  return [{ path, command }, ...command.commands.flatMap((below) => withSubcommands(below, path))]
}
