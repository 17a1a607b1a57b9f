import { expect } from 'chai'
import {
  type CapacityAlert,
  type CapacityPolicy,
  type CapacityPolicySpec,
  type CapacityPolicyStatus,
  capacityPolicy,
} from '../../src/api/capacity-policy.ts'
import type { Notifier } from '../../src/notify/notifier.ts'
import { atAnyHour, type NamespaceFacts, Receivers } from '../../src/notify/receivers.ts'
import { AcceptedVersions } from '../../src/reconcilers/accepted-versions.ts'
import {
  createCapacityPolicyReconciler,
  type WatchedCapacityPolicy,
} from '../../src/reconcilers/capacity-policy/reconciler.ts'
import type { CapacityView } from '../../src/watchers/capacity/view.ts'
import { factStore } from '../support/fact-store.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const notifier: Notifier = { rate: { burst: 1, intervalMs: 0 }, notify: async () => ({ sent: true }) }
const podRule = { name: 'cpu', scope: 'Pod', resource: 'cpu', measure: 'Requests', above: 80 }
const nodeRule = { ...podRule, name: 'node', scope: 'Node' }
const startText = '2026-01-01T00:00:00Z'

function aPolicy(spec: object, more: { generation?: number; status?: CapacityPolicyStatus } = {}): CapacityPolicy {
  const { generation = 1, status } = more
  return {
    apiVersion: 'dogwatch.dev/v1alpha1',
    kind: 'CapacityPolicy',
    metadata: {
      namespace: 'team',
      name: 'p',
      uid: 'u',
      resourceVersion: '1',
      generation,
      creationTimestamp: startText,
    },
    spec: capacityPolicy.spec.parse(spec) as CapacityPolicySpec,
    ...(status === undefined ? {} : { status }),
  }
}

function anAlert(more: Partial<CapacityAlert> = {}): CapacityAlert {
  return {
    rule: 'cpu',
    object: { kind: 'Pod', namespace: 'team', name: 'web', uid: 'w' },
    resource: 'cpu',
    severity: 'warning',
    since: startText,
    value: '90%',
    threshold: '80%',
    toldTime: startText,
    reminders: 0,
    ...more,
  }
}

function aView(alerts: readonly CapacityAlert[], lastEvaluationMs: number): CapacityView {
  const objectsWatched = { nodes: 1, pods: 1, namespaces: 1 }
  const report = { objectsWatched, firing: alerts.length, unknown: 0, alerts }
  return { waitingFor: [], report, gap: undefined, lastEvaluationMs }
}

const notJudged: CapacityView = {
  waitingFor: ['pods'],
  report: undefined,
  gap: undefined,
  lastEvaluationMs: undefined,
}

interface World {
  view?: CapacityView
  /** Absent: not read yet. */
  namespace?: NamespaceFacts
  systemNamespace?: string | undefined
  logProblem?: string
  isStopped?: boolean
}

/** `facts`: what an earlier process remembered. */
function setUp(world: World = {}, facts = new Map<string, string>()) {
  const clock = new VirtualClock()
  const receivers = new Receivers()
  const events: string[] = []
  const applied: WatchedCapacityPolicy[] = []
  const removed: string[] = []
  const accepted = new AcceptedVersions(factStore(facts))
  const reconciler = createCapacityPolicyReconciler({
    systemNamespace: 'systemNamespace' in world ? world.systemNamespace : 'dogwatch-system',
    watching: {
      apply: (policy) => void applied.push(policy),
      remove: (uid) => void removed.push(uid),
      workOf: () => applied.at(-1),
      view: () => (applied.length === 0 ? undefined : (world.view ?? aView([], clock.nowMs()))),
    },
    receivers,
    accepted,
    namespaceFacts: () => world.namespace,
    recordEvent: (_, reason, note) => void events.push(`${reason}: ${note}`),
    logProblem: () => world.logProblem,
    isStopped: () => world.isStopped === true,
    clock,
  })
  const reconcile = (policy: CapacityPolicy) => reconciler.reconcile(policy, new AbortController().signal)
  const share = (reference: { namespace: string; name: string }, version = '1') =>
    receivers.set({
      ...{ ...reference, version, notifier, channel: 'console', hours: atAnyHour },
      isSharedWith: ({ labels }) => labels.shared === 'yes',
    })
  return { world, clock, receivers, events, applied, removed, reconciler, reconcile, share, facts, accepted }
}

function conditionOf(status: CapacityPolicyStatus, type: string) {
  const found = status.conditions?.find((condition) => condition.type === type)
  return found && `${found.status} ${found.reason}`
}

