import { expect } from 'chai'
import type { Alert, ObjectReference } from '../../src/model/alert.ts'
import { compileMatcher } from '../../src/model/matchers.ts'
import { type SilenceRule, Silences } from '../../src/notify/silences.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const secondMs = 1_000
const hourMs = 3_600 * secondMs

function anAlert(object: ObjectReference, labels: Record<string, string> = {}): Alert {
  return {
    ...{ key: object.name, rule: 'r', severity: 'warning', state: 'firing', title: 't', lines: [], object, labels },
    policy: { kind: 'CapacityPolicy', namespace: 'dogwatch-system', name: 'p', uid: 'u' },
    ...{ since: 's', at: 'a' },
  }
}

const podOf = (namespace: string, name = 'load-1') =>
  anAlert({ kind: 'Pod', namespace, name }, { pod: name, namespace })
const node = anAlert({ kind: 'Node', name: 'n' }, { node: 'n' })

describe('silences', () => {
  let clock: VirtualClock
  let silences: Silences
  let changes: number
  let due: string[]

  beforeEach(() => {
    clock = new VirtualClock()
    changes = 0
    due = []
    silences = new Silences({
      clock,
      onChange: () => {
        changes += 1
      },
      onDue: (key) => due.push(key),
    })
  })

  afterEach(() => {
    silences.stop()
    expect(clock.pendingTimers).to.equal(0)
  })

  const rule = (change: Partial<SilenceRule> = {}): SilenceRule => ({
    matchers: [compileMatcher({ name: 'pod', value: 'load-.*', regex: true })],
    onlyNamespace: undefined,
    startMs: clock.nowMs(),
    endMs: clock.nowMs() + hourMs,
    ...change,
  })
  const anything = [compileMatcher({ name: 'severity', value: '.+', regex: true })]

  it('mute what all matchers select, from their start to their end', async () => {
    silences.set('a/s', rule({ startMs: clock.nowMs() + 10 * secondMs }))
    expect(silences.isSilenced(podOf('shop'))).to.equal(false)
    await clock.advance(10 * secondMs)
    expect(silences.isSilenced(podOf('shop'))).to.equal(true)
    expect(silences.isSilenced(podOf('shop', 'web'))).to.equal(false)
    await clock.advance(hourMs - 10 * secondMs - 1)
    expect(silences.isSilenced(podOf('shop'))).to.equal(true)
    await clock.advance(1)
    expect(silences.isSilenced(podOf('shop'))).to.equal(false)
  })

  it('say at once when they begin and when they end, and count now and then in between', async () => {
    silences.set('a/s', rule({ startMs: clock.nowMs() + 10 * secondMs, endMs: clock.nowMs() + 100 * secondMs }))
    expect({ changes, due }).to.deep.equal({ changes: 1, due: [] })
    await clock.advance(10 * secondMs)
    expect({ changes, due }).to.deep.equal({ changes: 2, due: ['a/s'] })
    await clock.advance(89 * secondMs)
    expect(changes).to.equal(2)
    expect(due.length).to.equal(3)
    await clock.advance(secondMs)
    expect(changes).to.equal(3)
    expect(due.length).to.be.greaterThan(3)
    const before = due.length
    await clock.advance(hourMs)
    expect({ changes, due: due.length }).to.deep.equal({ changes: 3, due: before })
  })

  it('of a tenant mute alerts about its own namespace alone, whatever the matchers say', () => {
    silences.set('team-a/s', rule({ matchers: anything, onlyNamespace: 'team-a' }))
    expect(silences.isSilenced(podOf('team-a'))).to.equal(true)
    expect(silences.isSilenced(anAlert({ kind: 'Namespace', name: 'team-a' }))).to.equal(true)
    expect(silences.isSilenced(podOf('team-b'))).to.equal(false)
    expect(silences.isSilenced(node)).to.equal(false)
    const disguised = anAlert({ kind: 'Node', name: 'n' }, { namespace: 'team-a' })
    expect(silences.isSilenced(disguised)).to.equal(false)
  })

  it('tell how many alerts each mutes now', async () => {
    silences.set('a/pods', rule())
    silences.set('a/all', rule({ matchers: anything, endMs: clock.nowMs() + secondMs }))
    const alerts = [podOf('shop'), podOf('shop', 'web'), node]
    expect(silences.countMuted('a/pods', alerts)).to.equal(1)
    expect(silences.countMuted('a/all', alerts)).to.equal(3)
    await clock.advance(secondMs)
    expect(silences.countMuted('a/all', alerts)).to.equal(0)
    expect(silences.countMuted('a/unknown', alerts)).to.equal(0)
  })

  it('are changes where they come, change and go, and not where nothing is another', () => {
    const one = rule()
    silences.set('a/s', one)
    silences.set('a/s', { ...one })
    expect(changes).to.equal(1)
    silences.set('a/s', { ...one, endMs: one.endMs + 1 })
    expect(changes).to.equal(2)
    silences.delete('a/s')
    silences.delete('a/s')
    expect(changes).to.equal(3)
    expect(silences.isSilenced(podOf('shop'))).to.equal(false)
  })

  it('are looked at again when it is time to forget them', async () => {
    silences.set('a/s', rule({ endMs: clock.nowMs() + secondMs, forgetMs: clock.nowMs() + 25 * hourMs }))
    await clock.advance(24 * hourMs)
    const before = due.length
    await clock.advance(hourMs)
    expect(due.length - before).to.equal(1)
  })

  it('that last for months wait in steps that timers can count', async () => {
    silences.set('a/s', rule({ startMs: clock.nowMs() + 1_000 * hourMs, endMs: clock.nowMs() + 9_000 * hourMs }))
    await clock.advance(1_000 * hourMs)
    expect(due).to.deep.equal(['a/s'])
  })
})
