import { expect } from 'chai'
import { silentLogger } from '../../../src/base/log.ts'
import type { Alert, NotificationReason } from '../../../src/model/alert.ts'
import { Outbox } from '../../../src/watchers/capacity/outbox.ts'
import { settle } from '../../support/virtual-clock.ts'

function anAlert(reason: NotificationReason, key = 'node-1/cpu'): Alert {
  const object = { kind: 'Node', name: 'node-1' }
  const policy = { kind: 'CapacityPolicy', namespace: 'a', name: 'p', uid: 'u' }
  const times = { since: '2026-01-01T00:00:00Z', at: '2026-01-01T00:00:00Z' }
  return { key, policy, rule: 'cpu', severity: 'warning', reason, object, title: '', lines: [], labels: {}, ...times }
}

/** An outbox whose deliveries the test answers one by one. */
function setUp() {
  const offered: string[] = []
  const answers: ((wasTaken: boolean) => void)[] = []
  let delivered = 0
  const outbox = new Outbox({
    deliver: ({ reason }) => {
      offered.push(reason)
      return new Promise((resolve) => answers.push(resolve))
    },
    onDelivered: () => {
      delivered += 1
    },
    logger: silentLogger,
  })
  const answer = async (wasTaken: boolean) => {
    answers.shift()?.(wasTaken)
    await settle()
  }
  return { outbox, offered, answer, deliveredCount: () => delivered }
}

describe('capacity outbox', () => {
  it('counts an alert as told when somebody took it', async () => {
    const { outbox, answer, deliveredCount } = setUp()
    outbox.put(anAlert('first'))
    expect(outbox.isTold('node-1/cpu')).to.equal(false)
    await answer(true)
    expect(outbox.isTold('node-1/cpu')).to.equal(true)
    expect(deliveredCount()).to.equal(1)
  })

  it('offers again what nobody took, when it is told to', async () => {
    const { outbox, offered, answer } = setUp()
    outbox.put(anAlert('first'))
    await answer(false)
    expect(outbox.isTold('node-1/cpu')).to.equal(false)
    outbox.retry()
    await answer(true)
    expect(offered).to.deep.equal(['first', 'first'])
    outbox.retry()
    expect(offered).to.have.length(2)
  })

  it('does not tell the end of what nobody heard of', async () => {
    const { outbox, offered, answer } = setUp()
    outbox.put(anAlert('first'))
    await answer(false)
    outbox.put(anAlert('resolved'))
    outbox.retry()
    expect(offered).to.deep.equal(['first'])
  })

  it('says of a reminder that nobody heard the first word before', async () => {
    const { outbox, offered, answer } = setUp()
    outbox.put(anAlert('first'))
    await answer(false)
    outbox.put(anAlert('reminder'))
    await answer(true)
    expect(offered).to.deep.equal(['first', 'first'])
    expect(outbox.isTold('node-1/cpu')).to.equal(true)
  })

  it('never offers a first word after the end that followed it', async () => {
    const { outbox, offered, answer } = setUp()
    outbox.put(anAlert('first'))
    outbox.put(anAlert('resolved'))
    await answer(false)
    await answer(true)
    outbox.retry()
    expect(offered).to.deep.equal(['first', 'resolved'])
  })

  it('does not lose the end of what was told, though it began and ended again unheard', async () => {
    const { outbox, offered, answer } = setUp()
    outbox.put(anAlert('first'))
    await answer(true)
    outbox.put(anAlert('resolved'))
    await answer(false)
    outbox.put(anAlert('first'))
    await answer(false)
    outbox.put(anAlert('resolved'))
    await answer(true)
    outbox.retry()
    expect(offered).to.deep.equal(['first', 'resolved', 'first', 'resolved'])
  })

  it('does not remind of something while a word about it is on its way', async () => {
    const { outbox, offered, answer } = setUp()
    outbox.put(anAlert('first'))
    for (let n = 0; n < 10; n += 1) outbox.put(anAlert('reminder'))
    expect(offered).to.deep.equal(['first'])
    await answer(true)
    outbox.put(anAlert('reminder'))
    expect(offered).to.deep.equal(['first', 'reminder'])
    expect(outbox.isTold('node-1/cpu')).to.equal(true)
  })

  it('is empty when everything on its way has arrived', async () => {
    const { outbox, answer } = setUp()
    outbox.put(anAlert('first'))
    let isDrained = false
    const drained = outbox.drained().then(() => {
      isDrained = true
    })
    await settle()
    expect(isDrained).to.equal(false)
    await answer(false)
    await drained
  })

  it('takes a delivery that fails by an error for one that nobody took', async () => {
    const outbox = new Outbox({
      deliver: () => Promise.reject(new Error('broken')),
      onDelivered: () => undefined,
      logger: silentLogger,
    })
    outbox.put(anAlert('first'))
    await outbox.drained()
    expect(outbox.isTold('node-1/cpu')).to.equal(false)
  })
})
