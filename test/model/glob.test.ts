import { expect } from 'chai'
import { matchesGlob } from '../../src/model/glob.ts'

describe('glob', () => {
  const cases: [pattern: string, text: string, isMatch: boolean][] = [
    ['ops', 'ops', true],
    ['ops', 'ops2', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['team-*', 'team-', true],
    ['team-*', 'team-a', true],
    ['team-*', 'a-team-a', false],
    ['*-alerts', 'shop-alerts', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'acb', false],
    ['aa*aa', 'aaa', false],
    ['a*a*a', 'aa', false],
    ['a.c', 'abc', false],
    ['', '', true],
    ['', 'x', false],
  ]
  for (const [pattern, text, isMatch] of cases) {
    it(`"${pattern}" ${isMatch ? 'is' : 'is not'} "${text}"`, () =>
      expect(matchesGlob(pattern, text)).to.equal(isMatch))
  }

  it('is not slowed down by any pattern', function () {
    this.timeout(2_000)
    expect(matchesGlob(`${'*a'.repeat(5_000)}b`, 'a'.repeat(20_000))).to.equal(false)
  })
})
