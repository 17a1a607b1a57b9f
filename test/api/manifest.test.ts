import { expect } from 'chai'
import { allKinds } from '../../src/api/kinds.ts'
import { parseManifest } from '../../src/api/manifest.ts'

const policy = (spec: object) => ({
  apiVersion: 'dogwatch.dev/v1alpha1',
  kind: 'CapacityPolicy',
  metadata: { name: 'a', namespace: 'b' },
  spec,
})
const rule = { name: 'cpu', scope: 'Node', resource: 'cpu', measure: 'Requests', above: 80 }

describe('parseManifest', () => {
  it('fills in defaults as the API server does', () => {
    const { metadata, spec } = parseManifest(policy({ rules: [rule], reminder: {} }))
    expect(metadata).to.deep.equal({ name: 'a', namespace: 'b' })
    expect(spec).to.deep.equal({
      severity: 'warning',
      interval: '30s',
      suspend: false,
      rules: [{ ...rule, for: '0s' }],
      reminder: { every: '30m', max: 5 },
    })
  })

  it('names every problem with its field', () => {
    const spec = { rules: [{ ...rule, above: 0, typo: 1 }, { ...rule }], interval: '1s', remind: {} }
    expect(() => parseManifest(policy(spec)))
      .to.throw()
      .with.property('message')
      .that.contains('spec.rules[0].above: ')
      .and.contains('spec.rules[0].typo: unknown field')
      .and.contains('spec.interval: use a duration from 5s to 1h')
      .and.contains('spec.remind: unknown field')
  })

  it('refuses rules of the same name, and conditions across fields', () => {
    expect(() => parseManifest(policy({ rules: [rule, rule] }))).to.throw('spec.rules: two entries have the same name')
    expect(() => parseManifest(policy({ rules: [{ ...rule, clear: 81 }] }))).to.throw('spec.rules[0].clear: set clear')
  })

  it('says which kinds there are when it is given another', () => {
    expect(() => parseManifest({ apiVersion: 'v1', kind: 'Pod' })).to.throw('AlertReceiver, CapacityPolicy')
    for (const value of [undefined, null, 3, 'x', []]) expect(() => parseManifest(value)).to.throw('none of Dogwatch')
  })

  it('asks for a name and a spec', () => {
    const nothing = { apiVersion: 'dogwatch.dev/v1alpha1', kind: 'CapacityPolicy' }
    expect(() => parseManifest(nothing)).to.throw(/metadata\.name: [\s\S]*spec: /)
  })

  for (const { kind, example } of allKinds) {
    it(`takes the example of ${kind} in the reference`, () => {
      const manifest = { apiVersion: 'dogwatch.dev/v1alpha1', kind, metadata: { name: 'x' }, spec: example }
      expect(parseManifest(manifest).kind).to.equal(kind)
    })
  }
})
