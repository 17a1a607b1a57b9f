import { expect } from 'chai'
import { HistoryKeeper } from '../../src/app/history-keeper.ts'
import { OperatorError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/log.ts'
import type { Retention } from '../../src/store/notification-log.ts'
import { MemoryLog } from '../support/memory-log.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const hourMs = 60 * 60_000

describe('history keeper', () => {
  const retention = { maxAgeMs: 1, maxBytes: 2 }

  function setUp() {
    const clock = new VirtualClock()
    const asked: { retention: Retention; atMs: number }[] = []
    const state = { mayAct: true, failure: undefined as Error | undefined }
    const log = new MemoryLog()
    Object.assign(log, {
      prune: async (given: Retention, atMs: number) => {
        asked.push({ retention: given, atMs })
        if (state.failure !== undefined) throw state.failure
        return 3
      },
    })
    const keeper = new HistoryKeeper({
      ...{ name: 'alerts', store: log, retention, clock, logger: silentLogger },
      mayAct: () => state.mayAct,
    })
    return { clock, asked, state, keeper }
  }

  it('looks every five minutes while it is up to this process', async () => {
    const { clock, asked, state, keeper } = setUp()
    const startMs = clock.nowMs()
    await clock.advance(300_000)
    expect(asked).to.deep.equal([{ retention, atMs: startMs + 300_000 }])
    state.mayAct = false
    await clock.advance(hourMs)
    expect(asked).to.have.length(1)
    state.mayAct = true
    await clock.advance(hourMs)
    expect(asked).to.have.length(13)
    keeper.stop()
  })

  it('tries again after a failure, and ends when it is stopped', async () => {
    const { clock, asked, state, keeper } = setUp()
    state.failure = new OperatorError('STORE_UNAVAILABLE', 'away')
    await clock.advance(600_000)
    expect(asked).to.have.length(2)
    keeper.stop()
    await clock.advance(hourMs)
    expect(asked).to.have.length(2)
    expect(clock.pendingTimers).to.equal(0)
  })
})
