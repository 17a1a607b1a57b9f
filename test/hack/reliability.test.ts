import { expect } from 'chai'
import { reliabilityPage } from '../../hack/faults/reliability.ts'

const made = { commit: 'abc', time: '2026-01-01T00:00:00Z' }
const good = {
  ...{ area: 'the clock', fault: 'back two hours', channel: 'webhook', promise: 'once' },
  ...{ expected: 'first', recorded: 'first' },
}

describe('the page of faults', () => {
  it('counts what is as expected, and says what is not', () => {
    const page = reliabilityPage([good, { ...good, recorded: 'first, first' }], made)
    expect(page).to.include('**1 of 2 cases as expected.**').and.to.include('Commit abc')
    expect(page).to.include('| webhook | once | back two hours | first | first |')
    expect(page).to.include('| webhook | once | back two hours | first | **first, first** |')
  })

  it('says what could not run, and why', () => {
    const page = reliabilityPage([{ ...good, recorded: 'not run: no root' }], made)
    expect(page).to.include('1 could not run').and.to.include('| not run: no root |')
  })
})
