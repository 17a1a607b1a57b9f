/**
 * A storm of crashes, in the middle of which the API server is killed, and one in which etcd is rolled back to a snapshot: every
 * workload whose crash the server still has is told once, each crash is in the history once, and the rollback itself is no crash.
 */
import { join } from 'node:path'
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { SqliteCrashHistory } from '../../src/store/sqlite/sqlite-crash-history.ts'
import { AlertRecorder } from '../support/alert-recorder.ts'
import { CrashingPods, type NamedPod } from '../support/crashing-pods.ts'
import { eventually } from '../support/eventually.ts'
import { type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { skipUnless } from '../support/skip.ts'

const workloads = 50
const atOnce = 16

describe('a storm of crashes', function () {
  this.timeout(600_000)
  let world: OperatorWorld
  let recorder: AlertRecorder
  let pods: CrashingPods
  let dataDir: string

  before(async function () {
    skipUnless(this, missingForCluster({}).length === 0, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld({ kwok: false, controllers: false })
    pods = new CrashingPods(world)
    recorder = await AlertRecorder.start()
    await world.receiver(systemNamespace, 'hook', { webhook: { url: recorder.url } })
    const { kubeconfig } = await world.operatorAccess()
    dataDir = world.newFolder()
    await world.operator(kubeconfig, ['--allow-local-receivers'], dataDir).working()
    // No incident ends while the test runs: what is told twice is told twice within one.
    const grouping = { wait: '0s', interval: '0s', healthyFor: '1h' }
    const receivers = [{ name: 'hook' }]
    await world.crashRoute(systemNamespace, 'all', { grouping, receivers, logs: { mode: 'None' } })
    await eventually('the route is ready', async () => (await world.crashStatus(systemNamespace, 'all')).open === 0)
  })

  after(async () => {
    await recorder?.stop()
    await world?.stop()
  })

  /** In a namespace of its own. */
  async function fill(namespace: string, podsOfEach: number): Promise<NamedPod[]> {
    await world.namespace(namespace)
    const all = Array.from({ length: workloads * podsOfEach }, (_, n) => {
      const workload = `${namespace}-${n % workloads}`
      return { workload, name: `${workload}-${Math.floor(n / workloads)}` }
    })
    await pods.createMany(namespace, all)
    return all
  }

  async function each<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
    const left = [...all]
    const worker = async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) await act(one)
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
  }

  /** Once the server takes it. */
  const crash = (namespace: string) => async (pod: NamedPod) => {
    const isTaken = () =>
      pods.crash(namespace, pod.name, { exitCode: 1, isUnknownRun: true }).then(
        () => true,
        () => false,
      )
    await eventually(`${pod.name} crashes`, isTaken)
  }

  /** By workload how often people heard of it for the first time. */
  function firstsIn(namespace: string): Record<string, number> {
    const firsts = recorder.once().filter(({ message }) => message.reason === 'first')
    const about = firsts.flatMap(({ message }) => message.firing.filter((one) => one.object.namespace === namespace))
    return counts(about.map(({ object }) => object.name))
  }

  /** By pod the crashes that the history has. */
  async function historyOf(namespace: string): Promise<Record<string, number>> {
    const history = new SqliteCrashHistory(join(dataDir, 'store', 'crashes.db'))
    const found = await history.find({ namespaces: [namespace], limit: 1_000 })
    await history.close()
    const sums: Record<string, number> = {}
    for (const { pod, crashes } of found) sums[pod?.name ?? ''] = (sums[pod?.name ?? ''] ?? 0) + crashes
    return sums
  }

  const counts = (names: readonly string[]) =>
    Object.fromEntries(names.toSorted().map((name) => [name, names.filter((one) => one === name).length]))

  /** Of those `inDoubt` the server may have lost a crash that was seen. */
  async function expectTold(
    namespace: string,
    crashed: readonly NamedPod[],
    records: Record<string, number>,
    inDoubt: readonly NamedPod[] = [],
  ): Promise<void> {
    const wanted = [...new Set(crashed.map(({ workload }) => workload))]
    const isTold = () => wanted.every((workload) => firstsIn(namespace)[workload] !== undefined)
    await eventually('all is told', isTold, 60_000, () => firstsIn(namespace))
    const names = Object.keys(records)
    const isKept = async () => {
      const kept = await historyOf(namespace)
      return names.every((name) => (kept[name] ?? 0) >= (records[name] ?? 0))
    }
    await eventually('all is in the history', isKept, 60_000).catch(() => undefined)
    const kept = await historyOf(namespace)
    for (const { name } of inDoubt) {
      expect((kept[name] ?? 0) - (records[name] ?? 0)).to.be.within(0, 1)
      kept[name] = records[name] ?? 0
    }
    expect(kept).to.deep.equal(records)
    expect(firstsIn(namespace)).to.deep.equal(counts(wanted))
  }

  it('loses and doubles none where the API server is killed in its middle', async () => {
    const all = await fill('killed', 4)
    const storm = each(all, crash('killed'))
    await eventually('some are told', () => Object.keys(firstsIn('killed')).length > 5, 180_000)
    await world.cluster.part('kube-apiserver').kill()
    await world.cluster.part('kube-apiserver').restart()
    await storm
    // What the server took before it died may have been asked for again: what it has is what counts.
    const restarts = await restartsIn('killed')
    for (const { name } of all) expect(restarts[name]).to.be.at.least(1)
    await expectTold('killed', all, restarts)
  })

  it('takes nothing that a rollback brings back for a crash, and tells what comes during it and after it', async () => {
    const all = await fill('rolled', 2)
    const some = (n: number) => all.filter((_, i) => i % 5 === n)
    const [early, late, both, gone, during] = [some(0), some(1), some(2), some(3), some(4)]
    await each([...early, ...both, ...gone], crash('rolled'))
    await eventuallyKept('rolled', early.length + both.length + gone.length)
    await world.cluster.saveSnapshot('storm')
    await each(gone, ({ name }) => world.deletePod('rolled', name))
    await each([...both, ...late], crash('rolled'))
    await eventuallyKept('rolled', early.length + 2 * both.length + gone.length + late.length)
    const crashed = new Set([...early, ...late, ...both, ...gone].map(({ workload }) => workload))
    await eventually('all of them are told', () => Object.keys(firstsIn('rolled')).length === crashed.size)
    const [told, before] = [firstsIn('rolled'), await historyOf('rolled')]
    await Promise.all([world.cluster.restoreSnapshot('storm'), each(during, crash('rolled'))])
    // What comes later shows that all that came back has been looked at.
    await world.namespace('later')
    await pods.create('later', 'marker', { workload: 'marker' })
    await crash('later')({ workload: 'marker', name: 'marker' })
    await eventually('the marker is told', () => firstsIn('later').marker === 1)
    const has = await restartsIn('rolled')
    expect(both.map(({ name }) => has[name])).to.deep.equal(both.map(() => 1))
    const isDuring = (key: string) => during.some(({ name, workload }) => name === key || workload === key)
    const without = (counted: object) => Object.fromEntries(Object.entries(counted).filter(([key]) => !isDuring(key)))
    expect(without(await historyOf('rolled'))).to.deep.equal(without(before))
    expect(without(firstsIn('rolled'))).to.deep.equal(without(told))
    await each(all, crash('rolled'))
    const kept = await restartsIn('rolled')
    const records = (name: string) => (isDuring(name) ? kept[name] : (before[name] ?? 0) + 1)
    await expectTold('rolled', all, Object.fromEntries(all.map(({ name }) => [name, records(name) ?? 0])), during)
  })

  const eventuallyKept = (namespace: string, count: number) =>
    eventually(`${count} crashes are kept`, async () => {
      const kept = await historyOf(namespace)
      return Object.values(kept).reduce((sum, one) => sum + one, 0) === count
    })

  async function restartsIn(namespace: string): Promise<Record<string, number>> {
    const { items } = await world.send('GET', `/api/v1/namespaces/${namespace}/pods`)
    return Object.fromEntries(
      items.map(({ metadata, status }: { metadata: { name: string }; status: Status }) => {
        return [metadata.name, status.containerStatuses?.[0]?.restartCount ?? 0]
      }),
    )
  }
})

interface Status {
  readonly containerStatuses?: readonly { readonly restartCount: number }[]
}
