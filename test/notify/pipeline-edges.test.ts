/** Orders of events that once went wrong. */
import { expect } from 'chai'
import { OperatorError } from '../../src/base/errors.ts'
import type { Alert, AlertRoute } from '../../src/model/alert.ts'
import type { Delivery } from '../../src/notify/notifier.ts'
import { alertNamed, PipelineWorld, type Recorder, routeOf } from '../support/pipeline-world.ts'
import { settle } from '../support/virtual-clock.ts'

const place = { namespace: 'ops', name: 'a' }

const refused = (reason: 'server' | 'client' | 'rateLimited', more: object = {}): Delivery => ({
  ...{ sent: false, retry: reason !== 'client', reason, message: 'no' },
  ...more,
})

function routeTo(...names: readonly string[]) {
  return ({ key }: Alert): AlertRoute => routeOf(key.replace('key-', ''), { to: names })
}

async function leading(more: Partial<Pick<Recorder, 'rate' | 'refreshMs'>> = {}) {
  const world = new PipelineWorld()
  const a = Object.assign(world.receiver('a'), more)
  await world.lead()
  return { world, a }
}

const storm = { rate: { burst: 3, intervalMs: 1_000 } }

async function fireMany(world: PipelineWorld, count: number, options: Parameters<PipelineWorld['fire']>[1] = {}) {
  for (let n = 0; n < count; n += 1) await world.fire(`n${n}`, options)
}

function deleteReceiver(world: PipelineWorld): void {
  world.receivers.delete(place)
  world.pipeline.forgetReceiver(place)
}

