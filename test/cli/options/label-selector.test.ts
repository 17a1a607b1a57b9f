import { expect } from 'chai'
import { matchesLabelQuery, parseLabelQuery } from '../../../src/cli/options/label-selector.ts'

const matches = (selector: string, labels: Record<string, string>) =>
  matchesLabelQuery(parseLabelQuery(selector), labels)

describe('label selectors', () => {
  it('select as the API server does', () => {
    const labels = { app: 'web', 'example.com/tier': 'front', canary: '' }
    const cases: [string, boolean][] = [
      ['', true],
      ['app=web', true],
      ['app==web', true],
      ['app=web,example.com/tier=back', false],
      ['app!=web', false],
      ['absent!=x', true],
      ['canary', true],
      ['canary=', true],
      ['!canary', false],
      ['! absent', true],
      ['app in (api, web),example.com/tier', true],
      ['app notin (api,web)', false],
      ['absent notin (a)', true],
      ['absent in (a)', false],
      ['absent in ()', false],
    ]
    for (const [selector, expected] of cases) expect(matches(selector, labels), selector).to.equal(expected)
  })

  it('refuses what it cannot read, with the words that can be used', () => {
    for (const wrong of ['a=b=c', 'a in b', 'a,,b', '=x', 'a in (b', '-a', 'a=b c']) {
      expect(() => parseLabelQuery(wrong), wrong).to.throw(/is not a label condition: write key=value/)
    }
  })
})
