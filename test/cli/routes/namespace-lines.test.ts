import { expect } from 'chai'
import { type CrashAlertRoute, crashAlertRoute } from '../../../src/api/crash-alert-route.ts'
import { countingLine, requireSelected } from '../../../src/cli/routes/namespace-lines.ts'

const toSlack = { name: 'slack', slack: { channel: '#gold' } }
const line = (name: string, namespaces: object) => ({ name, namespaces, receivers: [toSlack, { name: 'pager' }] })
const gold = { selector: { matchLabels: { tier: 'gold' } } }

function route(spec: object): CrashAlertRoute {
  return {
    ...{ apiVersion: 'dogwatch.dev/v1alpha1', kind: 'CrashAlertRoute' },
    metadata: { namespace: 'dogwatch-system', name: 'crashes', uid: 'c', resourceVersion: '1', generation: 1 },
    spec: crashAlertRoute.spec.parse(spec),
  } as CrashAlertRoute
}

const unknown = { name: 'payments', unknownBecause: 'there is no namespace payments' }
const payments = { name: 'payments', labels: { tier: 'gold' } }

describe('the line that counts for a namespace', () => {
  const lines = [line('dev', { names: ['dev'] }), line('gold', gold), line('rest', {})]
  const nameOf = (routes: object[], namespace: object) =>
    countingLine(route({ routes }).spec, { name: 'payments', ...namespace })?.name

  it('is found by its labels too', () => {
    expect(nameOf(lines, payments)).to.equal('gold')
    expect(nameOf(lines, { labels: {} })).to.equal('rest')
    expect(nameOf(lines.slice(0, 2), { labels: {} })).to.equal(undefined)
    expect(nameOf([], {})).to.equal(undefined)
  })

  it('is not guessed where the labels are not known and could decide', () => {
    expect(() => nameOf(lines, unknown)).to.throw(
      /line gold chooses by labels, and there is no namespace payments\. Say .* --receiver NAME/,
    )
    expect(nameOf([line('own', { names: ['payments'] }), ...lines], unknown), 'before it').to.equal('own')
    expect(nameOf([line('all', { selector: {} }), ...lines], unknown), 'selects everything').to.equal('all')
    expect(nameOf([line('dev', { names: ['dev'], ...gold }), line('rest', {})], unknown), 'by name').to.equal('rest')
  })
})

describe('a route that an edit is about', () => {
  const select = (namespaces: object, namespace: object) => () =>
    requireSelected(route({ namespaces }), { name: 'payments', ...namespace })

  it('has to select the namespace', () => {
    expect(select({ names: ['dev', 'web'] }, payments)).to.throw(
      'CrashAlertRoute dogwatch-system/crashes does not select namespace payments, so no line of it counts there: its spec.namespaces chooses dev, web.',
    )
    expect(select(gold, { labels: { tier: 'silver' } })).to.throw('chooses those with tier=gold')
    expect(select({ names: ['dev'], ...gold }, unknown)).to.throw('does not select')
    for (const ok of [select(gold, payments), select({ names: ['payments'] }, unknown), select(gold, unknown)]) {
      expect(ok).not.to.throw()
    }
  })
})
