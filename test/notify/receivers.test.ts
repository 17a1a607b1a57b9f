import { expect } from 'chai'
import type { Notifier } from '../../src/notify/notifier.ts'
import { atAnyHour, Receivers } from '../../src/notify/receivers.ts'

describe('receivers', () => {
  const notifier: Notifier = { rate: { burst: 1, intervalMs: 0 }, notify: async () => ({ sent: true }) }
  const dev = { name: 'dev', labels: {} }
  const oncall = { namespace: 'ops', name: 'oncall' }

  it('are found in their own namespace, and elsewhere only when shared', () => {
    const receivers = new Receivers()
    receivers.set({
      ...{ ...oncall, version: '1', notifier, channel: 'console', hours: atAnyHour },
      isSharedWith: (namespace) => namespace.name === 'dev',
    })
    const asked = [
      receivers.resolve(oncall, { name: 'ops', labels: {} }),
      receivers.resolve(oncall, dev),
      receivers.resolve(oncall, { name: 'prod', labels: {} }),
      receivers.resolve({ namespace: 'ops', name: 'gone' }, dev),
    ]
    const answers = asked.map((found) => ('problem' in found ? found.problem : 'found'))
    expect(answers).to.deep.equal(['found', 'found', 'NotShared', 'Missing'])
  })

  it('say why a rejected one cannot be used, and tell of real changes only', () => {
    const receivers = new Receivers()
    let changes = 0
    receivers.onChange(() => {
      changes += 1
    })
    const bad = { namespace: 'dev', name: 'bad' }
    receivers.reject({ ...bad, version: '1' }, 'spec.share is for the system namespace')
    receivers.reject({ ...bad, version: '1' }, 'spec.share is for the system namespace')
    expect(receivers.resolve(bad, dev)).to.include({ problem: 'NotAccepted' })
    receivers.delete(bad)
    receivers.delete(bad)
    expect(changes).to.equal(2)
  })

  it('know who uses them and when they last delivered', () => {
    const receivers = new Receivers()
    const told: string[] = []
    receivers.onUse(({ name }) => told.push(name))
    receivers.use('ops/a', [oncall])
    receivers.use('ops/b', [oncall])
    receivers.use('ops/a', [oncall])
    receivers.use('ops/a', [])
    receivers.delivered(oncall, 42)
    expect(receivers.usersOf(oncall)).to.deep.equal(['ops/b'])
    expect(receivers.lastDeliveryMs(oncall)).to.equal(42)
    expect(told).to.deep.equal(['oncall', 'oncall', 'oncall', 'oncall'])
  })
})
