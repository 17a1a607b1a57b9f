import { expect } from 'chai'
import { systemClock } from '../../../src/base/clock.ts'
import type { Message } from '../../../src/model/message.ts'
import { createPagerdutyNotifier } from '../../../src/notify/channels/pagerduty/pagerduty.ts'
import { createOutgoing } from '../../../src/notify/outgoing-http.ts'
import { unloggedSteps } from '../../../src/notify/send-once.ts'
import { aMessage, anAlert, manyAlerts } from '../../support/channel-messages.ts'
import { startPagerdutyServer } from '../../support/pagerduty-server.ts'
import { testSecrets } from '../../support/test-secrets.ts'
import { type ChannelHarness, channelContract } from './contract.ts'

const routingKey = 's3cretroutingkeyof32characters00'

async function startPagerduty(key = routingKey) {
  const server = await startPagerdutyServer(routingKey)
  const secrets = testSecrets({ 'pagerduty/key': key })
  const outgoing = createOutgoing({ proxies: {}, allowLocalReceivers: true, clock: systemClock })
  const spec = { routingKeySecretRef: { name: 'pagerduty', key: 'key' }, url: `${server.url}/v2/enqueue` }
  const stop = async () => {
    await outgoing.close()
    await server.stop()
  }
  const notifier = createPagerdutyNotifier({ spec, secrets, outgoing })
  const send = (message: Message) =>
    notifier.notify(message, { signal: AbortSignal.timeout(60_000), incident: {}, steps: unloggedSteps })
  return { server, secrets, notifier, send, stop }
}

async function harness(): Promise<ChannelHarness> {
  const { server, notifier, stop } = await startPagerduty()
  return {
    ...{ notifier, stop, secrets: [routingKey] },
    received: async () =>
      server.events.map((event) => JSON.stringify(event, null, 1).replaceAll('\\n', '\n')).join('\n'),
    told: async () => new Set(server.events.map((event) => event.dedup_key)).size,
    openIncidents: async () => server.open.size,
    fail: (fault) => {
      server.fault = fault
    },
  }
}

channelContract(
  'pagerduty',
  { promise: 'once', logs: 'end', named: 50, hasServer: true, isText: true, refusesHeartbeats: true },
  harness,
)

describe('the pagerduty channel', () => {
  let started: Awaited<ReturnType<typeof startPagerduty>>

  beforeEach(async () => {
    started = await startPagerduty()
  })

  afterEach(() => started.stop())

  it('opens an incident with all that helps whoever is woken', async () => {
    await started.send(aMessage())
    expect(started.server.events).to.have.length(1)
    expect(started.server.events[0]).to.deep.equal({
      routing_key: routingKey,
      event_action: 'trigger',
      dedup_key: 'incident-1',
      client: 'Dogwatch',
      payload: {
        summary: '[blue] Node node-1: cpu requests at 93.1%, above 80%',
        source: 'Node node-1',
        severity: 'critical',
        timestamp: '2026-01-01T12:06:00Z',
        component: 'Node node-1',
        group: 'blue',
        class: 'node-cpu',
        custom_details: {
          reason: 'first',
          labels: { team: 'platform', resource: 'cpu', node: 'node-1' },
          alerts: [
            [
              'CRITICAL Node node-1: cpu requests at 93.1%, above 80%, since 2026-01-01T12:00:05Z',
              '3.72 of 4 cpu requested',
              'next: kubectl describe node node-1',
              'runbook: https://runbooks.example/node-cpu',
              'policy dogwatch-system/nodes, rule node-cpu  {team=platform, resource=cpu, node=node-1}',
            ].join('\n'),
          ],
        },
      },
      links: [{ href: 'https://runbooks.example/node-cpu', text: 'Runbook' }],
    })
  })

  it('resolves by the key of the incident alone', async () => {
    await started.send(aMessage())
    await started.send(aMessage({ id: 'm2', reason: 'resolved', firing: [], ended: [anAlert({ state: 'resolved' })] }))
    const { routing_key: _, ...event } = started.server.events[1]
    expect(event).to.deep.equal({ event_action: 'resolve', dedup_key: 'incident-1' })
  })

  it('leaves no test open: it would be escalated', async () => {
    expect(await started.send(aMessage({ reason: 'test', firing: [] }))).to.deep.equal({ sent: true })
    expect(started.server.events.map((event) => event.event_action)).to.deep.equal(['trigger', 'resolve'])
  })

  it('keeps within 512 KB and 1024 characters, whatever it is given', async () => {
    const text = `${'"\\\u0001\u0002'.repeat(500_000)}\nthe very end`
    const lines = Array.from({ length: 100 }, () => '\u0003"'.repeat(1_000))
    const firing = manyAlerts(50, { title: '"🐕'.repeat(2_000), lines, attachment: { name: 'a.log', text } })
    const delivery = await started.send(aMessage({ firing, incident: 'k'.repeat(400), clusterName: 'c'.repeat(64) }))
    expect(delivery).to.deep.equal({ sent: true })
    expect(started.server.events[0].payload.summary).to.have.length.at.most(1_024)
    const { log } = started.server.events[0].payload.custom_details
    expect(Object.keys(log)).to.have.length(50)
    for (const shown of Object.values(log)) expect(shown).to.match(/the very end$/)
  })

  it('waits some minutes where it is throttled without being told how long', async () => {
    started.server.fault = { status: 429, body: '' }
    expect(await started.send(aMessage())).to.include({ reason: 'rateLimited', retryAfterMs: 120_000 })
  })

  it('takes a wrong routing key for a matter of credentials, and reads it again', async () => {
    started.secrets.set({ name: 'pagerduty', key: 'key' }, 'x'.repeat(32))
    const delivery = await started.send(aMessage())
    expect(delivery).to.include({ sent: false, retry: false, reason: 'auth' })
    expect(JSON.stringify(delivery)).to.include('Event object is invalid: Invalid routing key')
    expect(started.secrets.refusals).to.deep.equal(['pagerduty/key'])
  })

  it('says beforehand that a key cannot be one', async () => {
    started.secrets.set({ name: 'pagerduty', key: 'key' }, 's3cret-too-short')
    const found = await started.notifier.preflight?.(AbortSignal.timeout(60_000))
    expect(found).to.deep.equal({
      ...{ status: 'failed', reason: 'auth' },
      message: 'Secret pagerduty has a routing key under key of 16 characters: it must have 32',
    })
  })
})
