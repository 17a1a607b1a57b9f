import { expect } from 'chai'
import { endOfIndexMs, indexOf } from '../../../src/store/elasticsearch/index-names.ts'
import { indicesToRemove } from '../../../src/store/elasticsearch/retention.ts'

const prefix = 'crashes-'
const nowMs = Date.parse('2026-11-21T12:00:00Z')
const hourMs = 60 * 60_000
const dayMs = 24 * hourMs
const day = (number: number, bytes = 100) => ({ name: `crashes-2026.11.${number}`, records: number, bytes })
const everything = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER }

function left(indices: Parameters<typeof indicesToRemove>[0], retention: Partial<typeof everything>): string[] {
  const removed = indicesToRemove(indices, prefix, { ...everything, ...retention }, nowMs)
  return indices.filter((index) => !removed.includes(index)).map(({ name }) => name.slice(-2))
}

describe('the name of an index', () => {
  it('has the day in UTC, and gives it back', () => {
    const lastMs = Date.parse('2026-11-20T23:59:59.999Z')
    expect(indexOf(prefix, lastMs)).to.equal('crashes-2026.11.20')
    expect(endOfIndexMs(prefix, 'crashes-2026.11.20')).to.equal(lastMs + 1)
  })

  it('is no day where it only looks like one', () => {
    const others = [
      'crashes-2026.13.01',
      'crashes-2026.11.1',
      'crashes-2026.11.20-copy',
      'other-2026.11.20',
      'crashes-b-2026.11.20',
      'crashes-',
    ]
    for (const name of others) expect(endOfIndexMs(prefix, name), name).to.equal(undefined)
  })
})

describe('retention of days', () => {
  const days = [day(21), day(18), day(20), day(19)]

  it('removes a day when its last moment is too old', () => {
    expect(left(days, { maxAgeMs: 36 * hourMs })).to.deep.equal(['21', '20'])
    expect(left(days, { maxAgeMs: 12 * hourMs + 1 })).to.deep.equal(['21', '20'])
    expect(left(days, { maxAgeMs: 12 * hourMs })).to.deep.equal(['21'])
    expect(left(days, { maxAgeMs: 36 * hourMs + 1 })).to.deep.equal(['21', '20', '19'])
  })

  it('removes the oldest until the rest is small enough, but never the newest', () => {
    expect(left(days, { maxBytes: 400 })).to.have.length(4)
    expect(left(days, { maxBytes: 399 })).to.deep.equal(['21', '20', '19'])
    expect(left(days, { maxBytes: 200 })).to.deep.equal(['21', '20'])
    expect(left(days, { maxBytes: 1 })).to.deep.equal(['21'])
  })

  it('counts what goes for its age as gone', () => {
    expect(left([day(10, 1_000), day(20), day(21)], { maxAgeMs: 2 * dayMs, maxBytes: 200 })).to.deep.equal(['20', '21'])
  })

  it('leaves alone what is no day', () => {
    const strange = { name: 'crashes-old', records: 1, bytes: 1_000 }
    expect(left([strange, day(20), day(21)], { maxAgeMs: 1, maxBytes: 1 })).to.deep.equal(['ld', '21'])
  })
})
