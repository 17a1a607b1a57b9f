import { expect } from 'chai'
import { lagsOf, type Schedule } from '../../bench/lag.ts'

const startNs = 1_763_719_200_000_000_000
const schedule: Schedule = { startNs, intervalNs: 200_000, firstVersion: 1_000 }

/** Each arrival as resourceVersion and milliseconds after the first event was due. */
function arrivals(...list: readonly (readonly [version: number, ms: number])[]): Buffer {
  const bytes = Buffer.alloc(list.length * 16)
  list.forEach(([version, ms], index) => {
    bytes.writeBigInt64LE(BigInt(version), index * 16)
    bytes.writeBigInt64LE(BigInt(startNs) + BigInt(ms * 1e6), index * 16 + 8)
  })
  return bytes
}

describe('bench lag', () => {
  it('counts from when each event was due', () => {
    const { ms, skipped } = lagsOf(arrivals([1_001, 1], [1_002, 5], [1_003, 0.4]), schedule)
    expect(ms.map((lag) => Number(lag.toFixed(3)))).to.deep.equal([1, 4.8, 0])
    expect(skipped).to.equal(0)
  })

  it('takes an arrival without version as the event after the one before', () => {
    const { ms, skipped } = lagsOf(arrivals([1_001, 1], [0, 1], [1_003, 1]), schedule)
    expect(ms.map((lag) => Number(lag.toFixed(3)))).to.deep.equal([1, 0.8, 0.6])
    expect(skipped).to.equal(0)
  })

  it('counts the events that were passed over', () => {
    expect(lagsOf(arrivals([1_002, 1], [1_006, 2]), schedule).skipped).to.equal(4)
  })

  it('refuses arrivals out of order, which would make lags of the wrong events', () => {
    expect(() => lagsOf(arrivals([1_005, 1], [1_002, 2]), schedule)).to.throw('event 1 arrived after event 4')
  })
})
