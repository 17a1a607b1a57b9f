import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { silentLogger } from '../../src/base/log.ts'
import type { Alert } from '../../src/model/alert.ts'
import { createConsoleNotifier } from '../../src/notify/channels/console.ts'
import { createFileNotifier } from '../../src/notify/channels/file.ts'
import { Dispatcher } from '../../src/notify/dispatcher.ts'
import type { Delivery, Notifier } from '../../src/notify/notifier.ts'
import { Receivers } from '../../src/notify/receivers.ts'
import { renderText } from '../../src/notify/render-text.ts'
import { settle, VirtualClock } from '../support/virtual-clock.ts'

const signal = new AbortController().signal

function anAlert(changes: Partial<Alert> = {}): Alert {
  return {
    key: 'uid/node-cpu/Node/node-1',
    policy: { kind: 'CapacityPolicy', namespace: 'dogwatch-system', name: 'nodes', uid: 'uid' },
    rule: 'node-cpu',
    severity: 'critical',
    reason: 'first',
    object: { kind: 'Node', name: 'node-1' },
    title: 'Node node-1: cpu requests at 93.1%, above 80%',
    lines: ['3.72 of 4 cpu requested, since 12:00:05', 'next: kubectl describe node node-1'],
    labels: { team: 'platform' },
    runbookURL: 'https://runbooks.example/node-cpu',
    clusterName: 'blue',
    since: '2026-01-01T12:00:05Z',
    at: '2026-01-01T12:05:05Z',
    ...changes,
  }
}

describe('text of an alert', () => {
  it('says the most important thing first and its source last', () => {
    expect(renderText(anAlert()).split('\n')).to.deep.equal([
      '2026-01-01T12:05:05Z  CRITICAL  [blue] Node node-1: cpu requests at 93.1%, above 80%',
      '    3.72 of 4 cpu requested, since 12:00:05',
      '    next: kubectl describe node node-1',
      '    runbook: https://runbooks.example/node-cpu',
      '    policy dogwatch-system/nodes, rule node-cpu  {team=platform}',
    ])
  })

  it('tells a reminder and an end from a first message', () => {
    const heads = (['reminder', 'resolved', 'closed'] as const).map(
      (reason) => renderText(anAlert({ reason })).split('  ')[1],
    )
    expect(heads).to.deep.equal(['STILL CRITICAL', 'RESOLVED', 'CLOSED'])
  })

  it('lets no name command the terminal', () => {
    expect(renderText(anAlert({ title: 'Pod \u001b[2Jevil\nline' }))).to.include('Pod ?[2Jevil?line')
  })
})

describe('file receiver', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-file-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('writes one JSON line an alert and rotates without splitting or losing one', async () => {
    const lineBytes = JSON.stringify(anAlert({ key: 'k00' })).length + 1
    const notifier = createFileNotifier({ folder, path: 'team/alerts.log', maxBytes: lineBytes * 3, maxFiles: 4 })
    for (let n = 0; n < 10; n += 1) await notifier.notify(anAlert({ key: `k${String(n).padStart(2, '0')}` }), signal)
    const names = (await readdir(join(folder, 'team'))).sort()
    expect(names).to.deep.equal(['alerts.log', 'alerts.log.1', 'alerts.log.2', 'alerts.log.3'])
    const texts = await Promise.all(names.reverse().map((name) => readFile(join(folder, 'team', name), 'utf8')))
    const keys = texts
      .join('')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).key)
    expect(keys).to.deep.equal(['k00', 'k01', 'k02', 'k03', 'k04', 'k05', 'k06', 'k07', 'k08', 'k09'])
  })

  it('keeps no more files than it may', async () => {
    const notifier = createFileNotifier({ folder, path: 'a.log', maxBytes: 10, maxFiles: 2 })
    for (let n = 0; n < 5; n += 1) await notifier.notify(anAlert({ key: `k${n}` }), signal)
    expect((await readdir(folder)).sort()).to.deep.equal(['a.log', 'a.log.1'])
  })

  it('refuses to leave its folder', () => {
    for (const path of ['../x', '/etc/passwd', 'a/../../x', '.']) {
      expect(() => createFileNotifier({ folder, path, maxBytes: 1, maxFiles: 1 }), path).to.throw('spec.file.path')
    }
  })

  it('says why it could not write', async () => {
    const notifier = createFileNotifier({ folder: '/dev/null', path: 'a.log', maxBytes: 1, maxFiles: 1 })
    const delivery = await notifier.notify(anAlert(), signal)
    expect(delivery).to.include({ sent: false, retry: true })
  })
})

