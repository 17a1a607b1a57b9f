import { expect } from 'chai'
import {
  type CrashSubject,
  matchRoute,
  type Routed,
  selectsNamespace,
} from '../../../src/watchers/crash/route-match.ts'
import { watchedRoute } from '../../support/crash-routes.ts'

const slack = { name: 'slack', slack: { channel: '#all' } }
const receivers = [slack]

function crash(more: Partial<CrashSubject> = {}): CrashSubject {
  return {
    namespace: { name: 'shop', labels: { tier: 'gold' } },
    ...{ name: 'load-7', container: 'app', reason: 'Error', exitCode: 143, isOptedOut: false },
    ...more,
  }
}

/** The verdict and by what. */
function verdict(spec: object, more: Partial<CrashSubject> = {}, onlyNamespace?: string): string {
  const match = matchRoute(watchedRoute({ receivers, ...spec }, { onlyNamespace }), crash(more))
  return match.verdict === 'Routed' ? `Routed by ${match.line ?? 'default'}` : `${match.verdict} by ${match.by}`
}

const line = (name: string, namespaces?: object) => ({ name, receivers: [slack], ...(namespaces && { namespaces }) })

describe('the way of a crash', () => {
  it('begins with the namespaces of the route: names and selector both have to hold', () => {
    expect(verdict({})).to.equal('Routed by default')
    expect(verdict({ namespaces: { names: [], selector: {} } })).to.equal('Routed by default')
    expect(verdict({ namespaces: { names: ['shop', 'other'] } })).to.equal('Routed by default')
    expect(verdict({ namespaces: { names: ['other'] } })).to.equal('NotSelected by spec.namespaces')
    const gold = { matchLabels: { tier: 'gold' } }
    expect(verdict({ namespaces: { selector: gold } })).to.equal('Routed by default')
    expect(verdict({ namespaces: { names: ['other'], selector: gold } })).to.equal('NotSelected by spec.namespaces')
    const free = { matchLabels: { tier: 'free' } }
    expect(verdict({ namespaces: { names: ['shop'], selector: free } })).to.equal('NotSelected by spec.namespaces')
  })

  it('ends at once where the route of a tenant would see another namespace', () => {
    expect(verdict({ namespaces: { names: ['shop'] } }, {}, 'other')).to.equal('NotSelected by scope')
    expect(verdict({}, {}, 'shop')).to.equal('Routed by default')
    const route = watchedRoute({}, { onlyNamespace: 'other' })
    expect(selectsNamespace(route, crash().namespace)).to.equal(false)
    expect(selectsNamespace(route, { name: 'other', labels: {} })).to.equal(true)
  })

  it('takes the first line that matches, in the order in which they are written', () => {
    const routes = [line('other', { names: ['other'] }), line('gold', { selector: { matchLabels: { tier: 'gold' } } })]
    expect(verdict({ routes: [...routes, line('shop', { names: ['shop'] })] })).to.equal('Routed by gold')
    expect(verdict({ routes: [line('shop', { names: ['shop'] }), ...routes] })).to.equal('Routed by shop')
    expect(verdict({ routes: [...routes, line('rest')] }, { namespace: { name: 'x', labels: {} } })).to.equal(
      'Routed by rest',
    )
    expect(verdict({ routes }, { namespace: { name: 'x', labels: {} } })).to.equal('Routed by default')
  })

  it('goes to the receivers of the line alone, and to none where the line has none that can be used', () => {
    const route = watchedRoute({ routes: [line('shop', { names: ['shop'] })], receivers: [{ name: 'mail' }] })
    const uses = (match: Routed) => match.receivers.map(({ use, chosenBy }) => [use, chosenBy])
    const bySlack = { namespace: 'dogwatch-system', name: 'slack', slackChannel: '#all' }
    expect(uses(matchRoute(route, crash()) as Routed)).to.deep.equal([[bySlack, 'Route']])
    const elsewhere = matchRoute(route, crash({ namespace: { name: 'x', labels: {} } })) as Routed
    expect(uses(elsewhere)).to.deep.equal([[{ namespace: 'dogwatch-system', name: 'mail' }, 'Receiver']])
    const bare = { ...route, lines: [{ name: 'shop', namespaces: undefined, receivers: [] }] }
    expect(matchRoute(bare, crash())).to.deep.equal({ verdict: 'Routed', line: 'shop', receivers: [] })
  })

  it('is not told where its reason is not asked for, or the pod opted out and may', () => {
    expect(verdict({ reasons: ['OOMKilled'] })).to.equal('Ignored by spec.reasons')
    expect(verdict({ reasons: [] })).to.equal('Routed by default')
    expect(verdict({ reasons: ['OOMKilled', 'Error'] })).to.equal('Routed by default')
    expect(verdict({ optOut: true }, { isOptedOut: true })).to.equal('Ignored by spec.optOut')
    expect(verdict({ optOut: true })).to.equal('Routed by default')
    expect(verdict({}, { isOptedOut: true })).to.equal('Routed by default')
  })

  const whole = { namespace: 'sh*', pod: 'load-*', container: '*', reason: 'Error', exitCodes: [1, 143] }
  it('is not told where all that an entry of ignore sets holds', () => {
    expect(verdict({ ignore: [{ pod: 'x' }, whole] })).to.equal('Ignored by spec.ignore[1]')
    const others: Partial<CrashSubject>[] = [
      { namespace: { name: 'other', labels: {} } },
      { name: 'web-7' },
      { reason: 'OOMKilled' },
      { exitCode: 2 },
      { exitCode: undefined },
    ]
    for (const more of others) expect(verdict({ ignore: [whole] }, more)).to.equal('Routed by default')
  })

  it('sees a pattern as the whole name, and an absent container as an empty one', () => {
    expect(verdict({ ignore: [{ pod: 'load' }] })).to.equal('Routed by default')
    expect(verdict({ ignore: [{ container: '*' }] }, { container: undefined })).to.equal('Ignored by spec.ignore[0]')
    expect(verdict({ ignore: [{ container: 'app' }] }, { container: undefined })).to.equal('Routed by default')
    expect(verdict({ ignore: [{ container: 'a?p' }] })).to.equal('Routed by default')
  })
})
