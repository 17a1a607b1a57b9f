import { expect } from 'chai'
import { DueAlarm } from '../../../src/watchers/crash/due-alarm.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

describe('the alarm for what is due', () => {
  const startMs = 1_000_000
  let clock: VirtualClock
  let alarm: DueAlarm
  let rungMs: number[]

  beforeEach(() => {
    clock = new VirtualClock(startMs)
    rungMs = []
    alarm = new DueAlarm(clock, () => rungMs.push(clock.nowMs() - startMs))
  })

  it('rings at the earliest of the times, whichever was asked for first', async () => {
    alarm.setFor(startMs + 300_000)
    alarm.setFor(startMs + 10_000)
    alarm.setFor(startMs + 20_000)
    await clock.advance(600_000)
    expect(rungMs).to.deep.equal([10_000])
  })

  it('is not put off by what is due already', async () => {
    for (let passed = 0; passed < 900; passed += 100) {
      alarm.setFor(startMs - passed)
      await clock.advance(100)
    }
    await clock.advance(10_000)
    expect(rungMs).to.deep.equal([1_000])
  })

  it('rings again when it is set again, and no more once it is cleared', async () => {
    alarm.setFor(startMs + 5_000)
    await clock.advance(5_000)
    alarm.setFor(startMs + 8_000)
    await clock.advance(5_000)
    alarm.setFor(startMs + 20_000)
    alarm.clear()
    await clock.advance(60_000)
    expect(rungMs).to.deep.equal([5_000, 8_000])
  })
})
