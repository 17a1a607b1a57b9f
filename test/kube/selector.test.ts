import { expect } from 'chai'
import fc from 'fast-check'
import { matchesLabelQuery, parseLabelQuery } from '../../src/cli/options/label-selector.ts'
import { labelSelectorText } from '../../src/kube/selector.ts'
import { type LabelSelectorTerms, matchesLabelSelector } from '../../src/model/label-selector.ts'

const key = fc.constantFrom('app', 'tier', 'example.com/team')
const value = fc.constantFrom('a', 'b', 'c')
const selector: fc.Arbitrary<LabelSelectorTerms> = fc.record({
  matchLabels: fc.dictionary(key, value),
  matchExpressions: fc.array(
    fc.oneof(
      fc.record({
        key,
        operator: fc.constantFrom('In' as const, 'NotIn' as const),
        values: fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
    ),
    { maxLength: 4 },
  ),
})

describe('labelSelectorText', () => {
  it('selects as text what it selects as an object', () => {
    fc.assert(
      fc.property(selector, fc.dictionary(key, value), (chosen, labels) => {
        const asText = parseLabelQuery(labelSelectorText(chosen))
        expect(matchesLabelQuery(asText, labels)).to.equal(matchesLabelSelector(chosen, labels))
      }),
    )
  })

  it('writes what kubectl would', () => {
    const matchExpressions = [
      { key: 'tier', operator: 'NotIn' as const, values: ['web', 'db'] },
      { key: 'canary', operator: 'DoesNotExist' as const },
    ]
    expect(labelSelectorText({ matchLabels: { app: 'web' }, matchExpressions })).to.equal(
      'app=web,tier notin (web,db),!canary',
    )
    expect(labelSelectorText({})).to.equal('')
  })

  it('refuses a list without values, naming the label', () => {
    const empty = { matchExpressions: [{ key: 'app', operator: 'In' as const, values: [] }] }
    expect(() => labelSelectorText(empty)).to.throw(/"app".*at least one value/)
  })
})
