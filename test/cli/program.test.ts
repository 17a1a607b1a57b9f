import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { OperatorError } from '../../src/base/errors.ts'
import { version } from '../../src/base/version.ts'
import type { CliCommand } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands.ts'
import { programNameOf } from '../../src/cli/context.ts'
import { sampleDump } from '../support/capacity-dump.ts'
import { runCli } from '../support/cli.ts'
import { argumentsOf, helpExamples } from '../support/help-examples.ts'
import { type OperatorApiServer, sampleAlerts, startOperatorApi } from '../support/operator-api.ts'
import { sampleCrashes } from '../support/sample-crashes.ts'

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

/** They ask a cluster: test/integration/cli-objects.test.ts and cli-routes.test.ts run them. */
const askCluster = /^dogwatch (silence|policies|receivers list|routes)/

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
    let server: OperatorApiServer

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'dogwatch-examples-'))
      server = await startOperatorApi({
        alerts: sampleAlerts(),
        receivers: [],
        test: { sent: true, message: 'the receiver took the test message' },
        crashes: sampleCrashes(),
      })
      writeFileSync(join(folder, 'dump.json'), sampleDump)
      writeFileSync(join(folder, 'policy.yaml'), samplePolicy)
      writeFileSync(join(folder, 'config.ini'), '[DEFAULT]\nnotifiers = console\n')
      writeFileSync(join(folder, 'application.yml'), 'slack:\n  notify: true\n')
      writeFileSync(join(folder, 'kubeconfig'), server.kubeconfig)
    })

    after(async () => {
      await server.stop()
      rmSync(folder, { recursive: true })
    })

    for (const { command, line } of helpExamples().filter(({ line: text }) => !askCluster.test(text))) {
      it(`${command}: ${line}`, async () => {
        const stdin = line.includes('<') ? samplePolicy : ''
        const words = argumentsOf(line)
        const isFile = (word: string) => /^[a-z]+\.(json|yaml|yml|ini)$/.test(word) || word === 'dogwatch'
        const args = words.map((word) => (isFile(word) ? join(folder, word) : word))
        const isOfflineCapable = ['capacity', 'policy'].includes(args[0]!) && !args.includes('--file')
        const needsDump = isOfflineCapable && !args.includes('--help')
        const all = needsDump ? [...args, '--file', join(folder, 'dump.json')] : args
        const stop = new AbortController()
        const env = { KUBECONFIG: join(folder, 'kubeconfig') }
        const running = runCli(commands, all, { stdin, env, signal: stop.signal })
        const isWatching = all.includes('watch') || (all.includes('--watch') && !needsDump)
        if (isWatching) setTimeout(() => stop.abort(), 500)
        const { exitCode, stderr, stdout } = await running
        if (all.includes('--watch') && needsDump) expect(stderr).to.contain('--watch does not go with --file')
        else {
          // These two tell beside the result what became of it.
          if (!['convert', 'logs'].some((word) => all.includes(word))) expect(stderr).to.equal('')
          expect(exitCode).to.equal(all.includes('--fail-on-firing') ? 1 : 0)
          expect(stdout + stderr).not.to.equal('')
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
