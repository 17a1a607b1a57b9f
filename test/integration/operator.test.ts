/** From `kubectl apply` to a message and back: the operator as a process, with its own rights, on a real API server. */

import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import type { Message } from '../../src/model/message.ts'
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
import { skipUnless } from '../support/skip.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const cpuRule = { name: 'cpu', scope: 'Node', resource: 'cpu', measure: 'Requests', above: 80 }
const only = (name: string) => ({ nodes: { selector: { matchLabels: { 'kubernetes.io/hostname': name } } } })

describe('operator, from apply to a message', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let operator: OperatorProcess
  let token: string
  /** Of a policy that only sees what never changes; see the last tests. */
  let quietSince: string

  before(async function () {
    skipUnless(
      this,
      missingForCluster({ kwok: true }).length === 0,
      'the control plane is not built: hack/testbed/testbed build',
    )
    world = await startOperatorWorld()
    const access = await world.operatorAccess()
    token = access.token
    operator = world.operator(access.kubeconfig, ['--cluster-name', 'testbed'])
    await world.receiver(systemNamespace, 'console', { console: {}, share: { namespaces: { names: ['shop'] } } })
    await world.receiver(systemNamespace, 'file', { file: { path: 'alerts.log' } })
    await world.namespace('apps')
    await startQuietPolicy()
    await operator.working()
  })

  after(async () => world?.stop())

  const receivers = [{ name: 'console' }]

  async function startQuietPolicy(): Promise<void> {
    await world.namespace('quiet')
    await fullNode('quiet-node', 'quiet')
    const spec = {
      ...only('quiet-node'),
      namespaces: { names: ['quiet'] },
      interval: '5s',
      rules: [cpuRule],
      receivers,
    }
    await world.policy(systemNamespace, 'quiet', spec)
  }

  /** A node of 8 CPUs, and a pod on it that requests 7. */
  async function fullNode(name: string, namespace = 'apps', cpu = '7'): Promise<void> {
    await world.node(name)
    await world.pod(namespace, `${name}-big`, { nodeName: name, requests: { cpu } })
  }

  /** `kubectl describe node`: the requests of a resource, and their percent. */
  async function described(node: string, resource: string): Promise<{ amount: string; percent: string }> {
    const text = await world.cluster.mustKubectl(['describe', 'node', node])
    const match = new RegExp(`^  ${resource} +(\\S+) \\((\\d+)%\\)`, 'm').exec(
      text.split('Allocated resources')[1] ?? '',
    )
    return { amount: match?.[1] ?? '', percent: match?.[2] ?? '' }
  }

  /** Receivers are told side by side: the console's line may be there before the file's. */
  async function writtenMessages(file: string): Promise<Message[]> {
    return eventually(`alerts in ${file}`, async () => {
      const alerts = await operator.fileMessages(systemNamespace, file)
      return alerts.length > 0 && alerts
    })
  }

  /** The quiet policy's status was there before, and is not written while nothing changes. */
  async function writesOf(policy: string, sinceText: string): Promise<Anything[]> {
    const events = await world.cluster.auditEvents()
    return events.filter(
      ({ verb, objectRef, stage, requestReceivedTimestamp }) =>
        verb === 'patch' &&
        stage === 'ResponseComplete' &&
        objectRef?.name === policy &&
        requestReceivedTimestamp > sinceText,
    )
  }

  it('warns on console and in a file with the number of kubectl describe node, tells the status, and says when it is over', async () => {
    await fullNode('truth', 'apps', '6700m')
    await world.pod('apps', 'truth-small', { nodeName: 'truth', requests: { cpu: '137m' } })
    await world.policy(systemNamespace, 'truth', {
      ...only('truth'),
      rules: [cpuRule],
      receivers: [{ name: 'console' }, { name: 'file' }],
    })
    const message = await operator.tells('WARNING', '[testbed] Node truth: cpu requests')
    const { amount, percent } = await described('truth', 'cpu')
    expect(message.title).to.equal('[testbed] Node truth: cpu requests at 85.4% of allocatable, above 80%')
    expect([amount, percent]).to.deep.equal(['6837m', '85'])
    expect(message.lines[0]).to.include('exactly 6837m of 8 cpu')
    expect(message.lines.join('\n')).to.include('biggest: apps/truth-big 6.7')

    const [written] = await writtenMessages('alerts.log')
    expect(written).to.include({ clusterName: 'testbed', reason: 'first' })
    expect(written?.firing.map(({ title }) => title)).to.deep.equal([message.title.replace('[testbed] ', '')])

    const status = await world.statusWhen(systemNamespace, 'truth', ({ alerts }) => alerts?.[0]?.toldTime !== undefined)
    const policy = await world.send('GET', world.policyPath(systemNamespace, 'truth'))
    expect(status).to.include({ firing: 1, unknown: 0, observedGeneration: 1 })
    expect(status.objectsWatched).to.include({ nodes: 1, pods: 2 })
    expect(status.alerts?.[0]).to.deep.include({ rule: 'cpu', resource: 'cpu', value: '85.4%', threshold: '80%' })
    expect(status.alerts?.[0]?.object).to.include({ kind: 'Node', name: 'truth' })
    const conditions = status.conditions?.map(({ type, status: value }) => `${type} ${value}`)
    expect(conditions).to.have.members(['Accepted True', 'ResolvedRefs True', 'Ready True', 'Degraded False'])
    for (const { observedGeneration } of status.conditions ?? []) {
      expect(observedGeneration).to.equal(policy.metadata.generation)
    }

    await world.deletePod('apps', 'truth-big')
    const recovery = await operator.tells('RESOLVED', '[testbed] Node truth')
    expect(recovery.title).to.equal('[testbed] Node truth: cpu requests back at 1.7% of allocatable, 80% or less')
    await world.statusWhen(systemNamespace, 'truth', ({ firing, alerts }) => firing === 0 && alerts?.length === 0)
  })

  it('puts severity, labels and the runbook into the message', async () => {
    await fullNode('words')
    await world.policy(systemNamespace, 'words', {
      ...only('words'),
      severity: 'info',
      labels: { team: 'platform' },
      runbookURL: 'https://runbooks.example/full-node',
      rules: [
        { ...cpuRule, severity: 'critical' },
        { ...cpuRule, name: 'again', above: 50 },
      ],
      receivers,
    })
    const { lines } = await operator.tells('CRITICAL', '[testbed] Node words')
    await operator.tells('INFO', '[testbed] Node words')
    expect(lines).to.include('runbook: https://runbooks.example/full-node')
    expect(lines.at(-1)).to.equal(
      `policy ${systemNamespace}/words, rule cpu  {team=platform, node=words, resource=cpu}`,
    )
    expect(lines.some((line) => line.startsWith('next: kubectl describe node words'))).to.equal(true)
  })

  it('waits for `for`, and does not call it over before `clear`', async () => {
    await world.node('slow')
    await world.policy(systemNamespace, 'slow', {
      ...only('slow'),
      interval: '5s',
      rules: [{ ...cpuRule, above: 50, clear: 30, for: '8s' }],
      receivers,
    })
    await world.statusWhen(systemNamespace, 'slow', ({ firing }) => firing === 0)
    const put = (name: string, cpu: string) => world.pod('apps', name, { nodeName: 'slow', requests: { cpu } })
    await put('spike', '5')
    await sleep(1_500)
    await world.deletePod('apps', 'spike')
    const overMs = Date.now()

    for (const name of ['one', 'two']) await put(`slow-${name}`, '1')
    await put('slow-three', '3')
    const { at, lines } = await operator.tells('WARNING', '[testbed] Node slow')
    const sinceMs = Date.parse(/since (\S+),/.exec(lines.join())?.[1] ?? '')
    // Times are told to the second.
    expect(sinceMs).to.be.greaterThan(overMs - 1_000)
    expect(Date.parse(at) - sinceMs).to.be.at.least(7_000)
    expect(operator.about('[testbed] Node slow')).to.have.length(1)
    await world.deletePod('apps', 'slow-one')
    await world.deletePod('apps', 'slow-two')
    await sleep(2_000)
    expect(operator.about('[testbed] Node slow')).to.have.length(1)
    await world.deletePod('apps', 'slow-three')
    await operator.tells('RESOLVED', '[testbed] Node slow')
  })

  it('reminds as often as it is told to and no more', async () => {
    await fullNode('again')
    await world.policy(systemNamespace, 'again', {
      ...only('again'),
      interval: '5s',
      rules: [cpuRule],
      reminder: { every: '5s', max: 2 },
      receivers,
    })
    await eventually('all is told', () => operator.about('[testbed] Node again').length >= 3)
    // In this time another would come.
    await sleep(7_000)
    const told = operator.about('[testbed] Node again')
    expect(told.map(({ word }) => word)).to.deep.equal(['WARNING', 'STILL WARNING', 'STILL WARNING'])
    expect(told[2]?.lines.join()).to.include('reminder 2 of 2')
    const gaps = told.slice(1).map(({ at }, index) => Date.parse(at) - Date.parse(told[index]?.at ?? ''))
    for (const gapMs of gaps) expect(gapMs).to.be.at.least(4_900)
    const [alert] = (await world.status(systemNamespace, 'again')).alerts ?? []
    expect(alert?.reminders).to.equal(2)
  })

  it('says nothing while suspended, and what has changed when it goes on', async () => {
    for (const name of ['paused', 'resumed']) await fullNode(name)
    const nodes = {
      selector: {
        matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['paused', 'resumed'] }],
      },
    }
    await world.policy(systemNamespace, 'pause', { nodes, interval: '5s', rules: [cpuRule], receivers, suspend: true })
    const suspended = await world.statusWhen(systemNamespace, 'pause', (status) => status.conditions !== undefined)
    expect(conditionOf(suspended, 'Ready')).to.equal('False Suspended')
    await sleep(1_000)
    expect(operator.about('[testbed] Node paused')).to.deep.equal([])

    await world.changePolicy(systemNamespace, 'pause', { suspend: false })
    await operator.tells('WARNING', '[testbed] Node paused')
    await operator.tells('WARNING', '[testbed] Node resumed')
    await world.changePolicy(systemNamespace, 'pause', { suspend: true })
    await world.statusWhen(systemNamespace, 'pause', (status) => conditionOf(status, 'Ready') === 'False Suspended')
    await world.deletePod('apps', 'resumed-big')
    await sleep(6_000)
    expect(operator.about('[testbed] Node resumed')).to.have.length(1)
    await world.changePolicy(systemNamespace, 'pause', { suspend: false })
    await operator.tells('RESOLVED', '[testbed] Node resumed')
    expect(operator.about('[testbed] Node paused')).to.have.length(1)
  })

  it('closes what a deleted policy, node or namespace leaves open, with a message', async () => {
    await world.namespace('ends')
    for (const name of ['kept', 'removed']) await fullNode(name, 'ends')
    const nodes = {
      selector: { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['kept', 'removed'] }] },
    }
    const byNamespace = { name: 'space', scope: 'Namespace', resource: 'cpu', measure: 'Requests', above: 20 }
    await world.policy(systemNamespace, 'ends', {
      nodes,
      namespaces: { names: ['ends'] },
      rules: [cpuRule, byNamespace],
      receivers,
    })
    await operator.tells('WARNING', '[testbed] Node kept')
    await operator.tells('WARNING', '[testbed] Node removed')
    await operator.tells('WARNING', '[testbed] Namespace ends')

    await world.send('DELETE', '/api/v1/nodes/removed')
    const closedNode = await operator.tells('CLOSED', '[testbed] Node removed')
    expect(closedNode.title).to.equal('[testbed] Node removed: it is gone, so its cpu alert ends')
    expect(closedNode.lines[0]).to.match(/^last seen: 7 of 8/)

    await world.send('DELETE', '/api/v1/namespaces/ends')
    await operator.tells('RESOLVED', '[testbed] Node kept')
    const overNamespace = await Promise.any([
      operator.tells('CLOSED', '[testbed] Namespace ends'),
      operator.tells('RESOLVED', '[testbed] Namespace ends'),
    ])
    expect(overNamespace.title).to.include('Namespace ends')

    await world.pod('apps', 'kept-again', { nodeName: 'kept', requests: { cpu: '8' } })
    const from = operator.messages.length
    await operator.tells('WARNING', '[testbed] Node kept', from - 1)
    await world.send('DELETE', world.policyPath(systemNamespace, 'ends'))
    const closed = await operator.tells('CLOSED', '[testbed] Node kept')
    expect(closed.title).to.include('the policy was deleted')
  })

  it('speaks through its own console and an Event where a policy has no receivers', async () => {
    await fullNode('alone')
    await world.policy(systemNamespace, 'alone', { ...only('alone'), rules: [cpuRule] })
    const { title } = await operator.tells('WARNING', '[testbed] Node alone')
    const [event] = await eventsOf('alone', 1)
    expect(event).to.include({ reason: 'Alert', note: title.replace('[testbed] ', ''), type: 'Warning' })
    expect(event?.regarding).to.include({ kind: 'CapacityPolicy', namespace: systemNamespace })
    await world.deletePod('apps', 'alone-big')
    await operator.tells('RESOLVED', '[testbed] Node alone')
    const reasons = (await eventsOf('alone', 2)).map(({ reason }) => reason)
    expect(reasons).to.have.members(['Alert', 'AlertResolved'])
  })

  async function eventsOf(policy: string, count: number, namespace = systemNamespace): Promise<Anything[]> {
    const deadlineMs = performance.now() + 60_000
    for (;;) {
      const events = await world.events(namespace, policy)
      if (events.length >= count || performance.now() > deadlineMs) return events
      await sleep(100)
    }
  }

  it('names a receiver that is missing, tells the others, and heals when it comes', async () => {
    await fullNode('heals')
    const late = { name: 'late' }
    await world.policy(systemNamespace, 'heals', {
      ...only('heals'),
      interval: '5s',
      rules: [cpuRule],
      reminder: { every: '5s', max: 1 },
      receivers: [{ name: 'console' }, late],
    })
    await operator.tells('WARNING', '[testbed] Node heals')
    const missing = await world.statusWhen(systemNamespace, 'heals', ({ firing }) => firing === 1)
    expect(conditionOf(missing, 'ResolvedRefs')).to.equal('False ReceiverMissing')
    expect(conditionOf(missing, 'Ready')).to.equal('True Watching')
    const [event] = await eventsOf('heals', 1)
    expect(event).to.include({ reason: 'ReceiverMissing' })
    expect(event?.note).to.match(/AlertReceiver dogwatch-system\/late does not exist.*; the others work$/)
    await world.receiver(systemNamespace, 'late', { file: { path: 'late.log' } })
    await world.statusWhen(
      systemNamespace,
      'heals',
      (status) => conditionOf(status, 'ResolvedRefs') === 'True ResolvedRefs',
    )
    await operator.tells('STILL WARNING', '[testbed] Node heals')
    const written = await writtenMessages('late.log')
    expect(written.map(({ reason }) => reason)[0]).to.equal('first')
  })

  it('judges quotas, namespaces, pools without a node, and the cluster', async () => {
    for (const name of ['pool-1', 'pool-2']) {
      await world.node(name, { labels: { 'node-pool': 'gold' } })
      await world.pod('apps', `on-${name}`, { nodeName: name, requests: { cpu: '5', memory: '1Gi' } })
    }
    await world.namespace('limited')
    await world.send('POST', '/api/v1/namespaces/limited/resourcequotas', {
      metadata: { name: 'small' },
      spec: { hard: { 'requests.cpu': '4', pods: '10' } },
    })
    // A pod that comes before the quota is counted for the first time may be counted minutes later.
    const quotaPath = '/api/v1/namespaces/limited/resourcequotas/small'
    await eventually('the quota is counted', async () => (await world.send('GET', quotaPath)).status.used?.pods === '0')
    await world.pod('limited', 'web', { nodeName: 'pool-1', requests: { cpu: '3900m' } })
    await world.policy(systemNamespace, 'kinds-of-rules', {
      nodes: { selector: { matchLabels: { 'node-pool': 'gold' } } },
      namespaces: { names: ['limited', 'apps'] },
      pool: { label: 'node-pool' },
      rules: [
        { name: 'quota', scope: 'Namespace', measure: 'Quota', above: 90 },
        { name: 'share', scope: 'Namespace', resource: 'cpu', measure: 'Requests', above: 60 },
        { name: 'n-plus-1', scope: 'NodePool', measure: 'Survive' },
        { name: 'all', scope: 'Cluster', resource: 'cpu', measure: 'Requests', above: 80 },
      ],
      receivers,
    })
    const titles = await Promise.all(
      ['Namespace limited', 'Namespace apps', 'NodePool gold', 'Cluster'].map(async (subject) => {
        const { title } = await operator.tells('WARNING', `[testbed] ${subject}`)
        return title.replace('[testbed] ', '')
      }),
    )
    expect(titles).to.deep.equal([
      'Namespace limited: requests.cpu use at 97.5% of quota small, above 90%',
      "Namespace apps: cpu requests at 62.5% of the nodes' allocatable, above 60%",
      'NodePool gold: cpu requests do not fit without its largest node, 5.9 too much',
      'Cluster: cpu requests at 86.8% of allocatable, above 80%',
    ])
    expect(await world.cluster.mustKubectl(['describe', 'quota', 'small', '-n', 'limited'])).to.match(
      /requests.cpu +3900m +4\n/,
    )
  })

  it('writes a status only when it changed: nothing in a quiet minute', async () => {
    const [written] = (await writesOf('quiet', '')).slice(-1)
    expect(written).not.to.equal(undefined)
    quietSince = written?.requestReceivedTimestamp
    const passedMs = Date.now() - Date.parse(quietSince)
    await sleep(Math.max(0, 61_000 - passedMs))
    expect(await writesOf('quiet', quietSince)).to.deep.equal([])
    expect(operator.about('[testbed] Node quiet-node')).to.have.length(1)
  })

  it('writes at most once while pods change all the time and no number that it shows does', async () => {
    await world.namespace('churn')
    await fullNode('churned', 'churn')
    const spec = { ...only('churned'), namespaces: { names: ['churn'] }, interval: '5s', rules: [cpuRule], receivers }
    await world.policy(systemNamespace, 'churned', spec)
    await world.statusWhen(systemNamespace, 'churned', ({ alerts }) => alerts?.[0]?.toldTime !== undefined)
    await sleep(500)
    const sinceText = (await writesOf('churned', '')).at(-1)?.requestReceivedTimestamp
    expect(sinceText).to.be.a('string')
    const endMs = performance.now() + 5_000
    let changes = 0
    while (changes <= 50 || performance.now() < endMs) {
      changes += 1
      const annotations = { step: String(changes) }
      await world.merge('/api/v1/namespaces/churn/pods/churned-big', { metadata: { annotations } })
      await world.pod('apps', `passing-${changes}`, { nodeName: 'churned' })
      await world.deletePod('apps', `passing-${changes}`)
    }
    expect(changes).to.be.greaterThan(50)
    expect((await writesOf('churned', sinceText)).length).to.be.at.most(1)
    expect(operator.about('[testbed] Node churned')).to.have.length(1)
  })

  it('logs JSON lines with fixed names, and keeps its token to itself', async () => {
    expect(operator.strayLines).to.deep.equal([])
    for (const line of operator.log) {
      expect(line).to.include.keys('time', 'level', 'message')
      expect(new Date(line.time).toISOString()).to.equal(line.time)
      expect(['debug', 'info', 'warn', 'error']).to.include(line.level)
      expect(line.message).to.match(/^[A-Z]/)
    }
    const metrics = (await operator.get('/metrics')).text
    for (const text of [operator.output, metrics]) expect(text).not.to.include(token)
  })

  it('asked for nothing that it has no right to', async () => {
    const refused = (await world.cluster.auditEvents()).filter(
      ({ user, responseStatus }) => user.username === operatorUser && [401, 403].includes(responseStatus?.code ?? 0),
    )
    expect(refused).to.deep.equal([])
  })

  it('ends within 5 s, with exit code 0', async () => {
    const { code, afterMs } = await operator.end('SIGTERM')
    expect(code).to.equal(0)
    expect(afterMs).to.be.lessThan(5_000)
  })
})
