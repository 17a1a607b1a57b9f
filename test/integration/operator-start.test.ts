/** The operator's process before it can work: what it says while it waits, and that it ends when it is told to. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'chai'
import { type Cluster, missingForCluster, startCluster } from '../../hack/testbed/cluster.ts'
import { establishKinds } from '../support/cluster-kinds.ts'
import { eventually } from '../support/eventually.ts'
import { skipUnless } from '../support/skip.ts'

const program = join(import.meta.dirname, '../../src/bin/dogwatch.ts')
const endsWithinMs = 5_000

interface LogLine {
  readonly message: string
  readonly port?: number
  readonly [field: string]: unknown
}

interface Running {
  readonly process: ChildProcess
  readonly log: readonly LogLine[]
}

describe('the operator while it waits', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let folder: string
  const started: Running[] = []

  before(async function () {
    skipUnless(this, missingForCluster({}).length === 0, 'the control plane is not built: hack/testbed/testbed build')
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-start.'))
    cluster = await startCluster()
  })

  afterEach(async () => {
    for (const { process } of started.splice(0)) {
      if (process.exitCode !== null) continue
      process.kill('SIGKILL')
      await once(process, 'exit')
    }
  })

  after(async () => {
    await cluster?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true })
  })

  function start(...more: string[]): Running {
    const args = ['operator', '--listen', '127.0.0.1:0', '--data-dir', folder, '--lease-duration', '4s', ...more]
    const env = { ...globalThis.process.env, KUBECONFIG: cluster.kubeconfigPath }
    const child = spawn(globalThis.process.execPath, [program, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    const log: LogLine[] = []
    createInterface({ input: child.stderr }).on('line', (line) => log.push(JSON.parse(line)))
    const running = { process: child, log }
    started.push(running)
    return running
  }

  const saying = ({ log }: Running, message: string) =>
    eventually(`"${message}"`, () => log.find((line) => line.message === message))

  async function readiness(running: Running): Promise<{ status: number; text: string }> {
    const { port } = await saying(running, 'Operator is starting')
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
    return { status: answer.status, text: await answer.text() }
  }

  async function endsInTime({ process }: Running): Promise<void> {
    const exited = once(process, 'exit')
    const startMs = performance.now()
    process.kill('SIGTERM')
    expect((await exited)[0]).to.equal(0)
    expect(performance.now() - startMs).to.be.lessThan(endsWithinMs)
  }

  it('for its namespace, says so once and ends when told to', async () => {
    const operator = start()
    const { error } = await saying(operator, 'Lease cannot be read or written')
    expect(error).to.include('namespaces "dogwatch-system" not found')
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect(operator.log.filter(({ component }) => component === 'lease')).to.have.length(1)
    expect(await readiness(operator)).to.deep.equal({
      status: 503,
      text: '[-] holds the Lease\n[-] has seen every object of its kinds once\n',
    })
    await endsInTime(operator)
  })

  it('for the kinds to be installed, ends when told to, and begins once they are', async () => {
    await cluster.mustKubectl(['create', 'namespace', 'dogwatch-system'])
    const first = start()
    await saying(first, 'Watch failed')
    await eventually('the Lease is held', async () => (await readiness(first)).text.includes('[+] holds the Lease'))
    expect(await readiness(first)).to.deep.equal({
      status: 503,
      text: '[+] holds the Lease\n[-] has seen every object of its kinds once\n',
    })
    await endsInTime(first)

    const second = start()
    await saying(second, 'Watch failed')
    await establishKinds(cluster)
    await saying(second, 'Operator is working')
    await eventually('it is ready', async () => (await readiness(second)).status === 200)
    await endsInTime(second)
  })

  it('for the Lease, names who has it, and takes over when that one ends', async () => {
    await establishKinds(cluster)
    const first = start()
    await saying(first, 'Operator is working')
    const second = start()
    const { holder } = await saying(second, 'Lease is held by another process; waiting')
    expect(holder).to.be.a('string').and.to.include(`_${first.process.pid}`)
    expect((await readiness(second)).status).to.equal(503)
    await endsInTime(first)
    await saying(second, 'Operator is working')
    await endsInTime(second)
  })

  it('for nobody who reads its log, and still ends when told to', async () => {
    await establishKinds(cluster)
    const operator = start()
    await saying(operator, 'Operator is working')
    operator.process.stderr?.destroy()
    await endsInTime(operator)
  })
})
