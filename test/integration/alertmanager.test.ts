/** The alertmanager channel against the real one: what was posted is read back through its own API. */
import { expect } from 'chai'
import { type Alertmanager, isAlertmanagerBuilt, startAlertmanager } from '../../hack/testbed/alertmanager.ts'
import { createAuthority } from '../../hack/testbed/pki.ts'
import type { Clock } from '../../src/base/clock.ts'
import { systemClock } from '../../src/base/clock.ts'
import type { Message } from '../../src/model/message.ts'
import {
  type AlertmanagerOptions,
  createAlertmanagerNotifier,
} from '../../src/notify/channels/alertmanager/alertmanager.ts'
import { createOutgoing } from '../../src/notify/outgoing-http.ts'
import { unloggedSteps } from '../../src/notify/send-once.ts'
import { type ChannelHarness, channelContract } from '../notify/channels/contract.ts'
import { aMessage, anAlert, manyAlerts } from '../support/channel-messages.ts'
import { eventually } from '../support/eventually.ts'
import { PipelineWorld } from '../support/pipeline-world.ts'
import { type ReceiverServer, startReceiverServer } from '../support/receiver-server.ts'
import { skipUnless } from '../support/skip.ts'
import { type TestSecrets, testSecrets } from '../support/test-secrets.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

interface GettableAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
  readonly status: { readonly state: string }
}

async function alertsAt(url: string): Promise<GettableAlert[]> {
  const answer = await fetch(`${url}/api/v2/alerts`)
  expect(answer.status).to.equal(200)
  return (await answer.json()) as GettableAlert[]
}

/** Stands before the real one, which gives a good answer to whatever is right: faults come from here. */
function startInFront(url: string): Promise<ReceiverServer> {
  return startReceiverServer(async ({ method, url: path, headers, body }) => {
    const contentType = headers['content-type']
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: contentType === undefined ? {} : { 'content-type': contentType },
      ...(method === 'POST' ? { body } : {}),
    })
    return { status: answer.status, body: await answer.text() }
  })
}

const password = 's3cret-password'

interface Started {
  readonly options: AlertmanagerOptions
  readonly secrets: TestSecrets
  stop(): Promise<void>
}

function connectTo(spec: AlertmanagerOptions['spec'], clock: Clock = systemClock): Started {
  const outgoing = createOutgoing({ proxies: {}, allowLocalReceivers: true, clock: systemClock })
  const secrets = testSecrets({ 'am/password': password, 'am/token': 's3cret-token' })
  return { options: { spec, outgoing, secrets, clock }, secrets, stop: () => outgoing.close() }
}

async function harness(): Promise<ChannelHarness> {
  const real = await startAlertmanager()
  const front = await startInFront(real.url)
  const basicAuth = { username: 'dogwatch', passwordSecretRef: { name: 'am', key: 'password' } }
  const { options, stop } = connectTo({ urls: [front.url], basicAuth })
  return {
    notifier: createAlertmanagerNotifier(options),
    received: async () => JSON.stringify(await alertsAt(real.url), null, 1).replaceAll('\\n', '\n'),
    told: async () => (await alertsAt(real.url)).length,
    openIncidents: async () => (await alertsAt(real.url)).length,
    fail: (fault) => {
      front.fault = fault
    },
    secrets: [password, Buffer.from(`dogwatch:${password}`).toString('base64')],
    stop: async () => {
      await stop()
      await front.stop()
      await real.stop()
    },
  }
}