describe('pipeline, in unlucky order', () => {
  describe('digests', () => {
    it('one that was refused and is over before it was told leaves nothing behind', async () => {
      const { world, a } = await leading(storm)
      await fireMany(world, 10)
      a.answer = () => refused('server')
      await world.pass(1_000)
      for (let n = 0; n < 10; n += 1) await world.end(`n${n}`)
      a.answer = () => ({ sent: true })
      await world.pass(60_000)
      a.news()
      await world.fire('n5')
      expect(a.news()).to.deep.equal(['first n5'])
    })

    it('of two Slack channels of one receiver speak each of all their alerts', async () => {
      const { world, a } = await leading(storm)
      await fireMany(world, 10, { to: ['#x', '#y'].map((slackChannel) => ({ ...place, slackChannel })) })
      await world.pass(600_000)
      const toldIn = (channel: string) =>
        a.messages.filter(({ slackChannel }) => slackChannel === channel).flatMap(({ firing }) => firing)
      expect(new Set(toldIn('#x').map(({ key }) => key)).size).to.equal(10)
      expect(new Set(toldIn('#y').map(({ key }) => key)).size).to.equal(10)
    })

    it('speak no more of an alert that left them', async () => {
      const { world, a } = await leading(storm)
      await fireMany(world, 10)
      await world.pass(1_000)
      await world.end('n5')
      await world.pass(60_000)
      a.news()
      await world.fire('n5')
      await world.end('n6')
      await world.pass(120_000)
      expect(a.news()).to.deep.equal(['first n5', 'someResolved n3,n4,n7,n8,n9 -n6'])
    })

    it('are not made for a program that is told again and again: each alert is one incident there', async () => {
      const { world, a } = await leading({ ...storm, refreshMs: 60_000 })
      await fireMany(world, 10)
      await world.pass(30_000)
      expect(a.messages.filter(({ reason }) => reason === 'digest')).to.deep.equal([])
      expect(new Set(a.messages.map(({ incident }) => incident)).size).to.equal(10)
    })

    it('remind nobody of what goes elsewhere now', async () => {
      const { world, a } = await leading(storm)
      world.receiver('b')
      await fireMany(world, 10, { grouping: { repeatMs: 600_000 } })
      await world.pass(1_000)
      world.pipeline.reroute('uid', routeTo('b'))
      await settle()
      a.news()
      await world.pass(1_300_000)
      expect(a.news()).to.deep.equal([])
    })
  })

  describe('failures', () => {
    it('what may have arrived keeps its id, though the next try certainly did not arrive', async () => {
      const { world, a } = await leading()
      a.answer = () => refused('server', { mayHaveArrived: true })
      await world.fire('n1')
      a.answer = () => refused('server')
      await world.pass(700)
      a.answer = () => ({ sent: true })
      await world.pass(60_000)
      expect(a.messages.length).to.be.greaterThan(2)
      expect(new Set(a.messages.map(({ id }) => id)).size).to.equal(1)
    })

    it('a message that is refused waits, however often its policy is looked at', async () => {
      const { world, a } = await leading()
      a.answer = () => refused('client')
      await world.fire('bad')
      for (let n = 0; n < 5; n += 1) {
        world.pipeline.reroute('uid', routeTo('a', `other-${n}`))
        await settle()
      }
      expect(a.news()).to.deep.equal(['first bad'])
    })

    it('Retry-After holds, though another message fails later', async () => {
      const { world, a } = await leading()
      const answers: ((delivery: Delivery) => void)[] = []
      a.answer = () => new Promise((resolve) => answers.push(resolve))
      await world.fire('n1')
      await world.fire('n2')
      answers[0]?.(refused('rateLimited', { retryAfterMs: 90_000 }))
      await settle()
      answers[1]?.(refused('server'))
      await settle()
      a.answer = () => ({ sent: true })
      a.news()
      await world.pass(89_000)
      expect(a.news()).to.deep.equal([])
    })
  })

  describe('a receiver that was deleted', () => {
    it('explains no pods by nodes that it was told of', async () => {
      const { world } = await leading()
      const labels = { node: 'n1', resource: 'cpu' }
      await world.fire('n1', { severity: 'warning', labels })
      deleteReceiver(world)
      await world.end('n1', { severity: 'warning', labels })
      const a = world.receiver('a', { version: 'new' })
      a.news()
      const object = { kind: 'Pod', namespace: 's', name: 'p1' }
      await world.fire('p1', { object, severity: 'warning', labels })
      expect(a.news()).to.deep.equal(['first p1'])
    })

    it('leaves nothing of a message that was under way, nor of an end that it was owed', async () => {
      for (const fails of [false, true]) {
        const { world, a } = await leading()
        if (fails) await world.fire('n1')
        a.answer = fails ? () => refused('server', { mayHaveArrived: true }) : () => new Promise(() => undefined)
        if (fails) await world.end('n1')
        else await world.fire('n1')
        deleteReceiver(world)
        await settle()
        await world.end('n1', { to: [] })
        await world.pass(60_000)
        expect(world.pipeline.size.alerts).to.equal(0)
        expect([...world.log.threads.keys()]).to.deep.equal([])
      }
    })

    it('while nobody led is forgotten by the next leader', async () => {
      const { world } = await leading()
      await world.fire('n1')
      const next = new PipelineWorld({ log: world.log, clock: world.clock })
      await next.pipeline.lead(2)
      next.pipeline.forgetMissingReceivers()
      next.pipeline.open()
      await next.end('n1', { to: [] })
      await next.pass(60_000)
      expect(next.pipeline.size.alerts).to.equal(0)
      expect([...world.log.threads.keys()]).to.deep.equal([])
    })
  })

  describe('stopped', () => {
    it('sends nothing whose intent is being written, and keeps no thread of what came and went', async () => {
      const { world, a } = await leading()
      const write = world.log.write.bind(world.log)
      let go = () => {}
      world.log.write = async (entries, epoch) => {
        if (entries.some(({ type }) => type === 'delivery')) await new Promise<void>((resolve) => (go = resolve))
        return write(entries, epoch)
      }
      await world.fire('n1')
      void world.pipeline.setStopped(true)
      go()
      await settle()
      expect(a.news()).to.deep.equal([])
      for (let n = 10; n < 60; n += 1) {
        await world.fire(`n${n}`)
        await world.end(`n${n}`)
      }
      expect(world.pipeline.size.threads).to.be.lessThan(5)
    })

    it('and started before the cluster was seen tells nothing yet', async () => {
      const world = new PipelineWorld()
      const a = world.receiver('a')
      await world.pipeline.lead(1)
      await world.fire('n1')
      await world.pipeline.setStopped(true)
      await world.pipeline.setStopped(false)
      await settle()
      expect(a.news()).to.deep.equal([])
    })
  })

  it('an end that waits for hours does not stop the words for a receiver that forgets', async () => {
    const { world, a } = await leading({ refreshMs: 60_000 })
    const grouped = { group: 'g', severity: 'warning' } as const
    await world.fire('n1', grouped)
    await world.fire('n2', grouped)
    const opensMs = world.clock.nowMs() + 36_000_000
    const heldUntilMs = (_alert: Alert, nowMs: number) => (nowMs < opensMs ? opensMs : undefined)
    world.receiver('a', { version: 'closed', hours: { takes: () => true, heldUntilMs } })
    await world.end('n1', grouped)
    a.news()
    await world.pass(600_000)
    expect(a.news().length).to.be.greaterThan(5)
  })

  it('a log that was away under the last leader is not away under the next', async () => {
    const { world } = await leading()
    world.log.failure = new OperatorError('STORE_UNAVAILABLE', 'disk full')
    await world.fire('n1')
    await world.pipeline.follow()
    world.log.failure = undefined
    await world.lead(2)
    await world.pass(120_000)
    expect(world.degraded).to.deep.equal(['disk full', undefined])
  })

  it('a storm that one receiver hears as a digest is looked at once for all that changes in one turn', async () => {
    const { world, a } = await leading(storm)
    let plans = 0
    const count = world.silenced.has.bind(world.silenced)
    world.silenced.has = (name) => {
      plans += 1
      return count(name)
    }
    for (let n = 0; n < 2_000; n += 1) world.pipeline.put(alertNamed(`n${n}`, {}), routeOf(`n${n}`, {}))
    await settle()
    await world.pass(1_000)
    plans = 0
    world.pipeline.reroute('uid', (alert) => ({ ...routeTo('a')(alert), receivers: [place] }))
    await settle()
    expect(plans).to.be.at.most(2_000 * 3)
    expect(a.messages.at(-1)?.counts.firing).to.be.greaterThan(1_900)
  })
})
