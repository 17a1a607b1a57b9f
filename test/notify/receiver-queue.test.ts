import { expect } from 'chai'
import type { Delivery } from '../../src/notify/notifier.ts'
import { PipelineWorld, type Recorder } from '../support/pipeline-world.ts'
import { settle } from '../support/virtual-clock.ts'

const place = { namespace: 'ops', name: 'a' }
const waiting = { grouping: { waitMs: 5_000 } }

/** Counts what is asked of the clock; where too much is, it stands still, so that a test ends. */
function countTimers({ clock }: PipelineWorld): () => number {
  const mostTimers = 100
  const after = clock.after.bind(clock)
  let count = 0
  clock.after = (delayMs, callback) => {
    count += 1
    return count > mostTimers ? { cancel: () => undefined } : after(delayMs, callback)
  }
  return () => count
}

describe('receiver queue', () => {
  describe('does nothing while nothing can go out', () => {
    it('because the receiver cannot be used, whatever falls due meanwhile', async () => {
      const world = new PipelineWorld()
      world.receivers.reject({ ...place, version: '1' }, 'its Secret is missing')
      await world.lead()
      await world.fire('n1', waiting)
      await world.fire('n2')
      const timers = countTimers(world)
      await world.pass(60_000)
      expect(timers()).to.equal(0)
      const a = world.receiver('a')
      await settle()
      expect(a.news()).to.have.members(['first n1', 'first n2'])
    })

    it('because as many messages hang as may be under way', async () => {
      const world = new PipelineWorld()
      const a = world.receiver('a')
      await world.lead()
      const answers: ((delivery: Delivery) => void)[] = []
      a.answer = () => new Promise((resolve) => answers.push(resolve))
      await world.fire('late', waiting)
      for (const name of ['n1', 'n2', 'n3', 'n4']) await world.fire(name)
      const timers = countTimers(world)
      await world.pass(9_000)
      expect(timers()).to.equal(0)
      expect(a.news()).to.deep.equal(['first n1', 'first n2', 'first n3', 'first n4'])
      answers[0]?.({ sent: true })
      await settle()
      expect(a.news()).to.deep.equal(['first late'])
    })
  })

  describe('pauses', () => {
    const limited: Delivery = {
      ...{ sent: false, retry: true, reason: 'rateLimited', message: 'no' },
      ...{ retryAfterMs: 30_000, isOfPlace: true },
    }

    async function refusing(...channels: readonly string[]) {
      const world = new PipelineWorld()
      const a = world.receiver('a')
      await world.lead()
      a.answer = ({ slackChannel = '' }) => (channels.includes(slackChannel) ? limited : { sent: true })
      for (const channel of channels) await world.fire(`n${channel}`, to(channel))
      a.answer = () => ({ sent: true })
      a.news()
      return { world, a }
    }

    it('one Slack channel alone, where that one is asked for fewer messages', async () => {
      const { world, a } = await refusing('#1')
      await world.fire('n2', to('#2'))
      expect(a.news()).to.deep.equal(['first n2'])
      await world.pass(29_999)
      expect(a.news()).to.deep.equal([])
      await world.pass(1)
      expect(a.news()).to.deep.equal(['first n#1'])
    })

    it('all of them, where a second one is asked for the same', async () => {
      const { world, a } = await refusing('#1', '#2')
      await world.fire('n3', to('#3'))
      await world.pass(29_999)
      expect(a.news()).to.deep.equal([])
      await world.pass(1)
      expect(a.news()).to.have.members(['first n#1', 'first n#2', 'first n3'])
    })

    it('nothing any more when the receiver is another', async () => {
      const { world, a } = await refusing('#1')
      world.receiver('a', { version: 'new' })
      await settle()
      expect(a.news()).to.deep.equal(['first n#1'])
    })
  })

  it('lets Slack channels take turns: five with much to say do not keep a sixth waiting', async () => {
    const world = new PipelineWorld()
    const a = world.receiver('a')
    await world.lead()
    const talkative = ['#1', '#2', '#3', '#4', '#5'].flatMap((channel) =>
      Array.from({ length: 10 }, (_, index) => ({ name: `${channel}-${index}`, channel })),
    )
    for (const { name, channel } of talkative) await world.fire(name, to(channel))
    slowDown(world, a)
    a.news()
    for (const { name, channel } of talkative) await world.end(name, to(channel))
    await world.fire('n6', to('#6'))
    await world.pass(1_200)
    expect(a.news()).to.include('first n6')
    await world.pass(60_000)
    expect(a.news().length).to.be.greaterThan(40)
  })
})

function to(slackChannel: string) {
  return { to: [{ ...place, slackChannel }] }
}

/** What all channels together may say is what five of them can say. */
function slowDown(world: PipelineWorld, recorder: Recorder): void {
  Object.assign(recorder, { rate: { burst: 1, intervalMs: 1_000 }, totalRate: { burst: 1, intervalMs: 200 } })
  world.receiver('a', { version: 'slow' })
}
