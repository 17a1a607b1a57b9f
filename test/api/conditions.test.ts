import { expect } from 'chai'
import { type Condition, setCondition } from '../../src/api/conditions.ts'

const earlier = '2026-01-01T00:00:00Z'
const now = '2026-01-02T00:00:00Z'
const ready = {
  type: 'Ready',
  status: 'True',
  observedGeneration: 1,
  reason: 'Watching',
  message: 'All is well.',
} as const
const accepted = { ...ready, type: 'Accepted', reason: 'Valid', lastTransitionTime: earlier } as const
const before: readonly Condition[] = [accepted, { ...ready, lastTransitionTime: earlier }]

describe('setCondition', () => {
  it('adds a condition that was not there, with the time of now', () => {
    expect(setCondition([accepted], ready, now)).to.deep.equal([accepted, { ...ready, lastTransitionTime: now }])
  })

  it('keeps the time of transition when reason, message or generation change but status does not', () => {
    const next = { ...ready, observedGeneration: 2, reason: 'Other', message: 'Still well.' }
    expect(setCondition(before, next, now)).to.deep.equal([accepted, { ...next, lastTransitionTime: earlier }])
  })

  it('moves the time of transition when status changes, and leaves the others alone', () => {
    const next = { ...ready, status: 'False', reason: 'Broken' } as const
    expect(setCondition(before, next, now)).to.deep.equal([accepted, { ...next, lastTransitionTime: now }])
  })

  it('gives the same list when nothing changes, so that nothing is written', () => {
    expect(setCondition(before, ready, now)).to.equal(before)
  })
})
