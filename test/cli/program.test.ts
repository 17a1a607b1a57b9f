import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { OperatorError } from '../../src/base/errors.ts'
import { version } from '../../src/base/version.ts'
import type { CliCommand } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands.ts'
import { programNameOf } from '../../src/cli/context.ts'
import { createProgram } from '../../src/cli/program.ts'
import { sampleDump } from '../support/capacity-dump.ts'
import { quietContext, runCli } from '../support/cli.ts'

function failing(error: unknown): CliCommand {
  return {
    name: 'fail',
    register: (program) => {
      program.command('fail').action(() => {
        throw error
      })
    },
  }
}

const samplePolicy = `apiVersion: dogwatch.dev/v1alpha1
kind: CapacityPolicy
metadata: {name: cpu, namespace: dogwatch-system}
spec: {rules: [{name: cpu, scope: Node, resource: cpu, measure: Requests, above: 50}]}
`

/** Name of the command and the example as it stands there. */
const examples = [[], ...commands.map(({ name }) => [name]), ['policy', 'preview']].flatMap((path) => {
  const printed: string[] = []
  const output = { write: (text: string) => void printed.push(text), isTerminal: false, columns: 100, rows: undefined }
  const context = { ...quietContext, stdout: output, stderr: output }
  const program = createProgram(commands, context)
  const command = path.reduce((above, name) => above.commands.find((below) => below.name() === name)!, program)
  command.outputHelp()
  const help = printed.join('')
  const lines = help.slice(help.indexOf('\nExamples:')).match(/^ {2}dogwatch .*$/gm) ?? []
  return lines.map((line): [string, string] => [['dogwatch', ...path].join(' '), line.trim()])
})

/** Without what the shell does with it. */
function argumentsOf(example: string): string[] {
  return example
    .replace(/ [|<].*$/, '')
    .split(' ')
    .slice(1)
}

describe('the program', () => {
  it('prints its version as text and as data', async () => {
    const text = await runCli(commands, ['version'])
    expect(text.stdout).to.match(new RegExp(`^dogwatch ${version} \\(commit \\S+, Node 24\\.`))
    const json = await runCli(commands, ['version', '-o', 'json'])
    expect(JSON.parse(json.stdout)).to.include({ version, node: process.versions.node })
    const yaml = await runCli(commands, ['version', '-o', 'yaml'])
    expect(yaml.stdout).to.contain(`version: ${version}\n`)
  })

  it('calls itself as it was called', () => {
    expect(programNameOf('kubectl-dogwatch')).to.equal('kubectl dogwatch')
    expect(programNameOf('kubectl-dogwatch.mjs')).to.equal('kubectl dogwatch')
    expect(programNameOf('dogwatch')).to.equal('dogwatch')
    expect(programNameOf('dogwatch.ts')).to.equal('dogwatch')
  })

  it('shows help on stdout with 0, and says on stderr with 2 what was asked wrongly', async () => {
    const help = await runCli(commands, ['--help'], { programName: 'kubectl dogwatch' })
    expect(help).to.include({ exitCode: 0, stderr: '' })
    expect(help.stdout).to.match(/^Usage: kubectl dogwatch /)
    for (const args of [['versio'], ['version', '-o', 'xml'], ['version', '--colour']]) {
      const wrong = await runCli(commands, args)
      expect(wrong, args.join(' ')).to.include({ exitCode: 2, stdout: '' })
      expect(wrong.stderr, args.join(' ')).to.match(/^error: /)
    }
  })

  it('describes every command and every option, and ends every help with examples', async () => {
    for (const { name } of commands) {
      const { stdout } = await runCli(commands, [name, '--help'])
      expect(stdout, name).to.match(/\nExamples:\n {2}# /)
      for (const line of stdout.match(/^ {2}-.*$/gm) ?? []) expect(line, line).to.match(/\S {2,}\S|^.{36,}$/)
    }
  })

  describe('examples in the help', () => {
    let folder: string

    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'dogwatch-examples-'))
      writeFileSync(join(folder, 'dump.json'), sampleDump)
      writeFileSync(join(folder, 'policy.yaml'), samplePolicy)
    })

    after(() => rmSync(folder, { recursive: true }))

    for (const [name, example] of examples) {
      it(`${name}: ${example}`, async () => {
        const [args = [], stdin = ''] = [argumentsOf(example), example.includes('<') ? samplePolicy : '']
        const placed = args.map((arg) => (/^[a-z]+\.(json|yaml)$/.test(arg) ? join(folder, arg) : arg))
        const file = ['capacity', 'policy'].includes(placed[0]!) && !placed.includes('--file')
        const isHelp = placed.includes('--help')
        const all = file && !isHelp ? [...placed, '--file', join(folder, 'dump.json')] : placed
        const { exitCode, stderr, stdout } = await runCli(commands, all, { stdin })
        if (all.includes('--watch')) expect(stderr).to.contain('--watch does not go with --file')
        else {
          expect(stderr).to.equal('')
          expect(exitCode).to.equal(all.includes('--fail-on-firing') ? 1 : 0)
          expect(stdout).not.to.equal('')
        }
      })
    }
  })

  it('fails with 1 and the error with its causes, and with 2 for an unusable option', async () => {
    const failure = await runCli([failing(new Error('cannot list', { cause: new Error('no route') }))], ['fail'])
    expect(failure).to.deep.equal({ exitCode: 1, stdout: '', stderr: 'dogwatch: cannot list: no route\n' })
    const usage = await runCli([failing(new OperatorError('INVALID_OPTION', 'no context "x"'))], ['fail'])
    expect(usage).to.include({ exitCode: 2, stderr: 'dogwatch: no context "x"\n' })
  })

  it('ends with 130 and in silence when it was interrupted before it was done', async () => {
    const interrupted = await runCli([failing(new Error('aborted'))], ['fail'], { signal: AbortSignal.abort() })
    expect(interrupted).to.deep.equal({ exitCode: 130, stdout: '', stderr: '' })
  })
})
