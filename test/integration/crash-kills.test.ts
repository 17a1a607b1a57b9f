/**
 * The operator is killed at seeded random moments of crashes' lives, and once at each step that can be named: none of them is lost
 * from the history or kept twice, every workload is told, and where the channel promises once, nothing is told twice.
 */
import { join } from 'node:path'
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { SqliteCrashHistory } from '../../src/store/sqlite/sqlite-crash-history.ts'
import { AlertRecorder } from '../support/alert-recorder.ts'
import { CrashingPods } from '../support/crashing-pods.ts'
import { eventually } from '../support/eventually.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { randomFrom } from '../support/random.ts'
import { skipUnless } from '../support/skip.ts'

const rounds = process.env.DOGWATCH_TEST === 'full' ? 50 : 10
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
const workloads = 12

describe('crashes under kills', function () {
  this.timeout(rounds * 30_000 + 300_000)
  let world: OperatorWorld
  let recorder: AlertRecorder
  let pods: CrashingPods
  let operator: OperatorProcess
  let kubeconfig: string
  let dataDir: string

  before(async function () {
    skipUnless(this, missingForCluster({}).length === 0, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld({ kwok: false, controllers: false })
    pods = new CrashingPods(world)
    recorder = await AlertRecorder.start()
    await world.namespace('shop')
    await world.receiver(systemNamespace, 'hook', { webhook: { url: recorder.url } })
    kubeconfig = (await world.operatorAccess()).kubeconfig
    dataDir = world.newFolder()
    operator = start()
    await operator.working()
    // No incident ends while the test runs: what is told twice is told twice within one.
    const grouping = { wait: '0s', interval: '0s', healthyFor: '1h' }
    await world.crashRoute(systemNamespace, 'all', { grouping, receivers: [{ name: 'hook' }] })
    await eventually('the route is ready', async () => (await world.crashStatus(systemNamespace, 'all')).open === 0)
    for (let n = 0; n < workloads; n += 1) {
      await pods.create('shop', `w${n}-pod`, { workload: `w${n}` })
      await pods.running('shop', `w${n}-pod`)
    }
  })

  after(async () => {
    await recorder?.stop()
    await world?.stop()
  })

  const start = () => world.operator(kubeconfig, ['--allow-local-receivers'], dataDir)

  it(`none is lost and none is doubled in ${rounds} rounds`, async () => {
    const random = randomFrom(seed)
    const made: string[] = []
    for (let round = 0; round < rounds; round += 1) {
      const several = 1 + Math.floor(random() * 4)
      for (let n = 0; n < several; n += 1) made.push(await crashOne(Math.floor(random() * workloads)))
      // From before it is seen to after it was told.
      await new Promise((resolve) => setTimeout(resolve, random() * 400))
      await operator.end('SIGKILL')
      made.push(await crashOne(Math.floor(random() * workloads)))
      operator = start()
      await operator.working()
    }
    const struck = [...new Set(made)]
    const untold = () => struck.filter((workload) => !firstsOf().includes(workload))
    await eventually('all is told', () => untold().length === 0, 60_000, untold)
    const wanted = Object.fromEntries(
      struck.map((workload) => [workload, made.filter((one) => one === workload).length]),
    )
    const sum = async () => Object.values(await crashesInHistory()).reduce((left, right) => left + right, 0)
    // What is on its way is in the outbox, and comes in its time.
    await eventually('all is in the history', async () => (await sum()) >= made.length, 60_000).catch(() => undefined)
    expect(await crashesInHistory(), `seed ${seed}: crashes of each workload`).to.deep.equal(wanted)
    expect(firstsOf().toSorted(), `seed ${seed}: told twice`).to.deep.equal(struck.toSorted())
  })

  async function crashOne(n: number): Promise<string> {
    await pods.crash('shop', `w${n}-pod`, { exitCode: 1 })
    return `w${n}`
  }

  const firstsOf = () =>
    recorder
      .once()
      .filter(({ message }) => message.reason === 'first')
      .flatMap(({ message }) => message.firing.map(({ object }) => object.name))

  /** By workload; a pod tells of its last run only, so that one record may stand for several crashes. */
  async function crashesInHistory(): Promise<Record<string, number>> {
    const history = new SqliteCrashHistory(join(dataDir, 'store', 'crashes.db'))
    const found = await history.find({ limit: 500 })
    await history.close()
    const sums: Record<string, number> = {}
    for (const { workload, crashes } of found) sums[workload.name] = (sums[workload.name] ?? 0) + crashes
    return sums
  }
})
