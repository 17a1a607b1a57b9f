import { expect } from 'chai'
import { matchesTaintQuery, parseTaintQuery } from '../../../src/cli/options/node-taints.ts'

const taints = [
  { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
]

describe('node taints', () => {
  it('select nodes that have every taint, and leave out those with one that ends in -', () => {
    const cases: [string, boolean][] = [
      ['dedicated', true],
      ['dedicated=gpu', true],
      ['dedicated=db', false],
      ['dedicated:NoSchedule', true],
      ['dedicated=gpu:NoExecute', false],
      ['dedicated,node.kubernetes.io/unreachable:NoExecute', true],
      ['dedicated,other', false],
      ['dedicated-', false],
      ['dedicated=db-', true],
      ['other-', true],
      ['dedicated,node.kubernetes.io/unreachable-', false],
      ['node.kubernetes.io/unreachable=', true],
    ]
    for (const [text, expected] of cases)
      expect(matchesTaintQuery(parseTaintQuery(text), taints), text).to.equal(expected)
  })

  it('reads a minus inside a value as part of it', () => {
    expect(parseTaintQuery('team=a-b').conditions).to.deep.equal([{ key: 'team', value: 'a-b', isExcluded: false }])
    expect(parseTaintQuery('team=a-b-').conditions).to.deep.equal([{ key: 'team', value: 'a-b', isExcluded: true }])
  })

  it('refuses an effect that does not exist', () => {
    expect(() => parseTaintQuery('a=b:Never')).to.throw(/"a=b:Never" is not a taint: write key/)
  })
})
