import { expect } from 'chai'
import { systemClock } from '../../../src/base/clock.ts'
import { createTeamsNotifier } from '../../../src/notify/channels/teams/teams.ts'
import type { FailedDelivery, Notifier } from '../../../src/notify/notifier.ts'
import { createOutgoing } from '../../../src/notify/outgoing-http.ts'
import { anAlert } from '../../support/channel-messages.ts'
import { aCrash, aNewMessage, send } from '../../support/notifications.ts'
import { TeamsServer } from '../../support/teams/teams-server.ts'
import { type TestSecrets, testSecrets } from '../../support/test-secrets.ts'
import { channelContract } from './contract.ts'

const urlSecretRef = { name: 'teams', key: 'url' }
const outgoing = createOutgoing({ proxies: {}, allowLocalReceivers: true, clock: systemClock })

after(() => outgoing.close())

const textOf = (card: { body: { inlines: { text: string }[] }[] }) =>
  card.body.map(({ inlines }) => inlines.map(({ text }) => text).join('')).join('\n')

describe('teams', () => {
  let teams: TeamsServer
  let secrets: TestSecrets
  let notifier: Notifier

  beforeEach(async () => {
    teams = await new TeamsServer().start()
    secrets = testSecrets({ 'teams/url': teams.url })
    notifier = createTeamsNotifier({ urlSecretRef }, { secrets, outgoing })
  })
  afterEach(() => teams.stop())
  async function failure(): Promise<FailedDelivery> {
    const { delivery } = await send(notifier, aNewMessage())
    if (delivery.sent) throw new Error('it was sent')
    expect(delivery.message).not.to.include('sigSIG')
    return delivery
  }

  it('posts a card: the most important first, the runbook last', async () => {
    expect((await send(notifier, aNewMessage())).delivery).to.deep.equal({ sent: true })
    const [card] = teams.cards
    const lines = textOf(card).split('\n')
    expect(lines.slice(0, 3)).to.deep.equal([
      'CRITICAL  [blue]',
      'Node node-1: cpu requests at 93.1%, above 80%',
      '3.72 of 4 cpu requested',
    ])
    expect(lines).to.include('Next: kubectl describe node node-1')
    expect(card.actions).to.deep.equal([
      {
        type: 'Action.OpenUrl',
        title: 'Open the runbook',
        url: 'https://runbooks.example/node-cpu',
      },
    ])
    expect(card.fallbackText).to.equal('CRITICAL:  [blue] Node node-1: cpu requests at 93.1%, above 80%')
  })

  it('shows the end of a log', async () => {
    await send(notifier, aNewMessage({ firing: [aCrash(2_000)] }))
    expect(textOf(teams.cards[0]))
      .to.include('line 2000\nTypeError: cannot read properties of undefined')
      .and.not.include('line 1\n')
  })

  it('shows what strangers write as they wrote it', async () => {
    const title = '**Pod** [click](https://evil.example) <at>all</at>'
    await send(notifier, aNewMessage({ firing: [anAlert({ title })] }))
    expect(textOf(teams.cards[0])).to.include(title)
    expect(teams.cards[0].msteams).to.deep.equal({ width: 'Full' })
  })

  it("shows the receiver's own words", async () => {
    await send(notifier, aNewMessage({ title: 'Own title', text: 'first line\n\n**third** line' }))
    const lines = textOf(teams.cards[0]).split('\n')
    expect(lines.slice(1, 5)).to.deep.equal(['Own title', 'first line', ' ', '**third** line'])
  })

  it('shows alerts that say next to nothing', async () => {
    const { delivery } = await send(
      notifier,
      aNewMessage({ firing: [anAlert({ title: '', lines: ['', ' '], labels: {} })] }),
    )
    expect(delivery).to.deep.equal({ sent: true })
  })

  it('says that it may be a repeat', async () => {
    await send(notifier, aNewMessage({ isPossibleRepeat: true }))
    expect(textOf(teams.cards[0])).to.include('possible repeat')
  })

  it('keeps within 28 KB, however much there is to say', async () => {
    const long = 'ü'.repeat(5_000)
    const alerts = Array.from({ length: 50 }, (_, index) =>
      aCrash(400, {
        key: `k${index}`,
        title: `Pod ${index} ${long}`,
        lines: Array(40).fill(long),
        labels: { a: long },
        runbookURL: `https://r.example/${index}${'x'.repeat(400)}`,
      }),
    )
    expect((await send(notifier, aNewMessage({ firing: alerts }))).delivery).to.include({ sent: true })
    expect((await send(notifier, aNewMessage({ firing: [alerts[0]!] }))).delivery).to.include({ sent: true })
    expect(textOf(teams.cards[0])).to.match(/Pod 49 |and \d+ more: dogwatch alerts list/)
  })

  it('tells what the workflow refuses, and what to do', async () => {
    teams.isOn = false
    expect(await failure()).to.include({ reason: 'client', retry: false })
    expect((await failure()).message).to.include('turn the workflow on')
    teams.isOn = true
    secrets.set(urlSecretRef, teams.url.replace('sigSIG', 'sigWRONG'))
    const refused = await send(notifier, aNewMessage())
    expect(refused.delivery).to.include({ sent: false, reason: 'auth', retry: false })
    expect(secrets.refusals).to.deep.equal(['teams/url'])
  })

  it('obeys Retry-After', async () => {
    teams.faults.push({ status: 429, headers: { 'retry-after': '17' } })
    expect(await failure()).to.include({ reason: 'rateLimited', retry: true, retryAfterMs: 17_000 })
    const results = await Promise.all(Array.from({ length: 6 }, () => send(notifier, aNewMessage())))
    expect(results.filter(({ delivery }) => !delivery.sent).length).to.be.greaterThan(0)
  })

  it('tells failures of the server and of the network apart', async () => {
    teams.faults.push({ status: 500 })
    expect(await failure()).to.include({ reason: 'server', retry: true })
    teams.faults.push({ status: 504 })
    expect(await failure()).to.include({ reason: 'server', retry: true, mayHaveArrived: true })
    teams.faults.push({ status: 0, cut: true })
    expect(await failure()).to.include({ reason: 'network', retry: true, mayHaveArrived: true })
  })

  it('checks of the URL what can be checked without posting', async () => {
    const signal = new AbortController().signal
    expect(await notifier.preflight?.(signal)).to.include({ status: 'untested' })
    secrets.set(urlSecretRef, 'not a url')
    expect(await notifier.preflight?.(signal)).to.include({ status: 'failed', reason: 'client' })
    const without = createTeamsNotifier({ urlSecretRef }, { secrets: testSecrets({}), outgoing })
    expect(await without.preflight?.(signal)).to.include({ status: 'failed', reason: 'auth' })
    expect(teams.cards).to.deep.equal([])
  })
})

channelContract(
  'teams',
  { promise: 'atLeastOnce', logs: 'end', named: 40, isText: true, hasServer: true },
  async () => {
    const teams = await new TeamsServer().start()
    const secrets = testSecrets({ 'teams/url': teams.url })
    return {
      notifier: createTeamsNotifier({ urlSecretRef }, { secrets, outgoing }),
      received: async () => teams.cards.map(textOf).join('\n'),
      told: async () => teams.cards.length,
      fail: (fault) => {
        teams.fault = fault
      },
      secrets: ['sigSIG'],
      stop: () => teams.stop(),
    }
  },
)
