/** How crashes come from where they are found to the history: through which faults, and what is said of them. */
import { expect } from 'chai'
import { OperatorError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/log.ts'
import type { CrashRecord } from '../../src/model/crash.ts'
import type { RefusedCrash } from '../../src/store/crash-history.ts'
import { CrashShipper } from '../../src/store/crash-shipper.ts'
import type { OutboxEntry, WriteResult } from '../../src/store/notification-log.ts'
import { logOf, numberedCrash } from '../support/crash-records.ts'
import { MemoryLog } from '../support/memory-log.ts'
import { settle, VirtualClock } from '../support/virtual-clock.ts'

const away = () => new OperatorError('STORE_UNAVAILABLE', 'the history is away')

/** A shipper with an outbox and a history that a test can break; the next process gets the same of both. */
class ShipperWorld {
  readonly clock = new VirtualClock()
  readonly log = new MemoryLog()
  readonly kept = new Map<string, CrashRecord>()
  readonly sizes: number[] = []
  readonly problems: (string | undefined)[] = []
  readonly counts = { shipped: 0, refused: 0, lost: 0 }
  waiting = 0
  /** The history answers no more. */
  isStuck = false
  mostOutboxBytes = 1_000_000_000
  /** What a write of the history fails with. */
  failure: ((records: readonly CrashRecord[]) => Error | undefined) | undefined
  refuse: (record: CrashRecord) => RefusedCrash[] = () => []

  shipper(): CrashShipper {
    return new CrashShipper({
      ...{ clock: this.clock, logger: silentLogger, log: this.log, mostOutboxBytes: this.mostOutboxBytes },
      history: { write: (records) => this.#write(records) },
      outbox: {
        postOutbox: (entries) => this.#toLog(entries.map(({ id, value }) => ({ type: 'outbox', id, value }))),
        endOutbox: (ids) => this.#toLog(ids.map((id) => ({ type: 'outboxEnd', id }))),
      },
      metrics: {
        waiting: (records) => {
          this.waiting = records
        },
        ended: (result, records) => {
          this.counts[result] += records
        },
        degraded: () => undefined,
      },
      onProblem: (why) => this.problems.push(why),
    })
  }

  async leading(): Promise<CrashShipper> {
    const shipper = this.shipper()
    shipper.lead()
    await this.pass()
    return shipper
  }

  pass(ms = 1_000): Promise<void> {
    return this.clock.advance(ms)
  }

  get keptIds(): string[] {
    return [...this.kept.keys()].sort()
  }

  async #write(records: readonly CrashRecord[]): Promise<readonly RefusedCrash[]> {
    this.sizes.push(records.length)
    if (this.isStuck) return new Promise(() => undefined)
    const failure = this.failure?.(records)
    if (failure !== undefined) throw failure
    const refused = records.flatMap((record) => this.refuse(record))
    for (const record of records) if (!refused.some(({ id }) => id === record.id)) this.kept.set(record.id, record)
    return refused
  }

  async #toLog(entries: Parameters<MemoryLog['write']>[0]): Promise<WriteResult> {
    try {
      await this.log.write(entries, 1)
      return 'written'
    } catch {
      return 'away'
    }
  }
}

async function put(shipper: CrashShipper, crash: CrashRecord): Promise<void> {
  shipper.put(crash)
  await settle()
}

async function putAll(shipper: CrashShipper, count: number, from = 0): Promise<string[]> {
  const crashes = Array.from({ length: count }, (_, n) => numberedCrash(from + n))
  for (const crash of crashes) await put(shipper, crash)
  return crashes.map(({ id }) => id)
}

