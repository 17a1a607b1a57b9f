/** What the pipeline passes to the outbox, with a log that is there, that is away, and that comes back as another. */
import { expect } from 'chai'
import { OperatorError } from '../../src/base/errors.ts'
import type { OutboxEntry } from '../../src/store/notification-log.ts'
import { PipelineWorld } from '../support/pipeline-world.ts'

const away = () => new OperatorError('STORE_UNAVAILABLE', 'no space is left')
const one: OutboxEntry = { id: 'one', value: 'first' }
const two: OutboxEntry = { id: 'two', value: 'second' }

describe('pipeline and its outbox', () => {
  let world: PipelineWorld
  const inLog = () => Object.fromEntries(world.log.outgoing)

  beforeEach(async () => {
    world = new PipelineWorld()
    world.receiver('a')
  })

  it('writes what is posted, and lets go of what has ended', async () => {
    await world.lead(1)
    expect(await world.pipeline.postOutbox([one, two])).to.equal('written')
    expect(inLog()).to.deep.equal({ one: 'first', two: 'second' })
    expect(await world.pipeline.endOutbox(['one'])).to.equal('written')
    expect(inLog()).to.deep.equal({ two: 'second' })
  })

  it('takes nothing from a process that does not lead', async () => {
    expect(await world.pipeline.postOutbox([one])).to.equal('fenced')
    await world.lead(1)
    await world.log.takeOver(2)
    expect(await world.pipeline.postOutbox([one])).to.equal('fenced')
    expect([inLog(), world.isFenced]).to.deep.equal([{}, true])
  })

  it('says that the log is away, and brings what has not arrived into the one that comes', async () => {
    await world.lead(1)
    world.log.failure = away()
    expect(await world.pipeline.postOutbox([one])).to.equal('away')
    expect(await world.pipeline.postOutbox([two])).to.equal('away')
    expect(await world.pipeline.endOutbox(['one'])).to.equal('away')
    world.unshipped = [two]
    world.log.failure = undefined
    await world.pass(60_000)
    expect(world.degraded).to.deep.equal(['no space is left', undefined])
    expect(inLog()).to.deep.equal({ two: 'second' })
    expect(await world.pipeline.endOutbox(['two'])).to.equal('written')
    expect(inLog()).to.deep.equal({})
  })

  it('writes it before the alerts and facts that follow from it', async () => {
    await world.lead(1)
    world.log.failure = away()
    await world.fire('x')
    world.pipeline.remember('seen', 'x')
    world.unshipped = [one]
    const order: string[] = []
    const write = world.log.write.bind(world.log)
    world.log.write = async (entries, epoch) => {
      order.push(...entries.map(({ type }) => type))
      await write(entries, epoch)
    }
    world.log.failure = undefined
    await world.pass(60_000)
    expect(order).to.include.members(['alert', 'setting'])
    expect(order.indexOf('outbox')).to.equal(0)
  })
})
