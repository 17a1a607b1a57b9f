/** A CrashAlertRoute at work: from a pod's status to messages, over restarts of the operator. What a kubelet writes is written here by hand. */
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { AlertRecorder } from '../support/alert-recorder.ts'
import { CrashingPods } from '../support/crashing-pods.ts'
import { eventually } from '../support/eventually.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { skipUnless } from '../support/skip.ts'

const quick = { wait: '0s', interval: '0s', healthyFor: '1s' }

describe('crashes', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let operator: OperatorProcess
  let recorder: AlertRecorder
  let pods: CrashingPods
  let kubeconfig: string
  let dataDir: string

  before(async function () {
    this.timeout(180_000)
    const isBuilt = missingForCluster({}).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld({ kwok: false, controllers: false })
    pods = new CrashingPods(world)
    recorder = await AlertRecorder.start()
    for (const name of ['shop', 'dev', 'slow']) await world.namespace(name)
    await world.receiver(systemNamespace, 'hook', { webhook: { url: recorder.url } })
    kubeconfig = (await world.operatorAccess()).kubeconfig
    dataDir = world.newFolder()
    operator = start()
    await operator.working()
  })
  after(async () => {
    await recorder?.stop()
    await world?.stop()
  })

  const start = () => world.operator(kubeconfig, ['--allow-local-receivers'], dataDir)

  /** What people were told of a workload, oldest first: the reason and the titles. */
  const told = (workload: string) =>
    recorder.once().flatMap(({ message }) => {
      const alerts = [...message.firing, ...message.ended].filter(({ object }) => object.name === workload)
      return alerts.map(({ title }) => `${message.reason}: ${title}`)
    })
  /** The lines of the last message about a workload. */
  const factsOf = (workload: string) => {
    const alerts = recorder.once().flatMap(({ message }) => message.firing)
    return alerts.findLast(({ object }) => object.name === workload)?.lines.join('\n')
  }
  const toldWhen = (workload: string, count: number) =>
    eventually(
      `${count} messages about ${workload}`,
      () => told(workload).length >= count && told(workload),
      60_000,
      () => recorder.recorded.map(({ message }) => [message.reason, message.firing.map(({ title }) => title)]),
    )

  async function crashAndRun(namespace: string, name: string, workload: string): Promise<void> {
    await pods.create(namespace, name, { workload })
    await pods.running(namespace, name)
    await pods.crash(namespace, name, { exitCode: 1 })
    await toldWhen(workload, 1)
    await pods.running(namespace, name)
  }

  /** The status of the route, once it says so many logs are missing, and so does its condition. */
  const saysOfLogs = (reason: string, missing: number) =>
    eventually(
      `the status says ${reason}`,
      async () => {
        const status = await world.crashStatus(systemNamespace, 'all')
        const isSaid = status.conditions?.some((one) => one.type === 'Degraded' && one.reason === reason)
        return isSaid === true && status.logsMissing === missing && status
      },
      60_000,
      () => world.crashStatus(systemNamespace, 'all'),
    )

  it('tells what crashes, what becomes of it, and that it is over', async () => {
    await world.crashRoute(systemNamespace, 'all', {
      grouping: quick,
      ignore: [{ namespace: 'dev' }],
      receivers: [{ name: 'hook' }],
    })
    await eventually(
      'the route is ready',
      async () => (await world.crashStatus(systemNamespace, 'all')).open === 0,
      60_000,
    )
    await pods.create('shop', 'web-1', { workload: 'web' })
    await pods.running('shop', 'web-1')
    await pods.crash('shop', 'web-1', { exitCode: 137, reason: 'OOMKilled' })
    expect(await toldWhen('web', 1)).to.deep.equal(['first: ReplicaSet shop/web, container main: OOMKilled'])
    // No kubelet is there that could give its log.
    await saysOfLogs('LogsMissing', 1)
    await pods.waiting('shop', 'web-1', 'CrashLoopBackOff')
    expect((await toldWhen('web', 2)).at(-1)).to.equal(
      'changed: ReplicaSet shop/web, container main: OOMKilled, then CrashLoopBackOff',
    )
    const counted = (await operator.get('/metrics')).text.match(/^dogwatch_crashes_total.* [1-9]\d*$/gm)
    expect(counted).to.deep.equal(['dogwatch_crashes_total{reason="OOMKilled"} 1'])
    await pods.running('shop', 'web-1')
    expect((await toldWhen('web', 3)).at(-1)).to.equal(
      'resolved: ReplicaSet shop/web, container main: well again after 1 crash',
    )
    const status = await saysOfLogs('AllKnown', 0)
    expect(status.lastCrash).to.include({ namespace: 'shop', pod: 'web-1', container: 'main', reason: 'OOMKilled' })
  })

  it('keeps silent of what is ignored', async () => {
    await pods.create('dev', 'noise-1', { workload: 'noise' })
    await pods.running('dev', 'noise-1')
    await pods.crash('dev', 'noise-1', { exitCode: 1 })
    await pods.create('shop', 'marker-1', { workload: 'marker' })
    await pods.running('shop', 'marker-1')
    await pods.crash('shop', 'marker-1', { exitCode: 1 })
    await toldWhen('marker', 1)
    expect(told('noise')).to.deep.equal([])
  })

  it('says in its time that one is over, while another that takes longer is not', async () => {
    const grouping = { ...quick, healthyFor: '1h' }
    const namespaces = { names: ['slow'] }
    await world.crashRoute(systemNamespace, 'patient', { grouping, namespaces, receivers: [{ name: 'hook' }] })
    await eventually('the route is ready', async () => {
      return (await world.crashStatus(systemNamespace, 'patient')).open === 0
    })
    await crashAndRun('slow', 'patient-1', 'patient')
    expect((await toldWhen('patient', 3)).at(-1)).to.match(/^resolved: /)
    await crashAndRun('shop', 'hasty-1', 'hasty')
    expect((await toldWhen('hasty', 2)).at(-1)).to.match(/^resolved: /)
    expect((await world.crashStatus(systemNamespace, 'patient')).open).to.equal(1)
  })

  it('tells nothing again after a restart and misses nothing that happened meanwhile', async () => {
    await pods.create('shop', 'api-1', { workload: 'api' })
    await pods.running('shop', 'api-1')
    await pods.create('shop', 'late-1', { workload: 'late' })
    await pods.running('shop', 'late-1')
    await pods.crash('shop', 'api-1', { exitCode: 1 })
    await pods.waiting('shop', 'api-1', 'CrashLoopBackOff')
    await toldWhen('api', 2)
    await pods.create('shop', 'grown-1', { workload: 'grown' })
    await pods.running('shop', 'grown-1')
    await pods.crash('shop', 'grown-1', { exitCode: 3 })
    await toldWhen('grown', 1)
    await operator.end('SIGKILL')
    await pods.crash('shop', 'late-1', { exitCode: 139 })
    await pods.waiting('shop', 'grown-1', 'CrashLoopBackOff')
    operator = start()
    await operator.working()
    await toldWhen('late', 1)
    await pods.running('shop', 'api-1')
    await toldWhen('api', 3)
    expect(told('late')).to.deep.equal(['first: ReplicaSet shop/late, container main: Error'])
    expect(told('api').map((line) => line.split(':')[0])).to.deep.equal(['first', 'changed', 'resolved'])
    expect((await toldWhen('grown', 2)).at(-1)).to.match(/^changed: .*: Error, then CrashLoopBackOff$/)
    expect(factsOf('grown')).to.match(/^ended with exit code 3\n.*not to be had: log.*dogwatch crashes show [0-9a-f]/s)
  })

  it('makes one message of what was wrong before anybody looked', async () => {
    await pods.create('dev', 'old-1', { workload: 'old' })
    await pods.running('dev', 'old-1')
    await pods.crash('dev', 'old-1', { exitCode: 2 })
    await pods.waiting('dev', 'old-1', 'CrashLoopBackOff')
    await world.receiver('dev', 'hook', { webhook: { url: recorder.url } })
    await world.crashRoute('dev', 'own', { grouping: quick, receivers: [{ name: 'hook' }] })
    expect(await toldWhen('own', 1)).to.deep.equal([
      'first: Dogwatch begins to watch: 2 workloads are crashing already',
    ])
    await eventually(
      'the status says that both are told',
      async () => {
        const { open, told: count, incidents = [] } = await world.crashStatus('dev', 'own')
        return open === 2 && count === 2 && incidents.every(({ toldTime }) => toldTime !== undefined)
      },
      60_000,
      () => world.crashStatus('dev', 'own'),
    )
    await pods.crash('dev', 'old-1', { exitCode: 2 })
    for (const name of ['old-1', 'noise-1']) await pods.running('dev', name)
    expect((await toldWhen('own', 2)).at(-1)).to.include('is well again')
    expect(told('old')).to.deep.equal([])
    await pods.crash('dev', 'old-1', { exitCode: 2 })
    expect(await toldWhen('old', 1)).to.deep.equal(['first: ReplicaSet dev/old, container main: Error'])
  })
})
