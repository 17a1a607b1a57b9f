/** Silences without a cluster: what people type, and what they see. */
import { expect } from 'chai'
import type { Silence } from '../../../src/api/silence.ts'
import { momentMs, pastMomentMs } from '../../../src/cli/options/moment.ts'
import { colorPaint } from '../../../src/cli/output/color.ts'
import { formatListing } from '../../../src/cli/output/listing.ts'
import { matcherText, parseMatcher } from '../../../src/cli/silence/matcher-text.ts'
import { silenceListing } from '../../../src/cli/silence/silence-listing.ts'
import { silenceRecord } from '../../../src/cli/silence/silence-record.ts'
import { silenceSpan } from '../../../src/cli/silence/silence-span.ts'
import { expectGolden } from '../../support/golden.ts'

const nowMs = Date.parse('2026-12-01T12:40:00Z')
const zurich = { nowMs, timeZone: 'Europe/Zurich' }

describe('matchers of silences', () => {
  it('are label=value or label=~pattern', () => {
    expect(parseMatcher('namespace=dev')).to.deep.equal({ name: 'namespace', value: 'dev', regex: false })
    expect(parseMatcher('pod=~load-.*')).to.deep.equal({ name: 'pod', value: 'load-.*', regex: true })
    expect(parseMatcher('pod=~"load-.*"').value).to.equal('load-.*')
    expect(parseMatcher('name=a=b').value).to.equal('a=b')
    expect(parseMatcher('quota=').value).to.equal('')
  })

  it('are written as they are read', () => {
    for (const text of ['namespace=dev', 'pod=~load-.*', 'name=a=b', 'quota=""']) {
      expect(matcherText(parseMatcher(text))).to.equal(text)
    }
  })

  it('say what is wrong with others', () => {
    const cases: [text: string, words: RegExp][] = [
      ['dev', /"dev" is not a matcher: write label=value/],
      ['a b=c', /is not a matcher/],
      ['namespace!=dev', /only says what it is about/],
      ['pod=~(', /pod: .*not a pattern that RE2 reads/],
    ]
    for (const [text, words] of cases) expect(() => parseMatcher(text), text).to.throw(words)
  })
})

describe('the span of a silence', () => {
  const evening = { nowMs: Date.parse('2026-12-01T20:15:00Z'), timeZone: 'UTC' }

  it('ends at the first such time after it begins, whatever the time is now', () => {
    const upgrade = { from: '20:00', until: '22:00' }
    const on = (day: string) => ({ startsAt: `${day}T20:00:00.000Z`, endsAt: `${day}T22:00:00.000Z` })
    expect(silenceSpan(upgrade, evening)).to.deep.equal(on('2026-12-02'))
    expect(silenceSpan(upgrade, { ...evening, nowMs })).to.deep.equal(on('2026-12-01'))
    const night = { startsAt: '2026-12-01T22:00:00.000Z', endsAt: '2026-12-02T06:00:00.000Z' }
    expect(silenceSpan({ from: '22:00', until: '06:00' }, evening)).to.deep.equal(night)
  })

  it('ends in time to come, also where it began before', () => {
    const from = '2026-12-01 08:00'
    expect(silenceSpan({ from, until: '08:30' }, evening)).to.have.property('endsAt', '2026-12-02T08:30:00.000Z')
    expect(() => silenceSpan({ from, until: '2026-12-01 08:30' }, evening)).to.throw('name a time to come')
  })
})

