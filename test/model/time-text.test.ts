import { expect } from 'chai'
import { timeText } from '../../src/model/time-text.ts'

describe('a time as text', () => {
  it('has whole seconds, and none that has not come yet', () => {
    expect(timeText(Date.UTC(2026, 1, 3, 4, 5, 6))).to.equal('2026-02-03T04:05:06Z')
    expect(timeText(Date.UTC(2026, 1, 3, 4, 5, 6, 999))).to.equal('2026-02-03T04:05:06Z')
  })
})
