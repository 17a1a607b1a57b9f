import { expect } from 'chai'
import { silentLogger } from '../../src/base/log.ts'
import type { Message } from '../../src/model/message.ts'
import { Heartbeats } from '../../src/notify/heartbeats.ts'
import type { Delivery, Notifier } from '../../src/notify/notifier.ts'
import { atAnyHour, Receivers } from '../../src/notify/receivers.ts'
import { renderText } from '../../src/notify/render-text.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const minuteMs = 60_000
const failed: Delivery = { sent: false, retry: true, reason: 'network', message: 'refused' }

describe('heartbeats', () => {
  let clock: VirtualClock
  let receivers: Receivers
  let heartbeats: Heartbeats
  let mayTell: boolean
  let results: string[]

  beforeEach(() => {
    clock = new VirtualClock()
    receivers = new Receivers()
    mayTell = true
    results = []
    heartbeats = new Heartbeats({
      ...{ receivers, clock, logger: silentLogger, clusterName: 'blue', mayTell: () => mayTell },
      observe: ({ name }, delivery) => results.push(`${name} ${delivery.sent ? 'sent' : delivery.reason}`),
    })
  })

  afterEach(async () => {
    await heartbeats.stop()
    expect(clock.pendingTimers).to.equal(0)
  })

  function add(name: string, heartbeatMs: number | undefined, answer: () => Promise<Delivery> = sent, version = '1') {
    const messages: (Message & { readonly afterMs: number })[] = []
    const startMs = clock.nowMs()
    const notifier: Notifier = {
      rate: { burst: 1, intervalMs: 1 },
      notify: (message) => {
        messages.push({ ...message, afterMs: clock.nowMs() - startMs })
        return answer()
      },
    }
    const own = { namespace: 'a', name, version, notifier, channel: 'console', hours: atAnyHour } as const
    receivers.set({ ...own, isSharedWith: () => false, ...(heartbeatMs === undefined ? {} : { heartbeatMs }) })
    return messages
  }

  const sent = async (): Promise<Delivery> => ({ sent: true })
  const times = (messages: readonly { readonly afterMs: number }[]) => messages.map(({ afterMs }) => afterMs / minuteMs)

  it('come at once and then at the receiver’s interval; others get none', async () => {
    const [alive, quiet] = [add('alive', 5 * minuteMs), add('quiet', undefined)]
    await clock.advance(10 * minuteMs)
    expect(alive).to.have.length(0)
    heartbeats.open()
    await clock.advance(15 * minuteMs)
    expect(times(alive)).to.deep.equal([10, 15, 20, 25])
    expect(quiet).to.have.length(0)
    expect(results).to.deep.equal(Array(4).fill('alive sent'))
  })

  it('say when the next one comes', async () => {
    const messages = add('alive', 5 * minuteMs)
    heartbeats.open()
    await clock.advance(0)
    expect(messages[0]).to.include({ reason: 'heartbeat', nextWithinMs: 5 * minuteMs, clusterName: 'blue' })
    expect(renderText(messages[0]!)).to.include(
      'ALIVE  [blue] Dogwatch is at work; the next sign of life comes within 5m',
    )
  })

  it('are tried again before the receiver misses them, and then keep their interval', async () => {
    let isDown = true
    const messages = add('alive', 2 * minuteMs, async () => (isDown ? failed : { sent: true }))
    heartbeats.open()
    await clock.advance(minuteMs)
    expect(times(messages)).to.deep.equal([0, 0.5, 1])
    isDown = false
    await clock.advance(2.5 * minuteMs)
    expect(times(messages)).to.deep.equal([0, 0.5, 1, 1.5, 3.5])
  })

  it('to one receiver that hangs delay none to another', async () => {
    const hanging = add('hanging', minuteMs, () => new Promise(() => {}))
    const alive = add('alive', minuteMs)
    heartbeats.open()
    await clock.advance(3 * minuteMs)
    expect(times(alive)).to.deep.equal([0, 1, 2, 3])
    expect(hanging.length).to.be.greaterThan(2)
    expect(results).to.include('hanging timeout')
  })

  it('stop while another process tells people, and begin again at once', async () => {
    const messages = add('alive', 5 * minuteMs)
    heartbeats.open()
    await clock.advance(minuteMs)
    heartbeats.pause()
    await clock.advance(60 * minuteMs)
    expect(times(messages)).to.deep.equal([0])
    heartbeats.open()
    await clock.advance(0)
    expect(times(messages)).to.deep.equal([0, 61])
    mayTell = false
    await clock.advance(60 * minuteMs)
    expect(messages).to.have.length(2)
    mayTell = true
    await clock.advance(1_000)
    expect(messages).to.have.length(3)
  })

  it('follow a receiver that comes, changes or goes', async () => {
    heartbeats.open()
    const first = add('alive', 5 * minuteMs)
    await clock.advance(minuteMs)
    expect(times(first)).to.deep.equal([0])
    const second = add('alive', 10 * minuteMs, sent, '2')
    await clock.advance(10 * minuteMs)
    expect(first).to.have.length(1)
    expect(times(second)).to.deep.equal([0, 10])
    receivers.delete({ namespace: 'a', name: 'alive' })
    await clock.advance(60 * minuteMs)
    expect(second).to.have.length(2)
  })
})
