import { expect } from 'chai'
import { OperatorError } from '../../src/base/errors.ts'
import { createLogger, type Logger, silentLogger } from '../../src/base/log.ts'
import { Controller } from '../../src/controller/controller.ts'
import { done, type Outcome, type Result } from '../../src/controller/result.ts'
import { settle, VirtualClock } from '../support/virtual-clock.ts'

function setUp(reconcile: (key: string, signal: AbortSignal) => Promise<Result>, logger: Logger = silentLogger) {
  const clock = new VirtualClock()
  const ended: Outcome[] = []
  const controller = new Controller({
    name: 'test',
    reconciler: { reconcile },
    clock,
    logger,
    observe: (outcome) => ended.push(outcome),
  })
  controller.start()
  return { clock, controller, ended }
}

describe('controller', () => {
  it('makes one reconcile of many requests for the same key', async () => {
    const seen: string[] = []
    const { controller } = setUp(async (key) => {
      seen.push(key)
      return done
    })
    for (let n = 0; n < 100; n += 1) controller.request('a/b')
    controller.request('a/c')
    await settle()
    expect(seen).to.deep.equal(['a/b', 'a/c'])
    await controller.stop()
  })

  it('comes back to a key that was requested while it was worked on, never at the same time', async () => {
    let running = 0
    let most = 0
    let runs = 0
    const { controller } = setUp(async () => {
      running += 1
      runs += 1
      most = Math.max(most, running)
      if (runs === 1) controller.request('a/b')
      await settle()
      running -= 1
      return done
    })
    controller.request('a/b')
    for (let turn = 0; turn < 5; turn += 1) await settle()
    expect({ runs, most }).to.deep.equal({ runs: 2, most: 1 })
    await controller.stop()
  })

  it('retries with growing delays, and starts small again after a success', async () => {
    const at: number[] = []
    let failures = 3
    const { clock, controller, ended } = setUp(async () => {
      at.push(clock.nowMs())
      if (failures-- > 0) throw new Error('not yet')
      return done
    })
    controller.request('a/b')
    await settle()
    await clock.advance(10_000)
    const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0))
    expect(ended).to.deep.equal(['retried', 'retried', 'retried', 'done'])
    expect(gaps).to.deep.equal([150, 300, 600])
    await controller.stop()
  })

  it('waits as long as the server asked', async () => {
    let runs = 0
    const { clock, controller } = setUp(async () => {
      runs += 1
      if (runs === 1) throw new OperatorError('API_THROTTLED', 'too many requests', { retryAfterMs: 30_000 })
      return done
    })
    controller.request('a/b')
    await settle()
    await clock.advance(29_000)
    expect(runs).to.equal(1)
    await clock.advance(1_001)
    expect(runs).to.equal(2)
    await controller.stop()
  })

  it('does not retry what cannot get better', async () => {
    const { clock, controller, ended } = setUp(async () => {
      throw new OperatorError('INVALID_SPEC', 'spec.rules[0].above: say a number')
    })
    controller.request('a/b')
    await clock.advance(600_000)
    expect(ended).to.deep.equal(['rejected'])
    await controller.stop()
  })

  it('says nothing aloud of an object that was deleted right before its status was written, unless that lasts', async () => {
    const lines: string[] = []
    let failures = 1
    const logger = createLogger('warn', {
      write: (line) => lines.push((JSON.parse(line) as { message: string }).message),
    })
    const { clock, controller } = setUp(async () => {
      if (failures-- > 0) throw new OperatorError('API_NOT_FOUND', 'gone')
      return done
    }, logger)
    controller.request('a/b')
    await settle()
    await clock.advance(1_000)
    expect(lines).to.deep.equal([])
    failures = 2
    controller.request('a/b')
    await settle()
    await clock.advance(1_000)
    expect(lines).to.deep.equal(['Reconcile failed'])
    await controller.stop()
  })

  it('requeues on demand, keeping the earliest appointment', async () => {
    const at: number[] = []
    const { clock, controller } = setUp(async () => {
      at.push(clock.nowMs())
      return at.length === 1 ? { requeueAfterMs: 5_000 } : done
    })
    const startMs = clock.nowMs()
    controller.request('a/b')
    await settle()
    controller.request('a/b', 60_000)
    await clock.advance(120_000)
    expect(at.map((time) => time - startMs)).to.deep.equal([0, 5_000])
    expect(clock.pendingTimers).to.equal(0)
    await controller.stop()
  })

  it('aborts the reconcile under way when it stops, and leaves no timer', async () => {
    let wasAborted = false
    const { clock, controller } = setUp(async (_key, signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      wasAborted = signal.aborted
      return { requeueAfterMs: 1_000 }
    })
    controller.request('a/b')
    await settle()
    await controller.stop()
    expect(wasAborted).to.equal(true)
    expect(clock.pendingTimers).to.equal(0)
  })

  it('says when it is idle, appointments aside, and keeps these at once when told to hurry', async () => {
    const seen: string[] = []
    const { controller } = setUp(async (key) => {
      await settle()
      seen.push(key)
      return done
    })
    controller.request('a/now')
    controller.request('a/later', 60_000)
    await controller.whenIdle()
    expect(seen).to.deep.equal(['a/now'])
    controller.hurry()
    await controller.whenIdle()
    expect(seen).to.deep.equal(['a/now', 'a/later'])
    await controller.stop()
  })

  it('keeps nobody waiting for a loop that has ended', async () => {
    const { controller } = setUp(async () => done)
    controller.request('a/b', 60_000)
    await controller.stop()
    await controller.whenIdle()
  })
})
