import { expect } from 'chai'
import { countUnknown, openAlerts } from '../../../src/watchers/capacity/open-alerts.ts'
import { aPolicy, CapacityWorld } from '../../support/capacity-world.ts'

const nodeCpu = { name: 'node-cpu', scope: 'Node', measure: 'Requests', resource: 'cpu', above: 80 }
const podMemory = { name: 'pod-memory', scope: 'Pod', measure: 'Utilization', resource: 'memory', above: 90 }

function worldWithFullNode(policy: object = { rules: [nodeCpu] }): CapacityWorld {
  const world = new CapacityWorld()
  world.putNode('n1', { cpu: '10', memory: '10Gi' })
  world.setPolicy(aPolicy('p', policy))
  world.putPod({ name: 'big', node: 'n1', requests: { cpu: '9' } })
  return world
}

describe('policy evaluator', () => {
  describe('closes what is open', () => {
    const raised = ['raise Node n1 cpu']

    it('when the policy is deleted', () => {
      const world = worldWithFullNode()
      expect(world.news()).to.deep.equal(raised)
      world.removePolicy('p')
      expect(world.news()).to.deep.equal(['close PolicyDeleted Node n1 cpu'])
    })

    it('when the node is deleted, or is another one of the same name', () => {
      const world = worldWithFullNode()
      world.removeNode('n1')
      expect(world.news()).to.deep.equal([...raised, 'close ObjectGone Node n1 cpu'])
      world.putNode('n1', { cpu: '10' }, {}, 'a new node')
      expect(world.news()).to.deep.equal(raised)
    })

    it('of a pod when its node is deleted, which the policy still selects', () => {
      const world = worldWithFullNode({ rules: [{ ...nodeCpu, scope: 'Pod' }] })
      world.news()
      world.removeNode('n1')
      expect(world.alerts().map(({ title }) => title)).to.deep.equal([
        'Pod default/big: its node is gone, so its cpu alert ends',
      ])
    })

    it('when the namespace goes, with its pods and quotas', () => {
      const world = new CapacityWorld()
      const quota = { name: 'quota', scope: 'Namespace', measure: 'Quota', above: 80 }
      world.setPolicy(aPolicy('p', { rules: [quota] }))
      world.putNamespace('shop')
      world.putQuota('shop', 'q', { pods: '10', 'limits.cpu': '4' }, { pods: '9', 'limits.cpu': '1' })
      expect(world.news()).to.deep.equal(['raise Namespace shop q pods'])
      world.removeQuota('shop', 'q')
      world.removeNamespace('shop')
      expect(world.news()).to.deep.equal(['close ObjectGone Namespace shop q pods'])
    })

    it('when the rule is removed, or measures something else', () => {
      const world = worldWithFullNode()
      world.news()
      world.setPolicy(aPolicy('p', { rules: [{ ...nodeCpu, name: 'other' }] }))
      expect(world.news()).to.deep.equal(['close RuleRemoved Node n1 cpu', ...raised])
      world.setPolicy(aPolicy('p', { rules: [{ ...nodeCpu, name: 'other', resource: 'memory' }] }))
      expect(world.news()).to.deep.equal(['close RuleChanged Node n1 cpu'])
    })

    it('when the node is no longer selected', () => {
      const world = worldWithFullNode()
      world.news()
      const nodes = { selector: { matchLabels: { disk: 'ssd' } } }
      world.setPolicy(aPolicy('p', { rules: [nodeCpu], nodes }))
      expect(world.news()).to.deep.equal(['close NotSelected Node n1 cpu'])
      world.putNode('n1', { cpu: '10' }, { disk: 'ssd' })
      expect(world.news()).to.deep.equal(raised)
      world.putNode('n1', { cpu: '10' }, {})
      expect(world.news()).to.deep.equal(['close NotSelected Node n1 cpu'])
    })

    it('when the pod has ended, or another one took its name', () => {
      const world = new CapacityWorld()
      world.putNode('n1', { cpu: '10' })
      world.setPolicy(aPolicy('p', { rules: [{ ...nodeCpu, scope: 'Pod' }] }))
      const pod = { name: 'big', node: 'n1', requests: { cpu: '9' } }
      world.putPod(pod)
      world.putPod({ ...pod, uid: 'second' })
      world.putPod({ ...pod, uid: 'second', phase: 'Succeeded' })
      expect(world.news()).to.deep.equal([
        'raise Pod default/big cpu',
        'close ObjectReplaced Pod default/big cpu',
        'raise Pod default/big cpu',
        'close PodEnded Pod default/big cpu',
      ])
    })
  })

  describe('takes a changed policy as it is', () => {
    it('a higher threshold ends the alert, a lower one begins it, the same one says nothing', () => {
      const world = worldWithFullNode()
      world.news()
      world.setPolicy(aPolicy('p', { rules: [{ ...nodeCpu, above: 95 }] }))
      expect(world.news()).to.deep.equal(['recover Node n1 cpu'])
      world.setPolicy(aPolicy('p', { rules: [{ ...nodeCpu, above: 50 }] }))
      expect(world.news()).to.deep.equal(['raise Node n1 cpu'])
      world.setPolicy(aPolicy('p', { rules: [{ ...nodeCpu, above: 60, severity: 'critical' }] }))
      expect(world.news()).to.deep.equal([])
    })

    it('while it is suspended nothing is told; afterwards what still holds is not told again, what is over is', () => {
      const world = worldWithFullNode()
      world.news()
      const suspended = aPolicy('p', { rules: [nodeCpu], suspend: true, reminder: { every: '30s', max: 9 } })
      world.setPolicy(suspended)
      world.putNode('n2', { cpu: '1' })
      world.putPod({ name: 'other', node: 'n2', requests: { cpu: '1' } })
      world.pass(600_000)
      world.evaluateAll()
      expect(world.news()).to.deep.equal([])
      world.removePod('default', 'big')
      world.setPolicy(aPolicy('p', { rules: [nodeCpu] }))
      expect(world.news()).to.deep.equal(['recover Node n1 cpu', 'raise Node n2 cpu'])
    })

    it('what is pending does not ripen during a pause', () => {
      const rules = [{ ...nodeCpu, for: '5m' }]
      const world = worldWithFullNode({ rules })
      world.setPolicy(aPolicy('p', { rules, suspend: true }))
      world.pass(600_000)
      world.setPolicy(aPolicy('p', { rules }))
      expect(world.news()).to.deep.equal([])
      world.pass(299_000)
      expect(world.news()).to.deep.equal([])
      world.pass(1_000)
      expect(world.news()).to.deep.equal(['raise Node n1 cpu'])
    })
  })

  it('waits for `for` by itself, and raises once', () => {
    const world = worldWithFullNode({ rules: [{ ...nodeCpu, for: '5m' }] })
    world.pass(299_999)
    expect(world.news()).to.deep.equal([])
    world.pass(1)
    expect(world.news()).to.deep.equal(['raise Node n1 cpu'])
    world.pass(24 * 3_600_000)
    expect(world.news()).to.deep.equal([])
    expect(world.engine.nextCheckAtMs()).to.equal(undefined)
  })

  describe('after a restart', () => {
    /** Another process, with the same cluster before it and what the first had open in the log. */
    function restarted(world: CapacityWorld, policy: object): CapacityWorld {
      const next = new CapacityWorld()
      next.nowMs = world.nowMs
      for (const { facts } of world.ledger.nodes.values()) if (facts !== undefined) next.ledger.putNode(facts)
      for (const { pods } of world.ledger.namespaces.values()) for (const pod of pods.values()) next.ledger.putPod(pod)
      next.setPolicy(aPolicy('p', policy), JSON.parse(JSON.stringify(world.alerts())))
      return next
    }

    it('raises nothing again that the log has as open', () => {
      const world = worldWithFullNode()
      world.pass(60_000)
      const next = restarted(world, { rules: [nodeCpu] })
      expect(next.news()).to.deep.equal([])
      expect(openAlerts(next.evaluator('p'))).to.deep.equal(openAlerts(world.evaluator('p')))
    })

    it('tells what ended meanwhile', () => {
      const world = worldWithFullNode()
      world.ledger.removePod('default', 'big')
      expect(restarted(world, { rules: [nodeCpu] }).news()).to.deep.equal(['recover Node n1 cpu'])
    })

    it('closes what went away meanwhile: the object, or the rule', () => {
      const world = worldWithFullNode()
      world.ledger.removeNode('n1')
      expect(restarted(world, { rules: [nodeCpu] }).news()).to.deep.equal(['close ObjectGone Node n1 cpu'])
      const other = { rules: [{ ...nodeCpu, name: 'other', above: 99 }] }
      expect(restarted(worldWithFullNode(), other).news()).to.deep.equal(['close RuleRemoved Node n1 cpu'])
    })

    it('keeps what a suspended policy has open of a removed rule until it goes on, or has the rule again', () => {
      const other = { rules: [{ ...nodeCpu, name: 'other', above: 99 }] }
      const suspended = { ...other, suspend: true }
      for (const [goesOn, news] of [
        [other, ['close RuleRemoved Node n1 cpu']],
        [{ rules: [nodeCpu] }, []],
      ] as const) {
        const world = restarted(worldWithFullNode(), suspended)
        world.setPolicy(aPolicy('p', { ...suspended, labels: { team: 'shop' } }))
        expect(world.news()).to.deep.equal([])
        world.setPolicy(aPolicy('p', goesOn))
        expect(world.news()).to.deep.equal(news)
        expect(openAlerts(world.evaluator('p'))).to.have.length(1 - news.length)
      }
    })
  })

  describe('counts', () => {
    it('every pod of a node, also of namespaces that the policy does not judge', () => {
      const rules = [nodeCpu, { ...nodeCpu, name: 'pod-cpu', scope: 'Pod', above: 30 }]
      const world = worldWithFullNode({ rules, namespaces: { names: ['shop'] } })
      world.putPod({ namespace: 'shop', name: 'web', node: 'n1', requests: { cpu: '4' } })
      expect(world.news()).to.deep.equal(['raise Node n1 cpu', 'raise Pod shop/web cpu'])
      expect(world.numbers('p')).to.deep.equal({ 'node-cpu n1 cpu': '130%', 'pod-cpu shop/web cpu': '40%' })
    })

    it('pods without a node and pods that have ended nowhere; pods being deleted still', () => {
      const world = worldWithFullNode()
      world.putPod({ name: 'waiting', requests: { cpu: '9' } })
      world.putPod({ name: 'done', node: 'n1', phase: 'Succeeded', requests: { cpu: '9' } })
      expect(world.numbers('p')).to.deep.equal({ 'node-cpu n1 cpu': '90%' })
      expect([...world.ledger.unscheduled].map(({ name }) => name)).to.deep.equal(['waiting'])
    })

    it("a namespace's pods on the selected nodes, of what these nodes offer", () => {
      const world = new CapacityWorld()
      world.setPolicy(
        aPolicy('p', {
          nodes: { selector: { matchLabels: { pool: 'gold' } } },
          rules: [{ ...nodeCpu, name: 'ns', scope: 'Namespace', above: 50 }],
        }),
      )
      world.putNode('g1', { cpu: '4' }, { pool: 'gold' })
      world.putNode('g2', { cpu: '6' }, { pool: 'gold' })
      world.putNode('t1', { cpu: '90' }, { pool: 'tin' })
      world.putPod({ namespace: 'shop', name: 'a', node: 'g1', requests: { cpu: '3' } })
      world.putPod({ namespace: 'shop', name: 'b', node: 't1', requests: { cpu: '50' } })
      expect(world.numbers('p')).to.deep.equal({ 'ns shop cpu': '30%' })
      world.putPod({ namespace: 'shop', name: 'c', node: 'g2', requests: { cpu: '3' } })
      expect(world.news()).to.deep.equal(['raise Namespace shop cpu'])
    })

    it('by its quota each resource of a namespace, or the one that the rule names', () => {
      const world = new CapacityWorld()
      const quota = { scope: 'Namespace', measure: 'Quota', above: 80 }
      const rules = [
        { ...quota, name: 'each' },
        { ...quota, name: 'one', resource: 'requests.cpu' },
      ]
      world.setPolicy(aPolicy('p', { rules }))
      world.putQuota('shop', 'q', { 'requests.cpu': '4', pods: '0', 'count/jobs': '10' }, { 'requests.cpu': '3500m' })
      expect(world.numbers('p')).to.deep.equal({
        'each shop q requests.cpu': '87.5%',
        'each shop q pods': 'NoQuota',
        'each shop q count/jobs': '0%',
        'one shop q requests.cpu': '87.5%',
      })
      expect(world.news()).to.deep.equal(['raise Namespace shop q requests.cpu', 'raise Namespace shop q requests.cpu'])
    })

    it('use of a pod by its own limit, else its request, else not at all', () => {
      const world = new CapacityWorld()
      world.setPolicy(aPolicy('p', { rules: [podMemory] }))
      world.putNode('n1', { memory: '10Gi' })
      const memory = (text: string) => ({ memory: text })
      world.putPod({ name: 'limited', node: 'n1', limits: memory('2Gi'), requests: memory('1Gi') })
      world.putPod({ name: 'asking', node: 'n1', requests: memory('1Gi') })
      world.putPod({ name: 'free', node: 'n1' })
      world.putPod({ name: 'silent', node: 'n1', limits: memory('2Gi') })
      for (const name of ['limited', 'asking', 'free']) world.samplePod('default', name, memory('1945Mi'))
      expect(world.numbers('p')).to.deep.equal({
        'pod-memory default/limited memory': '94.9%',
        'pod-memory default/asking memory': '189.9%',
        'pod-memory default/free memory': 'NoLimitOrRequest',
        'pod-memory default/silent memory': 'NoSample',
      })
      expect(world.news()).to.deep.equal(['raise Pod default/limited memory', 'raise Pod default/asking memory'])
      expect(countUnknown(world.evaluator('p'))).to.equal(2)
    })

    it('no sample of an earlier pod of the same name, and none that is too old', () => {
      const world = new CapacityWorld()
      world.setPolicy(aPolicy('p', { rules: [podMemory] }))
      world.putNode('n1', { memory: '10Gi' })
      const pod = { name: 'db-0', node: 'n1', limits: { memory: '2Gi' } }
      world.putPod(pod)
      world.samplePod('default', 'db-0', { memory: '2Gi' })
      expect(world.news()).to.deep.equal(['raise Pod default/db-0 memory'])
      world.putPod({ ...pod, uid: 'second' })
      expect(world.numbers('p')).to.deep.equal({ 'pod-memory default/db-0 memory': 'NoSample' })
      expect(world.news()).to.deep.equal(['close ObjectReplaced Pod default/db-0 memory'])
      world.samplePod('default', 'db-0', { memory: '2Gi' })
      world.pass(91_000)
      world.sampleNothing()
      expect(world.numbers('p')).to.deep.equal({ 'pod-memory default/db-0 memory': 'NoSample' })
      expect(world.news()).to.deep.equal(['raise Pod default/db-0 memory'])
    })

    it('use of a group as a lower bound where samples are missing, and as unknown where all are', () => {
      const world = new CapacityWorld()
      const rule = { name: 'use', scope: 'Cluster', measure: 'Utilization', resource: 'cpu', above: 50 }
      world.setPolicy(aPolicy('p', { rules: [rule] }))
      world.putNode('n1', { cpu: '10' })
      world.putNode('n2', { cpu: '10' })
      expect(world.numbers('p')).to.deep.equal({ 'use cluster cpu': 'NoSample' })
      world.sampleNode('n1', { cpu: '9' })
      expect(world.numbers('p')).to.deep.equal({ 'use cluster cpu': 'at least 45%' })
      expect(countUnknown(world.evaluator('p'))).to.equal(1)
      world.sampleNode('n2', { cpu: '2' })
      expect(world.news()).to.deep.equal(['raise Cluster cluster cpu'])
      world.pass(60_000)
      world.sampleNode('n1', { cpu: '9' })
      world.pass(31_000)
      world.sampleNothing()
      expect(world.numbers('p')).to.deep.equal({ 'use cluster cpu': 'at least 45%' })
      expect(world.news()).to.deep.equal([])
      expect(openAlerts(world.evaluator('p')).map(({ value }) => value)).to.deep.equal(['Unknown'])
    })
  })

  describe('survival of the loss of nodes', () => {
    function pool(...cores: string[]): CapacityWorld {
      const world = new CapacityWorld()
      world.setPolicy(
        aPolicy('p', {
          pool: { label: 'pool' },
          rules: [{ name: 'n-plus-1', scope: 'NodePool', measure: 'Survive', nodes: 1 }],
        }),
      )
      for (const [i, cpu] of cores.entries()) world.putNode(`n${i}`, { cpu, pods: '10' }, { pool: 'gold' })
      return world
    }

    it('asks whether all requests fit without the largest node, per resource', () => {
      const world = pool('4', '8', '4')
      world.putPod({ name: 'a', node: 'n1', requests: { cpu: '8' } })
      expect(world.news()).to.deep.equal([])
      world.putPod({ name: 'b', node: 'n0', requests: { cpu: '1m' } })
      expect(world.news()).to.deep.equal(['raise NodePool gold cpu'])
      world.putNode('n3', { cpu: '16', pods: '10' }, { pool: 'gold' })
      expect(world.news()).to.deep.equal(['recover NodePool gold cpu'])
    })

    it('knows that nothing fits when the only node is gone, and that nothing is needed when nothing is asked', () => {
      const world = pool('4')
      expect(world.news()).to.deep.equal([])
      world.putPod({ name: 'a', node: 'n0', requests: { cpu: '1' } })
      expect(world.news().sort()).to.deep.equal(['raise NodePool gold cpu', 'raise NodePool gold pods'])
      world.removePod('default', 'a')
      expect(world.news().sort()).to.deep.equal(['recover NodePool gold cpu', 'recover NodePool gold pods'])
    })

    it('closes with the pool', () => {
      const world = pool('4')
      world.putPod({ name: 'a', node: 'n0', requests: { cpu: '1' } })
      world.news()
      world.putNode('n0', { cpu: '4', pods: '10' }, { pool: 'tin' })
      expect(world.news().sort()).to.deep.equal([
        'close ObjectGone NodePool gold cpu',
        'close ObjectGone NodePool gold pods',
        'raise NodePool tin cpu',
        'raise NodePool tin pods',
      ])
    })
  })

  it('outside its own namespace sees this one alone', () => {
    const world = new CapacityWorld()
    const rules = [{ ...nodeCpu, scope: 'Pod' }]
    world.setPolicy(aPolicy('p', { rules, namespaces: { names: ['other'] } }, 'tenant'))
    world.putNode('n1', { cpu: '10' })
    for (const namespace of ['tenant', 'other']) {
      world.putPod({ namespace, name: 'big', node: 'n1', requests: { cpu: '9' } })
    }
    expect(world.news()).to.deep.equal(['raise Pod tenant/big cpu'])
  })
})
