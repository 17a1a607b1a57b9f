/** Crashes from a pod that dies to the person who looks: real API server, real operator and history. What a kubelet writes is written by hand. */
import { join } from 'node:path'
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { systemClock } from '../../src/base/clock.ts'
import { commands } from '../../src/cli/commands.ts'
import { SqliteCrashHistory } from '../../src/store/sqlite/sqlite-crash-history.ts'
import { aggregateApi } from '../support/api-client.ts'
import { type ApiUser, addApiUser } from '../support/api-users.ts'
import { type CliRun, runCli } from '../support/cli.ts'
import { CrashingPods } from '../support/crashing-pods.ts'
import { eventually } from '../support/eventually.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { type Anything, type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { sampleCrash } from '../support/sample-crashes.ts'
import { skipUnless } from '../support/skip.ts'

const root = join(import.meta.dirname, '../..')

describe('crashes from the command line', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let operator: OperatorProcess
  let pods: CrashingPods
  let developer: ApiUser
  let dataDir: string
  let kubeconfig: string
  let port = 0

  before(async function () {
    this.timeout(180_000)
    const isBuilt = missingForCluster({}).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld({ kwok: false, controllers: false })
    await world.cluster.mustKubectl(['apply', '-f', join(root, 'config/rbac/api/rbac.yaml')])
    for (const name of ['shop', 'bank', 'people']) await world.namespace(name)
    const both = { group: '', verbs: ['get'], resources: ['pods', 'pods/log'] }
    developer = await addApiUser(world, 'developer', [{ ...both, namespace: 'shop' }])
    pods = new CrashingPods(world)
    dataDir = world.newFolder()
    kubeconfig = (await world.operatorAccess()).kubeconfig
    await startOperator()
    await aggregateApi(world.cluster, port)
    await world.crashRoute(systemNamespace, 'all', {})
    await eventually(
      'the route is ready',
      async () => (await world.crashStatus(systemNamespace, 'all')).open === 0,
      60_000,
    )
  })

  after(async () => world?.stop())

  async function startOperator(): Promise<void> {
    operator = world.operator(kubeconfig, ['--api-listen', `:${port}`], dataDir)
    port = Number((await operator.says('The API is served')).port)
    await operator.working()
  }

  const dogwatch = (args: readonly string[], user = developer.kubeconfig): Promise<CliRun> =>
    runCli(commands, ['crashes', ...args, '--kubeconfig', user], { clock: systemClock, env: { TZ: 'UTC' } })

  async function itemsOf(args: readonly string[], user?: string): Promise<Anything[]> {
    const { exitCode, stdout, stderr } = await dogwatch([...args, '-o', 'json'], user)
    expect({ exitCode, stderr }, args.join(' ')).to.deep.equal({ exitCode: 0, stderr: '' })
    return JSON.parse(stdout).items
  }

  it('shows a crash to whoever may see its pod, with what is known of it and what is not', async () => {
    for (const namespace of ['shop', 'bank']) {
      await pods.create(namespace, 'web-1', { workload: 'web' })
      await pods.running(namespace, 'web-1')
      await pods.crash(namespace, 'web-1', { exitCode: 137, reason: 'OOMKilled' })
    }
    const admin = world.cluster.kubeconfigPath
    await eventually('both are in the history', async () => (await itemsOf(['-A'], admin)).length === 2, 60_000)
    const items = await itemsOf(['-A'])
    expect(items).to.have.length(1)
    const [{ id }] = items
    expect(items[0]).to.deep.include({
      ...{ namespace: 'shop', workload: { kind: 'ReplicaSet', name: 'web' }, reason: 'OOMKilled', exitCode: 137 },
      ...{ restartCount: 1, crashes: 1, hasLog: false, node: 'node-1' },
    })
    const { stdout, exitCode } = await dogwatch(['show', id.slice(0, 8)])
    expect(exitCode).to.equal(0)
    expect(stdout).to.match(/^OOMKilled: .*\nReplicaSet shop\/web, container main, pod web-1, node node-1\n\nCrashed /)
    expect(stdout).to.match(/\nThe only crash of this workload in the last 7 days\.\n/)
    expect(stdout).to.match(/\nNot to be had:\n(.*\n)*.*\b[Ll]og\b/)
    expect(stdout).to.match(
      /\nNext:\n {2}kubectl -n shop describe pod web-1\n {2}kubectl -n shop logs web-1 -c main --previous\n/,
    )
    const { stderr } = await dogwatch(['logs', id])
    expect(stderr).to.match(/404 crash \w+ has no log: .*log/)
  })

  it('knows over a kill of the operator what it knew, and what other hands wrote', async () => {
    const before = await itemsOf(['-n', 'shop'])
    await operator.end('SIGKILL')
    const history = new SqliteCrashHistory(join(dataDir, 'store', 'crashes.db'))
    const logs = { shop: 'connection refused by ledger', bank: 'connection refused by vault' }
    await history.write(
      Object.entries(logs).map(([namespace, text]) =>
        sampleCrash(`feed${namespace}`, { namespace, log: { text, isCut: false } }),
      ),
    )
    await history.close()
    await startOperator()
    expect((await itemsOf(['-n', 'shop'])).map(({ id }) => id)).to.have.members([
      ...before.map(({ id }) => id),
      'feedshop',
    ])
    const found = await itemsOf(['search', 'connection refused', '-A'])
    expect(found.map(({ id, snippet }) => [id, snippet])).to.deep.equal([['feedshop', logs.shop]])
    expect((await dogwatch(['logs', 'feeds'])).stdout).to.equal(`${logs.shop}\n`)
    const top = await itemsOf(['top', '--by', 'namespace', '-A', '--since', '2026-01-01'], world.cluster.kubeconfigPath)
    expect(top.map(({ value, crashes }) => [value, crashes])).to.deep.equal([
      ['bank', 2],
      ['shop', 2],
    ])
  })
})
