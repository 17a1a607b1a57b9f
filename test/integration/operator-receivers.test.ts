/** Receivers and silences at work: hours, templates, signs of life, sharing, what a silence mutes, and what is said of mistakes. */
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import type { Message } from '../../src/model/message.ts'
import { weekdays } from '../../src/notify/hours.ts'
import { eventually } from '../support/eventually.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import {
  type Anything,
  conditionOf,
  type OperatorWorld,
  operatorUser,
  startOperatorWorld,
  systemNamespace,
} from '../support/operator-world.ts'
import { refusals } from '../support/role-use.ts'
import { skipUnless } from '../support/skip.ts'

const apiVersion = 'dogwatch.dev/v1alpha1'
const podRule = { name: 'big-pod', scope: 'Pod', resource: 'cpu', measure: 'Requests', above: 10 }
const shareWithAll = { namespaces: { selector: {} } }
const hourMs = 3_600_000

describe('receivers and silences at work', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let operator: OperatorProcess

  before(async function () {
    this.timeout(180_000)
    const isBuilt = missingForCluster({ kwok: true }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld()
    await world.node('node-1', { cpu: '100' })
    for (const name of ['team-a', 'team-b']) await world.namespace(name)
    // Nobody waits for its Lease here, so it may be slow to renew it.
    operator = world.operator((await world.operatorAccess()).kubeconfig, ['--lease-duration', '15s'])
    await operator.working()
  })

  after(async () => world?.stop())

  const path = (plural: string, namespace: string, name = '') =>
    `/apis/${apiVersion}/namespaces/${namespace}/${plural}/${name}`
  const receiverStatus = async (namespace: string, name: string) =>
    (await world.send('GET', path('alertreceivers', namespace, name)))?.status ?? {}
  const silenceStatus = async (namespace: string, name: string) =>
    (await world.send('GET', path('silences', namespace, name)))?.status ?? {}
  const messageOf = (status: Anything, type: string): string =>
    status.conditions?.find((condition: Anything) => condition.type === type)?.message ?? ''

  function statusWhen(read: () => Promise<Anything>, isWanted: (status: Anything) => boolean): Promise<Anything> {
    const check = async () => {
      const status = await read()
      return isWanted(status) && status
    }
    return eventually('a status as wanted', check, 75_000, read)
  }

  function silence(namespace: string, name: string, spec: object, labels: Record<string, string> = {}) {
    const body = { apiVersion, kind: 'Silence', metadata: { name, labels }, spec }
    return world.send('POST', `/apis/${apiVersion}/namespaces/${namespace}/silences`, body)
  }

  /** A pod that a policy warns of. */
  const bigPod = (namespace: string, name: string) =>
    world.pod(namespace, name, { nodeName: 'node-1', requests: { cpu: '11' } })

  const policy = (namespace: string, name: string, receivers: readonly object[], change: object = {}) =>
    world.policy(namespace, name, { rules: [{ ...podRule, ...change }], receivers })

  const told = (namespace: string, name: string): Promise<Message[]> => operator.fileMessages(namespace, `${name}.log`)

  const titles = (messages: readonly Message[]) =>
    messages.flatMap(({ firing, ended }) => [...firing, ...ended].map(({ title, state }) => `${state} ${title}`))

  /** Once a file receiver was told of a pod. */
  const tellsOf = (namespace: string, name: string, pod: string, state = 'firing') =>
    eventually(
      `${name} hears that ${pod} is ${state}`,
      async () =>
        titles(await told(namespace, name)).some((text) => text.startsWith(`${state} Pod ${namespace}/${pod}:`)),
      60_000,
      async () => [await told(namespace, name), operator.log.slice(-3)],
    )

  const heardOf = async (namespace: string, name: string, pod: string) =>
    titles(await told(namespace, name)).some((text) => text.includes(`/${pod}:`))

  async function clear(namespace: string, policyName: string, ...pods: readonly string[]): Promise<void> {
    for (const pod of pods) await world.deletePod(namespace, pod)
    await world.send('DELETE', world.policyPath(namespace, policyName))
  }

  it('a Secret that may not be read is named, with what to do about it', async () => {
    const urlSecretRef = { name: 'hook', key: 'url' }
    await world.receiver('team-a', 'hook', { webhook: { urlSecretRef } })
    const status = await statusWhen(
      () => receiverStatus('team-a', 'hook'),
      (seen) => conditionOf(seen, 'ResolvedRefs') === 'False SecretUnavailable',
    )
    expect(conditionOf(status, 'Ready')).to.equal('False SecretUnavailable')
    const [, advice = ''] =
      /^Secret team-a\/hook may not be read: kubectl (.*)\. It is/.exec(messageOf(status, 'ResolvedRefs')) ?? []
    await eventually('an Event on the receiver', async () =>
      (await world.events('team-a', 'hook')).some(({ reason }) => reason === 'SecretUnavailable'),
    )
    await world.cluster.mustKubectl(advice.split(' '))
    const stringData = { url: 'https://hooks.invalid/s3cret' }
    const metadata = { name: 'hook', namespace: 'team-a' }
    await world.cluster.apply([{ apiVersion: 'v1', kind: 'Secret', metadata, stringData }])
  })

  it('a template writes in the receiver’s own words; a mistake in it is told with its line, in a condition and an Event', async () => {
    await world.receiver('team-a', 'words', { console: {}, template: { title: '{{head}} <{{titel}}>' } })
    await policy('team-a', 'words', [{ name: 'words' }])
    const refused = await statusWhen(
      () => receiverStatus('team-a', 'words'),
      (status) => conditionOf(status, 'Accepted') === 'False InvalidSpec',
    )
    expect(messageOf(refused, 'Accepted')).to.match(
      /^spec\.template\.title, line 1: titel is not known; here you can name/,
    )
    await eventually('an Event on the receiver', async () =>
      (await world.events('team-a', 'words')).some(
        ({ reason, note }) => reason === 'InvalidSpec' && note.includes('titel'),
      ),
    )
    await world.statusWhen(
      'team-a',
      'words',
      (status) => conditionOf(status, 'ResolvedRefs') === 'False ReceiverNotAccepted',
    )

    await world.merge(path('alertreceivers', 'team-a', 'words'), {
      spec: { template: { title: '<{{labels.pod}}> of {{policy}}' } },
    })
    await statusWhen(
      () => receiverStatus('team-a', 'words'),
      (status) => messageOf(status, 'Accepted').includes('policy means nothing at this place'),
    )
    const template = { title: '<{{labels.pod}}>', text: '{{#firing}}of {{policy}}{{/firing}}' }
    await world.merge(path('alertreceivers', 'team-a', 'words'), { spec: { template } })
    await statusWhen(
      () => receiverStatus('team-a', 'words'),
      (status) => conditionOf(status, 'Ready') === 'True Ready',
    )
    await world.statusWhen('team-a', 'words', (status) => conditionOf(status, 'ResolvedRefs') === 'True ResolvedRefs')
    await bigPod('team-a', 'worded')
    const message = await operator.tells('WARNING', '<worded>')
    expect(message.lines).to.deep.equal(['of words'])
    await clear('team-a', 'words', 'worded')
  })

  it('hours hold what is not severe enough, until they begin', async () => {
    const dayAfterTomorrow = weekdays[new Date(Date.now() + 48 * hourMs).getUTCDay()]
    const hours = { active: [{ days: [dayAfterTomorrow], timeZone: 'UTC' }], except: ['critical'] }
    await world.receiver('team-a', 'hours', { file: {}, hours })
    await world.receiver('team-a', 'always', { file: {} })
    await policy('team-a', 'hours', [{ name: 'hours' }, { name: 'always' }])
    await policy('team-a', 'urgent', [{ name: 'hours' }], { name: 'urgent', severity: 'critical' })
    await bigPod('team-a', 'held')
    await tellsOf('team-a', 'always', 'held')
    const severities = async () => (await told('team-a', 'hours')).map(({ severity }) => severity)
    await eventually('what is critical comes', async () => (await severities()).includes('critical'))
    expect(await severities()).to.deep.equal(['critical'])
    await world.merge(path('alertreceivers', 'team-a', 'hours'), { spec: { hours: null } })
    await eventually('what was held comes', async () => (await severities()).includes('warning'))
    await world.send('DELETE', world.policyPath('team-a', 'urgent'))
    await clear('team-a', 'hours', 'held')
  })

  it('the least severity keeps lesser alerts away', async () => {
    await world.receiver('team-a', 'severe', { file: {}, minSeverity: 'critical' })
    await world.receiver('team-a', 'all', { file: {} })
    await policy('team-a', 'mild', [{ name: 'severe' }, { name: 'all' }], { severity: 'warning' })
    await bigPod('team-a', 'mild')
    await tellsOf('team-a', 'all', 'mild')
    await policy('team-a', 'severe', [{ name: 'severe' }], { severity: 'critical', name: 'severe' })
    await tellsOf('team-a', 'severe', 'mild')
    expect((await told('team-a', 'severe')).map(({ severity }) => severity)).to.deep.equal(['critical'])
    await world.send('DELETE', world.policyPath('team-a', 'severe'))
    await clear('team-a', 'mild', 'mild')
  })

  it('signs of life come at their interval and say when the next one does', async () => {
    await world.receiver('team-a', 'alive', { file: {}, heartbeat: { every: '10s' } })
    const beats = async () => (await told('team-a', 'alive')).filter(({ reason }) => reason === 'heartbeat')
    await eventually('three signs of life', async () => (await beats()).length >= 3)
    const found = await beats()
    expect(found.map(({ nextWithinMs }) => nextWithinMs)).to.deep.equal(found.map(() => 10_000))
    await world.send('DELETE', path('alertreceivers', 'team-a', 'alive'))
  })

  it('a Slack channel of a shared receiver is taken only where it is shared, too', async () => {
    await world.receiver(systemNamespace, 'slackish', {
      file: {},
      share: { ...shareWithAll, slackChannels: ['#team-*'] },
    })
    const reference = { name: 'slackish', namespace: systemNamespace }
    await policy('team-a', 'mine', [{ ...reference, slack: { channel: '#team-a' } }])
    await policy('team-b', 'theirs', [{ ...reference, slack: { channel: '#ops' } }])
    await world.statusWhen('team-a', 'mine', (status) => conditionOf(status, 'ResolvedRefs') === 'True ResolvedRefs')
    const refused = await world.statusWhen(
      'team-b',
      'theirs',
      (status) => conditionOf(status, 'ResolvedRefs') === 'False ReceiverChannelNotShared',
    )
    expect(messageOf(refused, 'ResolvedRefs')).to.include(
      'is not shared for channel #ops: its spec.share.slackChannels',
    )
    await eventually('an Event', async () =>
      (await world.events('team-b', 'theirs')).some(({ reason }) => reason === 'ReceiverChannelNotShared'),
    )
    await bigPod('team-a', 'channelled')
    const channels = async () => (await told(systemNamespace, 'slackish')).map(({ slackChannel }) => slackChannel)
    await eventually('the message', async () => (await channels()).length > 0)
    expect(await channels()).to.deep.equal(['#team-a'])
    await world.send('DELETE', world.policyPath('team-b', 'theirs'))
    await clear('team-a', 'mine', 'channelled')
  })

  it('a receiver that is deleted is missed by name; the others go on', async () => {
    await world.receiver('team-a', 'doomed', { file: {} })
    await world.receiver('team-a', 'stays', { file: {} })
    await policy('team-a', 'both', [{ name: 'doomed' }, { name: 'stays' }])
    await bigPod('team-a', 'first')
    await tellsOf('team-a', 'doomed', 'first')
    await tellsOf('team-a', 'stays', 'first')
    await world.send('DELETE', path('alertreceivers', 'team-a', 'doomed'))
    const status = await world.statusWhen(
      'team-a',
      'both',
      (seen) => conditionOf(seen, 'ResolvedRefs') === 'False ReceiverMissing',
    )
    expect(messageOf(status, 'ResolvedRefs')).to.include('AlertReceiver team-a/doomed does not exist')
    await bigPod('team-a', 'second')
    await world.deletePod('team-a', 'first')
    await tellsOf('team-a', 'stays', 'second')
    await tellsOf('team-a', 'stays', 'first', 'closed')
    expect(await heardOf('team-a', 'doomed', 'second')).to.equal(false)
    await clear('team-a', 'both', 'second')
  })

  it('a silence mutes what it matches, says how much that is, and what still fires at its end is told then', async () => {
    await world.receiver('team-a', 'quiet', { file: {} })
    await silence('team-a', 'load', {
      matchers: [{ name: 'pod', value: 'load-.*', regex: true }],
      duration: '1h',
      comment: 'load test',
    })
    await statusWhen(
      () => silenceStatus('team-a', 'load'),
      ({ state }) => state === 'Active',
    )
    await policy('team-a', 'quiet', [{ name: 'quiet' }])
    await bigPod('team-a', 'load-1')
    await world.statusWhen('team-a', 'quiet', ({ firing }) => firing === 1)
    await bigPod('team-a', 'web-1')
    await tellsOf('team-a', 'quiet', 'web-1')
    expect(await heardOf('team-a', 'quiet', 'load-1')).to.equal(false)
    const active = await statusWhen(
      () => silenceStatus('team-a', 'load'),
      ({ muted }) => muted === 1,
    )
    expect(Date.parse(active.endsAt) - Date.parse(active.startsAt)).to.equal(hourMs)
    const endsAt = `${new Date(Date.now() + 3_000).toISOString().slice(0, 19)}Z`
    await world.merge(path('silences', 'team-a', 'load'), { spec: { duration: null, endsAt } })
    await tellsOf('team-a', 'quiet', 'load-1')
    const over = await statusWhen(
      () => silenceStatus('team-a', 'load'),
      ({ state }) => state === 'Expired',
    )
    expect(over).to.include({ muted: 0, endsAt })
    expect(conditionOf(over, 'Ready')).to.equal('False Expired')
    await clear('team-a', 'quiet', 'load-1', 'web-1')
  })

  it('a tenant’s silence reaches its own namespace alone, whatever its matchers say', async () => {
    await world.receiver('team-b', 'victim', { file: {} })
    const everything = [{ name: 'severity', value: '.+', regex: true }]
    await silence('team-a', 'greedy', {
      matchers: [...everything, { name: 'namespace', value: 'team-.*', regex: true }],
      duration: '1h',
    })
    await silence('team-a', 'all', { matchers: everything, duration: '1h' })
    for (const name of ['greedy', 'all']) {
      await statusWhen(
        () => silenceStatus('team-a', name),
        ({ state }) => state === 'Active',
      )
    }
    await world.receiver('team-a', 'own', { file: {} })
    await policy('team-a', 'own', [{ name: 'own' }])
    await policy('team-b', 'victim', [{ name: 'victim' }])
    await bigPod('team-a', 'own')
    await world.statusWhen('team-a', 'own', ({ firing }) => firing === 1)
    await bigPod('team-b', 'heard')
    await tellsOf('team-b', 'victim', 'heard')
    expect(await heardOf('team-a', 'own', 'own')).to.equal(false)
    await world.send('DELETE', path('silences', 'team-a', 'greedy'))
    await world.send('DELETE', path('silences', 'team-a', 'all'))
    await tellsOf('team-a', 'own', 'own')
    await clear('team-a', 'own', 'own')
    await clear('team-b', 'victim', 'heard')
  })

  it('a silence with a mistake silences nothing and says so, also where it worked before', async () => {
    await silence('team-a', 'mistake', { matchers: [{ name: 'pod', value: 'a(', regex: true }], duration: '1h' })
    const refused = await statusWhen(
      () => silenceStatus('team-a', 'mistake'),
      (status) => conditionOf(status, 'Accepted') === 'False InvalidSpec',
    )
    expect(messageOf(refused, 'Accepted')).to.include('spec.matchers[0].value: "a(" is not a pattern that RE2 reads')
    expect(refused.state).to.equal(undefined)
    await eventually('an Event on the silence', async () =>
      (await world.events('team-a', 'mistake')).some(({ reason }) => reason === 'InvalidSpec'),
    )
    const wide = { matchers: [{ name: 'pod', value: '.*', regex: true }] }
    await world.merge(path('silences', 'team-a', 'mistake'), { spec: wide })
    await statusWhen(
      () => silenceStatus('team-a', 'mistake'),
      (status) => messageOf(status, 'Accepted').includes('they match alerts without any of these labels too'),
    )
    await world.merge(path('silences', 'team-a', 'mistake'), {
      spec: { matchers: [{ name: 'pod', value: '.+', regex: true }] },
    })
    await statusWhen(
      () => silenceStatus('team-a', 'mistake'),
      (status) => conditionOf(status, 'Ready') === 'True Active',
    )
    await world.send('DELETE', path('silences', 'team-a', 'mistake'))
  })

  it('of silences that are long over, those made by the API are deleted and those from files are left alone', async () => {
    const time = (hoursAgo: number) => `${new Date(Date.now() - hoursAgo * hourMs).toISOString().slice(0, 19)}Z`
    const matchers = [{ name: 'pod', value: 'x' }]
    const api = { 'dogwatch.dev/created-by': 'api' }
    await silence('team-a', 'old-file', { matchers, startsAt: time(30), endsAt: time(25) })
    await silence('team-a', 'young-api', { matchers, startsAt: time(30), endsAt: time(23) }, api)
    await silence('team-a', 'old-api', { matchers, startsAt: time(30), endsAt: time(25) }, api)
    await eventually(
      'the old one is deleted',
      async () => (await world.send('GET', path('silences', 'team-a', 'old-api'))) === undefined,
    )
    for (const name of ['old-file', 'young-api']) {
      await statusWhen(
        () => silenceStatus('team-a', name),
        ({ state }) => state === 'Expired',
      )
    }
  })

  it('a Secret that came meanwhile is found within a minute, and stays one', async () => {
    await statusWhen(
      () => receiverStatus('team-a', 'hook'),
      (seen) =>
        conditionOf(seen, 'Ready') === 'True Ready' && conditionOf(seen, 'ResolvedRefs') === 'True ResolvedRefs',
    )
    const { stdout } = await world.cluster.kubectl(['get', 'alertreceivers,events', '-n', 'team-a', '-o', 'yaml'])
    expect(operator.output + stdout).not.to.include('s3cret')
  })

  it('and for all that the operator needed no right that it does not have, and logged no failure', async () => {
    const own = (await world.cluster.auditEvents()).filter(({ user }) => user.username === operatorUser)
    expect(own.length).to.be.greaterThan(50)
    // The Secret that nobody had let it read yet, once for each look at it.
    expect(refusals(own).filter((line) => !line.endsWith('/namespaces/team-a/secrets/hook'))).to.deep.equal([])
    expect(operator.strayLines).to.deep.equal([])
    const failures = operator.log.filter(({ level, message }) => level === 'error' || message === 'Reconcile failed')
    expect(failures).to.deep.equal([])
  })
})
