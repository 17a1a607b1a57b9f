/** The operator's process with a notification log that it cannot use at the start. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { type Cluster, missingForCluster, startCluster } from '../../hack/testbed/cluster.ts'
import { SqliteLog } from '../../src/store/sqlite/sqlite-log.ts'
import { establishKinds } from '../support/cluster-kinds.ts'
import { eventually } from '../support/eventually.ts'
import { skipUnless } from '../support/skip.ts'

const program = join(import.meta.dirname, '../../src/bin/dogwatch.ts')

describe('the operator with a log that it cannot use', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let folder: string
  let operator: ChildProcess | undefined
  let lines: string[]

  before(async function () {
    skipUnless(this, missingForCluster({}).length === 0, 'the control plane is not built: hack/testbed/testbed build')
    cluster = await startCluster()
    await cluster.mustKubectl(['create', 'namespace', 'dogwatch-system'])
    await establishKinds(cluster)
  })
  after(() => cluster?.stop())

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-store.'))
    lines = []
  })
  afterEach(async () => {
    if (operator !== undefined && operator.exitCode === null && operator.signalCode === null) {
      const gone = once(operator, 'exit')
      operator.kill('SIGKILL')
      await gone
    }
    await rm(folder, { recursive: true })
  })

  function start(...more: string[]): ChildProcess {
    const args = ['operator', '--listen', '127.0.0.1:0', '--data-dir', folder, '--no-lease', ...more]
    const env = { ...process.env, KUBECONFIG: cluster.kubeconfigPath }
    operator = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    if (operator.stderr !== null) createInterface({ input: operator.stderr }).on('line', (line) => lines.push(line))
    return operator
  }

  const saying = (text: string) => eventually(`"${text}"`, () => lines.find((line) => line.includes(text)))

  async function metric(name: string): Promise<string | undefined> {
    const { port } = JSON.parse(await saying('Operator is starting')) as { port: number }
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return text.split('\n').find((line) => line.startsWith(`${name} `))
  }

  it('ends, and says what to do, where a newer version wrote it', async () => {
    const path = join(folder, 'store', 'notifications.db')
    const log = new SqliteLog(path)
    await log.takeOver(0)
    await log.close()
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    const [code] = await once(start(), 'exit')
    expect(code).to.equal(1)
    expect(lines.join('\n'))
      .to.include('was written by a newer Dogwatch')
      .and.to.include('Run that newer version again')
  })

  it('ends at once where the url of the database says nothing, and shows nothing of it', async () => {
    const file = join(folder, 'url')
    await writeFile(file, 'mysql://dogwatch:s3cret@')
    const [code] = await once(start('--store', 'mysql', '--store-url-file', file), 'exit')
    expect(code).to.equal(2)
    expect(lines.join('\n')).to.include('the url of the MySQL store cannot be used').and.not.to.include('s3cret')
  })

  it('ends in time when it is told to while it waits for the log', async () => {
    await writeFile(join(folder, 'store'), 'in the way')
    const running = start()
    await saying('Operator is starting')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const startMs = performance.now()
    const gone = once(running, 'exit')
    running.kill('SIGTERM')
    expect((await gone)[0]).to.equal(0)
    expect(performance.now() - startMs).to.be.lessThan(5_000)
  })

  it('works without it after a while, says so, and mends it when it can', async () => {
    await writeFile(join(folder, 'store'), 'in the way')
    start()
    await saying('The notification log cannot be written; alerts go out at least once')
    await saying('Operator is working')
    expect(await metric('dogwatch_notification_log_degraded')).to.equal('dogwatch_notification_log_degraded 1')
    await rm(join(folder, 'store'))
    await saying('The notification log is written again')
    expect(await metric('dogwatch_notification_log_degraded')).to.equal('dogwatch_notification_log_degraded 0')
  })
})
