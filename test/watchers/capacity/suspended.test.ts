/** A policy that rests: nothing of it is judged or told; when it goes on, what still holds is told once. */
import { expect } from 'chai'
import { WatchedCapacity } from '../../support/watched-capacity.ts'

const cpu = { name: 'cpu', scope: 'Node', measure: 'Requests', resource: 'cpu', above: 80 }
const use = { name: 'use', scope: 'Node', measure: 'Utilization', resource: 'cpu', above: 80 }

describe('a suspended capacity policy', () => {
  let world: WatchedCapacity
  let opensMs: number

  beforeEach(async () => {
    world = new WatchedCapacity()
    opensMs = world.clock.nowMs() + 8 * 3_600_000
    const heldUntilMs = (_: unknown, nowMs: number) => (nowMs < opensMs ? opensMs : undefined)
    world.receiver('a', { hours: { takes: () => true, heldUntilMs } })
    await world.lead()
    await world.apply({ rules: [cpu] }, 1)
    for (const name of ['n1', 'n2']) {
      await world.node({ name, cpu: '10' })
      await world.pod({ name: `on-${name}`, node: name, cpu: '9' })
    }
  })

  afterEach(() => world.watcher.stop())

  const news = () => world.receiver('a').news().sort()

  it('does not tell what waited for the receiver’s hours before it was suspended, until it goes on', async () => {
    await world.apply({ rules: [cpu], suspend: true }, 2)
    await world.pass(9 * 3_600_000)
    expect(news()).to.deep.equal([])
    await world.pod({ name: 'on-n1', node: 'n1', cpu: '1' })
    await world.apply({ rules: [cpu] }, 3)
    await world.pass(600_000)
    expect(news()).to.deep.equal(['first n2'])
  })

  it('does not tell after a restart either', async () => {
    await world.apply({ rules: [cpu], suspend: true }, 2)
    await world.pipeline.remembered()
    const next = new WatchedCapacity({ log: world.log, clock: world.clock })
    next.receiver('a')
    await next.apply({ rules: [cpu], suspend: true }, 2)
    await next.lead()
    await next.pass(600_000)
    expect(next.receiver('a').news()).to.deep.equal([])
    await next.watcher.stop()
  })

  it('goes on when usage was read, where it asks for that', async () => {
    await world.apply({ rules: [cpu, use], suspend: true }, 2)
    expect(world.usageRounds).to.equal(0)
    world.isUsageSlow = true
    await world.apply({ rules: [cpu, use] }, 3)
    await world.pass(9 * 3_600_000)
    expect([world.watcher.view('uid-p')?.waitingFor, news()]).to.deep.equal([['usage'], []])
    world.isUsageSlow = false
    await world.pass(600_000)
    expect(news()).to.deep.equal(['first n1', 'first n2'])
  })
})
