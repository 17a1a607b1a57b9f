import { expect } from 'chai'
import { RateLimits } from '../../src/notify/rate-limits.ts'

const rate = { burst: 2, intervalMs: 1_000 }

describe('rate limits', () => {
  it('of each place and of all together', () => {
    const limits = new RateLimits({ rate, totalRate: { burst: 3, intervalMs: 400 } }, 0)
    for (const place of ['x', 'x', 'y']) limits.take(place, 0)
    expect(['x', 'y'].map((place) => limits.emptyForMs(place, 0))).to.deep.equal([1_000, 400])
    expect(['x', 'y'].map((place) => limits.emptyForMs(place, 400))).to.deep.equal([600, 0])
  })

  it('keep nothing of a place that has been quiet for long enough', () => {
    const limits = new RateLimits({ rate }, 0)
    for (let n = 0; n < 1_000; n += 1) limits.take(`place-${n}`, n * 500)
    expect(limits.placeCount).to.be.at.most(3)
  })

  it('keep a place that may not be spoken at, whatever is said elsewhere', () => {
    const limits = new RateLimits({ rate }, 0)
    for (let n = 0; n < 2; n += 1) limits.take('x', 0)
    for (let n = 0; n < 100; n += 1) limits.take(`place-${n}`, 500)
    expect(limits.emptyForMs('x', 500)).to.equal(500)
  })

  it('are none where there is no time between two messages', () => {
    const limits = new RateLimits({ rate: { burst: 1, intervalMs: 0 } }, 0)
    for (let n = 0; n < 10; n += 1) limits.take('x', 0)
    expect(limits.emptyForMs('x', 0)).to.equal(0)
  })

  it('pause one place, and say when a second is paused at the same time', () => {
    const limits = new RateLimits({ rate }, 0)
    expect(limits.pause('x', 5_000, 0)).to.equal(true)
    expect(limits.pause('x', 3_000, 0)).to.equal(true)
    expect(['x', 'y'].map((place) => limits.emptyForMs(place, 1_000))).to.deep.equal([4_000, 0])
    expect(limits.pause('y', 9_000, 4_999)).to.equal(false)
    expect(limits.pause('y', 9_000, 5_000)).to.equal(true)
    expect(['x', 'y'].map((place) => limits.emptyForMs(place, 5_000))).to.deep.equal([0, 4_000])
  })
})
