/** An operator in the place of kubernetes-pod-monitor, on its database: what that told is not told again, and its tables go on. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { type Mariadb, missingForMariadb, startMariadb } from '../../hack/testbed/mariadb.ts'
import { AlertRecorder } from '../support/alert-recorder.ts'
import { CrashingPods } from '../support/crashing-pods.ts'
import { eventually } from '../support/eventually.ts'
import { type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { podMonitorTables } from '../support/pod-monitor.ts'
import { skipUnless } from '../support/skip.ts'

describe('an operator on the database of kubernetes-pod-monitor', function () {
  this.timeout(10 * 60_000)
  let database: Mariadb
  let world: OperatorWorld
  let recorder: AlertRecorder

  before(async function () {
    const missing = missingForMariadb()
    skipUnless(this, missing === undefined, missing ?? '')
    const isBuilt = missingForCluster({}).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    database = await startMariadb()
    const known =
      "('prod', 'shop', 'old-1', 'main', 2, 0, 1600000000), ('prod', 'shop', 'new-1', 'main', 1, 0, 1600000000)"
    await database.run('USE dogwatch', ...podMonitorTables, `INSERT INTO k8s_crash_monitor VALUES ${known}`)
    world = await startOperatorWorld({ kwok: false, controllers: false })
    recorder = await AlertRecorder.start()
  })
  after(async () => {
    await recorder?.stop()
    await world?.stop()
    await database?.stop()
  })

  const rows = async (sql: string) => ((await database.run('USE dogwatch', sql)) as [unknown, unknown[]])[1]

  it('tells what is new since, and writes what is read there', async () => {
    const pods = new CrashingPods(world)
    await world.namespace('shop')
    await world.receiver(systemNamespace, 'hook', { webhook: { url: recorder.url } })
    for (const workload of ['old', 'new']) {
      await pods.create('shop', `${workload}-1`, { workload })
      await pods.running('shop', `${workload}-1`)
      for (const exitCode of [1, 2]) await pods.crash('shop', `${workload}-1`, { exitCode })
    }
    const urlFile = join(database.dir, 'url')
    await writeFile(urlFile, database.url)
    const flags = [
      '--crash-history',
      'mysql',
      '--crash-history-url-file',
      urlFile,
      '--crash-history-pod-monitor-tables',
    ]
    const kubeconfig = (await world.operatorAccess()).kubeconfig
    const more = ['--store-tls', 'off', '--cluster-name', 'prod', '--allow-local-receivers']
    await world.operator(kubeconfig, [...flags, ...more]).working()
    const grouping = { wait: '0s', interval: '0s' }
    await world.crashRoute(systemNamespace, 'all', { grouping, receivers: [{ name: 'hook' }] })
    const first = await eventually('the first look is told', () => recorder.once()[0]?.message)
    expect(first.firing.map(({ title }) => title)).to.deep.equal([
      'Dogwatch begins to watch: 1 workload is crashing already',
    ])
    expect(JSON.stringify(first)).to.include('shop/new').and.not.to.include('shop/old')

    await pods.crash('shop', 'old-1', { exitCode: 3 })
    const told = await eventually('the next crash is told', () => recorder.once()[1]?.message)
    expect(told.firing.map(({ title }) => title)).to.deep.equal(['ReplicaSet shop/old, container main: Error'])
    const history = 'SELECT clustername, namespace, containername, restartcount FROM k8s_pod_crash'
    await eventually('it is in the table', async () => (await rows(history)).length > 0)
    expect(await rows(history)).to.deep.equal([
      { clustername: 'prod', namespace: 'shop', containername: 'main', restartcount: 3 },
    ])
    expect(await rows("SELECT restartcount, retries FROM k8s_crash_monitor WHERE podname = 'old-1'")).to.deep.equal([
      { restartcount: 3, retries: 0 },
    ])
  })
})
