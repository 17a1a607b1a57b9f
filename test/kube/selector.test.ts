import { expect } from 'chai'
import fc from 'fast-check'
import { matchesLabels, parseLabelQuery } from '../../src/cli/options/label-selector.ts'
import { createLabelMatcher, type LabelSelector, labelSelectorText } from '../../src/kube/selector.ts'

const key = fc.constantFrom('app', 'tier', 'example.com/team')
const value = fc.constantFrom('a', 'b', 'c')
const expression = fc.oneof(
  fc.record({
    key,
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
)
const selector: fc.Arbitrary<LabelSelector> = fc.record({
  matchLabels: fc.dictionary(key, value),
  matchExpressions: fc.array(expression, { maxLength: 4 }),
})

describe('label selectors', () => {
  it('match what the same selector as text matches', () => {
    fc.assert(
      fc.property(selector, fc.dictionary(key, value), (chosen, labels) => {
        const asText = parseLabelQuery(labelSelectorText(chosen))
        expect(createLabelMatcher(chosen)(labels)).to.equal(matchesLabels(asText, labels))
      }),
    )
  })

  const rows: { selector: LabelSelector; text: string; matches: object[]; misses: object[] }[] = [
    { selector: {}, text: '', matches: [{}, { app: 'web' }], misses: [] },
    {
      selector: { matchLabels: { app: 'web' } },
      text: 'app=web',
      matches: [{ app: 'web' }],
      misses: [{}, { app: 'x' }],
    },
    {
      selector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web', 'db'] }] },
      text: 'app notin (web,db)',
      matches: [{}, { app: 'x' }],
      misses: [{ app: 'web' }],
    },
    {
      selector: { matchExpressions: [{ key: 'canary', operator: 'DoesNotExist' }] },
      text: '!canary',
      matches: [{}],
      misses: [{ canary: '' }],
    },
    {
      selector: { matchExpressions: [{ key: 'canary', operator: 'Exists', values: [] }] },
      text: 'canary',
      matches: [{ canary: '' }],
      misses: [{}],
    },
  ]
  for (const { selector, text, matches, misses } of rows) {
    it(text === '' ? 'empty selects everything' : text, () => {
      const matcher = createLabelMatcher(selector)
      expect(labelSelectorText(selector)).to.equal(text)
      for (const labels of matches) expect(matcher(labels as Record<string, string>)).to.equal(true)
      for (const labels of misses) expect(matcher(labels as Record<string, string>)).to.equal(false)
    })
  }

  it('take an object without labels for one with none', () => {
    expect(createLabelMatcher({ matchLabels: { app: 'web' } })(undefined)).to.equal(false)
    expect(createLabelMatcher({})(undefined)).to.equal(true)
  })

  it('find no label that an object only inherits', () => {
    expect(createLabelMatcher({ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] })({})).to.equal(false)
  })

  it('refuse what the API server would refuse, naming the label', () => {
    const of = (operator: string, values?: string[]) => ({ matchExpressions: [{ key: 'app', operator, values }] })
    expect(() => createLabelMatcher(of('Like', ['x']))).to.throw(/"app".*"Like"/)
    expect(() => createLabelMatcher(of('In', []))).to.throw(/"app".*at least one value/)
    expect(() => labelSelectorText(of('NotIn'))).to.throw(/at least one value/)
  })
})
