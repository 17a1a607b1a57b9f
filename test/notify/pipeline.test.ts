import { expect } from 'chai'
import { OperatorError } from '../../src/base/errors.ts'
import type { Alert } from '../../src/model/alert.ts'
import type { Delivery } from '../../src/notify/notifier.ts'
import { MemoryLog } from '../support/memory-log.ts'
import { anAlert } from '../support/messages.ts'
import { type AlertOptions, PipelineWorld, type Recorder, routeOf } from '../support/pipeline-world.ts'
import { settle } from '../support/virtual-clock.ts'

const grouped = { group: 'g', grouping: { waitMs: 30_000, intervalMs: 300_000, repeatMs: 3_600_000 } }
const refused = (reason: 'server' | 'auth' | 'client' | 'rateLimited', more: object = {}): Delivery => ({
  ...{ sent: false, retry: reason !== 'client', reason, message: 'no' },
  ...more,
})

async function leading(): Promise<{ world: PipelineWorld; a: Recorder }> {
  const world = new PipelineWorld()
  const a = world.receiver('a')
  await world.lead()
  return { world, a }
}

/** The next process, with the same log and clock; `open` is what watchers then find. */
async function restarted(world: PipelineWorld, epoch = 2): Promise<{ world: PipelineWorld; a: Recorder }> {
  const next = new PipelineWorld({ log: world.log, clock: world.clock })
  const a = next.receiver('a')
  await next.lead(epoch)
  return { world: next, a }
}

