/**
 * Mistakes that an earlier program of this kind was known for, each shown to be absent: of its arithmetic and of what it
 * remembered between two looks.
 */
import { expect } from 'chai'
import { aPolicy, CapacityWorld } from '../../support/capacity-world.ts'

const rule = (scope: string, measure: string, resource = 'cpu') => ({
  name: `${scope}-${measure}-${resource}`.toLowerCase().replaceAll(/[^a-z]/g, '-'),
  scope,
  measure,
  resource,
  above: 80,
})

describe('defects of an earlier program', () => {
  it('1: a pod that recovers does not silence anything that comes after it', () => {
    const world = new CapacityWorld()
    world.putNode('n1', { cpu: '10' })
    world.setPolicy(aPolicy('p', { rules: [rule('Pod', 'Requests'), rule('Node', 'Requests')] }))
    world.putPod({ name: 'big', node: 'n1', requests: { cpu: '9' } })
    expect(world.news()).to.deep.equal(['raise Pod default/big cpu', 'raise Node n1 cpu'])
    world.putPod({ name: 'big', node: 'n1', requests: { cpu: '1' } })
    expect(world.news()).to.deep.equal(['recover Pod default/big cpu', 'recover Node n1 cpu'])
    world.putPod({ name: 'other', node: 'n1', requests: { cpu: '9' } })
    expect(world.news()).to.deep.equal(['raise Pod default/other cpu', 'raise Node n1 cpu'])
  })

  it('2: pods of one name in two namespaces on one node are two pods', () => {
    const world = new CapacityWorld()
    world.putNode('n1', { cpu: '10' })
    world.setPolicy(aPolicy('p', { rules: [rule('Pod', 'Requests')] }))
    world.putPod({ namespace: 'a', name: 'web', node: 'n1', requests: { cpu: '9' } })
    world.putPod({ namespace: 'b', name: 'web', node: 'n1', requests: { cpu: '1' } })
    expect(world.news()).to.deep.equal(['raise Pod a/web cpu'])
    for (let round = 0; round < 5; round += 1) world.evaluateAll()
    expect(world.news()).to.deep.equal([])
    world.removePod('b', 'web')
    expect(world.news()).to.deep.equal([])
    world.removePod('a', 'web')
    expect(world.news()).to.deep.equal(['close ObjectGone Pod a/web cpu'])
  })

  it('2: namespace and name are never glued into an ambiguous key', () => {
    const world = new CapacityWorld()
    world.putNode('n1', { cpu: '10' })
    world.setPolicy(aPolicy('p', { rules: [rule('Pod', 'Requests')] }))
    world.putPod({ namespace: 'a-b', name: 'c', node: 'n1', requests: { cpu: '9' } })
    world.putPod({ namespace: 'a', name: 'b-c', node: 'n1', requests: { cpu: '1' } })
    expect(world.news()).to.deep.equal(['raise Pod a-b/c cpu'])
    expect(world.numbers('p')).to.deep.equal({
      'pod-requests-cpu a-b/c cpu': '90%',
      'pod-requests-cpu a/b-c cpu': '10%',
    })
  })

  it('3: a node without pods is judged like any other', () => {
    const world = new CapacityWorld()
    world.setPolicy(aPolicy('p', { rules: [rule('Node', 'Requests'), rule('Pod', 'Requests')] }))
    world.putNode('empty', { cpu: '4' })
    expect(world.numbers('p')).to.deep.equal({ 'node-requests-cpu empty cpu': '0%' })
    expect(world.news()).to.deep.equal([])
  })

  it('4: rules about nodes alone need no pods, and rules about pods alone say nothing of nodes', () => {
    const full = { name: 'big', node: 'n1', requests: { cpu: '9' } }
    for (const [scope, expected] of [
      ['Node', 'raise Node n1 cpu'],
      ['Pod', 'raise Pod default/big cpu'],
    ] as const) {
      const world = new CapacityWorld()
      world.setPolicy(aPolicy('p', { rules: [rule(scope, 'Requests')] }))
      world.putNode('n1', { cpu: '10' })
      expect(world.news()).to.deep.equal([])
      world.putPod(full)
      expect(world.news()).to.deep.equal([expected])
    }
  })

  it('4: no namespace filter, or an empty one, means all namespaces', () => {
    for (const namespaces of [undefined, {}, { names: [] }, { selector: {} }]) {
      const world = new CapacityWorld()
      world.putNode('n1', { cpu: '10' })
      world.putNamespace('anywhere')
      world.setPolicy(aPolicy('p', { rules: [rule('Pod', 'Requests')], ...(namespaces && { namespaces }) }))
      world.putPod({ namespace: 'anywhere', name: 'big', node: 'n1', requests: { cpu: '9' } })
      expect(world.news(), JSON.stringify(namespaces)).to.deep.equal(['raise Pod anywhere/big cpu'])
    }
  })

  it('5: a policy that is set again replaces the one there: nothing runs twice', () => {
    const world = new CapacityWorld()
    world.putNode('n1', { cpu: '10' })
    const rules = [rule('Node', 'Requests')]
    for (let i = 0; i < 3; i += 1) world.setPolicy(aPolicy('p', { rules, reminder: { every: '30s', max: 1 } }))
    world.putPod({ name: 'big', node: 'n1', requests: { cpu: '9' } })
    expect(world.news()).to.deep.equal(['raise Node n1 cpu'])
    world.evaluateAll()
    expect(world.news()).to.deep.equal([])
    world.removePolicy('p')
    world.pass(60_000)
    world.putPod({ name: 'bigger', node: 'n1', requests: { cpu: '9' } })
    expect(world.news()).to.deep.equal(['close PolicyDeleted Node n1 cpu'])
  })

  it('8: use, pods, extended resources, quotas and pods without a node are seen, with owner and namespace in the message', () => {
    const world = new CapacityWorld()
    world.putNode('n1', { cpu: '10', pods: '1', 'nvidia.com/gpu': '1' })
    world.setPolicy(
      aPolicy('p', {
        rules: [
          rule('Node', 'Utilization'),
          rule('Node', 'Requests', 'pods'),
          rule('Node', 'Requests', 'nvidia.com/gpu'),
          { name: 'quota', scope: 'Namespace', measure: 'Quota', above: 80 },
          { ...rule('Cluster', 'Requests'), above: 50 },
        ],
      }),
    )
    world.putQuota('ml', 'team', { 'requests.cpu': '10' }, { 'requests.cpu': '9' })
    world.putPod({ namespace: 'ml', name: 'waiting', requests: { cpu: '4' } })
    world.putPod({
      namespace: 'ml',
      name: 'train-0',
      node: 'n1',
      owner: 'train',
      requests: { cpu: '6', 'nvidia.com/gpu': '1' },
    })
    world.sampleNode('n1', { cpu: '9' })
    const alerts = world.alerts()
    expect(alerts.map(({ rule: name }) => name).sort()).to.deep.equal([
      'cluster-requests-cpu',
      'node-requests-nvidia-com-gpu',
      'node-requests-pods',
      'node-utilization-cpu',
      'quota',
    ])
    const cluster = alerts.find(({ rule: name }) => name === 'cluster-requests-cpu')
    expect(cluster?.lines).to.include('biggest: ml/train-0 (StatefulSet train) 6')
    expect(cluster?.lines).to.include('not counted: 1 pod without a node, asking for 4 cpu')
  })

  it('9: nothing allocatable gives Unknown, never a number', () => {
    const world = new CapacityWorld()
    world.setPolicy(
      aPolicy('p', {
        rules: ['Node', 'Pod', 'Namespace', 'Cluster'].flatMap((scope) => [
          rule(scope, 'Requests'),
          rule(scope, 'Limits'),
          rule(scope, 'Utilization', 'memory'),
        ]),
      }),
    )
    world.putNode('bare', { cpu: '0' })
    world.putPod({ name: 'big', node: 'bare', requests: { cpu: '9', memory: '0' }, limits: { cpu: '9' } })
    const numbers = world.numbers('p')
    expect(Object.keys(numbers).length).to.equal(12)
    for (const [name, number] of Object.entries(numbers)) expect(number, name).to.match(/^No[A-Z]/)
    expect(world.news()).to.deep.equal([])
  })
})
