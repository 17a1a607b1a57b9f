import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import { z } from 'zod'
import { systemClock } from '../../../src/base/clock.ts'
import type { Message } from '../../../src/model/message.ts'
import { payloadOf, webhookJsonSchema, webhookPayload } from '../../../src/notify/channels/webhook/payload.ts'
import { createWebhookNotifier, type WebhookOptions } from '../../../src/notify/channels/webhook/webhook.ts'
import { createOutgoing } from '../../../src/notify/outgoing-http.ts'
import { unloggedSteps } from '../../../src/notify/send-once.ts'
import { aMessage, anAlert } from '../../support/channel-messages.ts'
import { startReceiverServer } from '../../support/receiver-server.ts'
import { testSecrets } from '../../support/test-secrets.ts'
import { type ChannelHarness, channelContract } from './contract.ts'

const values = {
  'hook/path': 's3cret-path',
  'hook/token': 'Bearer s3cret-token',
  'hook/signing': 's3cret-signing-key',
}

async function startWebhook() {
  const server = await startReceiverServer(() => ({ status: 200, body: 'ok' }))
  const secrets = testSecrets({ ...values, 'hook/url': `${server.url}/in/s3cret-path?key=s3cret-query` })
  const outgoing = createOutgoing({ proxies: {}, allowLocalReceivers: true, clock: systemClock })
  const spec: WebhookOptions['spec'] = {
    urlSecretRef: { name: 'hook', key: 'url' },
    headers: [{ name: 'Authorization', valueSecretRef: { name: 'hook', key: 'token' } }],
    signingSecretRef: { name: 'hook', key: 'signing' },
  }
  const options = { spec, secrets, outgoing, clock: systemClock }
  const stop = async () => {
    await outgoing.close()
    await server.stop()
  }
  return { server, secrets, options, notifier: createWebhookNotifier(options), stop }
}

type Started = Awaited<ReturnType<typeof startWebhook>>

async function harness(): Promise<ChannelHarness> {
  const { server, notifier, stop } = await startWebhook()
  return {
    ...{ notifier, stop },
    secrets: ['s3cret-path', 's3cret-query', 's3cret-token', 's3cret-signing-key'],
    received: async () => server.requests.map(({ body }) => readable(body)).join('\n'),
    told: async () => new Set(server.requests.map(({ headers }) => headers['idempotency-key'])).size,
    fail: (fault) => {
      server.fault = fault
    },
  }
}

/** Held to the published form, which refuses nothing that it should not. */
function readable(body: string): string {
  const payload = webhookPayload.parse(JSON.parse(body))
  return JSON.stringify(payload, null, 1).replaceAll('\\n', '\n')
}

channelContract('webhook', { promise: 'once', logs: 'end', named: 50, hasServer: true }, harness)