describe('times that people type', () => {
  const at = (text: string, now = zurich) => new Date(momentMs('--until', text, now)).toISOString()

  it('are those of their clock', () => {
    expect(at('22:00')).to.equal('2026-12-01T21:00:00.000Z')
    expect(at('2026-12-24 08:30')).to.equal('2026-12-24T07:30:00.000Z')
    expect(at('2026-07-01T08:30')).to.equal('2026-07-01T06:30:00.000Z')
    expect(at('2026-12-24')).to.equal('2026-12-23T23:00:00.000Z')
  })

  it('are tomorrow where they are over today', () => {
    expect(at('13:40')).to.equal('2026-12-02T12:40:00.000Z')
    expect(at('13:41')).to.equal('2026-12-01T12:41:00.000Z')
  })

  it('are right over a change of clocks', () => {
    const eve = { nowMs: Date.parse('2026-03-28T20:00:00Z'), timeZone: 'Europe/Zurich' }
    expect(at('08:00', eve)).to.equal('2026-03-29T06:00:00.000Z')
    expect(at('2026-10-25 08:00', eve)).to.equal('2026-10-25T07:00:00.000Z')
  })

  it('are of the past where that is asked for', () => {
    const past = (text: string) => new Date(pastMomentMs('--since', text, zurich)).toISOString()
    expect(past('24h')).to.equal('2026-11-30T12:40:00.000Z')
    expect(past('7d')).to.equal('2026-11-24T12:40:00.000Z')
    expect(past('13:40')).to.equal('2026-12-01T12:40:00.000Z')
    expect(past('13:41')).to.equal('2026-11-30T12:41:00.000Z')
    expect(past('2026-11-24 08:30')).to.equal('2026-11-24T07:30:00.000Z')
    expect(() => past('yesterday')).to.throw(/--since "yesterday" is not a time: write 24h or 7d ago/)
  })

  it('are with an offset, or from now', () => {
    expect(at('2026-12-01T22:00:00-05:00')).to.equal('2026-12-02T03:00:00.000Z')
    expect(at('1h30m')).to.equal('2026-12-01T14:10:00.000Z')
    expect(at('2d')).to.equal('2026-12-03T12:40:00.000Z')
  })

  it('are refused with the ways to write one', () => {
    for (const text of ['soon', '25:00', '12:60', '2026-12-01 24:30', '', '2d5']) {
      expect(() => at(text), text).to.throw(/^--until ".*" is not a time: write 22:00/)
    }
  })
})

const silence = (name: string, spec: object, more: { status?: object; metadata?: object } = {}): Silence =>
  ({
    apiVersion: 'dogwatch.dev/v1alpha1',
    kind: 'Silence',
    metadata: {
      ...{ name, namespace: 'dev', uid: name, resourceVersion: '1', generation: 1 },
      creationTimestamp: '2026-12-01T12:00:00Z',
      ...more.metadata,
    },
    spec: { matchers: [{ name: 'namespace', value: 'dev', regex: false }], duration: '2h', ...spec },
    ...(more.status === undefined ? {} : { status: { observedGeneration: 1, ...more.status } }),
  }) as unknown as Silence

const refusal = { type: 'Accepted', status: 'False', reason: 'InvalidSpec', message: 'spec.matchers: too wide' }
const samples = [
  silence(
    'nightly-load',
    { matchers: [{ name: 'pod', value: 'load-.*', regex: true }], comment: 'load test', createdBy: 'ada@example.com' },
    { status: { muted: 3 } },
  ),
  silence(
    'silence-b7x2kd',
    { startsAt: '2026-12-01T19:00:00Z', comment: 'upgrade of the cluster to 1.36' },
    { status: { muted: 0 } },
  ),
  silence('too-wide', {}, { status: { conditions: [refusal] }, metadata: { namespace: 'payments' } }),
  silence('unseen', {
    matchers: [
      { name: 'severity', value: 'warning', regex: false },
      { name: 'team', value: 'platform', regex: false },
    ],
    duration: '999h',
  }),
  silence('yesterday', {}, { metadata: { creationTimestamp: '2026-11-30T12:00:00Z' }, status: { muted: 0 } }),
]

describe('silences on a screen', () => {
  const records = samples.map((sample) => silenceRecord(sample, nowMs))
  const listing = (options: { namespace?: string; hasExpired?: boolean } = {}) =>
    silenceListing(records, { now: zurich, namespace: options.namespace, hasExpired: options.hasExpired ?? false })

  it('show what silences first, and what ends soonest of that', async () => {
    for (const width of [80, 120, undefined]) {
      expectGolden(`cli/silence/list.${width ?? 'pipe'}.txt`, await formatListing(listing(), 'table', { width }))
    }
    expectGolden(
      'cli/silence/list-wide.txt',
      await formatListing(listing({ hasExpired: true }), 'wide', { width: undefined }),
    )
  })

  it('are coloured where they need somebody', async () => {
    const text = await formatListing(listing(), 'table', { width: 120, paint: colorPaint })
    expect(text).to.contain('\u001b[31mRefused')
    expect(text).to.contain('\u001b[33mActive')
  })

  it('are whole for programs', async () => {
    for (const output of ['json', 'yaml', 'csv'] as const) {
      expectGolden(
        `cli/silence/list.${output}`,
        await formatListing(listing({ hasExpired: true }), output, { width: 80 }),
      )
    }
  })

  it('say that there are none', async () => {
    const none = silenceListing([], { now: zurich, namespace: 'dev', hasExpired: false })
    expect(await formatListing(none, 'table', { width: 80 })).to.equal(
      'Nothing is silenced in namespace dev; -A looks in all.\n',
    )
  })
})
