import { expect } from 'chai'
import type { Alert } from '../../../src/model/alert.ts'
import { alertLabels, matchLabels } from '../../../src/model/alert-labels.ts'
import type { Finding } from '../../../src/watchers/capacity/finding.ts'
import { subjectOf } from '../../../src/watchers/capacity/open-alerts.ts'
import { aPolicy, CapacityWorld } from '../../support/capacity-world.ts'

const rule = { name: 'node-cpu', scope: 'Node', measure: 'Requests', resource: 'cpu', above: 80, clear: 75 }

function worldWith(policy: object): CapacityWorld {
  const world = new CapacityWorld()
  world.putNode('worker-3', { cpu: '4', memory: '8Gi', pods: '110' }, { pool: 'gold' })
  world.setPolicy(aPolicy('oncall', policy))
  return world
}

function only(world: CapacityWorld): Alert {
  const [alert, ...others] = world.alerts()
  expect(others).to.deep.equal([])
  if (alert === undefined) throw new Error('no alert')
  return alert
}

describe('capacity alert', () => {
  it('says what, how much, since when, who, and what to run next', () => {
    const world = worldWith({
      rules: [{ ...rule, for: '5m' }],
      labels: { team: 'payments' },
      runbookURL: 'https://runbooks.example/node-cpu',
    })
    world.putPod({
      namespace: 'shop',
      name: 'db-0',
      node: 'worker-3',
      owner: 'db',
      requests: { cpu: '2' },
      limits: { cpu: '2' },
    })
    world.putPod({ namespace: 'shop', name: 'web', node: 'worker-3', requests: { cpu: '1200m' } })
    world.putPod({ namespace: 'shop', name: 'job', node: 'worker-3', requests: { cpu: '523m' } })
    world.putPod({ namespace: 'shop', name: 'tiny', node: 'worker-3', requests: { cpu: '1m' } })
    world.pass(300_000)
    expect(only(world)).to.deep.equal({
      key: 'dogwatch-system/oncall/node-cpu/Node//worker-3/worker-3//cpu',
      policy: { kind: 'CapacityPolicy', namespace: 'dogwatch-system', name: 'oncall', uid: 'uid-oncall' },
      rule: 'node-cpu',
      severity: 'warning',
      state: 'firing',
      object: { kind: 'Node', name: 'worker-3', uid: 'worker-3' },
      title: 'Node worker-3: cpu requests at 93.1% of allocatable, above 80%',
      lines: [
        '3.72 of 4 cpu (exactly 3724m of 4 cpu); threshold 80%, over at 75%',
        'since 2026-11-21T03:00:00Z, for 5m',
        'biggest: shop/db-0 (StatefulSet db) 2, shop/web 1.2, shop/job 0.523',
        '3 containers without a cpu limit: shop/web:app, shop/job:app, shop/tiny:app',
        'next: kubectl describe node worker-3; dogwatch capacity --explain node/worker-3',
      ],
      labels: { team: 'payments', node: 'worker-3', resource: 'cpu' },
      runbookURL: 'https://runbooks.example/node-cpu',
      since: '2026-11-21T03:00:00Z',
      at: '2026-11-21T03:05:00Z',
    })
  })

  it('carries labels to match on, all of them in the table that people read', () => {
    const above = { resource: 'cpu', measure: 'Requests', above: 1 }
    const world = worldWith({
      pool: { label: 'pool' },
      rules: [
        { ...above, name: 'node', scope: 'Node' },
        { ...above, name: 'pod', scope: 'Pod' },
        { ...above, name: 'namespace', scope: 'Namespace' },
        { ...above, name: 'pool', scope: 'NodePool' },
        { ...above, name: 'cluster', scope: 'Cluster' },
        { name: 'quota', scope: 'Namespace', measure: 'Quota', above: 1 },
      ],
    })
    world.putNamespace('shop')
    world.putQuota('shop', 'compute', { 'requests.cpu': '4' }, { 'requests.cpu': '1' })
    world.putPod({ namespace: 'shop', name: 'web', node: 'worker-3', requests: { cpu: '1' } })
    const alerts = world.alerts()
    const labels = Object.fromEntries(alerts.map((alert) => [alert.rule, matchLabels(alert)]))
    const common = { policy: 'oncall', policyNamespace: 'dogwatch-system', severity: 'warning' }
    const of = (rule: string, kind: string, name: string) => ({ ...common, rule, alertname: rule, kind, name })
    expect(labels).to.deep.equal({
      node: { ...of('node', 'Node', 'worker-3'), node: 'worker-3', resource: 'cpu' },
      pod: { ...of('pod', 'Pod', 'web'), namespace: 'shop', pod: 'web', node: 'worker-3', resource: 'cpu' },
      namespace: { ...of('namespace', 'Namespace', 'shop'), namespace: 'shop', resource: 'cpu' },
      pool: { ...of('pool', 'NodePool', 'gold'), pool: 'gold', resource: 'cpu' },
      cluster: { ...of('cluster', 'Cluster', 'cluster'), scope: 'cluster', resource: 'cpu' },
      quota: { ...of('quota', 'Namespace', 'shop'), namespace: 'shop', quota: 'compute', resource: 'requests.cpu' },
    })
    const names = alerts.flatMap((alert) => Object.keys(matchLabels(alert)))
    expect(Object.keys(alertLabels)).to.include.members(names)
  })

  it('says that it is over, and how long it lasted', () => {
    const world = worldWith({ rules: [rule] })
    world.putPod({ name: 'big', node: 'worker-3', requests: { cpu: '4' } })
    const { key } = only(world)
    world.nowMs += 90_000
    world.putPod({ name: 'big', node: 'worker-3', requests: { cpu: '3' } })
    const over = only(world)
    expect(over).to.deep.include({ state: 'resolved', key, since: '2026-11-21T03:00:00Z', at: '2026-11-21T03:01:30Z' })
    expect(over.title).to.equal('Node worker-3: cpu requests back at 75% of allocatable, 75% or less')
    expect(over.lines).to.deep.equal([
      '3 of 4 cpu; threshold 80%, over at 75%',
      'lasted 1m30s, since 2026-11-21T03:00:00Z',
    ])
  })

  it('says why it ends where nobody measured an end', () => {
    const world = worldWith({ rules: [rule] })
    world.putPod({ name: 'big', node: 'worker-3', requests: { cpu: '4' } })
    world.alerts()
    world.removeNode('worker-3')
    const closed = only(world)
    expect(closed.state).to.equal('closed')
    expect(closed.title).to.equal('Node worker-3: it is gone, so its cpu alert ends')
    expect(closed.lines[0]).to.equal('last seen: 4 of 4 cpu; threshold 80%, over at 75%')
  })

  it('can be described again while it fires, with the time that it has lasted', () => {
    const world = worldWith({ rules: [rule] })
    world.putPod({ name: 'big', node: 'worker-3', requests: { cpu: '4' } })
    const alert = only(world)
    world.pass(1_800_000)
    const finding = world.evaluator('oncall').describe(alert.rule, subjectOf(alert), world.nowMs)
    expect(finding).to.include({ event: 'raise', atMs: world.nowMs })
    world.findings.push(finding as Finding)
    expect(only(world).lines[1]).to.equal('since 2026-11-21T03:00:00Z, for 30m')
    expect(world.evaluator('oncall').describe('another', subjectOf(alert), world.nowMs)).to.equal(undefined)
  })

  it('names a pod with namespace, owner and node, and its containers without limit', () => {
    const world = worldWith({ rules: [{ ...rule, name: 'pod', scope: 'Pod' }] })
    world.putPod({ namespace: 'shop', name: 'db-0', node: 'worker-3', owner: 'db', requests: { cpu: '3.5' } })
    const alert = only(world)
    expect(alert.object).to.deep.equal({ kind: 'Pod', namespace: 'shop', name: 'db-0', uid: 'db-0' })
    expect(alert.title).to.equal("Pod shop/db-0: cpu requests at 87.5% of its node's allocatable, above 80%")
    expect(alert.lines.slice(2)).to.deep.equal([
      'of StatefulSet db, on node worker-3',
      '1 container without a cpu limit: app',
      'next: kubectl describe pod db-0 -n shop; dogwatch capacity --explain pod/shop/db-0',
    ])
    expect(alert.labels).to.deep.equal({ namespace: 'shop', node: 'worker-3', pod: 'db-0', resource: 'cpu' })
  })

  it('writes bytes in binary units, and stays on its side of the threshold', () => {
    const world = worldWith({ rules: [{ ...rule, resource: 'memory', clear: 80 }] })
    world.putPod({ name: 'big', node: 'worker-3', requests: { memory: '6872316928' } })
    const alert = only(world)
    expect(alert.title).to.equal('Node worker-3: memory requests at 80.004% of allocatable, above 80%')
    expect(alert.lines[0]).to.equal('6.4Gi of 8Gi memory (exactly 6711247Ki of 8Gi memory); threshold 80%')
  })

  it('says on which side it is where no number of decimals would show it', () => {
    const world = worldWith({ rules: [{ ...rule, resource: 'memory' }] })
    world.putPod({ name: 'big', node: 'worker-3', requests: { memory: '6871947674' } })
    expect(only(world).title).to.equal('Node worker-3: memory requests at >80% of allocatable, above 80%')
  })

  it('tells what does not fit when a node is lost', () => {
    const survive = { name: 'n-plus-1', scope: 'NodePool', measure: 'Survive', resource: 'memory' }
    const world = worldWith({ rules: [survive], pool: { label: 'pool' } })
    world.putNode('worker-4', { cpu: '4', memory: '4Gi' }, { pool: 'gold' })
    world.putPod({ name: 'big', node: 'worker-3', requests: { memory: '6Gi' } })
    const alert = only(world)
    expect(alert.title).to.equal('NodePool gold: memory requests do not fit without its largest node, 2Gi too much')
    expect(alert.lines[0]).to.equal('6Gi of 4Gi memory')
  })

  it('names the quota', () => {
    const world = worldWith({ rules: [{ name: 'quota', scope: 'Namespace', measure: 'Quota', above: 80 }] })
    world.putQuota('shop', 'team', { 'requests.memory': '4Gi' }, { 'requests.memory': '3.5Gi' })
    const alert = only(world)
    expect(alert.title).to.equal('Namespace shop: requests.memory use at 87.5% of quota team, above 80%')
    expect(alert.lines.at(-1)).to.equal('next: kubectl describe quota team -n shop')
    expect(alert.labels).to.deep.equal({ namespace: 'shop', quota: 'team', resource: 'requests.memory' })
  })

  it('says when the number is only a lower bound, and of how many nothing is known', () => {
    const use = { name: 'use', scope: 'Cluster', measure: 'Utilization', resource: 'cpu', above: 20 }
    const world = worldWith({ rules: [use] })
    world.putNode('worker-4', { cpu: '4' })
    world.sampleNode('worker-3', { cpu: '2' })
    const alert = only(world)
    expect(alert.title).to.equal('Cluster: cpu use at least 25% of allocatable, above 20%')
    expect(alert.lines).to.include('no recent sample from 1 of 2 nodes')
  })
})