describe('the shipper of crashes', () => {
  let world: ShipperWorld
  beforeEach(() => {
    world = new ShipperWorld()
  })

  it('posts each before anything else, and ends it when the history has it', async () => {
    const shipper = await world.leading()
    const ids = await putAll(shipper, 3)
    expect([...world.log.outgoing.keys()]).to.deep.equal(ids)
    expect([world.keptIds, world.waiting]).to.deep.equal([[], 3])
    await world.pass()
    expect([world.keptIds, world.log.outgoing.size, world.waiting]).to.deep.equal([ids, 0, 0])
    expect(world.sizes).to.deep.equal([3])
    expect(world.counts).to.deep.equal({ shipped: 3, refused: 0, lost: 0 })
    await shipper.drained()
  })

  it('forgets what it is given while another process leads', async () => {
    const shipper = world.shipper()
    await putAll(shipper, 1)
    await world.pass()
    expect([world.log.outgoing.size, world.kept.size]).to.deep.equal([0, 0])
  })

  it('lets crashes wait while the history is away, says so once, and brings them when it is back', async () => {
    const shipper = await world.leading()
    world.failure = away
    const ids = await putAll(shipper, 250)
    await world.pass(3_600_000)
    expect([world.log.outgoing.size, shipper.problem]).to.deep.equal([250, 'the history is away'])
    await shipper.drained()
    expect(world.sizes.length).to.be.within(100, 300)
    world.failure = undefined
    await world.pass(60_000)
    expect([world.keptIds, world.log.outgoing.size]).to.deep.equal([ids, 0])
    expect(world.problems).to.deep.equal(['the history is away', undefined])
  })

  it('brings at the start of a term what an earlier process left, however much', async () => {
    const earlier = await world.leading()
    world.failure = away
    const ids = await putAll(earlier, 333)
    await world.pass()
    earlier.follow()
    world.failure = undefined
    const next = await world.leading()
    await world.pass(60_000)
    expect([world.keptIds, world.log.outgoing.size, next.problem]).to.deep.equal([ids, 0, undefined])
    expect(world.problems).to.deep.equal(['the history is away', undefined])
  })

  it('drops what the history refuses, and what is no crash, and goes on', async () => {
    world.log.outgoing.set('broken', '{')
    const shipper = await world.leading()
    world.refuse = ({ id }) => (id.endsWith('3') ? [{ id, why: 'too odd' }] : [])
    await putAll(shipper, 10)
    await world.pass()
    expect([world.kept.size, world.log.outgoing.size]).to.deep.equal([9, 0])
    expect(world.counts).to.deep.equal({ shipped: 9, refused: 2, lost: 0 })
  })

  it('finds the one crash that brings the engine down, and goes on without it', async () => {
    const shipper = await world.leading()
    world.failure = (records) =>
      records.some(({ id }) => id.endsWith('17')) ? new TypeError('no such thing') : undefined
    await putAll(shipper, 64)
    await world.pass(600_000)
    expect([world.kept.size, world.log.outgoing.size]).to.deep.equal([63, 0])
    expect(world.counts).to.deep.equal({ shipped: 63, refused: 1, lost: 0 })
  })

  it('takes a history that never answers for one that is away', async () => {
    const shipper = await world.leading()
    world.isStuck = true
    await put(shipper, numberedCrash(1))
    await world.pass(61_000)
    expect([shipper.problem, world.kept.size]).to.deep.equal(['no answer within 60 s', 0])
    world.isStuck = false
    await world.pass(120_000)
    expect([shipper.problem, world.kept.size]).to.deep.equal([undefined, 1])
  })

  describe('while the notification log is away', () => {
    const logAway = () => new OperatorError('STORE_UNAVAILABLE', 'no space is left')

    it('brings crashes to the history all the same', async () => {
      const shipper = await world.leading()
      world.log.failure = logAway()
      const ids = await putAll(shipper, 120)
      await world.pass()
      expect([world.keptIds, shipper.problem, shipper.unshipped()]).to.deep.equal([ids, undefined, []])
    })

    it('knows what the log must be told when it is back, and brings what was left in it', async () => {
      const shipper = await world.leading()
      world.failure = away
      const before = await putAll(shipper, 2)
      world.log.failure = logAway()
      const during = await putAll(shipper, 2, 2)
      expect(shipper.unshipped().map(({ id }) => id)).to.deep.equal([...before, ...during])
      world.failure = undefined
      await world.pass(60_000)
      expect(world.keptIds).to.deep.equal([...before, ...during])
      expect([...world.log.outgoing.keys()]).to.deep.equal(before)
      world.log.failure = undefined
      shipper.logIsBack()
      await world.pass(60_000)
      expect([...world.log.outgoing.keys()]).to.deep.equal([])
    })
  })

  describe('with bounded memory', () => {
    const large = logOf('x'.repeat(1_000_000))
    const entries = (): OutboxEntry[] => [...world.log.outgoing].map(([id, value]) => ({ id, value }))

    it('keeps what fits, and reads the rest from the outbox again', async () => {
      const shipper = await world.leading()
      world.failure = away
      for (let n = 0; n < 40; n += 1) await put(shipper, numberedCrash(n, { log: large }))
      expect(world.waiting).to.be.below(20)
      expect(entries()).to.have.length(40)
      world.failure = undefined
      await world.pass(120_000)
      expect([world.kept.size, world.log.outgoing.size, world.counts.lost]).to.deep.equal([40, 0, 0])
    })

    it('reads again what it could not hold while it was reading', async () => {
      const read = world.log.outbox.bind(world.log)
      const reading = Promise.withResolvers<void>()
      world.log.outbox = async (query) => {
        const page = await read(query)
        await reading.promise
        return page
      }
      const shipper = await world.leading()
      for (let n = 0; n < 40; n += 1) await put(shipper, numberedCrash(n, { log: large }))
      expect(world.waiting).to.be.below(20)
      reading.resolve()
      await world.pass(120_000)
      expect([world.kept.size, world.log.outgoing.size, world.counts.lost]).to.deep.equal([40, 0, 0])
    })

    it('loses no more than what does not fit where the log is away too, and counts it', async () => {
      const shipper = await world.leading()
      world.failure = away
      world.log.failure = away()
      for (let n = 0; n < 40; n += 1) await put(shipper, numberedCrash(n, { log: large }))
      world.failure = undefined
      await world.pass(120_000)
      expect(world.kept.size).to.be.within(15, 20)
      expect(world.counts.lost).to.equal(40 - world.kept.size)
    })

    it('stops posting where the outbox has all the room that it may take', async () => {
      world.mostOutboxBytes = 5_000_000
      const shipper = await world.leading()
      world.failure = away
      for (let n = 0; n < 10; n += 1) await put(shipper, numberedCrash(n, { log: large }))
      await world.pass(60_000)
      for (let n = 10; n < 20; n += 1) await put(shipper, numberedCrash(n, { log: large }))
      expect(world.log.outgoing.size).to.equal(10)
      world.failure = undefined
      await world.pass(120_000)
      expect([world.kept.size + world.counts.lost, world.log.outgoing.size]).to.deep.equal([20, 0])
      await put(shipper, numberedCrash(99))
      await settle()
      expect(world.log.outgoing.size).to.equal(1)
    })
  })
})
