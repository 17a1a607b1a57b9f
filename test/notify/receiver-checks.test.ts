import { expect } from 'chai'
import { OperatorError } from '../../src/base/errors.ts'
import type { Notifier, Preflight } from '../../src/notify/notifier.ts'
import { type CheckTarget, ReceiverChecks } from '../../src/notify/receiver-checks.ts'
import type { Secrets } from '../../src/notify/secrets.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const minuteMs = 60_000
const ok: Preflight = { status: 'ok', message: 'workspace acme' }
const refused: Preflight = { status: 'failed', reason: 'auth', message: 'invalid_auth' }
const receiver = { namespace: 'a', name: 'slack' }
const token = { name: 'slack', key: 'token' }

describe('checks of receivers', () => {
  let clock: VirtualClock
  let checks: ReceiverChecks
  let mayCheck: boolean
  let changes: number
  let mended: number
  /** By `name/key`; what is not here is missing. */
  let values: Record<string, string>
  let reads: number
  let refusals: number
  let preflights: number
  let answer: () => Promise<Preflight>

  beforeEach(() => {
    clock = new VirtualClock()
    mayCheck = true
    changes = 0
    mended = 0
    values = { 'slack/token': 'xoxb' }
    reads = 0
    refusals = 0
    preflights = 0
    answer = async () => ok
    const onChange = () => {
      changes += 1
    }
    const onMended = () => {
      mended += 1
    }
    checks = new ReceiverChecks({ clock, mayCheck: () => mayCheck, onChange, onMended })
  })

  afterEach(async () => {
    await checks.stop()
    expect(clock.pendingTimers).to.equal(0)
  })

  const secrets: Secrets = {
    read: async ({ name, key }) => {
      reads += 1
      const value = values[`${name}/${key}`]
      if (value === undefined) throw new OperatorError('SECRET_UNAVAILABLE', `Secret a/${name} has no key ${key}`)
      return value
    },
    refused: () => {
      refusals += 1
    },
  }

  function target(change: Partial<CheckTarget> = {}): CheckTarget {
    const notifier: Notifier = {
      rate: { burst: 1, intervalMs: 1 },
      notify: async () => ({ sent: true }),
      preflight: () => {
        preflights += 1
        return answer()
      },
    }
    return { ...receiver, version: '1', notifier, secrets, secretReferences: [token], ...change }
  }

  it('tell at once whether the credentials work, and then each hour', async () => {
    checks.watch(target())
    expect(checks.healthOf(receiver)).to.equal(undefined)
    await clock.advance(0)
    expect(checks.healthOf(receiver)).to.deep.equal({ secretProblems: [], preflight: ok })
    expect({ changes, preflights }).to.deep.equal({ changes: 1, preflights: 1 })
    await clock.advance(59 * minuteMs)
    expect({ changes, preflights }).to.deep.equal({ changes: 1, preflights: 1 })
    await clock.advance(2 * minuteMs)
    expect({ changes, preflights }).to.deep.equal({ changes: 1, preflights: 2 })
  })

  it('name a Secret that is missing, look each minute, and try the credentials when it came', async () => {
    values = {}
    checks.watch(target())
    await clock.advance(0)
    const missing = { secretProblems: ['Secret a/slack has no key token'], preflight: undefined }
    expect(checks.healthOf(receiver)).to.deep.equal(missing)
    expect(preflights).to.equal(0)
    values = { 'slack/token': 'xoxb' }
    await clock.advance(minuteMs)
    expect(checks.healthOf(receiver)).to.deep.equal({ secretProblems: [], preflight: ok })
    expect({ changes, mended }).to.deep.equal({ changes: 2, mended: 1 })
  })

  it('try credentials again when a Secret has another value', async () => {
    checks.watch(target())
    await clock.advance(5 * minuteMs)
    expect(preflights).to.equal(1)
    values = { 'slack/token': 'rotated' }
    await clock.advance(minuteMs)
    expect({ preflights, changes, mended }).to.deep.equal({ preflights: 2, changes: 1, mended: 1 })
  })

  it('try refused credentials again, read anew, within a minute', async () => {
    checks.watch(target())
    await clock.advance(0)
    answer = async () => refused
    checks.refused(receiver)
    expect(refusals).to.equal(1)
    await clock.advance(minuteMs)
    expect(checks.healthOf(receiver)?.preflight).to.deep.equal(refused)
    answer = async () => ok
    expect(mended).to.equal(0)
    await clock.advance(5 * minuteMs)
    expect(checks.healthOf(receiver)?.preflight).to.deep.equal(ok)
    expect(mended).to.equal(1)
  })

  it('give up what hangs, and say so', async () => {
    answer = () => new Promise(() => {})
    checks.watch(target())
    await clock.advance(10_000)
    const { preflight } = checks.healthOf(receiver) ?? {}
    expect(preflight).to.deep.equal({ status: 'failed', reason: 'timeout', message: 'no answer within 10 s' })
  })

  it('of many that hang delay no other for long', async () => {
    answer = () => new Promise(() => {})
    for (let n = 0; n < 20; n += 1) checks.watch({ ...target(), name: `hanging-${n}` })
    const quick: Notifier = { ...target().notifier, preflight: async () => ok }
    checks.watch({ ...target(), name: 'quick', notifier: quick })
    await clock.advance(30_000)
    expect(checks.healthOf({ namespace: 'a', name: 'quick' })?.preflight).to.deep.equal(ok)
  })

  it('begin anew with another version, also in the middle of one', async () => {
    answer = () => new Promise(() => {})
    checks.watch(target())
    await clock.advance(1_000)
    answer = async () => ok
    checks.watch(target({ version: '2' }))
    expect(checks.healthOf(receiver)).to.equal(undefined)
    await clock.advance(9_000)
    expect(checks.healthOf(receiver)?.preflight).to.deep.equal(ok)
  })

  it('are not made by a process that does not tell people, until it does', async () => {
    mayCheck = false
    checks.watch(target())
    await clock.advance(60 * minuteMs)
    expect({ preflights, reads }).to.deep.equal({ preflights: 0, reads: 0 })
    mayCheck = true
    checks.watch(target())
    await clock.advance(0)
    expect(preflights).to.equal(1)
  })

  it('are not made where there is nothing to check, nor of what is gone', async () => {
    const plain: Notifier = { rate: { burst: 1, intervalMs: 1 }, notify: async () => ({ sent: true }) }
    checks.watch(target({ notifier: plain, secretReferences: [] }))
    expect(checks.isChecked(receiver)).to.equal(false)
    checks.watch(target())
    await clock.advance(0)
    checks.forget(receiver)
    await clock.advance(120 * minuteMs)
    expect(preflights).to.equal(1)
    expect(checks.healthOf(receiver)).to.equal(undefined)
  })
})