describe('dispatcher', () => {
  const hanging: Notifier = { notify: () => new Promise<Delivery>(() => undefined) }

  function setUp() {
    const clock = new VirtualClock()
    const results: string[] = []
    const dispatcher = new Dispatcher({
      clock,
      logger: silentLogger,
      observe: (destination, result) => results.push(`${destination.name} ${result}`),
    })
    return { clock, dispatcher, results }
  }

  it('does not let a receiver that hangs delay another, and gives it up', async () => {
    const { clock, dispatcher, results } = setUp()
    const lines: string[] = []
    const console = createConsoleNotifier((line) => lines.push(line))
    const sent = dispatcher.deliver(anAlert(), [
      { namespace: 'a', name: 'hanging', notifier: hanging },
      { namespace: 'a', name: 'console', notifier: console },
    ])
    await settle()
    expect(lines).to.have.length(1)
    await clock.advance(120_000)
    expect(await sent).to.equal(true)
    expect(results).to.deep.equal(['console sent', 'hanging timeout'])
  })

  it('tries again when the receiver may recover, not when it cannot', async () => {
    const { clock, dispatcher } = setUp()
    const tries = { recovering: 0, broken: 0 }
    const recovering: Notifier = {
      notify: async () => {
        tries.recovering += 1
        if (tries.recovering < 3) return { sent: false, retry: true, reason: 'server', message: 'busy' }
        return { sent: true }
      },
    }
    const broken: Notifier = {
      notify: async () => {
        tries.broken += 1
        return { sent: false, retry: false, reason: 'auth', message: 'no' }
      },
    }
    const sent = dispatcher.deliver(anAlert(), [
      { namespace: 'a', name: 'recovering', notifier: recovering },
      { namespace: 'a', name: 'broken', notifier: broken },
    ])
    await clock.advance(60_000)
    expect(await sent).to.equal(true)
    expect(tries).to.deep.equal({ recovering: 3, broken: 1 })
  })

  it('keeps the order of messages to one receiver', async () => {
    const { clock, dispatcher } = setUp()
    const order: string[] = []
    const slowFirst: Notifier = {
      notify: async (alert) => {
        if (alert.key === 'first') await clock.sleep(1_000)
        order.push(alert.key)
        return { sent: true }
      },
    }
    const destination = { namespace: 'a', name: 'slow', notifier: slowFirst }
    const both = [
      dispatcher.deliver(anAlert({ key: 'first' }), [destination]),
      dispatcher.deliver(anAlert({ key: 'second' }), [destination]),
    ]
    await settle()
    await clock.advance(5_000)
    await Promise.all(both)
    expect(order).to.deep.equal(['first', 'second'])
  })

  it('says that an alert is taken as soon as one receiver took it', async () => {
    const { dispatcher } = setUp()
    const sent = dispatcher.deliver(anAlert(), [
      { namespace: 'a', name: 'hanging', notifier: hanging },
      { namespace: 'a', name: 'console', notifier: createConsoleNotifier(() => undefined) },
    ])
    expect(await sent).to.equal(true)
    await dispatcher.stop()
  })

  it('lets only so many messages wait for a receiver, and refuses the others', async () => {
    const { dispatcher, results } = setUp()
    const destination = { namespace: 'a', name: 'hanging', notifier: hanging }
    const sent = Array.from({ length: 510 }, () => dispatcher.deliver(anAlert(), [destination]))
    expect(await Promise.all(sent.slice(500))).to.deep.equal(Array.from({ length: 10 }, () => false))
    expect(results).to.deep.equal(Array.from({ length: 10 }, () => 'hanging rateLimited'))
    await dispatcher.stop()
    expect(await Promise.all(sent)).not.to.include(true)
  })

  it('sends nothing of what waits once it is stopped', async () => {
    const { clock, dispatcher } = setUp()
    const taken: string[] = []
    const failsFirst: Notifier = {
      notify: async ({ key }) => {
        taken.push(key)
        return { sent: false, retry: true, reason: 'server', message: 'busy' }
      },
    }
    const destination = { namespace: 'a', name: 'slow', notifier: failsFirst }
    const sent = ['first', 'second'].map((key) => dispatcher.deliver(anAlert({ key }), [destination]))
    await settle()
    await dispatcher.stop()
    await clock.advance(60_000)
    expect(await Promise.all(sent)).to.deep.equal([false, false])
    expect(taken).to.deep.equal(['first'])
  })

  it('tries nothing while it is not up to this process to tell', async () => {
    const clock = new VirtualClock()
    const lines: string[] = []
    let mayTell = false
    const dispatcher = new Dispatcher({ clock, logger: silentLogger, mayTell: () => mayTell })
    const destination = { namespace: 'a', name: 'console', notifier: createConsoleNotifier((line) => lines.push(line)) }
    expect(await dispatcher.deliver(anAlert(), [destination])).to.equal(false)
    mayTell = true
    expect(await dispatcher.deliver(anAlert(), [destination])).to.equal(true)
    expect(lines).to.have.length(1)
  })

  it('keeps nothing of what it has delivered', async () => {
    const { clock, dispatcher } = setUp()
    const destination = { namespace: 'a', name: 'console', notifier: createConsoleNotifier(() => undefined) }
    for (let n = 0; n < 1_000; n += 1) await dispatcher.deliver(anAlert(), [destination])
    expect(clock.pendingTimers).to.equal(0)
    await dispatcher.stop()
  })

  it('ends at once when it is stopped', async () => {
    const { clock, dispatcher } = setUp()
    const sent = dispatcher.deliver(anAlert(), [{ namespace: 'a', name: 'hanging', notifier: hanging }])
    await settle()
    await dispatcher.stop()
    expect(await sent).to.equal(false)
    expect(clock.pendingTimers).to.equal(0)
  })
})

