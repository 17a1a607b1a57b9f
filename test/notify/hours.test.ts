import { expect } from 'chai'
import fc from 'fast-check'
import type { Alert, Severity } from '../../src/model/alert.ts'
import { type ActiveWindow, createHours, type HoursOptions, weekdays } from '../../src/notify/hours.ts'

const alert = (severity: Severity = 'warning') => ({ severity }) as Alert
const always: HoursOptions = { active: [], except: [], minSeverity: 'info' }
const everyDay = [...weekdays]
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const office = (change: Partial<ActiveWindow> = {}): ActiveWindow => ({
  days: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri'],
  from: '07:00',
  to: '19:00',
  timeZone: 'Europe/Zurich',
  ...change,
})

/** When it hears of an alert that comes at this time. */
function heardAt(active: ActiveWindow | readonly ActiveWindow[], at: string): string {
  const hours = createHours({ ...always, active: [active].flat() })
  const heldUntilMs = hours.heldUntilMs(alert(), Date.parse(at))
  return heldUntilMs === undefined ? 'now' : new Date(heldUntilMs).toISOString().replace('.000', '')
}

describe('hours: when a receiver hears of what', () => {
  it('without any, it hears of everything at any time', () => {
    const hours = createHours(always)
    expect(hours.heldUntilMs(alert('info'), 0)).to.equal(undefined)
    expect(hours.takes(alert('info'))).to.equal(true)
  })

  it('the least severity keeps lesser ones away, the exception lets severe ones through', () => {
    const hours = createHours({ active: [office()], except: ['critical'], minSeverity: 'warning' })
    expect([alert('info'), alert('warning'), alert('critical')].map(hours.takes)).to.deep.equal([false, true, true])
    const sunday = Date.parse('2026-11-22T12:00:00Z')
    expect(hours.heldUntilMs(alert('critical'), sunday)).to.equal(undefined)
    expect(hours.heldUntilMs(alert('warning'), sunday)).to.equal(Date.parse('2026-11-23T06:00:00Z'))
  })

  it('hold until the next window begins, to the millisecond', () => {
    expect(heardAt(office(), '2026-11-20T17:59:59.999Z')).to.equal('now')
    expect(heardAt(office(), '2026-11-20T18:00:00Z')).to.equal('2026-11-23T06:00:00Z')
    expect(heardAt(office(), '2026-11-23T05:59:59.999Z')).to.equal('2026-11-23T06:00:00Z')
    expect(heardAt(office(), '2026-11-23T06:00:00Z')).to.equal('now')
  })

  it('go across midnight: a window belongs to the day on which it begins', () => {
    const night = office({ days: ['Fri'], from: '22:00', to: '06:00', timeZone: 'UTC' })
    expect(heardAt(night, '2026-11-20T21:59:00Z')).to.equal('2026-11-20T22:00:00Z')
    expect(heardAt(night, '2026-11-21T05:59:00Z')).to.equal('now')
    expect(heardAt(night, '2026-11-21T06:00:00Z')).to.equal('2026-11-27T22:00:00Z')
    expect(heardAt(night, '2026-11-20T05:00:00Z')).to.equal('2026-11-20T22:00:00Z')
  })

  it('of whole days have no gap at midnight', () => {
    const days = office({ days: ['Sat', 'Sun'], from: '00:00', to: '24:00', timeZone: 'UTC' })
    expect(heardAt(days, '2026-11-22T00:00:00Z')).to.equal('now')
    expect(heardAt(days, '2026-11-22T23:59:59.999Z')).to.equal('now')
    expect(heardAt(days, '2026-11-23T00:00:00Z')).to.equal('2026-11-28T00:00:00Z')
    const week = office({ days: everyDay, from: '09:00', to: '09:00', timeZone: 'UTC' })
    expect(heardAt(week, '2026-11-23T09:00:00Z')).to.equal('now')
  })

  it('add up: any of the windows lets it through', () => {
    const both = [office(), office({ days: everyDay, from: '09:00', to: '10:00', timeZone: 'America/New_York' })]
    expect(heardAt(both, '2026-11-21T12:00:00Z')).to.equal('2026-11-21T14:00:00Z')
    expect(heardAt(both, '2026-11-21T14:30:00Z')).to.equal('now')
  })

  it('are those of the place: the same moment is Monday there and Sunday here', () => {
    const auckland = office({ timeZone: 'Pacific/Auckland' })
    expect(heardAt(auckland, '2026-11-22T18:30:00Z')).to.equal('now')
    const kolkata = office({ timeZone: 'Asia/Kolkata', from: '09:30' })
    expect(heardAt(kolkata, '2026-11-22T12:00:00Z')).to.equal('2026-11-23T04:00:00Z')
    const kathmandu = office({ timeZone: 'Asia/Kathmandu' })
    expect(heardAt(kathmandu, '2026-11-22T12:00:00Z')).to.equal('2026-11-23T01:15:00Z')
  })

  describe('when clocks change', () => {
    it('in spring a window that begins in the hour left out begins when it is left out', () => {
      const early = office({ days: everyDay, from: '02:30', to: '04:00' })
      expect(heardAt(early, '2026-03-29T00:59:00Z')).to.equal('2026-03-29T01:00:00Z')
      expect(heardAt(early, '2026-03-29T01:59:59Z')).to.equal('now')
      expect(heardAt(early, '2026-03-29T02:00:00Z')).to.equal('2026-03-30T00:30:00Z')
    })

    it('in spring a window that lies in the hour left out does not come; the next one does', () => {
      const swallowed = office({ days: ['Sun'], from: '02:00', to: '03:00' })
      expect(heardAt(swallowed, '2026-03-28T12:00:00Z')).to.equal('2026-04-05T00:00:00Z')
    })

    it('in autumn a window that ends in the hour that comes twice ends at the second', () => {
      const late = office({ days: everyDay, from: '22:00', to: '02:30' })
      expect(heardAt(late, '2026-10-25T00:30:00Z')).to.equal('now')
      expect(heardAt(late, '2026-10-25T01:29:00Z')).to.equal('now')
      expect(heardAt(late, '2026-10-25T01:30:00Z')).to.equal('2026-10-25T21:00:00Z')
    })

    it('in autumn a window that begins in the hour that comes twice begins at the first', () => {
      const early = office({ days: ['Sun'], from: '02:30', to: '05:00' })
      expect(heardAt(early, '2026-10-25T00:29:00Z')).to.equal('2026-10-25T00:30:00Z')
    })

    it('by half an hour, and at midnight, it is the same', () => {
      const lordHowe = office({ days: everyDay, from: '02:15', to: '03:00', timeZone: 'Australia/Lord_Howe' })
      expect(heardAt(lordHowe, '2026-10-03T15:00:00Z')).to.equal('2026-10-03T15:30:00Z')
      const havana = office({ days: ['Sun'], from: '00:00', to: '06:00', timeZone: 'America/Havana' })
      expect(heardAt(havana, '2026-03-07T12:00:00Z')).to.equal('2026-03-08T05:00:00Z')
    })

    it('agrees with clocks that are looked at every five minutes, in zones of all kinds', function () {
      this.timeout(60_000)
      const zones = ['Europe/Zurich', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Chatham', 'Asia/Kathmandu']
      const moments = [...zones, 'America/Havana', 'Africa/Casablanca', 'UTC'].flatMap((timeZone) =>
        changesOf(timeZone).map((atMs) => ({ timeZone, atMs })),
      )
      const time = fc.integer({ min: 0, max: 47 }).map((half) => clockText(half * 30 * minuteMs))
      const days = fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1 })
      fc.assert(
        fc.property(fc.constantFrom(...moments), time, time, days, ({ timeZone, atMs }, from, to, on) => {
          const window = { days: on, from, to, timeZone }
          const hours = createHours({ ...always, active: [window] })
          const seen = clocks(timeZone, atMs - 4 * dayMs, atMs + 4 * dayMs)
          for (const { nowMs, isActive } of judged(window, seen)) {
            const isHeard = hours.heldUntilMs(alert(), nowMs) === undefined
            expect(isHeard, `${new Date(nowMs).toISOString()} ${JSON.stringify(window)}`).to.equal(isActive)
          }
        }),
        { numRuns: 60, seed: 20261121 },
      )
    })

    it('holds until a moment at which it lets through, and at no moment before', () => {
      const zones = ['Europe/Zurich', 'Australia/Lord_Howe', 'Pacific/Chatham', 'America/Havana']
      for (const timeZone of zones) {
        const hours = createHours({
          ...always,
          active: [office({ timeZone, from: '01:30', to: '02:15', days: everyDay })],
        })
        for (const changeMs of changesOf(timeZone)) {
          for (let nowMs = changeMs - dayMs; nowMs < changeMs + dayMs; nowMs += 31 * minuteMs) {
            const heldUntilMs = hours.heldUntilMs(alert(), nowMs)
            if (heldUntilMs === undefined) continue
            expect(heldUntilMs).to.be.greaterThan(nowMs)
            expect(hours.heldUntilMs(alert(), heldUntilMs)).to.equal(undefined)
            expect(hours.heldUntilMs(alert(), heldUntilMs - 1)).to.equal(heldUntilMs)
          }
        }
      }
    })
  })

  it('a clock that jumps, forth or back, finds the hours of its new time', () => {
    const hours = createHours({ ...always, active: [office()] })
    for (const at of ['2026-11-21T12:00:00Z', '2024-02-29T12:00:00Z', '2031-07-06T12:00:00Z', '2026-01-04T12:00:00Z']) {
      const fresh = createHours({ ...always, active: [office()] })
      expect(hours.heldUntilMs(alert(), Date.parse(at))).to.equal(fresh.heldUntilMs(alert(), Date.parse(at)))
    }
  })

  it('a time zone that nobody knows is an error', () => {
    expect(() => createHours({ ...always, active: [office({ timeZone: 'Europe/Zurig' })] })).to.throw('Europe/Zurig')
  })
})

