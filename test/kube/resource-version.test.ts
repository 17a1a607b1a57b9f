import { expect } from 'chai'
import fc from 'fast-check'
import { compareResourceVersions, isOlderResourceVersion } from '../../src/kube/resource-version.ts'

describe('compareResourceVersions', () => {
  it('orders decimals of any length as integers', () => {
    const version = fc.bigInt({ min: 1n, max: 10n ** 40n })
    fc.assert(
      fc.property(version, version, (left, right) => {
        const order = compareResourceVersions(left.toString(), right.toString())
        expect(Math.sign(order!)).to.equal(left < right ? -1 : left > right ? 1 : 0)
      }),
    )
  })

  it('says nothing about anything else', () => {
    for (const strange of ['', '0', '01', '-1', '1.2', 'abc', '12a', ' 12']) {
      expect(compareResourceVersions(strange, '12'), strange).to.equal(undefined)
      expect(isOlderResourceVersion(strange, '12'), strange).to.equal(false)
    }
  })

  it('finds the same opaque text equal', () => {
    expect(compareResourceVersions('a.b', 'a.b')).to.equal(0)
  })

  it('is strictly older only when smaller', () => {
    expect(isOlderResourceVersion('9', '10')).to.equal(true)
    expect(isOlderResourceVersion('10', '10')).to.equal(false)
    expect(isOlderResourceVersion('11', '10')).to.equal(false)
  })
})
