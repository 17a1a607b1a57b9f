import { expect } from 'chai'
import { localText, relativeText, spanText, wallTimeMs } from '../../../src/cli/output/time.ts'

const nowMs = Date.parse('2026-12-01T12:40:00Z')
const at = (text: string) => Date.parse(text)

describe('times on a screen', () => {
  it('say a span in its two largest units', () => {
    const cases: [seconds: number, text: string][] = [
      [0, '0s'],
      [59.9, '59s'],
      [60, '1m'],
      [3_599, '59m'],
      [3_600, '1h'],
      [7_080, '1h58m'],
      [86_400, '1d'],
      [90_000, '1d1h'],
      [1_000_000, '11d13h'],
    ]
    for (const [seconds, text] of cases) expect(spanText(seconds * 1_000)).to.equal(text)
  })

  it('say what is to come and what was', () => {
    expect(relativeText(nowMs + 7_080_000, nowMs)).to.equal('in 1h58m')
    expect(relativeText(nowMs - 180_000, nowMs)).to.equal('3m ago')
    expect(relativeText(nowMs + 500, nowMs)).to.equal('now')
  })

  it('say the time of the clock on the wall, with the date where it is another day', () => {
    const tokyo = { nowMs, timeZone: 'Asia/Tokyo' }
    expect(localText(nowMs, tokyo)).to.equal('21:40')
    expect(localText(at('2026-12-01T15:00:00Z'), tokyo)).to.equal('Dec 2 00:00')
    expect(localText(at('2027-01-02T00:30:00Z'), tokyo)).to.equal('2027-01-02 09:30')
  })

  it('find the moment of a time on the wall, in zones with odd offsets too', () => {
    expect(new Date(wallTimeMs([2026, 12, 1, 10, 15], 'Asia/Kathmandu')).toISOString()).to.equal(
      '2026-12-01T04:30:00.000Z',
    )
    expect(wallTimeMs([2026, 3, 29, 2, 30], 'Europe/Zurich')).to.equal(at('2026-03-29T01:30:00Z'))
  })
})