describe('the webhook channel', () => {
  let started: Started

  beforeEach(async () => {
    started = await startWebhook()
  })

  afterEach(() => started.stop())

  const send = (message: Message) =>
    started.notifier.notify(message, { signal: AbortSignal.timeout(60_000), incident: {}, steps: unloggedSteps })

  it('sends the headers from Secrets, the key of idempotence, and who it is', async () => {
    await send(aMessage())
    const [request] = started.server.requests
    expect(request).to.include({ method: 'POST', url: '/in/s3cret-path?key=s3cret-query' })
    expect(request?.headers).to.include({
      authorization: 'Bearer s3cret-token',
      'content-type': 'application/json; charset=utf-8',
      'idempotency-key': 'message-1',
    })
    expect(request?.headers['user-agent']).to.match(/^dogwatch\/\d/)
  })

  it('signs time and body', async () => {
    await send(aMessage())
    const { headers, body } = started.server.requests[0] ?? expect.fail('nothing came')
    const timestamp = String(headers['dogwatch-timestamp'])
    const expected = createHmac('sha256', 's3cret-signing-key').update(`${timestamp}.${body}`).digest('hex')
    expect(headers['dogwatch-signature']).to.equal(`sha256=${expected}`)
    expect(Math.abs(Date.now() / 1_000 - Number(timestamp))).to.be.lessThan(60)
  })

  it('reads Secrets again for each message, and anew once they were refused', async () => {
    await send(aMessage())
    started.secrets.set({ name: 'hook', key: 'token' }, 'Bearer another')
    await send(aMessage())
    expect(started.server.requests[1]?.headers.authorization).to.equal('Bearer another')
    expect(started.secrets.refusals).to.deep.equal([])
    started.server.fault = { status: 401 }
    await send(aMessage())
    expect(started.secrets.refusals).to.deep.equal(['hook/url', 'hook/token', 'hook/signing'])
  })

  it('says which Secret is missing: nothing has arrived', async () => {
    const spec = { ...started.options.spec, signingSecretRef: { name: 'hook', key: 'gone' } }
    const notifier = createWebhookNotifier({ ...started.options, spec })
    const context = { signal: AbortSignal.timeout(60_000), incident: {}, steps: unloggedSteps }
    expect(await notifier.notify(aMessage(), context)).to.deep.equal({
      ...{ sent: false, retry: true, reason: 'auth', mayHaveArrived: false },
      message: 'Secret team/hook has no key gone: add it',
    })
    expect(await notifier.preflight?.(context.signal)).to.include({ status: 'failed', reason: 'auth' })
    expect(started.server.requests).to.deep.equal([])
  })

  it('repeats what the receiver said, without what is secret in it', async () => {
    started.server.fault = { status: 422, body: 'no s3cret-token here:\n\u001b[2Jfield "x" is missing' }
    const delivery = await send(aMessage())
    expect(delivery).to.include({ sent: false, reason: 'client', retry: false })
    expect(JSON.stringify(delivery)).to.include('(422): no *** here: [2Jfield \\"x\\" is missing')
  })

  it('takes the words of a template', async () => {
    await send({ ...aMessage(), title: 'our title', text: 'our text' })
    expect(JSON.parse(started.server.requests[0]?.body ?? '')).to.include({ title: 'our title', text: 'our text' })
  })

  it('says all that a message says', async () => {
    const attachment = { name: 'app.log', text: 'the end' }
    const message = {
      ...aMessage({ reason: 'repeat', firing: [anAlert({ attachment })], dropped: 3, isPossibleRepeat: true }),
      reminder: { number: 2, of: 5 },
    }
    await send(message)
    const payload = JSON.parse(started.server.requests[0]?.body ?? '')
    expect(payload).to.deep.include({
      ...{ version: 'v1', id: 'message-1', incident: 'incident-1', reason: 'repeat', clusterName: 'blue' },
      ...{ severity: 'critical', counts: { firing: 1, ended: 0 }, reminder: { number: 2, of: 5 }, dropped: 3 },
      ...{ isPossibleRepeat: true, title: 'Node node-1: cpu requests at 93.1%, above 80%' },
    })
    expect(payload.firing[0]).to.deep.include({ attachment, rule: 'node-cpu', state: 'firing' })
    expect(payload.firing[0].labels).to.include({ alertname: 'node-cpu', team: 'platform', cluster: 'blue' })
  })
})

describe('the form of what a webhook is sent', () => {
  const published = z.fromJSONSchema(webhookJsonSchema() as Parameters<typeof z.fromJSONSchema>[0])
  const payload = payloadOf(aMessage({ firing: [anAlert({ attachment: { name: 'app.log', text: 'x' } })] }))

  it('is published as JSON Schema that takes what is sent', () => {
    expect(published.safeParse(JSON.parse(JSON.stringify(payload))).error).to.equal(undefined)
  })

  it('refuses another version, and an alert without its key', () => {
    const { key: _, ...keyless } = payload.firing[0] ?? expect.fail('it has an alert')
    for (const broken of [
      { ...payload, version: 'v2' },
      { ...payload, firing: [keyless] },
    ]) {
      expect(published.safeParse(broken).success).to.equal(false)
    }
  })
})
