import { expect } from 'chai'
import { PipelineWorld } from '../support/pipeline-world.ts'

const hourMs = 60 * 60_000

describe('the wall clock is set back', () => {
  it('and more of a group, and its end, are told all the same', async () => {
    const world = new PipelineWorld()
    const people = world.receiver('a')
    await world.lead()
    const options = { group: 'g', grouping: { intervalMs: 60_000 } }
    await world.fire('one', options)
    world.clock.setBy(-2 * hourMs)
    await world.fire('two', options)
    await world.pass(61_000)
    expect(people.news()).to.deep.equal(['first one', 'newAlerts one,two'])
    await world.end('one', options)
    await world.end('two', options)
    await world.pass(61_000)
    expect(people.news()).to.deep.equal(['resolved -one,two'])
  })

  it('and a group waits for more of it as long as it should', async () => {
    const world = new PipelineWorld()
    const people = world.receiver('a')
    await world.lead()
    await world.fire('one', { grouping: { waitMs: 30_000 } })
    world.clock.setBy(-2 * hourMs)
    await world.pass(29_000)
    expect(people.news()).to.deep.equal([])
    await world.pass(2_000)
    expect(people.news()).to.deep.equal(['first one'])
  })

  it('and a reminder comes after exactly its time, once', async () => {
    const world = new PipelineWorld()
    const people = world.receiver('a')
    await world.lead()
    await world.fire('one', { grouping: { repeatMs: hourMs, repeatMax: 1 } })
    await world.pass(20 * 60_000)
    world.clock.setBy(-2 * hourMs)
    await world.pass(39 * 60_000)
    expect(people.news()).to.deep.equal(['first one'])
    await world.pass(2 * 60_000)
    expect(people.news()).to.deep.equal(['repeat one'])
    await world.pass(4 * hourMs)
    expect(people.news()).to.deep.equal([])
  })

  it('and what failed is tried again after its time', async () => {
    const world = new PipelineWorld()
    const people = world.receiver('a')
    people.answer = () => ({ sent: false, retry: true, reason: 'server', message: 'no' })
    await world.lead()
    await world.fire('one')
    world.clock.setBy(-2 * hourMs)
    people.answer = () => ({ sent: true })
    await world.pass(5_000)
    expect(people.news()).to.deep.equal(['first one', 'first one'])
  })

  it('between two processes, and the next one reminds at most one interval later', async () => {
    const first = new PipelineWorld()
    first.receiver('a')
    await first.lead()
    await first.fire('one', { grouping: { repeatMs: hourMs } })
    first.clock.setBy(-5 * hourMs)
    const second = new PipelineWorld({ log: first.log, clock: first.clock })
    const people = second.receiver('a')
    await second.lead(2)
    await second.pass(hourMs - 1_000)
    expect(people.news()).to.deep.equal([])
    await second.pass(2_000)
    expect(people.news()).to.deep.equal(['repeat one'])
  })
})