describe('receivers', () => {
  const notifier: Notifier = { notify: async () => ({ sent: true }) }
  const dev = { name: 'dev', labels: {} }
  const oncall = { namespace: 'ops', name: 'oncall' }

  it('are found in their own namespace, and elsewhere only when shared', () => {
    const receivers = new Receivers()
    receivers.set({ ...oncall, version: '1', notifier, isSharedWith: (namespace) => namespace.name === 'dev' })
    const asked = [
      receivers.resolve(oncall, { name: 'ops', labels: {} }),
      receivers.resolve(oncall, dev),
      receivers.resolve(oncall, { name: 'prod', labels: {} }),
      receivers.resolve({ namespace: 'ops', name: 'gone' }, dev),
    ]
    const answers = asked.map((found) => ('problem' in found ? found.problem : 'found'))
    expect(answers).to.deep.equal(['found', 'found', 'NotShared', 'Missing'])
  })

  it('say why a rejected one cannot be used, and tell of real changes only', () => {
    const receivers = new Receivers()
    let changes = 0
    receivers.onChange(() => {
      changes += 1
    })
    const bad = { namespace: 'dev', name: 'bad' }
    receivers.reject({ ...bad, version: '1' }, 'spec.share is for the system namespace')
    receivers.reject({ ...bad, version: '1' }, 'spec.share is for the system namespace')
    expect(receivers.resolve(bad, dev)).to.include({ problem: 'NotAccepted' })
    receivers.delete(bad)
    receivers.delete(bad)
    expect(changes).to.equal(2)
  })

  it('know who uses them and when they last delivered', () => {
    const receivers = new Receivers()
    const told: string[] = []
    receivers.onUse(({ name }) => told.push(name))
    receivers.use('ops/a', [oncall])
    receivers.use('ops/b', [oncall])
    receivers.use('ops/a', [oncall])
    receivers.use('ops/a', [])
    receivers.delivered(oncall, 42)
    expect(receivers.usersOf(oncall)).to.deep.equal(['ops/b'])
    expect(receivers.lastDeliveryMs(oncall)).to.equal(42)
    expect(told).to.deep.equal(['oncall', 'oncall', 'oncall', 'oncall'])
  })
})
