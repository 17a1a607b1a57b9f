/** The scope rule at work: what a tenant's policies and receivers can do, and what they never get to see. */
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { eventually } from '../support/eventually.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { conditionOf, type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { skipUnless } from '../support/skip.ts'

const podRule = { name: 'big-pod', scope: 'Pod', resource: 'cpu', measure: 'Requests', above: 40 }
const nodeRule = { ...podRule, name: 'node', scope: 'Node' }
const shared = { name: 'oncall', namespace: systemNamespace }

describe('operator and tenants', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let operator: OperatorProcess
  let start: () => Promise<void>

  before(async function () {
    const isBuilt = missingForCluster({ kwok: true }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld()
    await world.node('shared-node')
    await world.namespace('team-a', { tier: 'paid' })
    await world.namespace('team-b', { tier: 'free' })
    const share = { namespaces: { selector: { matchLabels: { tier: 'paid' } } } }
    await world.receiver(systemNamespace, 'oncall', { console: {}, share })
    const { kubeconfig } = await world.operatorAccess()
    const dataDir = world.newFolder()
    start = async () => {
      operator = world.operator(kubeconfig, [], dataDir)
      await operator.working()
    }
    await start()
  })

  after(async () => world?.stop())

  const eventsOf = (namespace: string, policy: string, reason: string) =>
    eventually(`Event ${reason} on ${policy}`, async () => {
      const events = (await world.events(namespace, policy)).filter((event) => event.reason === reason)
      return events.length > 0 && events
    })

  const put = (namespace: string, name: string, cpu: string) =>
    world.pod(namespace, name, { nodeName: 'shared-node', requests: { cpu } })

  it('rejects what reaches beyond the tenant’s namespace, with the reason in a condition and an Event', async () => {
    await world.policy('team-a', 'greedy', {
      nodes: { selector: {} },
      namespaces: { names: ['team-a', 'team-b'] },
      rules: [podRule, nodeRule],
    })
    const status = await world.statusWhen('team-a', 'greedy', ({ conditions }) => conditions !== undefined)
    expect(conditionOf(status, 'Accepted')).to.equal('False OutOfScope')
    expect(conditionOf(status, 'Ready')).to.equal('False NotAccepted')
    expect(status.firing).to.equal(undefined)
    const message = status.conditions?.find(({ type }) => type === 'Accepted')?.message
    for (const field of ['spec.namespaces.names (team-b)', 'spec.nodes', 'spec.rules[node].scope Node']) {
      expect(message).to.include(field)
    }
    expect(message).to.match(/Nothing is judged until it is corrected$/)
    const [event] = await eventsOf('team-a', 'greedy', 'OutOfScope')
    expect(event?.note).to.equal(message)
  })

  it('keeps the last good version at work when the next is rejected, until it is corrected, over a restart too', async () => {
    const receivers = [shared]
    await world.policy('team-a', 'edited', { rules: [podRule], receivers })
    await world.statusWhen('team-a', 'edited', (status) => conditionOf(status, 'Ready') === 'True Watching')
    await world.changePolicy('team-a', 'edited', { rules: [{ ...podRule, above: 90 }, nodeRule] })
    const rejected = await world.statusWhen('team-a', 'edited', ({ observedGeneration }) => observedGeneration === 2)
    expect(conditionOf(rejected, 'Accepted')).to.equal('False OutOfScope')
    expect(conditionOf(rejected, 'Ready')).to.equal('True Watching')
    expect(rejected.conditions?.find(({ type }) => type === 'Accepted')?.message).to.match(/Generation 1 works on$/)
    await eventsOf('team-a', 'edited', 'OutOfScope')

    await put('team-a', 'under-the-old-rule', '4')
    const { title } = await operator.tells('WARNING', 'Pod team-a/under-the-old-rule')
    expect(title).to.include("cpu requests at 50% of its node's allocatable, above 40%")
    const firing = await world.statusWhen('team-a', 'edited', ({ alerts }) => alerts?.[0]?.toldTime !== undefined)
    expect(conditionOf(firing, 'Accepted')).to.equal('False OutOfScope')

    await operator.end()
    await start()
    await put('team-a', 'after-a-restart', '4')
    await operator.tells('WARNING', 'Pod team-a/after-a-restart')
    const again = await world.statusWhen('team-a', 'edited', ({ firing: open }) => open === 2)
    expect(again.conditions?.find(({ type }) => type === 'Accepted')?.message).to.match(/Generation 1 works on$/)

    await world.changePolicy('team-a', 'edited', { rules: [{ ...podRule, above: 90 }] })
    await operator.tells('RESOLVED', 'Pod team-a/under-the-old-rule')
    const corrected = await world.statusWhen('team-a', 'edited', ({ observedGeneration }) => observedGeneration === 3)
    expect(conditionOf(corrected, 'Accepted')).to.equal('True Accepted')
  })

  it('shows a tenant its own pods alone, in messages and in the status', async () => {
    for (const secret of ['secret-1', 'secret-2']) await put('team-b', secret, '3500m')
    await put('team-a', 'own', '500m')
    const space = { name: 'space', scope: 'Namespace', resource: 'cpu', measure: 'Requests', above: 1 }
    const limits = { name: 'limits', scope: 'Pod', resource: 'cpu', measure: 'Limits', above: 1 }
    await world.policy('team-a', 'curious', { rules: [{ ...podRule, above: 1 }, space, limits], receivers: [shared] })
    await world.policy('team-b', 'private', { rules: [{ ...podRule, above: 1 }] })
    await operator.tells('WARNING', 'Pod team-a/own')
    await operator.tells('WARNING', 'Namespace team-a')
    await operator.tells('WARNING', 'Pod team-b/secret-1')
    const status = await world.statusWhen('team-a', 'curious', ({ firing = 0 }) => firing > 1)
    const ofTenant = operator.messages.filter(({ lines }) => lines.join().includes('policy team-a/'))
    expect(ofTenant.length).to.be.greaterThan(1)
    const leaks = [JSON.stringify(status), ...ofTenant.map((message) => JSON.stringify(message))]
    for (const text of leaks) expect(text).not.to.match(/team-b|secret/)
    const ownPods = (await world.send('GET', '/api/v1/namespaces/team-a/pods')).items.length
    expect(status.objectsWatched).to.include({ namespaces: 1, pods: ownPods })
  })

  it('lets a tenant use a receiver only where it is shared, and follows the labels of the namespace', async () => {
    await world.policy('team-b', 'sharing', { rules: [podRule], receivers: [shared] })
    const refused = await world.statusWhen(
      'team-b',
      'sharing',
      (status) => conditionOf(status, 'ResolvedRefs') === 'False ReceiverNotShared',
    )
    expect(conditionOf(refused, 'Ready')).to.equal('True Watching')
    const [event] = await eventsOf('team-b', 'sharing', 'ReceiverNotShared')
    expect(event?.note).to.include('is not shared with namespace team-b: its spec.share must select that namespace')
    await world.merge('/api/v1/namespaces/team-b', { metadata: { labels: { tier: 'paid' } } })
    await world.statusWhen('team-b', 'sharing', (status) => conditionOf(status, 'ResolvedRefs') === 'True ResolvedRefs')
  })

  it('does not let a tenant’s receiver be shared', async () => {
    await world.receiver('team-a', 'generous', { console: {}, share: { namespaces: { selector: {} } } })
    await world.policy('team-a', 'user', { rules: [podRule], receivers: [{ name: 'generous' }] })
    const status = await world.statusWhen(
      'team-a',
      'user',
      (seen) => conditionOf(seen, 'ResolvedRefs') === 'False ReceiverNotAccepted',
    )
    expect(status.conditions?.find(({ type }) => type === 'ResolvedRefs')?.message).to.include('spec.share')
    const path = '/apis/dogwatch.dev/v1alpha1/namespaces/team-a/alertreceivers/generous'
    const receiver = await world.send('GET', path)
    expect(conditionOf(receiver.status, 'Accepted')).to.equal('False OutOfScope')
  })

  it('finds every receiver at its start: no reference is called missing that is not', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `late-${index}`)
    for (const name of names)
      await world.receiver(systemNamespace, name, { file: {}, share: { namespaces: { selector: {} } } })
    const last = `/apis/dogwatch.dev/v1alpha1/namespaces/${systemNamespace}/alertreceivers/${names.at(-1)}`
    await eventually('the operator knows the last of them', async () => (await world.send('GET', last)).status?.channel)
    const receivers = names.map((name) => ({ name, namespace: systemNamespace }))
    await world.policy('team-a', 'many', { rules: [podRule], receivers })
    await world.statusWhen('team-a', 'many', (status) => conditionOf(status, 'ResolvedRefs') === 'True ResolvedRefs')
    await operator.end('SIGKILL')
    const before = await world.status('team-a', 'many')
    const fresh = world.operator((await world.operatorAccess()).kubeconfig)
    await fresh.working()
    await world.statusWhen('team-a', 'many', (status) => conditionOf(status, 'Ready') === 'True Watching')
    const after = await world.status('team-a', 'many')
    const resolved = (status: typeof after) => status.conditions?.find(({ type }) => type === 'ResolvedRefs')
    expect(resolved(after)).to.deep.equal(resolved(before))
    expect((await world.events('team-a', 'many')).filter(({ reason }) => reason.startsWith('Receiver'))).to.deep.equal(
      [],
    )
  })
})
