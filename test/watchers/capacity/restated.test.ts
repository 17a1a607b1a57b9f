/** What a changed policy says of an alert that is open already. */
import { expect } from 'chai'
import type { Alert } from '../../../src/model/alert.ts'
import { WatchedCapacity } from '../../support/watched-capacity.ts'

const cpu = { name: 'cpu', scope: 'Node', measure: 'Requests', resource: 'cpu', above: 80 }
const pods = { ...cpu, name: 'pods', scope: 'Pod' }

describe('an open capacity alert', () => {
  let world: WatchedCapacity

  beforeEach(async () => {
    world = new WatchedCapacity()
    world.receiver('a')
    await world.lead()
    await world.apply({ rules: [cpu, pods], severity: 'warning', labels: { team: 'shop', tier: '1' } }, 1)
    await world.node({ name: 'n1', cpu: '10' })
    await world.pod({ name: 'big', node: 'n1', cpu: '9' })
    world.receiver('a').messages.splice(0)
  })

  afterEach(() => world.watcher.stop())

  const said = () =>
    world.pipeline
      .openAlerts('uid-p')
      .map(({ rule, severity, labels, runbookURL }) => ({ rule, severity, labels, runbookURL }))
      .sort((left, right) => left.rule.localeCompare(right.rule))
  const changed = { severity: 'critical', labels: { team: 'core' }, runbookURL: 'https://runbooks.example/cpu' }
  const runbookURL = 'https://runbooks.example/cpu'
  const saidThen = [
    { rule: 'cpu', severity: 'critical', labels: { team: 'core', node: 'n1', resource: 'cpu' }, runbookURL },
    {
      ...{ rule: 'pods', severity: 'critical', runbookURL },
      labels: { team: 'core', node: 'n1', namespace: 'shop', pod: 'big', resource: 'cpu' },
    },
  ]

  it('takes on the severity, the labels and the runbook that its policy has now, and speaks of now', async () => {
    await world.pass(600_000)
    await world.apply({ rules: [cpu, pods], ...changed }, 2)
    expect(said()).to.deep.equal(saidThen)
    expect(new Set(world.pipeline.openAlerts('uid-p').map(({ at }) => at))).to.deep.equal(
      new Set(['2026-01-01T00:10:00Z']),
    )
    expect(world.receiver('a').news(), 'it was told already').to.deep.equal([])
  })

  it('is told to whoever is told of worse only, when it is worse now', async () => {
    const critical = { takes: ({ severity }: Alert) => severity === 'critical', heldUntilMs: () => undefined }
    world.receiver('b', { hours: critical })
    const receivers = [{ name: 'a' }, { name: 'b' }]
    await world.apply({ rules: [cpu], receivers }, 2)
    expect(world.receiver('b').news()).to.deep.equal([])
    await world.apply({ rules: [{ ...cpu, severity: 'critical' }], receivers }, 3)
    expect(world.receiver('b').news()).to.deep.equal(['first n1'])
  })

  it('does so where its number is not known at the moment, and while the policy rests', async () => {
    await world.node({ name: 'n1', cpu: '0' })
    await world.apply({ rules: [cpu, pods], ...changed }, 2)
    expect(said()).to.deep.equal(saidThen)
    await world.apply({ rules: [cpu, pods], ...changed, severity: 'info', suspend: true }, 3)
    expect(said()).to.deep.equal(saidThen.map((alert) => ({ ...alert, severity: 'info' })))
  })

  it('does so when the policy changed while nobody led', async () => {
    await world.pipeline.remembered()
    const next = new WatchedCapacity({ log: world.log, clock: world.clock })
    next.receiver('a')
    await next.apply({ rules: [cpu], severity: 'info' }, 2)
    await next.node({ name: 'n1', cpu: '10' })
    await next.pod({ name: 'big', node: 'n1', cpu: '9' })
    await next.lead()
    expect(next.pipeline.openAlerts('uid-p').map(({ severity }) => severity)).to.deep.equal(['info'])
    await next.watcher.stop()
  })
})