describe('CapacityPolicy reconciler', () => {
  it('says that what is told cannot be written down', async () => {
    const { reconcile, world } = setUp({ logProblem: 'disk full' })
    const policy = aPolicy({ rules: [podRule] })
    const status = await reconcile(policy)
    expect(conditionOf(status, 'Degraded')).to.equal('True LogUnavailable')
    delete world.logProblem
    expect(conditionOf(await reconcile({ ...policy, status }), 'Degraded')).to.equal('False AllKnown')
  })

  it('keeps the last good version at work when a new one is out of scope, and says so', async () => {
    const { reconcile, applied, events } = setUp()
    await reconcile(aPolicy({ rules: [podRule] }))
    const status = await reconcile(aPolicy({ rules: [nodeRule] }, { generation: 2 }))
    expect(applied.map(({ generation }) => generation)).to.deep.equal([1, 1])
    expect(conditionOf(status, 'Accepted')).to.equal('False OutOfScope')
    expect(status.conditions?.[0]?.message).to.match(/^spec.rules\[node\].scope Node: .* Generation 1 works on$/)
    expect(conditionOf(status, 'Ready')).to.equal('True Watching')
    expect(status.conditions?.every(({ observedGeneration }) => observedGeneration === 2)).to.equal(true)
    expect(events).to.have.length(1)
  })

  describe('after a restart', () => {
    const good = aPolicy({ rules: [podRule], receivers: [{ name: 'oncall' }] })
    const rejected = aPolicy({ rules: [nodeRule] }, { generation: 2 })

    it('has the last good version work on where the last one is rejected, and says so', async () => {
      const before = setUp()
      await before.reconcile(good)
      await before.reconcile(rejected)
      const { reconcile, applied } = setUp({}, before.facts)
      const status = await reconcile(rejected)
      expect(applied).to.deep.include({ ...before.applied[0] })
      expect(status.conditions?.[0]?.message).to.match(/Generation 1 works on$/)
      expect(conditionOf(status, 'Ready')).to.equal('True Watching')
    })

    it('has it work on as soon as the log was read, where that comes after the policy', async () => {
      const before = setUp()
      await before.reconcile(good)
      const { reconcile, applied, facts, accepted } = setUp()
      await reconcile(rejected)
      for (const [name, value] of before.facts) facts.set(name, value)
      accepted.read()
      accepted.read()
      expect(applied).to.deep.equal(before.applied)
    })

    it('has nothing work on that this process may not see, or of a policy that was deleted', async () => {
      const before = setUp({ systemNamespace: 'team' })
      await before.reconcile(aPolicy({ rules: [nodeRule] }))
      const tenant = setUp({}, before.facts)
      expect(conditionOf(await tenant.reconcile(rejected), 'Ready')).to.equal('False NotAccepted')
      await before.reconciler.forget(rejected.metadata)
      expect(before.facts.size).to.equal(0)
      const next = setUp()
      await next.reconcile(good)
      new AcceptedVersions(factStore(next.facts)).forgetGone((uid) => uid === 'u')
      expect(next.facts.size).to.equal(1)
      new AcceptedVersions(factStore(next.facts)).forgetGone(() => false)
      expect(next.facts.size).to.equal(0)
    })
  })

  it('says that everything was stopped, whatever else could be said', async () => {
    const { reconcile, world } = setUp({ view: notJudged, isStopped: true })
    const stopped = await reconcile(aPolicy({ rules: [podRule] }))
    expect(conditionOf(stopped, 'Ready')).to.equal('False Stopped')
    world.isStopped = false
    expect(conditionOf(await reconcile(aPolicy({ rules: [podRule] })), 'Ready')).to.equal('False Syncing')
  })

  it('takes the last good version’s receivers as they are now, not as they were', async () => {
    const { reconcile, applied, receivers, share } = setUp()
    const own = { namespace: 'team', name: 'oncall' }
    share(own, '1')
    await reconcile(aPolicy({ rules: [podRule], receivers: [{ name: 'oncall' }] }))
    share(own, '2')
    const rejected = aPolicy({ rules: [nodeRule] }, { generation: 2 })
    await reconcile(rejected)
    expect(applied.at(-1)?.receivers).to.deep.equal([own])
    expect(receivers.usersOf(own)).to.deep.equal(['CapacityPolicy team/p'])
    receivers.delete(own)
    const status = await reconcile(rejected)
    expect(applied.at(-1)?.receivers).to.deep.equal([])
    expect(conditionOf(status, 'ResolvedRefs')).to.equal('False ReceiverMissing')
  })

  it('does not forget what a status shows as open when it finds the policy rejected at its start', async () => {
    const { reconcile, applied } = setUp()
    const status = await reconcile(aPolicy({ rules: [nodeRule] }, { status: { firing: 1, alerts: [anAlert()] } }))
    expect(applied).to.deep.equal([])
    expect(status.alerts).to.deep.equal([anAlert()])
    expect(conditionOf(status, 'Ready')).to.equal('False NotAccepted')
    expect(status.conditions?.[0]?.message).to.include('Nothing is judged until it is corrected')
  })

  it('cuts a message that the API server would refuse', async () => {
    const { reconcile } = setUp()
    const rules = Array.from({ length: 64 }, (_, index) => ({ ...nodeRule, name: `rule-with-a-long-name-${index}` }))
    const status = await reconcile(aPolicy({ rules }))
    expect(capacityPolicy.status.safeParse(status).error).to.equal(undefined)
    expect(status.conditions?.[0]?.message).to.match(/ \.\.\.$/)
  })

  it('says nothing of receivers elsewhere until the namespaces have been read', async () => {
    const { world, reconcile, events, share } = setUp()
    share({ namespace: 'dogwatch-system', name: 'oncall' })
    const policy = aPolicy({ rules: [podRule], receivers: [{ name: 'oncall', namespace: 'dogwatch-system' }] })
    const early = await reconcile(policy)
    expect(conditionOf(early, 'ResolvedRefs')).to.equal('Unknown Syncing')
    world.namespace = { name: 'team', labels: { shared: 'no' } }
    const status = await reconcile(policy)
    expect(conditionOf(status, 'ResolvedRefs')).to.equal('False ReceiverNotShared')
    expect(events).to.have.length(1)
    delete world.namespace
    const restarted = await reconcile({ ...policy, status })
    expect(restarted.conditions).to.deep.equal(status.conditions)
    world.namespace = { name: 'team', labels: { shared: 'yes' } }
    expect(conditionOf(await reconcile(policy), 'ResolvedRefs')).to.equal('True ResolvedRefs')
    expect(events).to.have.length(1)
  })

  it('says that another namespace cannot be read where only one is', async () => {
    const { reconcile, events } = setUp({ systemNamespace: undefined })
    const receivers = [{ name: 'oncall', namespace: 'dogwatch-system' }]
    const status = await reconcile(aPolicy({ rules: [podRule], receivers }))
    expect(conditionOf(status, 'ResolvedRefs')).to.equal('False ReceiverMissing')
    expect(events.join()).to.include('this operator reads namespace team alone')
  })

  it('leaves what the status shows until everything has been seen', async () => {
    const { reconcile } = setUp({ view: notJudged })
    const shown = { firing: 1, unknown: 0, alerts: [anAlert()], lastEvaluationTime: startText }
    const status = await reconcile(aPolicy({ rules: [podRule] }, { status: shown }))
    expect(status).to.deep.include(shown)
    expect(conditionOf(status, 'Ready')).to.equal('False Syncing')
  })

  it('does not write because a number moved, only every five minutes; because it is known no longer, at once', async () => {
    const { world, clock, reconcile } = setUp()
    const shown = { firing: 1, unknown: 0, alerts: [anAlert()], lastEvaluationTime: startText }
    const policy = aPolicy({ rules: [podRule] }, { status: shown })
    const valueAfter = async (value: string, passedMs: number) => {
      world.view = aView([anAlert({ value })], clock.nowMs() + passedMs)
      const status = await reconcile(policy)
      return [status.alerts?.[0]?.value, status.lastEvaluationTime]
    }
    expect(await valueAfter('97.3%', 60_000)).to.deep.equal(['90%', startText])
    expect(await valueAfter('Unknown', 60_000)).to.deep.equal(['Unknown', startText])
    expect(await valueAfter('97.3%', 300_000)).to.deep.equal(['97.3%', '2026-01-01T00:05:00Z'])
  })

  it('shows a reminder at once, with the number it told', async () => {
    const { world, clock, reconcile } = setUp()
    const policy = aPolicy(
      { rules: [podRule] },
      { status: { firing: 1, unknown: 0, alerts: [anAlert()], lastEvaluationTime: startText } },
    )
    world.view = aView([anAlert({ value: '97%', reminders: 1 })], clock.nowMs())
    expect((await reconcile(policy)).alerts?.[0]).to.include({ value: '97%', reminders: 1 })
  })

  it('lets receivers go and closes what is open when the policy is gone', async () => {
    const { reconcile, reconciler, receivers, removed } = setUp()
    await reconcile(aPolicy({ rules: [podRule], receivers: [{ name: 'oncall' }] }))
    await reconciler.forget({ namespace: 'team', name: 'p', uid: 'u' })
    expect(receivers.usersOf({ namespace: 'team', name: 'oncall' })).to.deep.equal([])
    expect(removed).to.deep.equal(['u'])
  })
})
