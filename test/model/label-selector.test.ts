import { expect } from 'chai'
import { type LabelSelectorRequirement, matchesLabelSelector } from '../../src/model/label-selector.ts'

describe('label selector', () => {
  const labels = { app: 'web', tier: '' }
  const rows: [LabelSelectorRequirement, boolean][] = [
    [{ key: 'app', operator: 'In', values: ['db', 'web'] }, true],
    [{ key: 'app', operator: 'In', values: ['db'] }, false],
    [{ key: 'absent', operator: 'In', values: ['web'] }, false],
    [{ key: 'app', operator: 'NotIn', values: ['db'] }, true],
    [{ key: 'app', operator: 'NotIn', values: ['web'] }, false],
    [{ key: 'absent', operator: 'NotIn', values: ['web'] }, true],
    [{ key: 'tier', operator: 'Exists' }, true],
    [{ key: 'absent', operator: 'Exists' }, false],
    [{ key: 'constructor', operator: 'Exists' }, false],
    [{ key: 'tier', operator: 'DoesNotExist' }, false],
    [{ key: 'absent', operator: 'DoesNotExist' }, true],
  ]

  for (const [requirement, expected] of rows) {
    const { key, operator, values = [] } = requirement
    it(`${expected ? 'selects' : 'leaves out'} by ${key} ${operator} ${values.join('|')}`, () => {
      expect(matchesLabelSelector({ matchExpressions: [requirement] }, labels)).to.equal(expected)
    })
  }

  it('selects everything when it says nothing, and asks for all that it says', () => {
    expect(matchesLabelSelector(undefined, labels)).to.equal(true)
    expect(matchesLabelSelector({}, {})).to.equal(true)
    expect(matchesLabelSelector({ matchLabels: { app: 'web', tier: '' } }, labels)).to.equal(true)
    expect(matchesLabelSelector({ matchLabels: { app: 'web', tier: 'x' } }, labels)).to.equal(false)
    const both = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] } as const
    expect(matchesLabelSelector(both, labels)).to.equal(false)
  })
})