describe('pipeline', () => {
  describe('says', () => {
    it('first when something fires, resolved when all of it is over, each once', async () => {
      const { world, a } = await leading()
      await world.fire('n1')
      await world.fire('n1')
      expect(a.news()).to.deep.equal(['first n1'])
      await world.end('n1')
      await world.end('n1')
      expect(a.news()).to.deep.equal(['resolved -n1'])
      expect([...world.log.threads.keys()]).to.deep.equal([])
    })

    it('the group as it is when the wait is over, then what is new or over, at most once in an interval', async () => {
      const { world, a } = await leading()
      await world.fire('n1', grouped)
      await world.pass(10_000)
      await world.fire('n2', grouped)
      await world.pass(19_999)
      expect(a.news()).to.deep.equal([])
      await world.pass(1)
      expect(a.news()).to.deep.equal(['first n1,n2'])
      await world.fire('n3', grouped)
      await world.end('n1', grouped)
      await world.pass(299_999)
      expect(a.news()).to.deep.equal([])
      await world.pass(1)
      expect(a.news()).to.deep.equal(['newAlerts n2,n3 -n1'])
      await world.end('n2', grouped)
      await world.pass(300_000)
      expect(a.news()).to.deep.equal(['someResolved n3 -n2'])
      await world.end('n3', grouped)
      await world.pass(300_000)
      expect(a.news()).to.deep.equal(['resolved -n3'])
    })

    it('that what was told is something else now, once, and not before its interval; the next process does not say it again', async () => {
      const { world, a } = await leading()
      await world.fire('n1', { ...grouped, stage: 'OOMKilled' })
      await world.pass(30_000)
      await world.fire('n1', { ...grouped, stage: 'CrashLoopBackOff' })
      await world.fire('n1', { ...grouped, stage: 'CrashLoopBackOff' })
      await world.pass(299_999)
      expect(a.news()).to.deep.equal(['first n1'])
      await world.pass(1)
      expect(a.news()).to.deep.equal(['changed n1'])
      const next = await restarted(world)
      await next.world.fire('n1', { ...grouped, stage: 'CrashLoopBackOff' })
      await next.world.pass(3_599_999)
      expect(next.a.news()).to.deep.equal([])
      await next.world.fire('n1', { ...grouped, stage: 'Error' })
      expect(next.a.news()).to.deep.equal(['changed n1'])
      await next.world.end('n1', grouped)
      expect(next.a.news()).to.deep.equal(['resolved -n1'])
    })

    it('of what is over under the labels that it had, also where nobody knows them any more', async () => {
      const { world, a } = await leading()
      await world.fire('p1', { labels: { pod: 'p1', node: 'n1', team: 'one' } })
      await world.fire('p1', { state: 'closed', labels: { pod: 'p1', team: 'two' } })
      expect(a.messages[1]?.ended[0]?.labels).to.deep.equal({ pod: 'p1', node: 'n1', team: 'one' })
    })

    it('nothing of what is over before anybody was told', async () => {
      const { world, a } = await leading()
      await world.fire('n1', grouped)
      await world.end('n1', grouped)
      await world.pass(86_400_000)
      expect(a.news()).to.deep.equal([])
      expect(world.clock.pendingTimers).to.equal(0)
    })

    it('sooner when a policy shortens the time that its groups wait', async () => {
      const { world, a } = await leading()
      await world.fire('n1', grouped)
      await world.pass(10_000)
      const grouping = { key: 'g', waitMs: 15_000, intervalMs: 20_000 }
      const route = { receivers: [{ namespace: 'ops', name: 'a' }], grouping }
      world.pipeline.reroute('uid', () => route)
      await world.pass(4_999)
      expect(a.news()).to.deep.equal([])
      await world.pass(1)
      expect(a.news()).to.deep.equal(['first n1'])
      await world.fire('n2', { ...grouped, grouping })
      await world.pass(20_000)
      expect(a.news()).to.deep.equal(['newAlerts n1,n2'])
    })

    it('that a group is over as soon as it is, however lately something was said of it', async () => {
      const { world, a } = await leading()
      for (const name of ['n1', 'n2']) await world.fire(name, grouped)
      await world.pass(30_000)
      for (const name of ['n1', 'n2']) await world.end(name, grouped)
      expect(a.news()).to.deep.equal(['first n1,n2', 'resolved -n1,n2'])
    })

    it('of a large group without looking at all of it for each of its alerts', async () => {
      const { world, a } = await leading()
      let looks = 0
      world.silenced.has = () => {
        looks += 1
        return false
      }
      const names = Array.from({ length: 200 }, (_, index) => `n${index}`)
      for (const name of names) await world.fire(name, grouped)
      await world.pass(30_000)
      for (const name of names.slice(1)) await world.end(name, grouped)
      await world.pass(300_000)
      expect(a.messages.map(({ reason, counts }) => [reason, counts])).to.deep.equal([
        ['first', { firing: 200, ended: 0 }],
        ['someResolved', { firing: 1, ended: 199 }],
      ])
      expect(looks).to.be.lessThan(10 * names.length)
    })

    it('repeats exactly at their time, so many as are asked for', async () => {
      const { world, a } = await leading()
      const options = { grouping: { intervalMs: 300_000, repeatMs: 1_700_000, repeatMax: 2 } }
      await world.fire('n1', options)
      await world.pass(1_699_999)
      expect(a.news()).to.deep.equal(['first n1'])
      await world.pass(1)
      await world.pass(1_700_000)
      expect(a.messages.map(({ reminder }) => reminder)).to.deep.equal([
        { number: 1, of: 2 },
        { number: 2, of: 2 },
      ])
      a.messages.splice(0)
      await world.pass(86_400_000)
      expect(a.news()).to.deep.equal([])
    })

    it('in a repeat how things stand now, and none of what cannot be known now', async () => {
      const { world, a } = await leading()
      await world.fire('n1', { grouping: { repeatMs: 600_000 } })
      world.describe = () => undefined
      await world.pass(660_000)
      world.describe = (alert) => ({ ...alert, title: 'fuller' })
      await world.pass(59_999)
      expect(a.news()).to.deep.equal(['first n1'])
      await world.pass(1)
      expect(a.messages.map(({ firing }) => firing[0]?.title)).to.deep.equal(['fuller'])
    })

    it('what comes again after its end in a new incident', async () => {
      const { world, a } = await leading()
      await world.fire('n1')
      await world.end('n1')
      await world.fire('n1')
      const [first, over, again] = a.messages.map(({ incident }) => incident)
      expect(over).to.equal(first)
      expect(again).not.to.equal(first)
      expect(new Set(a.messages.map(({ id }) => id)).size).to.equal(3)
    })

    it('no reminder of what somebody looks after, until something new happens', async () => {
      const { world, a } = await leading()
      await world.fire('n1', grouped)
      await world.pass(30_000)
      const [open] = world.pipeline.allOpenAlerts()
      world.pipeline.acknowledge(open?.id ?? '', { by: 'ann', atMs: world.clock.nowMs() })
      await world.pass(7_200_000)
      expect(a.news()).to.deep.equal(['first n1'])
      await world.fire('n2', grouped)
      expect(a.news()).to.deep.equal(['newAlerts n1,n2'])
      await world.pass(3_600_000)
      expect(a.news()).to.deep.equal(['repeat n1,n2'])
      expect(world.log.records.get(open?.id ?? '')?.acknowledged?.by).to.equal('ann')
    })
  })

  describe('routes', () => {
    it('to every receiver, one that hangs delaying nobody', async () => {
      const { world, a } = await leading()
      const hanging = world.receiver('hanging')
      hanging.answer = () => new Promise(() => undefined)
      await world.fire('n1', { to: ['hanging', 'a'] })
      await world.fire('n2', { to: ['hanging', 'a'] })
      expect(a.news()).to.deep.equal(['first n1', 'first n2'])
      await world.pass(10_000)
      hanging.answer = () => ({ sent: true })
      hanging.messages.splice(0)
      await world.pass(60_000)
      expect(hanging.messages.map(({ isPossibleRepeat }) => isPossibleRepeat)).to.deep.equal([true, true])
    })

    it('to the own console where nobody is named, and where a receiver does not exist it waits for it', async () => {
      const { world } = await leading()
      await world.fire('n1', { to: [] })
      expect(world.recorders.get('operator-console')?.news()).to.deep.equal(['first n1'])
      await world.fire('n2', { to: ['late'] })
      await world.pass(60_000)
      expect(world.receiver('late').news()).to.deep.equal([])
      await settle()
      expect(world.receiver('late').news()).to.deep.equal(['first n2'])
    })

    it('elsewhere when a policy says so; who was told before hears only of the end', async () => {
      const { world, a } = await leading()
      const b = world.receiver('b')
      await world.fire('n1')
      world.pipeline.reroute('uid', () => ({
        receivers: [{ namespace: 'ops', name: 'b' }],
        grouping: { key: 'n1', waitMs: 0, intervalMs: 0 },
      }))
      await settle()
      expect([a.news(), b.news()]).to.deep.equal([['first n1'], ['first n1']])
      await world.end('n1', { to: ['b'] })
      expect([a.news(), b.news()]).to.deep.equal([['resolved -n1'], ['resolved -n1']])
    })

    it('by Slack channel within one receiver, each its own incident', async () => {
      const { world, a } = await leading()
      const uses = ['#x', '#y'].map((slackChannel) => ({ namespace: 'ops', name: 'a', slackChannel }))
      await world.fire('n1', { to: uses })
      expect(a.messages.map(({ slackChannel }) => slackChannel)).to.deep.equal(['#x', '#y'])
      expect(new Set(a.messages.map(({ incident }) => incident)).size).to.equal(2)
    })
  })

  describe('holds back', () => {
    it('what is silenced, tells it when the silence ends, and tells an end in any case', async () => {
      const { world, a } = await leading()
      await world.fire('told')
      for (const name of ['told', 'n1', 'n2']) world.silenced.add(name)
      await world.fire('n1')
      await world.fire('n2')
      await world.end('told')
      expect(a.news()).to.deep.equal(['first told', 'resolved -told'])
      await world.end('n2')
      world.silenced.clear()
      world.pipeline.recheck()
      await settle()
      expect(a.news()).to.deep.equal(['first n1'])
    })

    describe('what a policy has to say that rests,', () => {
      const uid = anAlert().policy.uid
      const resume = async (world: PipelineWorld) => {
        world.pipeline.setSuspended(uid, false)
        await settle()
      }

      it('ends and what waited for hours included, and tells once what still holds when it goes on', async () => {
        const { world, a } = await leading()
        await world.fire('told')
        await world.fire('kept')
        const opensMs = world.clock.nowMs() + 3_600_000
        const heldUntilMs = (_: Alert, nowMs: number) => (nowMs < opensMs ? opensMs : undefined)
        world.receiver('a', { hours: { takes: () => true, heldUntilMs } })
        await world.fire('held')
        await world.fire('over')
        world.pipeline.setSuspended(uid, true)
        await world.end('told')
        await world.pass(7_200_000)
        await world.end('over')
        expect(a.news()).to.deep.equal(['first told', 'first kept'])
        await resume(world)
        await world.pass(7_200_000)
        expect(a.news().sort()).to.deep.equal(['first held', 'resolved -told'])
      })

      it('not to a receiver that comes meanwhile either, nor a second time where the first failed', async () => {
        const { world, a } = await leading()
        const mayHaveArrived: Delivery = { ...(refused('server') as object), mayHaveArrived: true } as Delivery
        a.answer = ({ firing }) => (firing[0]?.object.name === 'unsure' ? mayHaveArrived : refused('server'))
        await world.fire('unsure')
        await world.fire('failed')
        world.pipeline.setSuspended(uid, true)
        const before = a.messages.length
        a.answer = () => ({ sent: true })
        const b = world.receiver('b')
        world.pipeline.reroute(uid, ({ object }) => routeOf(object.name, { to: ['a', 'b'] }))
        world.pipeline.retryReceiver({ namespace: 'ops', name: 'a' })
        await world.pass(3_600_000)
        expect([a.messages.length - before, b.news()]).to.deep.equal([0, []])
        a.messages.splice(0)
        await resume(world)
        await world.pass(3_600_000)
        expect(a.news().sort()).to.deep.equal(['first failed', 'first unsure'])
        expect(b.news().sort()).to.deep.equal(['first failed', 'first unsure'])
      })

      it('and only that: others are told, and so is the end where it is deleted', async () => {
        const { world, a } = await leading()
        await world.fire('told')
        world.pipeline.setSuspended(uid, true)
        const policy = { ...anAlert().policy, name: 'other', uid: 'another' }
        await world.fire('other', { policy })
        expect(a.news()).to.deep.equal(['first told', 'first other'])
        world.pipeline.policyGone(uid)
        await settle()
        expect(a.news()).to.deep.equal(['resolved -told'])
      })
    })

    it('what comes outside hours, ends included, until they begin', async () => {
      const { world, a } = await leading()
      const opensMs = world.clock.nowMs() + 3_600_000
      await world.fire('told')
      const hours = {
        takes: () => true,
        heldUntilMs: ({ severity }: { severity: string }, nowMs: number) =>
          nowMs < opensMs && severity !== 'critical' ? opensMs : undefined,
      }
      world.receiver('a', { hours })
      const warning: AlertOptions = { severity: 'warning' }
      await world.fire('n1', warning)
      await world.fire('urgent')
      await world.end('told', warning)
      expect(a.news()).to.deep.equal(['first told', 'first urgent'])
      await world.pass(3_600_000)
      expect(a.news().sort()).to.deep.equal(['first n1', 'resolved -told'])
    })

    it("a pod's alert where its node's was told, and not before; nor what is worse, or of another resource", async () => {
      const { world, a } = await leading()
      const pod = (name: string, more: object = {}): AlertOptions => ({
        ...{ object: { kind: 'Pod', namespace: 's', name }, severity: 'warning' },
        labels: { node: 'n1', resource: 'cpu', ...more },
      })
      const node: AlertOptions = { severity: 'warning', labels: { node: 'n1', resource: 'cpu' } }
      a.answer = () => refused('server')
      await world.fire('n1', node)
      a.answer = () => ({ sent: true })
      a.messages.splice(0)
      await world.fire('p1', pod('p1'))
      await world.pass(1_000)
      expect(a.news().sort(), 'nobody knows of the node yet').to.include('first p1')
      await world.fire('p2', pod('p2'))
      await world.fire('p3', { ...pod('p3'), severity: 'critical' })
      await world.fire('p4', pod('p4', { resource: 'memory' }))
      await world.fire('p5', pod('p5', { node: 'n2' }))
      expect(a.news()).to.deep.equal(['first p3', 'first p4', 'first p5'])
      await world.end('n1', node)
      expect(a.news()).to.deep.equal(['resolved -n1', 'first p2'])
    })

    it('everything while it is stopped, also over a restart', async () => {
      const { world, a } = await leading()
      await world.pipeline.setStopped(true)
      await world.fire('n1')
      const next = await restarted(world)
      await next.world.fire('n1')
      expect([a.news(), next.a.news()]).to.deep.equal([[], []])
      await next.world.pipeline.setStopped(false)
      await settle()
      expect(next.a.news()).to.deep.equal(['first n1'])
    })
  })

  describe('at a receiver that does not take a message', () => {
    it('tries again, later and later, and tells what is true then', async () => {
      const { world, a } = await leading()
      a.answer = () => refused('server')
      await world.fire('n1', { group: 'g' })
      await world.fire('n2', { group: 'g' })
      await world.pass(120_000)
      const tries = a.messages.splice(0).length
      expect(tries).to.be.within(5, 12)
      a.answer = () => ({ sent: true })
      await world.end('n1', { group: 'g' })
      await world.pass(60_000)
      expect(a.news()).to.deep.equal(['first n2'])
    })

    it('obeys Retry-After', async () => {
      const { world, a } = await leading()
      a.answer = () => refused('rateLimited', { retryAfterMs: 90_000 })
      await world.fire('n1')
      await world.fire('n2')
      a.answer = () => ({ sent: true })
      await world.pass(89_999)
      expect(a.news()).to.deep.equal(['first n1'])
      await world.pass(1)
      expect(a.news()).to.deep.equal(['first n1', 'first n2'])
    })

    it('lets others pass where it is the message that is refused', async () => {
      const { world, a } = await leading()
      a.answer = ({ firing }) => (firing[0]?.object.name === 'bad' ? refused('client') : { sent: true })
      await world.fire('bad')
      await world.fire('good')
      expect(a.news()).to.deep.equal(['first bad', 'first good'])
      await world.pass(9_999)
      expect(a.news()).to.deep.equal([])
      await world.pass(1)
      expect(a.news()).to.deep.equal(['first bad'])
    })

    it('tries at once when the receiver was changed', async () => {
      const { world, a } = await leading()
      a.answer = () => refused('auth')
      await world.fire('n1')
      a.answer = () => ({ sent: true })
      a.messages.splice(0)
      await world.pass(1)
      world.receiver('a')
      await settle()
      expect(a.news()).to.deep.equal(['first n1'])
    })

    it('sends again the same message where the first may have arrived, and says so', async () => {
      const { world, a } = await leading()
      a.answer = () => refused('server', { mayHaveArrived: true })
      await world.fire('n1')
      a.answer = () => ({ sent: true })
      await world.end('n1')
      await world.pass(60_000)
      const [first, again] = a.messages
      expect(again).to.deep.equal({ ...first, isPossibleRepeat: true })
      expect(a.news()).to.deep.equal(['first n1', 'first n1', 'resolved -n1'])
    })

    it('keeps to the rate; where more begins than may go at once, one digest tells of all', async () => {
      const { world, a } = await leading()
      a.rate = { burst: 3, intervalMs: 1_000 }
      world.receiver('a')
      await settle()
      for (let n = 0; n < 10; n += 1) await world.fire(`n${n}`)
      expect(a.news()).to.deep.equal(['first n0', 'first n1', 'first n2'])
      await world.pass(1_000)
      expect(a.messages.map(({ reason, counts }) => [reason, counts.firing])).to.deep.equal([['digest', 7]])
      const digest = a.messages.splice(0)[0]?.incident
      await world.end('n5')
      await world.pass(60_000)
      expect(a.messages.map(({ incident }) => incident)).to.deep.equal([digest])
      expect(a.news()).to.deep.equal(['someResolved n3,n4,n6,n7,n8,n9 -n5'])
      for (let n = 3; n < 10; n += 1) await world.end(`n${n}`)
      await world.pass(60_000)
      expect(a.news()).to.deep.equal(['resolved -n3,n4,n6,n7,n8,n9'])
      expect(world.log.records.size).to.equal(10)
      await world.fire('n5')
      expect(a.news()).to.deep.equal(['first n5'])
    })

    it('keeps to the rate of each Slack channel: a full one delays no other', async () => {
      const { world, a } = await leading()
      a.rate = { burst: 1, intervalMs: 1_000 }
      world.receiver('a')
      await settle()
      const fire = (name: string, slackChannel: string) =>
        world.fire(name, { to: [{ namespace: 'ops', name: 'a', slackChannel }] })
      for (const name of ['n1', 'n2']) await fire(name, '#x')
      for (const [name, channel] of [
        ['n3', '#y'],
        ['n4', '#z'],
      ] as const)
        await fire(name, channel)
      expect(a.messages.map(({ slackChannel }) => slackChannel)).to.deep.equal(['#x', '#y', '#z'])
      expect(a.news()).to.deep.equal(['first n1', 'first n3', 'first n4'])
      await world.pass(999)
      expect(a.news()).to.deep.equal([])
      await world.pass(1)
      expect(a.news()).to.deep.equal(['first n2'])
    })

    it('keeps to the rate of all Slack channels together', async () => {
      const { world, a } = await leading()
      a.rate = { burst: 5, intervalMs: 1_000 }
      a.totalRate = { burst: 2, intervalMs: 100 }
      world.receiver('a')
      await settle()
      for (const name of ['n1', 'n2', 'n3', 'n4']) {
        await world.fire(name, { to: [{ namespace: 'ops', name: 'a', slackChannel: `#${name}` }] })
      }
      expect(a.news()).to.deep.equal(['first n1', 'first n2'])
      await world.pass(100)
      expect(a.news()).to.deep.equal(['first n3'])
      await world.pass(100)
      expect(a.news()).to.deep.equal(['first n4'])
    })
  })

  describe('remembers', () => {
    it('over a restart: tells nothing twice, and what is over', async () => {
      const { world, a } = await leading()
      a.answer = () => ({ sent: true, incident: { ts: '17.1' } })
      await world.fire('n1', { grouping: { repeatMs: 600_000 } })
      await world.pass(400_000)
      const next = await restarted(world)
      await next.world.pass(199_999)
      expect(next.a.news()).to.deep.equal([])
      await next.world.pass(1)
      expect(next.a.contexts.map(({ incident }) => incident)).to.deep.equal([{ ts: '17.1' }])
      expect(next.a.news()).to.deep.equal(['repeat n1'])
      await next.world.end('n1')
      expect(next.a.news()).to.deep.equal(['resolved -n1'])
    })

    it('what was written down and not told when the process died, though nobody finds it anew', async () => {
      const { world } = await leading()
      await world.fire('n1', grouped)
      await world.fire('n2', { ...grouped, group: 'h' })
      await world.pass(20_000)
      const next = await restarted(world)
      await next.world.pass(9_999)
      expect(next.a.news()).to.deep.equal([])
      await next.world.pass(1)
      expect(next.a.news()).to.have.members(['first n1', 'first n2'])
    })

    it('what was about to be sent when the process died: the same message, as a possible repeat', async () => {
      const { world, a } = await leading()
      a.answer = () => new Promise(() => undefined)
      await world.fire('n1')
      const [cut] = a.messages
      const next = await restarted(world)
      expect(next.a.messages).to.deep.equal([{ ...cut, isPossibleRepeat: true }])
      await next.world.fire('n1')
      expect(next.a.news()).to.deep.equal(['first n1'])
      expect([...world.log.sent.values()].map(({ state, tries }) => [state, tries])).to.deep.equal([['sent', 2]])
    })

    it('the end of what was about to be told when the process died', async () => {
      const { world, a } = await leading()
      a.answer = () => new Promise<Delivery>(() => undefined)
      await world.fire('n1')
      await world.end('n1')
      const next = await restarted(world)
      expect(next.a.news()).to.deep.equal(['first n1', 'resolved -n1'])
    })

    it('an end that was about to be sent: under its own id, not anew', async () => {
      const { world, a } = await leading()
      await world.fire('n1')
      a.answer = () => new Promise(() => undefined)
      await world.end('n1')
      const cut = a.messages.at(-1)
      const next = await restarted(world)
      await next.world.pass(60_000)
      expect(next.a.messages).to.deep.equal([{ ...cut, isPossibleRepeat: true }])
      expect([...world.log.threads.keys()]).to.deep.equal([])
    })

    it('which calls of a delivery were made, and makes none of them twice', async () => {
      const { world, a } = await leading()
      const calls: string[] = []
      const call = (name: string) => async () => {
        calls.push(name)
        return { id: name }
      }
      a.answer = async (_message, { steps }) => {
        await steps.run('post', call('post'))
        await steps.run('upload', async () => new Promise(() => undefined))
        return { sent: true }
      }
      await world.fire('n1')
      const next = await restarted(world)
      expect(next.a.messages).to.have.length(1)
      const [context] = next.a.contexts
      expect(await context?.steps.run('post', call('post again'))).to.deep.equal({ id: 'post' })
      const found = await context?.steps.run('upload', call('upload again'), async () => ({ id: 'found' }))
      expect(found).to.deep.equal({ id: 'found' })
      expect(calls).to.deep.equal(['post'])
    })

    it('the end of alerts whose policy went while nobody looked', async () => {
      const { world } = await leading()
      await world.fire('n1')
      const next = new PipelineWorld({ log: world.log, clock: world.clock })
      const a = next.receiver('a')
      await next.pipeline.lead(2)
      next.pipeline.closeOrphans(() => false)
      next.pipeline.open()
      await settle()
      expect(a.messages.map(({ reason, ended }) => [reason, ended[0]?.state])).to.deep.equal([['resolved', 'closed']])
    })

    it('what people know of an alert', async () => {
      const { world } = await leading()
      const startMs = world.clock.nowMs()
      const { key } = await world.fire('n1', { grouping: { repeatMs: 600_000 } })
      await world.pass(600_000)
      expect(world.pipeline.toldOf(key)).to.deep.equal({ firstMs: startMs, lastMs: startMs + 600_000, reminders: 1 })
      expect(world.pipeline.toldOf('another')).to.equal(undefined)
      expect(world.told).to.deep.equal(['uid', 'uid'])
    })

    it('a digest, whose end waits for nothing where all of it is over', async () => {
      const { world, a } = await leading()
      a.rate = { burst: 1, intervalMs: 1_000 }
      world.receiver('a')
      await settle()
      for (let n = 0; n < 4; n += 1) await world.fire(`n${n}`)
      await world.pass(2_000)
      for (let n = 1; n < 4; n += 1) await world.end(`n${n}`)
      expect(a.news()).to.deep.equal(['first n0', 'digest n1,n2,n3', 'resolved -n1,n2,n3'])
    })

    it('a digest over a restart', async () => {
      const { world, a } = await leading()
      a.rate = { burst: 1, intervalMs: 1_000 }
      world.receiver('a')
      await settle()
      for (let n = 0; n < 4; n += 1) await world.fire(`n${n}`)
      await world.pass(1_000)
      expect(a.news()).to.deep.equal(['first n0', 'digest n1,n2,n3'])
      const next = await restarted(world)
      for (let n = 0; n < 4; n += 1) await next.world.end(`n${n}`)
      await next.world.pass(60_000)
      expect(next.a.news().sort()).to.deep.equal(['resolved -n0', 'resolved -n1,n2,n3'])
    })
  })

  describe('with its log', () => {
    it('writes the intent before a message goes out, and the result after', async () => {
      const { world, a } = await leading()
      const states: (string | undefined)[] = []
      a.answer = ({ id }) => {
        states.push(world.log.sent.get(id)?.state)
        return { sent: true }
      }
      await world.fire('n1')
      states.push(...[...world.log.sent.values()].map(({ state }) => state))
      expect(states).to.deep.equal(['intended', 'sent'])
    })

    it('gone: tells all the same and says so; when it is back, it knows everything', async () => {
      const { world, a } = await leading()
      await world.fire('n1')
      world.log.failure = new OperatorError('STORE_UNAVAILABLE', 'disk full')
      await world.fire('n2')
      await world.end('n1')
      expect(a.news()).to.deep.equal(['first n1', 'first n2', 'resolved -n1'])
      expect(world.degraded).to.deep.equal(['disk full'])
      world.log.failure = undefined
      await world.pass(30_000)
      expect(world.degraded).to.deep.equal(['disk full', undefined])
      const next = await restarted(world)
      expect(next.world.pipeline.allOpenAlerts().map(({ alert }) => alert.object.name)).to.deep.equal(['n2'])
      await next.world.end('n2')
      expect(next.a.news()).to.deep.equal(['resolved -n2'])
      const ended = [...world.log.records.values()].filter(({ endedMs }) => endedMs !== undefined)
      expect(ended).to.have.length(2)
    })

    it('taken over by another process: sends nothing more', async () => {
      const { world, a } = await leading()
      await world.fire('n1')
      await world.log.takeOver(9)
      await world.fire('n2')
      expect(a.news()).to.deep.equal(['first n1'])
      expect(world.isFenced).to.equal(true)
    })

    it('silent while it may not tell, and goes on when it may', async () => {
      const { world, a } = await leading()
      world.mayTell = false
      await world.fire('n1')
      await world.pass(10_000)
      expect(a.news()).to.deep.equal([])
      world.mayTell = true
      await world.pass(1_000)
      expect(a.news()).to.deep.equal(['first n1'])
    })
  })

  it('sends the last word again to a receiver that forgets, and writes no line for it', async () => {
    const { world, a } = await leading()
    a.refreshMs = 60_000
    await world.fire('n1')
    await world.pass(180_000)
    expect(a.news()).to.deep.equal(['first n1', 'repeat n1', 'repeat n1', 'repeat n1'])
    expect(world.log.sent.size).to.equal(1)
    await world.end('n1')
    await world.pass(180_000)
    expect(a.news()).to.deep.equal(['resolved -n1'])
  })

  it('names to a program as many alerts as it takes, to people fewer', async () => {
    const { world, a } = await leading()
    const program = world.receiver('program')
    program.mostAlerts = 60
    for (let n = 0; n < 70; n += 1) await world.fire(`n${n}`, { ...grouped, to: ['a', 'program'] })
    await world.pass(30_000)
    expect(a.messages.map(({ firing, counts }) => [firing.length, counts.firing])).to.deep.equal([[50, 70]])
    expect(program.messages.map(({ firing, counts }) => [firing.length, counts.firing])).to.deep.equal([[60, 70]])
  })

  it('takes the word of a receiver that was given up and knows that nothing arrived', async () => {
    const { world, a } = await leading()
    a.answer = (_message, { signal }) =>
      new Promise((resolve) => {
        const refused = { sent: false, retry: true, reason: 'timeout', message: 'no connection' } as const
        signal.addEventListener('abort', () => resolve(refused))
      })
    await world.fire('n1')
    await world.pass(10_000)
    a.answer = () => ({ sent: true })
    await world.pass(60_000)
    expect(a.messages.map(({ isPossibleRepeat }) => isPossibleRepeat)).to.deep.equal([false, false])
  })

  it('keeps nothing of what is over', async () => {
    const world = new PipelineWorld({ log: new MemoryLog() })
    const a = world.receiver('a')
    await world.lead()
    for (let n = 0; n < 50; n += 1) {
      await world.fire(`n${n}`)
      await world.end(`n${n}`)
    }
    expect(a.messages).to.have.length(100)
    expect(world.pipeline.size).to.deep.equal({ alerts: 0, threads: 0 })
  })
})

