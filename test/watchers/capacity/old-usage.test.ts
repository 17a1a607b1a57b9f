/** Numbers of use are those of now, or they are Unknown: also where nobody brings new ones. */
import { expect } from 'chai'
import { usagePollMs } from '../../../src/watchers/capacity/usage-poller.ts'
import { aPolicy, CapacityWorld } from '../../support/capacity-world.ts'
import { WatchedCapacity } from '../../support/watched-capacity.ts'

const nodeUse = { name: 'use', scope: 'Node', measure: 'Utilization', resource: 'cpu', above: 80 }
/** As the world's engine has it. */
const maxSampleAgeMs = 90_000

function worldWithBusyNode(rules: readonly object[]): CapacityWorld {
  const world = new CapacityWorld()
  world.putNode('n1', { cpu: '10' }, { pool: 'blue' })
  world.putPod({ name: 'big', node: 'n1', limits: { cpu: '10' } })
  world.setPolicy(aPolicy('p', { rules, pool: { label: 'pool' } }))
  return world
}

describe('usage samples', () => {
  it('one of them does not stand for all of `for`', () => {
    const world = worldWithBusyNode([{ ...nodeUse, for: '5m' }])
    world.sampleNode('n1', { cpu: '9' })
    world.pass(600_000)
    expect(world.news()).to.deep.equal([])
    world.sampleNode('n1', { cpu: '9' })
    world.pass(maxSampleAgeMs - 1)
    world.evaluateAll()
    expect(world.news()).to.deep.equal([])
  })

  it('is Unknown as soon as it is too old, of an object and in every sum', () => {
    const scopes = ['Node', 'Pod', 'Namespace', 'NodePool', 'Cluster']
    const world = worldWithBusyNode(scopes.map((scope) => ({ ...nodeUse, name: scope.toLowerCase(), scope })))
    world.sampleNode('n1', { cpu: '5' })
    world.samplePod('default', 'big', { cpu: '5' })
    world.pass(maxSampleAgeMs)
    expect(new Set(Object.values(world.numbers('p')))).to.deep.equal(new Set(['50%']))
    world.pass(1)
    expect(new Set(Object.values(world.numbers('p')))).to.deep.equal(new Set(['NoSample']))
    expect(world.engine.nextCheckAtMs()).to.equal(undefined)
  })

  it('that is too old says nothing when a pod changes before anybody looked at the time', () => {
    const world = worldWithBusyNode([{ ...nodeUse, scope: 'Namespace', for: '2m' }])
    world.sampleNode('n1', { cpu: '9' })
    world.samplePod('default', 'big', { cpu: '9' })
    world.nowMs += 120_000
    world.putPod({ name: 'small', node: 'n1', requests: { cpu: '1' } })
    expect(world.news()).to.deep.equal([])
    expect(world.numbers('p')).to.deep.equal({ 'use default cpu': 'NoSample' })
  })

  it('that is old leaves what a fresh one says of another object', () => {
    const world = worldWithBusyNode([nodeUse])
    world.putNode('n2', { cpu: '10' })
    world.sampleNode('n1', { cpu: '9' })
    world.pass(60_000)
    world.sampleNode('n2', { cpu: '9' })
    world.pass(60_000)
    expect(world.news()).to.deep.equal(['raise Node n1 cpu', 'raise Node n2 cpu'])
    expect(world.numbers('p')).to.deep.equal({ 'use n1 cpu': 'NoSample', 'use n2 cpu': '90%' })
  })

  it('are read each minute at least, however seldom a policy judges everything again', async () => {
    expect(usagePollMs([])).to.equal(undefined)
    expect(usagePollMs([3_600_000, 5_000])).to.equal(5_000)
    expect(usagePollMs([3_600_000])).to.equal(60_000)
    const world = new WatchedCapacity()
    await world.lead()
    await world.apply({ rules: [nodeUse], interval: '1h' }, 1)
    await world.pass(600_000)
    expect(world.usageRounds).to.equal(11)
    await world.watcher.stop()
  })
})

describe('the capacity watcher', () => {
  it('sees the end of a short `for` that begins while it waits for the end of a long one', async () => {
    const world = new WatchedCapacity()
    const recorder = world.receiver('a')
    await world.lead()
    const cpu = { scope: 'Node', measure: 'Requests', resource: 'cpu' }
    const rules = [
      { ...cpu, name: 'long', above: 50, for: '30m' },
      { ...cpu, name: 'short', above: 90, for: '1m' },
    ]
    await world.apply({ rules, interval: '1h' }, 1)
    await world.node({ name: 'n1', cpu: '10' })
    await world.pod({ name: 'one', node: 'n1', cpu: '6' })
    await world.pass(120_000)
    await world.pod({ name: 'two', node: 'n1', cpu: '4' })
    await world.pass(62_000)
    expect(recorder.messages.flatMap(({ firing }) => firing.map(({ rule }) => rule))).to.deep.equal(['short'])
    await world.watcher.stop()
  })
})
