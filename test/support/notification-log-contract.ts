/** What every engine of the notification log holds to. */
import { expect } from 'chai'
import { hasCode } from '../../src/base/errors.ts'
import type { AlertQuery, LogEntry, NotificationLog } from '../../src/store/notification-log.ts'
import { aDelivery, anAlert, anAlertRecord, aThread, numbered, ofAlert, ofDelivery, ofThread } from './log-records.ts'

export interface LogEngine {
  /** A log on the engine's one store; called twice it gives two that share it, as two processes do. */
  open(): NotificationLog | Promise<NotificationLog>
  /** Empties the store. */
  clear(): Promise<void>
}

const dayMs = 24 * 60 * 60_000
const everything = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER }

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'none'
  } catch (error) {
    return hasCode(error, 'STORE_FENCED', 'STORE_UNAVAILABLE', 'STORE_NEWER') ? error.code : `${error}`
  }
}

async function idsOf(log: NotificationLog, query: Partial<AlertQuery>): Promise<string[]> {
  return (await log.alerts({ limit: 100, ...query })).map(({ id }) => id)
}

/** Declares the suite; `engine` is asked when tests run. */
export function itIsANotificationLog(engine: () => LogEngine): void {
  const opened: NotificationLog[] = []
  let log: NotificationLog

  async function open(): Promise<NotificationLog> {
    const another = await engine().open()
    opened.push(another)
    return another
  }

  beforeEach(async () => {
    await engine().clear()
    log = await open()
  })
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close()
  })

  it('is empty at first', async () => {
    const empty = { alerts: [], owed: [], threads: [], unfinished: [], settings: {} }
    expect(await log.takeOver(1)).to.deep.equal(empty)
    expect(await log.alerts({ limit: 10 })).to.deep.equal([])
    expect(await log.alert('nobody')).to.equal(undefined)
    expect(await log.deliveries('nobody')).to.deep.equal([])
  })

  it('gives a new leader what is open, and only that, letter by letter', async () => {
    await log.takeOver(1)
    const open1 = anAlertRecord({ acknowledged: { by: 'ann', atMs: 5, comment: 'on it' } })
    const ended = numbered(7, { endedMs: 9_000 })
    await log.write(
      [
        ofAlert(open1),
        ofAlert(ended),
        ofThread(aThread()),
        ofDelivery(aDelivery()),
        ofDelivery(aDelivery({ id: 'delivery2', state: 'sent', endedMs: 2_000, after: null })),
        { type: 'setting', name: 'stopped', value: 'true' },
      ],
      1,
    )
    const next = await open()
    expect(await next.takeOver(2)).to.deep.equal({
      alerts: [open1],
      owed: [],
      threads: [aThread()],
      unfinished: [aDelivery()],
      settings: { stopped: 'true' },
    })
  })

  it('replaces what it knows under a key, and forgets what it is told to', async () => {
    await log.takeOver(1)
    const setting = { type: 'setting', name: 'stopped', value: 'true' } as const
    await log.write([ofAlert(anAlertRecord()), ofThread(aThread()), ofDelivery(aDelivery()), setting], 1)
    const told = aThread({ told: ['other'], reminders: 3 })
    await log.write([ofThread(told), ofDelivery(aDelivery({ tries: 2 }))], 1)
    const between = await log.takeOver(1)
    expect(between.threads).to.deep.equal([told])
    expect(between.unfinished).to.deep.equal([aDelivery({ tries: 2 })])
    await log.write(
      [
        ofAlert(anAlertRecord({ endedMs: 3_000 })),
        { type: 'threadEnd', key: aThread().key },
        ofDelivery(aDelivery({ state: 'failed', endedMs: 3_000, failure: { reason: 'auth', message: 'no' } })),
        { type: 'setting', name: 'stopped' },
      ],
      1,
    )
    const nothing = { alerts: [], owed: [], threads: [], unfinished: [], settings: {} }
    expect(await log.takeOver(1)).to.deep.equal(nothing)
    expect((await log.alert('episode1'))?.endedMs).to.equal(3_000)
    expect((await log.deliveries('episode1')).map(({ state }) => state)).to.deep.equal(['failed'])
  })

  it('within one write, what comes later counts', async () => {
    await log.takeOver(1)
    const key = aThread().key
    await log.write([ofThread(aThread()), { type: 'threadEnd', key }, ofThread(aThread({ reminders: 2 }))], 1)
    await log.write([ofDelivery(aDelivery()), ofDelivery(aDelivery({ state: 'sent', endedMs: 2_000 }))], 1)
    const state = await log.takeOver(1)
    expect(state.threads.map(({ reminders }) => reminders)).to.deep.equal([2])
    expect(state.unfinished).to.deep.equal([])
  })

  it('knows the end of alerts whose receivers were not told of it', async () => {
    await log.takeOver(1)
    const [earlier, later] = [
      { id: 'e1', startedMs: 1_000, endedMs: 2_000 },
      { id: 'e2', startedMs: 3_000, endedMs: 4_000 },
    ]
    const other = numbered(9)
    await log.write([ofAlert(anAlertRecord(earlier)), ofAlert(anAlertRecord(later)), ofAlert(other)], 1)
    await log.write([ofThread(aThread({ told: [anAlert().key, other.alert.key, 'never heard of'] }))], 1)
    const state = await log.takeOver(1)
    expect(state.owed).to.deep.equal([anAlertRecord(later)])
    expect(state.alerts).to.deep.equal([other])
  })

  it('knows the end of alerts that somebody may be hearing of at this moment', async () => {
    await log.takeOver(1)
    const ended = anAlertRecord({ endedMs: 4_000 })
    const after = aThread({ told: [ended.alert.key] })
    await log.write([ofAlert(ended), ofDelivery(aDelivery({ after }))], 1)
    expect((await log.takeOver(1)).owed).to.deep.equal([ended])
  })

  it('takes calls that nobody waited for in their order', async () => {
    await log.takeOver(1)
    const writes = Array.from({ length: 500 }, (_, n) => log.write([ofThread(aThread({ reminders: n }))], 1))
    await Promise.all(writes)
    expect((await log.takeOver(1)).threads.map(({ reminders }) => reminders)).to.deep.equal([499])
  })

  it('gives a take-over that was asked for after writes what these wrote', async () => {
    await log.takeOver(1)
    const writes = Array.from({ length: 20 }, (_, n) => log.write([ofAlert(numbered(n))], 1))
    expect((await log.takeOver(1)).alerts).to.have.length(20)
    await Promise.all(writes)
  })

  it('refuses whoever has a lower epoch, whole writes and nothing in part', async () => {
    await log.takeOver(1)
    await log.write([ofThread(aThread())], 1)
    const next = await open()
    await next.takeOver(2)
    expect(await codeOf(log.write([ofThread(aThread({ reminders: 9 })), ofAlert(anAlertRecord())], 1))).to.equal(
      'STORE_FENCED',
    )
    expect(await codeOf(log.takeOver(1))).to.equal('STORE_FENCED')
    const state = await next.takeOver(2)
    expect(state.threads.map(({ reminders }) => reminders)).to.deep.equal([0])
    expect(state.alerts).to.deep.equal([])
  })

  it('refuses the old among writes of both, and takes the new', async () => {
    await log.takeOver(3)
    const write = (n: number, epoch: number) => codeOf(log.write([ofAlert(numbered(n))], epoch))
    expect(await Promise.all([write(1, 3), write(2, 2), write(3, 3)])).to.deep.equal(['none', 'STORE_FENCED', 'none'])
    expect((await log.takeOver(3)).alerts.map(({ id }) => id)).to.deep.equal(['episode00001', 'episode00003'])
  })

  it('lets the same epoch take over again, and write from two places', async () => {
    await log.takeOver(0)
    await log.write([ofAlert(numbered(1))], 0)
    const again = await open()
    await again.takeOver(0)
    await again.write([ofAlert(numbered(2))], 0)
    await log.write([ofAlert(numbered(3))], 0)
    expect((await again.takeOver(0)).alerts).to.have.length(3)
  })

  it('fences even when two take over and write at once', async () => {
    await log.takeOver(1)
    const next = await open()
    const writes: Promise<string>[] = []
    const taking = next.takeOver(2)
    for (let n = 0; n < 50; n += 1) writes.push(codeOf(log.write([ofAlert(numbered(n))], 1)))
    const state = await taking
    const codes = await Promise.all(writes)
    const written = codes.filter((code) => code === 'none').length
    expect(codes.filter((code) => code !== 'none' && code !== 'STORE_FENCED')).to.deep.equal([])
    expect((await next.takeOver(2)).alerts).to.have.length(written)
    expect(state.alerts.length).to.equal(written)
  })

  it('is whole after it was closed and opened', async () => {
    await log.takeOver(1)
    const writes = Array.from({ length: 10 }, (_, n) => log.write([ofAlert(numbered(n))], 1))
    await log.close()
    await Promise.all(writes)
    const again = await open()
    expect((await again.takeOver(1)).alerts).to.have.length(10)
  })

  it('takes a large state in one write, and gives it back', async () => {
    await log.takeOver(1)
    const many: LogEntry[] = Array.from({ length: 3_000 }, (_, n) => ofAlert(numbered(n)))
    await log.write(many, 1)
    const state = await log.takeOver(2)
    expect(new Set(state.alerts.map(({ id }) => id)).size).to.equal(3_000)
  })

  it('takes a log of 64 KiB and names of any length', async () => {
    await log.takeOver(1)
    const text = 'ä'.repeat(65_536)
    const alert = anAlert({ key: `${'k'.repeat(2_000)}`, attachment: { name: 'log', text } })
    const thread = aThread({ key: `${'t'.repeat(2_000)}`, told: [alert.key] })
    await log.write([ofAlert(anAlertRecord({ alert })), ofThread(thread)], 1)
    const state = await log.takeOver(1)
    expect(state.alerts[0]?.alert.attachment?.text).to.equal(text)
    expect(state.threads).to.deep.equal([thread])
  })

  describe('history', () => {
    beforeEach(async () => {
      await log.takeOver(1)
      const entries = Array.from({ length: 40 }, (_, n) => {
        const namespace = n % 4 === 0 ? 'shop' : 'bank'
        const labels = { namespace, team: n % 2 === 0 ? 'a"]["b' : 'B', n: `${n}` }
        const policy = { ...anAlert().policy, namespace, name: n < 20 ? 'old' : 'new' }
        const record = numbered(n, n % 5 === 0 ? {} : { endedMs: n * 1_000 + 500 })
        const object = { ...record.alert.object, namespace }
        return ofAlert({ ...record, alert: { ...record.alert, object, labels, policy } })
      })
      await log.write(entries, 1)
    })

    it('comes newest first', async () => {
      const ids = await idsOf(log, {})
      expect(ids).to.have.length(40)
      expect(ids).to.deep.equal([...ids].sort().reverse())
      expect(await idsOf(log, { limit: 3 })).to.deep.equal(['episode00039', 'episode00038', 'episode00037'])
    })

    it('can be asked by state, namespace, policy and labels, together and exactly', async () => {
      expect(await idsOf(log, { state: 'firing' })).to.have.length(8)
      expect(await idsOf(log, { state: 'ended' })).to.have.length(32)
      expect(await idsOf(log, { namespaces: ['shop'] })).to.have.length(10)
      expect(await idsOf(log, { namespaces: ['shop', 'bank', "x' OR 1=1"] })).to.have.length(40)
      expect(await idsOf(log, { namespaces: [] })).to.deep.equal([])
      expect(await idsOf(log, { policy: { namespace: 'shop', name: 'new' } })).to.have.length(5)
      expect(await idsOf(log, { labels: { n: '7' } })).to.deep.equal(['episode00007'])
      expect(await idsOf(log, { labels: { team: 'a"]["b' } })).to.have.length(20)
      expect(await idsOf(log, { labels: { team: 'b' } })).to.deep.equal([])
      expect(await idsOf(log, { labels: { team: 'B', namespace: 'bank' }, state: 'firing' })).to.have.length(4)
      expect(await idsOf(log, { labels: { team: 'B', n: '8' } })).to.deep.equal([])
      expect(await idsOf(log, { labels: { severity: 'warning', policy: 'new', kind: 'Pod' } })).to.have.length(20)
      expect(await idsOf(log, { labels: { severity: 'critical' } })).to.deep.equal([])
    })

    it('is paged without gap or repeat while alerts come and end', async () => {
      const pages: string[] = []
      for (let round = 0; round < 20; round += 1) {
        const page = await idsOf(log, { limit: 7, ...(pages.length === 0 ? {} : { afterId: pages.at(-1) as string }) })
        if (page.length === 0) break
        pages.push(...page)
        await log.write([ofAlert(numbered(1_000 + round)), ofAlert(numbered(round, { endedMs: 1 }))], 1)
      }
      expect(pages).to.have.length(40)
      expect(new Set(pages).size).to.equal(40)
    })

    it('pages alerts of the same moment by their id', async () => {
      const same = ['a', 'c', 'b'].map((id) => ofAlert(anAlertRecord({ id, startedMs: 99_000_000 })))
      await log.write(same, 1)
      expect(await idsOf(log, { limit: 2 })).to.deep.equal(['c', 'b'])
      expect(await idsOf(log, { limit: 2, afterId: 'b' })).to.deep.equal(['a', 'episode00039'])
    })

    it('ends after an alert that is gone', async () => {
      expect(await idsOf(log, { afterId: 'nobody' })).to.deep.equal([])
    })

    it('finds one alert, and the deliveries that spoke of it, newest first', async () => {
      const ids = ['episode00001', 'episode00002']
      await log.write([ofDelivery(aDelivery({ id: 'd1', alertIds: ids, intendedMs: 10 }))], 1)
      await log.write([ofDelivery(aDelivery({ id: 'd2', alertIds: ids.slice(0, 1), intendedMs: 20 }))], 1)
      await log.write(
        [ofDelivery(aDelivery({ id: 'd1', alertIds: ids, intendedMs: 10, state: 'sent', endedMs: 11 }))],
        1,
      )
      expect((await log.alert('episode00001'))?.startedMs).to.equal(1_000)
      const found = await log.deliveries('episode00001')
      expect(found.map(({ id, state }) => `${id} ${state}`)).to.deep.equal(['d2 intended', 'd1 sent'])
      expect(found[1]?.message).to.deep.equal(aDelivery().message)
      expect(await log.deliveries('episode00002')).to.have.length(1)
    })
  })

  describe('outbox', () => {
    const posted = (id: string, value = `of ${id}`): LogEntry => ({ type: 'outbox', id, value })
    const ended = (id: string): LogEntry => ({ type: 'outboxEnd', id })
    beforeEach(() => log.takeOver(1))

    it('gives what is in it by id, whenever it came, page by page', async () => {
      await log.write(
        ['b', 'd', 'a'].map((id) => posted(id)),
        1,
      )
      await log.write([posted('c')], 1)
      const [first, ...others] = await log.outbox({ limit: 10 })
      expect(first).to.deep.equal({ id: 'a', value: 'of a' })
      expect(others.map(({ id }) => id)).to.deep.equal(['b', 'c', 'd'])
      expect((await log.outbox({ limit: 2 })).map(({ id }) => id)).to.deep.equal(['a', 'b'])
      expect((await log.outbox({ afterId: 'b', limit: 2 })).map(({ id }) => id)).to.deep.equal(['c', 'd'])
      expect(await log.outbox({ afterId: 'd', limit: 2 })).to.deep.equal([])
    })

    it('replaces under an id, and lets go of what has ended, also within one write', async () => {
      await log.write([posted('a', 'first'), posted('a', 'second'), posted('b'), ended('b')], 1)
      expect(await log.outbox({ limit: 10 })).to.deep.equal([{ id: 'a', value: 'second' }])
      await log.write([posted('a', 'third'), ended('nobody')], 1)
      expect(await log.outbox({ limit: 10 })).to.deep.equal([{ id: 'a', value: 'third' }])
      await log.write([posted('ä', 'ä')], 1)
      expect(await log.outboxBytes()).to.equal(7)
      await log.write([ended('a'), ended('ä')], 1)
      expect(await log.outbox({ limit: 10 })).to.deep.equal([])
      expect(await log.outboxBytes()).to.equal(0)
    })

    it('is there for the next leader, letter by letter, and only the leader adds to it', async () => {
      const value = JSON.stringify({ text: `Grüße 🐶 'quoted' "twice" \\ \u0000 ${'ä'.repeat(65_536)}` })
      await log.write([posted('a', value)], 1)
      const next = await open()
      await next.takeOver(2)
      expect(await codeOf(log.write([posted('b')], 1))).to.equal('STORE_FENCED')
      expect(await codeOf(log.write([ended('a')], 1))).to.equal('STORE_FENCED')
      expect(await next.outbox({ limit: 10 })).to.deep.equal([{ id: 'a', value }])
    })

    it('is never pruned, and costs history no more than half of its place', async () => {
      const attachment = { name: 'log', text: 'x'.repeat(4_000) }
      const alerts = Array.from({ length: 3_000 }, (_, n) => {
        const record = numbered(n, { endedMs: n * 1_000 })
        return ofAlert({ ...record, alert: { ...record.alert, attachment } })
      })
      await log.write(alerts, 1)
      const large = Array.from({ length: 1_000 }, (_, n) => posted(`${n}`, 'y'.repeat(20_000)))
      await log.write(large, 1)
      const removed = await log.prune({ ...everything, maxBytes: 16 * 1024 * 1024 }, 0)
      expect(removed).to.be.within(1_000, 2_000)
      expect(await log.outbox({ limit: 5_000 })).to.have.length(1_000)
    })
  })

  describe('retention', () => {
    it('removes what ended too long ago, and never what is open', async () => {
      await log.takeOver(1)
      const nowMs = 100 * dayMs
      await log.write(
        [
          ofAlert(numbered(1)),
          ofAlert(numbered(2, { endedMs: nowMs - 2 * dayMs })),
          ofAlert(numbered(3, { endedMs: nowMs - dayMs / 2 })),
          ofThread(aThread()),
          ofDelivery(aDelivery({ id: 'open', alertIds: ['episode00002'] })),
          ofDelivery(aDelivery({ id: 'old', alertIds: ['episode00002'], state: 'sent', endedMs: nowMs - 2 * dayMs })),
          ofDelivery(aDelivery({ id: 'new', alertIds: ['episode00002'], state: 'failed', endedMs: nowMs - 1 })),
        ],
        1,
      )
      expect(await log.prune({ ...everything, maxAgeMs: dayMs }, nowMs)).to.equal(2)
      expect(await idsOf(log, {})).to.deep.equal(['episode00003', 'episode00001'])
      const left = (await log.deliveries('episode00002')).map(({ id }) => id)
      expect(left.sort()).to.deep.equal(['new', 'open'])
      const state = await log.takeOver(1)
      expect([state.alerts.length, state.threads.length, state.unfinished.length]).to.deep.equal([1, 1, 1])
    })

    it('removes the oldest until the log is small enough', async () => {
      await log.takeOver(1)
      const attachment = { name: 'log', text: 'x'.repeat(10_000) }
      const entries = Array.from({ length: 2_000 }, (_, n) => {
        const record = numbered(n, n % 10 === 0 ? {} : { endedMs: n * 1_000 })
        return ofAlert({ ...record, alert: { ...record.alert, attachment } })
      })
      await log.write(entries, 1)
      const maxBytes = 8 * 1024 * 1024
      const removed = await log.prune({ ...everything, maxBytes }, 0)
      expect(removed).to.be.within(1_100, 1_800)
      const left = await log.alerts({ limit: 5_000 })
      expect(left).to.have.length(2_000 - removed)
      expect(left.filter(({ endedMs }) => endedMs === undefined)).to.have.length(200)
      const oldestEnded = left.filter(({ endedMs }) => endedMs !== undefined).at(-1)
      expect(oldestEnded === undefined || oldestEnded.startedMs > 500_000).to.equal(true)
      expect(await log.prune({ ...everything, maxBytes }, 0)).to.equal(0)
    })
  })
}
