import { expect } from 'chai'
import { StreamDeadline } from '../../src/kube/stream-deadline.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

function watchOver(limits: { silenceMs: number; lifetimeMs: number }) {
  const clock = new VirtualClock()
  const trips: string[] = []
  const deadline = new StreamDeadline(clock, limits, (what) => trips.push(what))
  return { clock, trips, deadline }
}

describe('StreamDeadline', () => {
  it('trips once after the longest silence and a moment of grace', async () => {
    const { clock, trips } = watchOver({ silenceMs: 10_000, lifetimeMs: 1e6 })
    await clock.advance(10_500)
    expect(trips).to.deep.equal([])
    await clock.advance(600)
    expect(trips).to.deep.equal(['silent'])
    await clock.advance(1e7)
    expect(trips).to.deep.equal(['silent'])
    expect(clock.pendingTimers).to.equal(0)
  })

  it('stays quiet while bytes come', async () => {
    const { clock, trips, deadline } = watchOver({ silenceMs: 10_000, lifetimeMs: 1e6 })
    for (let turn = 0; turn < 20; turn += 1) {
      await clock.advance(9_000)
      deadline.touch()
    }
    expect(trips).to.deep.equal([])
  })

  it('forgives a silence that ends within the grace', async () => {
    const { clock, trips, deadline } = watchOver({ silenceMs: 10_000, lifetimeMs: 1e6 })
    await clock.advance(10_500)
    deadline.touch()
    await clock.advance(9_000)
    expect(trips).to.deep.equal([])
    await clock.advance(3_000)
    expect(trips).to.deep.equal(['silent'])
  })

  it('ends a stream that outlives its time, however busy', async () => {
    const { clock, trips, deadline } = watchOver({ silenceMs: 10_000, lifetimeMs: 60_000 })
    for (let turn = 0; turn < 61; turn += 1) {
      await clock.advance(1_000)
      deadline.touch()
    }
    expect(trips).to.deep.equal(['overdue'])
  })

  it('takes a new limit at once', async () => {
    const { clock, trips, deadline } = watchOver({ silenceMs: 150_000, lifetimeMs: 1e6 })
    await clock.advance(50_000)
    deadline.touch()
    deadline.allowSilence(10_000)
    await clock.advance(12_000)
    expect(trips).to.deep.equal(['silent'])
  })

  it('leaves no timer when it is closed', () => {
    const { clock, deadline } = watchOver({ silenceMs: 10_000, lifetimeMs: 1e6 })
    deadline.close()
    expect(clock.pendingTimers).to.equal(0)
  })
})
