import { expect } from 'chai'
import { decideLease, type LeaseRecord, nextRecord, observe } from '../../src/kube/lease-decision.ts'

const self = { identity: 'me', durationMs: 15_000, firstEpoch: 77 }
const held: LeaseRecord = { holderIdentity: 'other', leaseDurationSeconds: 10, renewTime: 't1', leaseTransitions: 4 }

describe('decideLease', () => {
  const decide = (record: LeaseRecord | undefined, sinceMs: number) =>
    decideLease({ record, firstSeenMs: 1_000 }, self, 1_000 + sinceMs)

  it('takes a lease that does not exist', () => {
    expect(decide(undefined, 0)).to.deep.equal({ do: 'take', epoch: 77 })
  })

  it('takes one that was released, under a new number', () => {
    expect(decide({ ...held, holderIdentity: '' }, 0)).to.deep.equal({ do: 'take', epoch: 5 })
  })

  it('renews its own under the same number', () => {
    expect(decide({ ...held, holderIdentity: 'me' }, 99_999)).to.deep.equal({ do: 'renew', epoch: 4 })
  })

  it('waits for a holder as long as that holder asked for, by its own clock', () => {
    expect(decide(held, 9_999)).to.deep.equal({ do: 'wait', holder: 'other', forMs: 1 })
    expect(decide(held, 10_000)).to.deep.equal({ do: 'take', epoch: 5 })
  })

  it('uses its own duration where the holder named none', () => {
    const record: LeaseRecord = { holderIdentity: 'other' }
    expect(decide(record, 14_999)).to.deep.include({ do: 'wait' })
    expect(decide(record, 15_000)).to.deep.equal({ do: 'take', epoch: 1 })
  })
})

describe('observe', () => {
  it('starts to wait anew when the holder renewed, and only then', () => {
    const first = observe(undefined, held, 1_000)
    const same = observe(first, { ...held }, 6_000)
    expect(same.firstSeenMs).to.equal(1_000)
    expect(observe(same, { ...held, renewTime: 't2' }, 7_000).firstSeenMs).to.equal(7_000)
  })
})

describe('nextRecord', () => {
  it('keeps the time of acquiring while it renews', () => {
    const taken = nextRecord(held, { do: 'take', epoch: 5 }, self, 'now')
    expect(taken).to.deep.equal({
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: 'now',
      renewTime: 'now',
      leaseTransitions: 5,
    })
    const renewed = nextRecord(taken, { do: 'renew', epoch: 5 }, self, 'later')
    expect(renewed).to.deep.include({ acquireTime: 'now', renewTime: 'later', leaseTransitions: 5 })
  })
})
