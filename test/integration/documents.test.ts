/** Commands of the documents, as they stand there, in the demo's cluster with an operator at work. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'chai'
import { createWorld, podCount } from '../../hack/demo/world.ts'
import { binaryPath, kubectlProgram } from '../../hack/testbed/binaries.ts'
import { type Cluster, missingForCluster, startCluster } from '../../hack/testbed/cluster.ts'
import { mustRun, runCommand } from '../../hack/testbed/run-command.ts'
import { establishKinds } from '../support/cluster-kinds.ts'
import { runnerOf } from '../support/documented-commands.ts'
import { commandBlocks } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { skipUnless } from '../support/skip.ts'

const root = join(import.meta.dirname, '../..')
const clusterOptions = { kwok: true, metricsServer: true }

describe('commands of the documents, with an operator at work', function () {
  this.timeout(10 * 60_000)
  let cluster: Cluster
  /** What a command may write to, with the checkout's folders in it. */
  let folder: string
  let prefix: string
  let operator: ChildProcess | undefined
  const told: string[] = []

  before(async function () {
    skipUnless(this, missingForCluster(clusterOptions).length === 0, 'parts are missing: hack/testbed/testbed build')
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-documents.'))
    prefix = join(folder, 'prefix')
    for (const name of ['examples', 'config', 'crds']) await symlink(join(root, name), join(folder, name))
    cluster = await startCluster(clusterOptions)
    await createWorld(cluster, AbortSignal.timeout(60_000))
    await establishKinds(cluster)
    await installProgram()
    await eventually('every pod has a sample', async () => {
      const { stdout } = await cluster.kubectl(['top', 'pods', '-A', '--no-headers'])
      return stdout.split('\n').length > podCount
    })
    operator = startOperator()
  })

  after(async () => {
    if (operator?.exitCode === null) {
      operator.kill('SIGTERM')
      await once(operator, 'exit')
    }
    await cluster?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true })
  })

  async function installProgram(): Promise<void> {
    const out = join(prefix, 'lib/dogwatch/dogwatch.mjs')
    await mustRun(process.execPath, [join(root, 'hack/bundle.ts'), '--out', out])
    await mustRun(join(root, 'hack/install'), [prefix])
  }

  function startOperator(): ChildProcess {
    const data = join(folder, 'data')
    const args = ['operator', '--kubeconfig', cluster.kubeconfigPath, '--listen', '127.0.0.1:0', '--data-dir', data]
    const child = spawn(join(prefix, 'bin/dogwatch'), args, { stdio: ['ignore', 'pipe', 'ignore'] })
    createInterface({ input: child.stdout }).on('line', (line) => told.push(line))
    return child
  }

  async function follow(script: string): Promise<string> {
    const env = {
      ...process.env,
      KUBECONFIG: cluster.kubeconfigPath,
      KUBECACHEDIR: join(folder, 'kubectl-cache'),
      PATH: `${join(prefix, 'bin')}:${dirname(binaryPath(kubectlProgram))}:${process.env.PATH}`,
    }
    const { code, stdout, stderr } = await runCommand('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
      cwd: folder,
      env,
    })
    expect({ code, stderr }, script + stdout).to.deep.equal({ code: 0, stderr: '' })
    return stdout
  }

  const blocks = commandBlocks().filter(({ document, commands }) =>
    commands.some((command) => runnerOf(document, command) === 'cluster'),
  )

  // The README comes first, as it does for people: it applies the policies that the others look at.
  blocks.sort((left, right) => Number(right.document === 'README.md') - Number(left.document === 'README.md'))

  for (const { document, line, script } of blocks) {
    it(`${document}:${line} works as it stands there`, async () => {
      const printed = await follow(script)
      expect(printed).to.match(/\S/)
      const unknown = printed.split('\n').filter((row) => / unknown( |$)/.test(row))
      expect(unknown.slice(0, 3).join('|'), 'all numbers can be had').to.equal('')
    })
  }

  it('the policies of examples/ are then at work', async () => {
    const ready = await eventually('all policies are Ready', async () => {
      const text = await follow('kubectl get capacitypolicies -A --no-headers')
      return text.split('\n').every((row) => row === '' || row.includes('True')) ? text : undefined
    })
    expect(ready.trim().split('\n')).to.have.length(4)
  })

  it('what a warning says to run next can be run', async () => {
    const next = /^ {4}next: (.*)$/
    const commands = await eventually('a warning', () => told.map((line) => next.exec(line)?.[1]).find(Boolean))
    expect(commands).to.match(/^kubectl describe node \S+; dogwatch capacity --explain node\/\S+$/)
    expect(await follow(commands)).to.include('of allocatable')
  })
})
