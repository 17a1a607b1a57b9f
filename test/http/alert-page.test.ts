/** Pages of alerts, over the real log: put together they are what may be seen, each alert once and in order. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type AlertFilter, type AlertPageSource, type Position, readAlertPage } from '../../src/http/alert-page.ts'
import { cursorOf, placeOf } from '../../src/http/cursor.ts'
import type { AlertRecord, NotificationLog } from '../../src/store/notification-log.ts'
import { openNotificationLog } from '../../src/store/open-notification-log.ts'
import { aRecord } from '../support/api-world.ts'

const everything: AlertFilter = {
  ...{ state: 'all', labels: {}, namespace: undefined, severity: undefined, policy: undefined },
}

describe('pages of alerts', () => {
  let folder: string
  let log: NotificationLog
  const namespaces = ['a', 'b', 'c']
  // Several begin at once; some are over.
  const records = Array.from({ length: 1_200 }, (_, index) =>
    aRecord(`id-${String((index * 7_919) % 1_200).padStart(4, '0')}`, {
      namespace: namespaces[index % 3] ?? '',
      startedMs: 1_000 + Math.floor(index / 5),
      endedMs: index % 4 === 0 ? 0 : 100_000 + index,
      severity: index % 10 === 0 ? 'critical' : 'warning',
    }),
  )
  const open = records.filter(({ endedMs }) => endedMs === undefined)

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-pages.'))
    log = await openNotificationLog({ engine: 'sqlite', folder })
    await log.takeOver(1)
    await log.write(
      records.map((record) => ({ type: 'alert', record })),
      1,
    )
  })
  after(async () => {
    await log.close()
    await rm(folder, { recursive: true })
  })

  async function readAll(source: AlertPageSource, filter: AlertFilter, limit: number, policy = /./): Promise<string[]> {
    const seen: string[] = []
    const isVisible = async ({ alert }: AlertRecord) => policy.test(alert.policy.namespace)
    let after: Position | undefined
    do {
      const page = await readAlertPage(source, { filter, limit, after, isVisible })
      expect(page.records.length).to.be.at.most(limit)
      seen.push(...page.records.map(({ id }) => id))
      after = page.next && afterCursor(page.next)
    } while (after !== undefined)
    return seen
  }

  function afterCursor({ startedMs, id }: Position): Position {
    const place = placeOf(cursorOf({ atMs: startedMs, id }))
    return { startedMs: place.atMs, id: place.id }
  }

  const times = new Map(records.map(({ id, startedMs }) => [id, startedMs]))
  function expectNewestFirst(ids: readonly string[]): void {
    const started = ids.map((id) => times.get(id) ?? 0)
    expect(started).to.deep.equal(started.toSorted((left, right) => right - left))
    expect(new Set(ids).size).to.equal(ids.length)
  }

  const cases = [
    { name: 'everything', filter: everything, wanted: () => true },
    {
      name: 'history',
      filter: { ...everything, state: 'ended' as const },
      wanted: (at: AlertRecord) => at.endedMs !== undefined,
    },
    {
      name: 'what fires',
      filter: { ...everything, state: 'firing' as const },
      wanted: (at: AlertRecord) => at.endedMs === undefined,
    },
    {
      name: 'one severity',
      filter: { ...everything, severity: 'critical' as const },
      wanted: ({ alert }: AlertRecord) => alert.severity === 'critical',
    },
    {
      name: 'one namespace',
      filter: { ...everything, namespace: 'b' },
      wanted: ({ alert }: AlertRecord) => alert.labels.namespace === 'b',
    },
  ]
  for (const { name, filter, wanted } of cases) {
    for (const limit of filter.state === 'firing' ? [1, 40, 500] : [40, 500]) {
      it(`give ${name} in pages of ${limit}, to one who sees a third and one who sees all`, async () => {
        for (const policy of [/./, /^c/]) {
          const expected = records.filter((record) => wanted(record) && policy.test(record.alert.policy.namespace))
          const seen = await readAll({ openAlerts: () => undefined, history: log }, filter, limit, policy)
          expectNewestFirst(seen)
          expect(seen.toSorted()).to.deep.equal(expected.map(({ id }) => id).toSorted())
        }
      })
    }
  }

  it('of what fires come from memory where the process leads, in the same order and as they are now', async () => {
    const gone: NotificationLog['alerts'] = () => Promise.reject(new Error('the log is gone'))
    const filter = { ...everything, state: 'firing' as const }
    const seen = await readAll({ openAlerts: () => open, history: { alerts: gone } }, filter, 7)
    expect(seen).to.deep.equal(await readAll({ openAlerts: () => undefined, history: log }, filter, 7))
    const fresh = open.map((record) => ({ ...record, alert: { ...record.alert, title: 'as it is now' } }))
    const isVisible = async () => true
    const source = { openAlerts: () => fresh, history: log }
    const page = await readAlertPage(source, { filter: everything, limit: 500, after: undefined, isVisible })
    const titles = page.records.filter(({ endedMs }) => endedMs === undefined).map(({ alert }) => alert.title)
    expect(new Set(titles)).to.deep.equal(new Set(['as it is now']))
  })
})
