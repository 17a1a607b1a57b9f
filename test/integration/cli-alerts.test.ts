/** Alerts from the command line, from a pod that is too big to the person who takes the alert: real API server, real operator, both ways to it. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { systemClock } from '../../src/base/clock.ts'
import { commands } from '../../src/cli/commands.ts'
import { aggregateApi } from '../support/api-client.ts'
import { type CliRun, runCli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { type Anything, type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts'
import { skipUnless } from '../support/skip.ts'

const root = join(import.meta.dirname, '../..')
const rule = { name: 'big-pod', scope: 'Pod', resource: 'cpu', measure: 'Requests', above: 10 }

describe('alerts from the command line', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let operator: OperatorProcess
  let tenant: string
  let port: number
  let tokenFile: string

  before(async function () {
    this.timeout(180_000)
    const isBuilt = missingForCluster({ kwok: true }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld()
    await world.cluster.mustKubectl(['apply', '-f', join(root, 'config/rbac/api/rbac.yaml')])
    await world.node('node-1', { cpu: '100' })
    for (const name of ['team-a', 'team-b']) await world.namespace(name)
    tenant = await tenantOf('team-a')
    tokenFile = join(world.newFolder(), '..', 'token')
    await writeFile(tokenFile, `${await tokenOfAdministrator()}\n`)
    operator = world.operator((await world.operatorAccess()).kubeconfig, ['--api-listen', ':0'])
    port = Number((await operator.says('The API is served')).port)
    await operator.working()
  })

  after(async () => world?.stop())

  /** Somebody who may read and change what is Dogwatch's in one namespace. */
  async function tenantOf(namespace: string): Promise<string> {
    const rbac = 'rbac.authorization.k8s.io'
    await world.cluster.apply([
      {
        ...{ apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name: 'tenant', namespace } },
        rules: [{ apiGroups: ['dogwatch.dev'], resources: ['*'], verbs: ['*'] }],
      },
      {
        ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { name: 'tenant', namespace } },
        roleRef: { apiGroup: rbac, kind: 'Role', name: 'tenant' },
        subjects: [{ kind: 'User', name: 'tenant', apiGroup: rbac }],
      },
    ])
    return world.cluster.kubeconfigFor({ user: 'tenant' })
  }

  async function tokenOfAdministrator(): Promise<string> {
    const [rbac, namespace] = ['rbac.authorization.k8s.io', 'team-a']
    await world.cluster.apply([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'administrator', namespace } },
      {
        ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name: 'administrator' } },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: 'administrator', namespace }],
      },
    ])
    return world.cluster.createToken(`${namespace}/administrator`)
  }

  function dogwatch(args: readonly string[], kubeconfig = world.cluster.kubeconfigPath): Promise<CliRun> {
    return runCli(commands, [...args, '--kubeconfig', kubeconfig], { clock: systemClock, env: { TZ: 'UTC' } })
  }

  async function must(args: readonly string[], kubeconfig?: string): Promise<string> {
    const { exitCode, stdout, stderr } = await dogwatch(args, kubeconfig)
    expect({ exitCode, stderr }, args.join(' ')).to.deep.equal({ exitCode: 0, stderr: '' })
    return stdout
  }

  const itemsOf = async (args: readonly string[], kubeconfig?: string): Promise<Anything[]> =>
    JSON.parse(await must([...args, '-o', 'json'], kubeconfig)).items

  it('says how to serve the API where the API server knows nothing of it', async () => {
    const { exitCode, stderr } = await dogwatch(['alerts'])
    expect(stderr).to.match(
      /the cluster does not serve the operator's API: there is no APIService v1alpha1\.api\.dogwatch\.dev/,
    )
    expect(exitCode).to.equal(1)
    await aggregateApi(world.cluster, port)
    expect(await must(['alerts'])).to.equal('Nothing fires that you may see.\n')
  })

  it('shows what fires, who was told, and takes it', async () => {
    for (const namespace of ['team-a', 'team-b']) await world.receiver(namespace, 'own', { console: {} })
    await eventually('both receivers are ready', async () => {
      const receivers = await itemsOf(['receivers', 'list', '-A'])
      return receivers.filter(({ state }) => state === 'Ready').length === 2
    })
    for (const namespace of ['team-a', 'team-b']) {
      await world.policy(namespace, 'pods', {
        ...{ rules: [rule], receivers: [{ name: 'own' }], severity: 'critical' },
        ...{ labels: { team: namespace.replace('-', '_') }, runbookURL: 'https://runbooks.example/big' },
      })
      await world.pod(namespace, 'big', { nodeName: 'node-1', requests: { cpu: '20' } })
    }
    const seen = async () => ({ items: await itemsOf(['alerts']), told: operator.messages.map(({ title }) => title) })
    const { items } = await eventually(
      'both fire and are told',
      async () => {
        const now = await seen()
        return now.items.length === 2 && now.told.length === 2 && now
      },
      60_000,
      seen,
    )
    const [first] = items
    expect(first).to.include({ state: 'firing', severity: 'critical', rule: 'big-pod' })
    const [own, ...others] = await itemsOf(['alerts'], tenant)
    expect(others).to.deep.equal([])
    expect(own.object).to.deep.equal({ kind: 'Pod', namespace: 'team-a', name: 'big' })
    expect(await itemsOf(['alerts', '-n', 'team-b'])).to.have.length(1)
    expect(await itemsOf(['alerts', '-l', 'team=team_a', '-l', 'pod=big'])).to.have.length(1)
    expect(await itemsOf(['alerts', '-l', 'team=team_a', '-l', 'pod=small'])).to.have.length(0)
    const shown = await must(['alerts', 'show', own.id.slice(0, 8)], tenant)
    expect(shown).to.match(/^critical Pod team-a\/big: cpu requests at 20% of .*, above 10%\nFires since /)
    expect(shown).to.match(
      /\nTOLD +RECEIVER +CHANNEL +WHY +RESULT\n.* \((now|.* ago)\) +own +console +first +arrived\n/,
    )
    expect(shown).to.match(/\nNext:\n {2}https:\/\/runbooks\.example\/big\n {2}kubectl describe pod big -n team-a\n/)
    expect(await must(['alerts', 'ack', own.id.slice(0, 8), '--comment', 'moving it'], tenant)).to.match(
      /^You look after it as tenant: Pod team-a\/big: .*\nNo reminders until something new happens\.\n$/,
    )
    const acknowledged = JSON.parse(await must(['alerts', 'show', own.id, '-o', 'json'])).acknowledged
    expect(acknowledged).to.include({ by: 'tenant', comment: 'moving it' })
    expect(await must(['alerts', 'list'])).to.match(/TAKEN BY\n(.*\n)*.* tenant\n/)
  })

  it('hides what one may not see, and refuses what one may not do', async () => {
    const others = (await itemsOf(['alerts', '-n', 'team-b']))[0]!
    const seen = await dogwatch(['alerts', 'show', others.id], tenant)
    expect(seen.stderr).to.match(/there is no alert ".*" that you may see/)
    expect(seen.exitCode).to.equal(1)
    const refused = await dogwatch(['receivers', 'test', 'own', '-n', 'team-b'], tenant)
    expect(refused.stderr).to.match(/403 .*update/)
  })

  it('goes on telling what begins and what ends', async () => {
    const stop = new AbortController()
    const lines: string[] = []
    const watching = runCli(commands, ['alerts', 'watch', '--interval', '1s', '-n', 'team-a', '--kubeconfig', tenant], {
      ...{ clock: systemClock, signal: stop.signal },
      onWrite: (text) => lines.push(text),
    })
    await eventually('it tells what fires', () => lines.some((line) => /CRITICAL .*team-a\/big:/.test(line)))
    await world.pod('team-a', 'bigger', { nodeName: 'node-1', requests: { cpu: '30' } })
    await eventually('it tells what begins', () => lines.some((line) => /CRITICAL .*team-a\/bigger:/.test(line)))
    await world.deletePod('team-a', 'big')
    await eventually('it tells what ends', () =>
      lines.some((line) => /(closed|resolved) .*team-a\/big:.*, after \d+s/.test(line)),
    )
    stop.abort()
    expect((await watching).exitCode).to.equal(0)
    const ended = await itemsOf(['alerts', '--state', 'ended'], tenant)
    expect(ended.map(({ object }) => object.name)).to.deep.equal(['big'])
    expect(await must(['alerts', 'show', ended[0].id.slice(0, 6)], tenant)).to.match(
      /\n(Closed|Resolved) .*, after \d+s; began /,
    )
    const over = await dogwatch(['alerts', 'ack', ended[0].id], tenant)
    expect(over.stderr).to.match(/is over: there is nothing to look after/)
  })

  it('has the operator try a receiver out', async () => {
    expect(await must(['receivers', 'test', 'own', '-n', 'team-a'], tenant)).to.match(
      /^team-a\/own took the test message/,
    )
    await eventually('it is there', () => JSON.stringify(operator.messages).includes('TEST'))
    const absent = await dogwatch(['receivers', 'test', 'absent', '-n', 'team-a'], tenant)
    expect(absent.stderr).to.match(/receiver team-a\/absent does not exist or is not accepted/)
    expect(absent.exitCode).to.equal(1)
  })

  it('asks the operator itself, with a token', async () => {
    const direct = ['--server-url', `https://localhost:${port}`, '--token-file', tokenFile]
    const untrusted = await dogwatch(['alerts', ...direct])
    expect(untrusted.stderr).to.match(
      /the operator's certificate is not trusted: name the operator's authority with --certificate-authority/,
    )
    const { exitCode, stdout, stderr } = await dogwatch([
      'alerts',
      ...direct,
      '--insecure-skip-tls-verify',
      '-o',
      'json',
    ])
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' })
    expect(JSON.parse(stdout).items).to.have.length(2)
    const wrong = join(tokenFile, '..', 'wrong-token')
    await writeFile(wrong, 'not-a-token')
    const unknown = await dogwatch(['alerts', ...direct.slice(0, 3), wrong, '--insecure-skip-tls-verify'])
    expect(unknown.stderr).to.match(/401 .*token/)
    expect(unknown.stderr).not.to.contain('not-a-token')
  })

  it('says where to look when the operator is gone', async () => {
    await operator.end('SIGTERM')
    const { exitCode, stderr } = await eventually('the API server gives up', async () => {
      const run = await dogwatch(['alerts'])
      return run.exitCode === 0 ? undefined : run
    })
    expect(stderr).to.match(
      /the API server does not reach the operator\.\n {2}Look: kubectl get apiservice v1alpha1\.api\.dogwatch\.dev/,
    )
    expect(exitCode).to.equal(1)
  })
})
