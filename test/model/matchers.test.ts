import { expect } from 'chai'
import { compileMatcher, matchesAll } from '../../src/model/matchers.ts'

const matcher = (value: string, regex = false) => compileMatcher({ name: 'pod', value, regex })

describe('matchers', () => {
  it('compare a whole label', () => {
    expect(matcher('load').matches('load')).to.equal(true)
    expect(matcher('load').matches('load-1')).to.equal(false)
    expect(matcher('load-.*', true).matches('load-1')).to.equal(true)
    expect(matcher('load-.*', true).matches('a-load-1')).to.equal(false)
    expect(matcher('a|b', true).matches('ab')).to.equal(false)
    expect(matcher('load-.*').matches('load-1')).to.equal(false)
  })

  it('all have to hold; a label that is missing is empty, also one called constructor', () => {
    const both = [matcher('load-.*', true), compileMatcher({ name: 'team', value: 'x', regex: false })]
    expect(matchesAll(both, { pod: 'load-1', team: 'x' })).to.equal(true)
    expect(matchesAll(both, { pod: 'load-1' })).to.equal(false)
    const none = [compileMatcher({ name: 'constructor', value: '', regex: false })]
    expect(matchesAll(none, { pod: 'load-1' })).to.equal(true)
  })

  it('refuse what is no RE2 pattern, and say so', () => {
    expect(() => matcher('a(', true)).to.throw('"a(" is not a pattern that RE2 reads: ')
    expect(() => matcher('(?=a)', true)).to.throw('"(?=a)" is not a pattern')
    expect(() => matcher('(a)\\1', true)).to.throw('is not a pattern')
    expect(() => matcher('a{1001}', true)).to.throw('is not a pattern')
  })

  it('take no time that grows beyond the text, whatever the pattern', function () {
    this.timeout(5_000)
    expect(matcher('(a*)*b', true).matches('a'.repeat(10_000))).to.equal(false)
  })
})
