/** Use, by the metrics API: judged where samples are, Unknown where they are not; also with the rights of one namespace only. */
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import {
  conditionOf,
  grantNamespaceOnly,
  type OperatorWorld,
  startOperatorWorld,
  systemNamespace,
} from '../support/operator-world.ts'
import { skipUnless } from '../support/skip.ts'

const parts = { kwok: true, metricsServer: true }
const podUse = { name: 'pod-use', scope: 'Pod', resource: 'memory', measure: 'Utilization', above: 90 }
const limits = { memory: '1Gi', cpu: '1' }
const using = (memory: string, cpu = '100m') => ({ nodeName: 'metered', limits, usage: { cpu, memory } })

describe('operator and use', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let operator: OperatorProcess

  before(async function () {
    skipUnless(this, missingForCluster(parts).length === 0, 'not all is built: hack/testbed/testbed build')
    world = await startOperatorWorld(parts)
    await world.node('metered')
    await world.namespace('solo')
    await world.namespace('other')
    await world.pod('solo', 'greedy', using('1000Mi'))
    await world.pod('solo', 'modest', using('100Mi'))
    await world.pod('other', 'secret', using('1020Mi'))
    await world.send('POST', '/api/v1/namespaces/solo/resourcequotas', {
      metadata: { name: 'small' },
      spec: { hard: { 'limits.memory': '2Gi' } },
    })
  })

  after(async () => world?.stop())

  it('installed for one namespace judges its quotas and its pods’ use, and rejects rules about nodes', async () => {
    const quota = { name: 'quota', scope: 'Namespace', measure: 'Quota', above: 90 }
    await world.policy('solo', 'works', { interval: '5s', rules: [podUse, quota] })
    const nodes = { name: 'nodes', scope: 'Node', resource: 'cpu', measure: 'Requests', above: 80 }
    await world.policy('solo', 'too-wide', { rules: [nodes] })
    await world.policy('other', 'unseen', { rules: [podUse] })
    const flags = ['--namespace', 'solo', '--watch-namespace', 'solo']
    const tenant = world.operator(await grantNamespaceOnly(world, 'solo'), flags)
    await tenant.working()
    const use = await tenant.tells('WARNING', 'Pod solo/greedy')
    expect(use.title).to.equal('Pod solo/greedy: memory use at 97.6% of its limit, above 90%')
    const full = await tenant.tells('WARNING', 'Namespace solo')
    expect(full.title).to.equal('Namespace solo: limits.memory use at 100% of quota small, above 90%')
    const status = await world.statusWhen('solo', 'works', ({ firing }) => firing === 2)
    expect(conditionOf(status, 'Ready')).to.equal('True Watching')
    const rejected = await world.statusWhen('solo', 'too-wide', ({ conditions }) => conditions !== undefined)
    expect(conditionOf(rejected, 'Accepted')).to.equal('False OutOfScope')
    expect(rejected.conditions?.[0]?.message).to.include('install the operator cluster-wide')
    const refused = (await world.cluster.auditEvents()).filter(
      ({ user, responseStatus }) =>
        user.username === 'system:serviceaccount:solo:dogwatch' && responseStatus?.code === 403,
    )
    expect(refused).to.deep.equal([])
    expect(await world.status('other', 'unseen')).to.deep.equal({})
    expect(tenant.output).not.to.include('secret')
    expect((await tenant.end()).code).to.equal(0)
    for (const name of ['works', 'too-wide']) await world.send('DELETE', world.policyPath('solo', name))
  })

  it('judges the use of nodes and pods by what metrics-server measured', async () => {
    operator = world.operator((await world.operatorAccess()).kubeconfig)
    const node = { name: 'node-use', scope: 'Node', resource: 'memory', measure: 'Utilization', above: 5 }
    const namespaces = { names: ['solo'] }
    await world.policy(systemNamespace, 'use', {
      interval: '5s',
      namespaces,
      rules: [{ ...podUse, severity: 'critical' }, node],
    })
    const pod = await operator.tells('CRITICAL', 'Pod solo/greedy')
    const full = await operator.tells('WARNING', 'Node metered')
    const top = await world.cluster.mustKubectl(['top', 'pod', 'greedy', '-n', 'solo', '--no-headers'])
    // Its cpu is a rate over a few seconds, and so not the same each time.
    const [name, , memory] = top.trim().split(/\s+/)
    expect([name, memory]).to.deep.equal(['greedy', '1000Mi'])
    expect(pod.lines[0]).to.match(/^1000Mi of 1Gi memory/)
    const [, , , used] = (await world.cluster.mustKubectl(['top', 'node', 'metered', '--no-headers']))
      .trim()
      .split(/\s+/)
    expect(full.lines[0]).to.include('of 32Gi memory')
    expect(used).to.match(/Mi$/)
  })

  it('counts a pod that has no sample yet as Unknown, never as 0, and judges it as soon as it has one', async () => {
    const before = await world.statusWhen(systemNamespace, 'use', ({ unknown }) => unknown === 0)
    expect(conditionOf(before, 'Degraded')).to.equal('False AllKnown')
    await world.merge('/api/v1/namespaces/solo/resourcequotas/small', { spec: { hard: { 'limits.memory': '20Gi' } } })
    await world.pod('solo', 'new', using('1010Mi'))
    const status = await world.statusWhen(systemNamespace, 'use', ({ unknown }) => unknown === 1)
    expect(conditionOf(status, 'Degraded')).to.equal('True NumbersUnknown')
    expect(operator.about('Pod solo/new')).to.deep.equal([])
    await operator.tells('CRITICAL', 'Pod solo/new')
    await world.statusWhen(systemNamespace, 'use', ({ unknown }) => unknown === 0)
  })

  it('calls nothing over because the metrics API is gone: it says that it cannot know', async () => {
    const from = operator.messages.length
    await world.cluster.part('metrics-server').kill()
    const status = await world.statusWhen(
      systemNamespace,
      'use',
      (seen) => conditionOf(seen, 'Degraded') === 'True NumbersUnknown',
    )
    const message = status.conditions?.find(({ type }) => type === 'Degraded')?.message
    expect(message).to.match(/^Usage cannot be read from the metrics API: .*metrics-server/)
    expect(conditionOf(status, 'Ready')).to.equal('True Watching')
    expect(status.firing).to.equal(3)
    await world.cluster.part('metrics-server').restart()
    await world.statusWhen(systemNamespace, 'use', (seen) => conditionOf(seen, 'Degraded') === 'False AllKnown')
    expect(operator.messages.slice(from)).to.deep.equal([])
    expect(operator.isRunning).to.equal(true)
  })
})