describe('pipeline as memory of watchers', () => {
  it('gives the next process what was remembered, and forgets what was forgotten', async () => {
    const { world } = await leading()
    for (const name of ['crash/a', 'crash/b', 'other/c']) world.pipeline.remember(name, `{"of":"${name}"}`)
    world.pipeline.remember('crash/b', undefined)
    const next = await restarted(world)
    expect([...next.world.pipeline.recall('crash/')]).to.deep.equal([['crash/a', '{"of":"crash/a"}']])
    expect(next.world.pipeline.isStopped).to.equal(false)
  })

  it('keeps what came while the log was away, and what it knew itself over what the log knew', async () => {
    const { world } = await leading()
    world.pipeline.remember('crash/a', 'before')
    await settle()
    world.log.failure = new OperatorError('STORE_UNAVAILABLE', 'the disk is full')
    world.pipeline.remember('crash/a', 'meanwhile')
    world.pipeline.remember('crash/b', 'new')
    await world.pass(1_000)
    world.log.failure = undefined
    await world.pass(60_000)
    expect(world.degraded.at(-1)).to.equal(undefined)
    const next = await restarted(world)
    expect(Object.fromEntries(next.world.pipeline.recall(''))).to.deep.equal({
      'crash/a': 'meanwhile',
      'crash/b': 'new',
    })
  })
})