/** What the clocks of a place show, read by another way than the hours read them: `2026-11-21 09:05`. */
interface Reading {
  readonly nowMs: number
  readonly text: string
}

const stepMs = 5 * minuteMs

function clocks(timeZone: string, fromMs: number, toMs: number): Reading[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  const steps = Math.floor((toMs - fromMs) / stepMs)
  return Array.from({ length: steps }, (_, index) => {
    const nowMs = fromMs + index * stepMs
    return { nowMs, text: format.format(nowMs) }
  })
}

/** A window is open from the first time that clocks show its begin, or later, until they show its end, or later, for good. */
function judged(window: ActiveWindow, seen: readonly Reading[]): { nowMs: number; isActive: boolean }[] {
  const dates = [...new Set(seen.map(({ text }) => text.slice(0, 10)))]
  const begins = dates.filter((date) => window.days.includes(weekdays[new Date(`${date}T00:00:00Z`).getUTCDay()]!))
  const spans = begins.map((date) => {
    const endDate = window.to > window.from ? date : new Date(Date.parse(date) + dayMs).toISOString().slice(0, 10)
    const start = seen.findIndex(({ text }) => text >= `${date} ${window.from}`)
    const end = seen.findLastIndex(({ text }) => text < `${endDate} ${window.to}`)
    return { start, end }
  })
  // The first and the last two days have windows that began, or end, out of sight.
  const middle = seen.slice((2 * dayMs) / stepMs, -(2 * dayMs) / stepMs)
  return middle.map(({ nowMs }) => {
    const index = (nowMs - seen[0]!.nowMs) / stepMs
    return { nowMs, isActive: spans.some(({ start, end }) => start >= 0 && index >= start && index <= end) }
  })
}

/** When clocks change in 2026, to the step before; one day in summer where they do not. */
function changesOf(timeZone: string): number[] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset', hour: 'numeric' })
  const offset = (atMs: number) => format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value
  const found: number[] = []
  for (let atMs = Date.UTC(2026, 0, 1); atMs < Date.UTC(2027, 0, 1); atMs += 30 * minuteMs) {
    if (offset(atMs) !== offset(atMs + 30 * minuteMs)) found.push(atMs)
  }
  return found.length > 0 ? found : [Date.UTC(2026, 6, 1)]
}

function clockText(ofDayMs: number): string {
  return new Date(ofDayMs).toISOString().slice(11, 16)
}
