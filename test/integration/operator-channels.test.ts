/** Receivers that speak HTTP, from the resource and its Secret to what the other end got: the whole operator on a real API server. */
import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import { type Alertmanager, isAlertmanagerBuilt, startAlertmanager } from '../../hack/testbed/alertmanager.ts'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { webhookPayload } from '../../src/notify/channels/webhook/payload.ts'
import { eventually } from '../support/eventually.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { conditionOf, type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { type PagerdutyServer, startPagerdutyServer } from '../support/pagerduty-server.ts'
import { type ReceiverServer, startReceiverServer } from '../support/receiver-server.ts'
import { skipUnless } from '../support/skip.ts'

const routingKey = 's3cretroutingkeyof32characters00'
const values = { url: '/in/s3cret-path', token: 'Bearer s3cret-token', key: 's3cret-signing-key', routing: routingKey }
const rule = { name: 'big-pod', scope: 'Pod', resource: 'cpu', measure: 'Requests', above: 10, severity: 'critical' }

describe('receivers that speak HTTP', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let operator: OperatorProcess
  let webhook: ReceiverServer
  let pagerduty: PagerdutyServer
  let alertmanager: Alertmanager
  let kubeconfig: string
  let token = values.token

  before(async function () {
    this.timeout(180_000)
    const isBuilt = missingForCluster({ kwok: true }).length === 0 && isAlertmanagerBuilt()
    skipUnless(this, isBuilt, 'the control plane or Alertmanager is not built: hack/testbed/testbed build')
    webhook = await startReceiverServer(({ headers }) =>
      headers.authorization === token
        ? { status: 204, body: '' }
        : { status: 401, body: String(headers.authorization) },
    )
    pagerduty = await startPagerdutyServer(routingKey)
    alertmanager = await startAlertmanager()
    world = await startOperatorWorld()
    kubeconfig = (await world.operatorAccess()).kubeconfig
    await world.node('node-1', { cpu: '100' })
    await world.namespace('team-a')
    await makeReceivers()
    operator = await world.operator(kubeconfig, ['--allow-local-receivers']).working()
  })

  after(async () => {
    await world?.stop()
    await Promise.all([webhook?.stop(), pagerduty?.stop(), alertmanager?.stop()])
  })

  const secretPath = `/api/v1/namespaces/${systemNamespace}/secrets`
  const reference = (key: keyof typeof values) => ({ name: 'receivers', key })

  async function makeReceivers(): Promise<void> {
    const stringData = { ...values, url: `${webhook.url}${values.url}` }
    await world.send('POST', secretPath, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'receivers' },
      stringData,
    })
    await world.receiver(systemNamespace, 'webhook', {
      webhook: {
        urlSecretRef: reference('url'),
        headers: [{ name: 'Authorization', valueSecretRef: reference('token') }],
        signingSecretRef: reference('key'),
      },
    })
    await world.receiver(systemNamespace, 'alertmanager', { alertmanager: { urls: [alertmanager.url] } })
    await world.receiver(systemNamespace, 'pagerduty', {
      pagerduty: { routingKeySecretRef: reference('routing'), url: `${pagerduty.url}/v2/enqueue` },
    })
    const receivers = ['webhook', 'alertmanager', 'pagerduty'].map((name) => ({ name }))
    await world.policy(systemNamespace, 'pods', { rules: [rule], receivers })
  }

  const bigPod = (name: string) => world.pod('team-a', name, { nodeName: 'node-1', requests: { cpu: '11' } })
  const payloads = () => webhook.requests.map(({ body }) => webhookPayload.parse(JSON.parse(body)))
  const about = (pod: string) =>
    payloads().filter(({ firing, ended }) => [...firing, ...ended].some(({ object }) => object.name === pod))

  async function alertsAt(pod: string): Promise<object[]> {
    const answer = await fetch(`${alertmanager.url}/api/v2/alerts?filter=${encodeURIComponent(`pod="${pod}"`)}`)
    return (await answer.json()) as object[]
  }

  const show = () => [webhook.requests.slice(-3), pagerduty.events.slice(-3), operator.log.slice(-5)]

  it('say beforehand whether they can be reached', async () => {
    for (const name of ['webhook', 'alertmanager', 'pagerduty']) {
      const path = `/apis/dogwatch.dev/v1alpha1/namespaces/${systemNamespace}/alertreceivers/${name}`
      const status = async () => (await world.send('GET', path)).status ?? {}
      const isReady = async () => conditionOf(await status(), 'Ready')?.startsWith('True')
      await eventually(`${name} is ready`, isReady, 60_000, status)
    }
  })

  it('hear of an incident when it begins and when it is over', async () => {
    await bigPod('greedy')
    const isTold = async () =>
      about('greedy').length === 1 && pagerduty.open.size === 1 && (await alertsAt('greedy')).length === 1
    await eventually('each is told', isTold, 60_000, show)
    await world.deletePod('team-a', 'greedy')
    const isOver = async () =>
      about('greedy').length === 2 && pagerduty.open.size === 0 && (await alertsAt('greedy')).length === 0
    await eventually('each is told that it is over', isOver, 60_000, show)
    const [first, last] = about('greedy')
    expect([first?.reason, last?.reason]).to.deep.equal(['first', 'resolved'])
    expect(last?.incident).to.equal(first?.incident)
    expect(pagerduty.events.map((event) => event.dedup_key)).to.have.length(2)
    expect(new Set(pagerduty.events.map((event) => event.dedup_key)).size).to.equal(1)
  })

  it('can tell that a message is from here', () => {
    expect(webhook.requests).not.to.have.length(0)
    for (const { headers, body, url } of webhook.requests) {
      const signed = `${headers['dogwatch-timestamp']}.${body}`
      const digest = createHmac('sha256', values.key).update(signed).digest('hex')
      expect(headers['dogwatch-signature']).to.equal(`sha256=${digest}`)
      expect(url).to.equal(values.url)
    }
  })

  it('are told what waited once a Secret that was refused is right', async () => {
    token = 'Bearer s3cret-token-two'
    const before = webhook.requests.length
    await bigPod('rotated')
    await eventually('the old token is refused', async () => webhook.requests.length > before, 60_000, show)
    await eventually('the others are told', async () => (await alertsAt('rotated')).length === 1, 60_000, show)
    await world.merge(`${secretPath}/receivers`, { stringData: { token } })
    const taken = () => webhook.requests.filter(({ headers }) => headers.authorization === token)
    await eventually('the new token is taken', async () => taken().length > 0, 60_000, show)
    await world.deletePod('team-a', 'rotated')
    await eventually('its end is told', async () => about('rotated').at(-1)?.reason === 'resolved', 60_000, show)
  })

  it('find none of their secrets in what the operator says', async () => {
    const { text } = await operator.get('/metrics')
    const receivers = await world.send('GET', '/apis/dogwatch.dev/v1alpha1/alertreceivers')
    const events = await world.send('GET', `/apis/events.k8s.io/v1/events`)
    expect(operator.output).to.include('does not know the credentials (401)')
    for (const said of [operator.output, text, JSON.stringify(receivers), JSON.stringify(events)]) {
      expect(said).not.to.match(/s3cret/)
    }
  })

  it('are not on this host, unless the operator was told that they may be', async () => {
    await operator.end()
    const [asked, told] = [webhook.requests.length, pagerduty.events.length]
    operator = await world.operator(kubeconfig).working()
    await bigPod('local')
    const refusals = () => operator.log.filter(({ message }) => message === 'Message not delivered')
    const names = () => new Set(refusals().map(({ name }) => name))
    await eventually('each is refused', async () => names().size === 3, 60_000, show)
    for (const { reason, error } of refusals()) {
      expect(reason).to.equal('client')
      expect(error).to.match(/127\.0\.0\.1:\d+ is at a loopback address: .*--allow-local-receivers$/)
    }
    expect([webhook.requests.length, pagerduty.events.length]).to.deep.equal([asked, told])
    expect(await alertsAt('local')).to.deep.equal([])
  })
})