describe('alertmanager', function () {
  this.timeout(180_000)

  before(function () {
    skipUnless(this, isAlertmanagerBuilt(), 'Alertmanager is not built: hack/testbed/testbed build')
  })

  channelContract('alertmanager', { promise: 'once', logs: 'end', named: 50, hasServer: true }, harness)

  describe('the real Alertmanager', () => {
    let real: Alertmanager
    let started: Started

    beforeEach(async () => {
      real = await startAlertmanager()
      started = connectTo({ urls: [`${real.url}/`] })
    })

    afterEach(async () => {
      await started?.stop()
      await real?.stop()
    })

    const send = (message: Message, options = started.options) =>
      createAlertmanagerNotifier(options).notify(message, {
        ...{ signal: AbortSignal.timeout(60_000), incident: {}, steps: unloggedSteps },
      })

    it('has labels to route by and annotations to read', async () => {
      const attachment = { name: 'app.log', text: 'panic: the end' }
      await send(aMessage({ firing: [anAlert({ attachment })] }))
      const [alert, ...others] = await alertsAt(real.url)
      expect(others).to.deep.equal([])
      const { dogwatch_id: id, ...labels } = alert?.labels ?? {}
      expect(id).to.match(/^[0-9a-f]{16}$/)
      expect(labels).to.deep.equal({
        ...{ alertname: 'node-cpu', rule: 'node-cpu', severity: 'critical', policy: 'nodes', cluster: 'blue' },
        ...{ policyNamespace: 'dogwatch-system', kind: 'Node', name: 'node-1', node: 'node-1' },
        ...{ team: 'platform', resource: 'cpu' },
      })
      expect(alert?.annotations).to.deep.equal({
        summary: 'Node node-1: cpu requests at 93.1%, above 80%',
        description: '3.72 of 4 cpu requested\nnext: kubectl describe node node-1',
        runbook_url: 'https://runbooks.example/node-cpu',
        log: 'panic: the end',
      })
      expect(Date.parse(alert?.startsAt ?? '')).to.equal(Date.parse('2026-01-01T12:00:05Z'))
    })

    it('keeps an alert until it was not told again several times, and no longer', async () => {
      const { refreshMs = 0 } = createAlertmanagerNotifier(started.options)
      await send(aMessage())
      const [alert] = await alertsAt(real.url)
      const staysMs = Date.parse(alert?.endsAt ?? '') - Date.now()
      expect(staysMs)
        .to.be.greaterThan(3 * refreshMs)
        .and.at.most(5 * refreshMs)
    })

    it('keeps it longer when it is told again', async () => {
      await send(aMessage())
      const [before] = await alertsAt(real.url)
      await send(aMessage({ id: 'again', reason: 'repeat' }))
      const alerts = await alertsAt(real.url)
      expect(alerts).to.have.length(1)
      expect(Date.parse(alerts[0]?.endsAt ?? '')).to.be.greaterThan(Date.parse(before?.endsAt ?? ''))
    })

    it('takes a message that waited for long as of now, not as over', async () => {
      await send(aMessage({ nowMs: Date.now() - 24 * 3_600_000 }))
      expect(await alertsAt(real.url)).to.have.length(1)
    })

    it('ends an alert at once when it is over, and only that one', async () => {
      const [first, second] = manyAlerts(2)
      if (first === undefined || second === undefined) throw new Error('two are made')
      await send(aMessage({ firing: [first, second] }))
      expect(await alertsAt(real.url)).to.have.length(2)
      const ended = [{ ...first, state: 'closed' as const, at: new Date(Date.now() - 5).toISOString() }]
      await send(aMessage({ id: 'over', reason: 'someResolved', firing: [second], ended }))
      expect((await alertsAt(real.url)).map(({ labels }) => labels.name)).to.deep.equal(['node-2'])
    })

    it('keeps apart what differs in nothing but its key', async () => {
      await send(aMessage({ firing: [anAlert({ key: 'one' }), anAlert({ key: 'other' })] }))
      expect(await alertsAt(real.url)).to.have.length(2)
    })

    it('shows a sign of life as an alert that ends when the next ones do not come', async () => {
      await send({ ...aMessage({ reason: 'heartbeat', firing: [] }), nextWithinMs: 600_000 })
      const [alert] = await alertsAt(real.url)
      expect(alert?.labels).to.include({ alertname: 'DogwatchHeartbeat', cluster: 'blue' })
      expect(Date.parse(alert?.endsAt ?? '') - Date.now()).to.be.within(1_100_000, 1_200_000)
    })

    it('is told with the words of a template where the message is about one alert', async () => {
      await send({ ...aMessage(), title: 'our title', text: 'our text' })
      expect((await alertsAt(real.url))[0]?.annotations).to.include({ summary: 'our title', description: 'our text' })
    })

    it('is asked for its version beforehand', async () => {
      const found = await createAlertmanagerNotifier(started.options).preflight?.(AbortSignal.timeout(60_000))
      expect(found).to.deep.equal({ status: 'ok', message: 'Alertmanager 0.34.2' })
    })

    it('keeps for as long as it fires what the pipeline tells it, and not a moment longer', async () => {
      const clock = new VirtualClock(Date.now())
      const world = new PipelineWorld({ clock })
      const own = connectTo({ urls: [real.url] }, clock)
      try {
        world.receiver('a', { notifier: createAlertmanagerNotifier(own.options), channel: 'alertmanager' })
        await world.lead()
        await world.fire('n1')
        let endsAtMs = 0
        for (let minute = 0; minute < 12; minute += 1) {
          endsAtMs = await eventually('the alert is kept for longer', async () => {
            const [alert] = await alertsAt(real.url)
            const laterMs = Date.parse(alert?.endsAt ?? '')
            return laterMs > endsAtMs && laterMs
          })
          expect(endsAtMs - clock.nowMs()).to.be.greaterThan(3 * 60_000)
          await world.pass(60_000)
        }
        await world.end('n1')
        await eventually('the alert is over', async () => (await alertsAt(real.url)).length === 0)
        await world.pass(10 * 60_000)
        expect(await alertsAt(real.url)).to.deep.equal([])
      } finally {
        await own.stop()
      }
    })

    it('is shown a token where it asks for one', async () => {
      const front = await startInFront(real.url)
      const token = connectTo({ urls: [front.url], bearerTokenSecretRef: { name: 'am', key: 'token' } })
      try {
        expect(await send(aMessage(), token.options)).to.deep.equal({ sent: true })
        expect(front.requests.map(({ headers }) => headers.authorization)).to.deep.equal(['Bearer s3cret-token'])
      } finally {
        await token.stop()
        await front.stop()
      }
    })

    it('of a pair each is told; one that is away fails nothing', async () => {
      const other = await startAlertmanager()
      const pair = connectTo({ urls: [real.url, other.url] })
      try {
        await send(aMessage(), pair.options)
        expect(await alertsAt(real.url)).to.have.length(1)
        expect(await alertsAt(other.url)).to.have.length(1)
        await other.stop()
        const second = anAlert({ key: 'second' })
        expect(await send(aMessage({ id: 'm2', firing: [second] }), pair.options)).to.deep.equal({ sent: true })
        expect(await alertsAt(real.url)).to.have.length(2)
        const found = await createAlertmanagerNotifier(pair.options).preflight?.(AbortSignal.timeout(60_000))
        expect(found).to.have.property('status', 'ok')
        expect(found?.message).to.match(/^Alertmanager 0\.34\.2; but .* refuses connections$/)
      } finally {
        await pair.stop()
        await other.stop()
      }
    })

    it('away as a whole is a failure that names each', async () => {
      await real.stop()
      const delivery = await send(aMessage())
      expect(delivery).to.include({ sent: false, retry: true, reason: 'network', mayHaveArrived: false })
    })
  })

  it('is spoken to by TLS, with an authority and a password of its own', async () => {
    const authority = createAuthority('Test authority')
    const { certificate, key } = authority.issue({ commonName: 'alertmanager', hosts: ['127.0.0.1'] })
    // What bcrypt makes of the password, at its least cost.
    const users = { dogwatch: '$2b$04$abcdefghijklmnopqrstuuC7SXhJX4cg91gnoj6MHausKQZwb/cSe' }
    const tls = { cert: certificate, key }
    const real = await startAlertmanager({ web: { tls_server_config: tls, basic_auth_users: users } })
    const basicAuth = { username: 'dogwatch', passwordSecretRef: { name: 'am', key: 'password' } }
    const spec = { urls: [real.url], basicAuth, caSecretRef: { name: 'am', key: 'ca.crt' } }
    const { options, secrets, stop } = connectTo(spec)
    const ask = () => createAlertmanagerNotifier(options).preflight?.(AbortSignal.timeout(60_000))
    try {
      expect(await ask()).to.include({ status: 'failed', reason: 'auth' })
      secrets.set({ name: 'am', key: 'ca.crt' }, createAuthority('Another').certificate)
      const untrusted = await ask()
      expect(untrusted).to.include({ status: 'failed', reason: 'network' })
      expect(untrusted?.message).to.match(/unknown authority/)
      secrets.set({ name: 'am', key: 'ca.crt' }, authority.certificate)
      expect(await ask()).to.deep.equal({ status: 'ok', message: 'Alertmanager 0.34.2' })
      secrets.set({ name: 'am', key: 'password' }, 'another')
      expect(await ask()).to.include({ status: 'failed', reason: 'auth' })
      expect(secrets.refusals).to.deep.equal(['am/password', 'am/ca.crt'])
    } finally {
      await stop()
      await real.stop()
    }
  })
})
