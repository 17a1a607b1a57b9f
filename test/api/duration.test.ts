import { expect } from 'chai'
import fc from 'fast-check'
import { durationMs, formatDuration, tryDurationMs } from '../../src/api/duration.ts'

describe('durations', () => {
  const readable: [string, number][] = [
    ['0s', 0],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1h0m1s', 3_601_000],
    ['168h', 604_800_000],
    ['90m', 5_400_000],
  ]
  for (const [text, expectedMs] of readable) {
    it(`reads ${text} as ${expectedMs} ms`, () => expect(durationMs(text)).to.equal(expectedMs))
  }

  for (const text of ['', '5', 's', '5d', '1m1h', '1.5h', '-5s', ' 5s', '5s ', '5s5s', '12345h', '100ms']) {
    it(`refuses "${text}"`, () => {
      expect(tryDurationMs(text)).to.equal(undefined)
      expect(() => durationMs(text))
        .to.throw('is not a duration')
        .with.property('code', 'INVALID_SPEC')
    })
  }

  it('writes the shortest text, and reads back what it wrote', () => {
    expect(formatDuration(0)).to.equal('0s')
    expect(formatDuration(5_400_000)).to.equal('1h30m')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000_000 }), (seconds) => {
        expect(durationMs(formatDuration(seconds * 1_000))).to.equal(seconds * 1_000)
      }),
    )
  })
})
