import { expect } from 'chai'
import { systemClock } from '../../../src/base/clock.ts'
import type { Message } from '../../../src/model/message.ts'
import { createSlackNotifier } from '../../../src/notify/channels/slack/slack.ts'
import type { IncidentData, Notifier } from '../../../src/notify/notifier.ts'
import { createOutgoing } from '../../../src/notify/outgoing-http.ts'
import { anAlert } from '../../support/channel-messages.ts'
import { aCrash, againOf, aNewMessage, type SendOptions, type Sent, send } from '../../support/notifications.ts'
import type { ReceiverFault } from '../../support/receiver-server.ts'
import { SlackServer, slackToken } from '../../support/slack/slack-server.ts'
import { type TestSecrets, testSecrets } from '../../support/test-secrets.ts'
import { type ChannelHarness, channelContract } from './contract.ts'

const tokenSecretRef = { name: 'slack', key: 'token' }
const urlSecretRef = { name: 'slack', key: 'url' }
const outgoing = createOutgoing({ proxies: {}, allowLocalReceivers: true, clock: systemClock })

let slack: SlackServer
let secrets: TestSecrets
let bot: Notifier

beforeEach(async () => {
  slack = await new SlackServer().start()
  secrets = testSecrets({ 'slack/token': slackToken, 'slack/url': slack.webhookUrl })
  bot = botFor()
})
afterEach(() => slack.stop())
after(() => outgoing.close())

function botFor(changes: { channel?: string; alsoToChannel?: boolean } = {}): Notifier {
  const spec = { tokenSecretRef, channel: '#ops', alsoToChannel: false, apiURL: slack.apiUrl, ...changes }
  return createSlackNotifier(spec, { secrets, outgoing })
}

/** The incident's data after a message that arrived. */
function incidentOf({ delivery }: Sent): IncidentData {
  expect(delivery, JSON.stringify(delivery)).to.include({ sent: true })
  return (delivery.sent ? delivery.incident : undefined) ?? {}
}

async function tell(message: Message, incident: IncidentData = {}, notifier = bot): Promise<IncidentData> {
  return incidentOf(await send(notifier, message, { incident }))
}

const textsOf = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return []
  const { text } = value as { text?: unknown }
  return [...(typeof text === 'string' ? [text] : []), ...Object.values(value).flatMap(textsOf)]
}
const shown = (message: { blocks: unknown[] } | undefined) => textsOf(message?.blocks ?? []).join('\n')

describe('slack, by bot token', () => {
  it('makes one message of an incident, changes it, and tells its thread what is new', async () => {
    const second = anAlert({ key: 'second', title: 'Node node-2: memory requests at 99%', severity: 'warning' })
    let incident = await tell(aNewMessage())
    incident = await tell(aNewMessage({ reason: 'newAlerts', firing: [anAlert(), second] }), incident)
    incident = await tell(
      aNewMessage({ reason: 'someResolved', firing: [second], ended: [anAlert({ state: 'resolved' })] }),
      incident,
    )
    incident = await tell(aNewMessage({ reason: 'repeat', firing: [second], reminder: { number: 1, of: 5 } }), incident)
    await tell(aNewMessage({ reason: 'resolved', ended: [{ ...second, state: 'resolved' }] }), incident)

    const [root, ...others] = slack.shownIn('ops')
    expect(others).to.deep.equal([])
    expect(root).to.include({ text: 'RESOLVED: [blue] Node node-2: memory requests at 99%', edits: 4 })
    expect(slack.repliesTo(root!).map(({ text }) => text)).to.deep.equal(
      [
        'MORE WARNING: [blue] Node node-2: memory requests at 99%',
        'LESS CRITICAL: [blue] 1 alert fires, 1 over: Node node-2: memory requests at 99%',
        'STILL CRITICAL: [blue] Node node-2: memory requests at 99%',
        'RESOLVED: [blue] Node node-2: memory requests at 99%',
      ].map((text) => text.replace('LESS CRITICAL', 'LESS WARNING').replace('STILL CRITICAL', 'STILL WARNING')),
    )
  })

  it('says the most important first and what to do last', async () => {
    await tell(aNewMessage())
    const text = shown(slack.shownIn('ops')[0])
    const order = [
      '🔴 CRITICAL  [blue] Node node-1',
      '3.72 of 4 cpu',
      'policy dogwatch-system/nodes',
      'Next: ',
      'kubectl describe node node-1',
      'Runbook',
    ]
    const places = order.map((part) => text.indexOf(part))
    expect(places, text)
      .to.deep.equal(places.toSorted((a, b) => a - b))
      .and.not.include(-1)
  })

  it('begins anew with a new incident, and where the message was deleted', async () => {
    const incident = await tell(aNewMessage())
    await tell(aNewMessage({ incident: 'incident-2' }))
    expect(slack.shownIn('ops')).to.have.length(2)
    slack.messages.splice(0, 1)
    const next = await tell(aNewMessage({ reason: 'repeat' }), incident)
    expect(slack.shownIn('ops')).to.have.length(2)
    expect(next.ts).to.equal(slack.messages.at(-1)?.ts)
  })

  it('makes one message of all signs of life, which shows the last', async () => {
    for (const at of ['2026-01-01T12:00:00Z', '2026-01-01T12:05:00Z']) {
      await tell({ ...aNewMessage({ reason: 'heartbeat', firing: [], nextWithinMs: 300_000 }), at })
    }
    expect(slack.messages).to.have.length(1)
    expect(shown(slack.messages[0])).to.include('ALIVE').and.include('2026-01-01T12:05:00Z')
  })

  it('goes to the channel that a policy names', async () => {
    await tell(aNewMessage({ slackChannel: '#team-a' }))
    expect(slack.shownIn('team-a')).to.have.length(1)
    expect(slack.shownIn('ops')).to.deep.equal([])
  })

  it('shows new alerts and reminders in the channel too, where that is asked for', async () => {
    const loud = botFor({ alsoToChannel: true })
    let incident = await tell(aNewMessage(), {}, loud)
    for (const reason of ['newAlerts', 'repeat', 'someResolved'] as const) {
      incident = await tell(aNewMessage({ reason }), incident, loud)
    }
    expect(slack.shownIn('ops').map(({ text }) => text.split(' ')[0])).to.deep.equal(['CRITICAL:', 'MORE', 'STILL'])
  })

  it('calls nobody by what strangers write, and shows it as they wrote it', async () => {
    const title = 'Pod <!channel> @here *a* <https://evil.example|click> & ```'
    await tell(aNewMessage({ firing: [anAlert({ title, lines: ['<@U123> @everyone'], labels: {} })] }))
    const [root] = slack.shownIn('ops')
    expect(root?.text).to.equal(
      'CRITICAL: [blue] Pod &lt;!channel&gt; @\u200bhere *a* &lt;https://evil.example|click&gt; &amp; ```',
    )
    expect(shown(root)).to.include(title).and.include('<@U123> @everyone')
    expect(textTypes(root?.blocks)).not.to.include('mrkdwn')
  })

  it("shows the receiver's own words, and attaches the log that they leave out", async () => {
    const text = 'first <line>\n*second* line'
    await tell(aNewMessage({ title: 'Own title', text, firing: [aCrash(5)] }))
    const [root] = slack.shownIn('ops')
    expect(root?.text).to.equal('CRITICAL: [blue] Own title')
    expect(shown(root)).to.include(text).and.not.include('3 restarts')
    expect(slack.repliesTo(root!).flatMap(({ files }) => files)).to.have.length(1)
  })

  it('shows alerts that say next to nothing, and the end of a log that is all quotes', async () => {
    await tell(aNewMessage({ firing: [anAlert({ title: '', lines: ['', ' '], labels: {} })] }))
    const text = `${'"\\'.repeat(5_000)}\nthe end`
    const lines = Array(20).fill('"'.repeat(500))
    await tell(aNewMessage({ firing: [aCrash(1, { lines, attachment: { name: 'a.log', text } })] }))
    expect(shown(slack.shownIn('ops')[1])).to.include('the end')
  })

  it('keeps within every limit of Slack, however much there is to say', async () => {
    const long = 'x'.repeat(5_000)
    const alerts = Array.from({ length: 50 }, (_, index) =>
      aCrash(400, {
        key: `k${index}`,
        title: `Pod ${index} ${long}`,
        lines: [long, 'next: kubectl logs "quoted" '.repeat(200)],
        labels: { a: long },
      }),
    )
    const message = { ...aNewMessage({ firing: alerts }), counts: { firing: 300, ended: 0 } }
    await tell(message)
    await tell(aNewMessage({ firing: [alerts[0]!] }))
    const emoji = aCrash(1, {
      title: '🐕'.repeat(300),
      lines: ['🐕'.repeat(4_000)],
      attachment: { name: 'a', text: '"\\\n'.repeat(9_000) },
    })
    await tell(aNewMessage({ firing: [emoji] }))
    expect(shown(slack.shownIn('ops')[0]))
      .to.match(/and \d+ more: dogwatch alerts list/)
      .and.include('250 more are not shown')
    expect(slack.shownIn('ops')).to.have.length(3)
  })

  describe('logs', () => {
    it('stand in the message where they are short', async () => {
      await tell(aNewMessage({ firing: [aCrash(5)] }))
      expect(shown(slack.shownIn('ops')[0]))
        .to.include('line 1\n')
        .and.include('TypeError: cannot read')
      expect(slack.countOf('files.getUploadURLExternal')).to.equal(0)
    })

    it('are a file in the thread where they are long, their end in the message, once', async () => {
      const message = aNewMessage({ firing: [aCrash(2_000)] })
      let incident = await tell(message)
      incident = await tell(aNewMessage({ reason: 'repeat', firing: [aCrash(2_000)] }), incident)
      await tell(aNewMessage({ reason: 'repeat', firing: [aCrash(2_500)] }), incident)
      const [root] = slack.shownIn('ops')
      expect(shown(root)).to.include('line 2499\n').and.include('TypeError: cannot read').and.not.include('line 1\n')
      const files = slack.repliesTo(root!).flatMap((reply) => reply.files)
      expect(files.map(({ title }) => title)).to.deep.equal(['web-1-app.log', 'web-1-app.log'])
      expect(files[0]?.text).to.match(/line 1\n[\s\S]*TypeError: cannot read properties of undefined$/)
    })

    it('are cut from the head where they are too long', async () => {
      await tell(
        aNewMessage({
          firing: [aCrash(1, { attachment: { name: 'big.log', text: `${'ü'.repeat(700_000)}\nthe end` } })],
        }),
      )
      const [file] = slack.repliesTo(slack.shownIn('ops')[0]!).flatMap((reply) => reply.files)
      expect(Buffer.byteLength(file?.text ?? '')).to.be.at.most(1_000_000)
      expect(file?.text)
        .to.match(/^… \d+ characters before this\n/)
        .and.match(/\nthe end$/)
    })

    it('that cannot be attached do not keep the message', async () => {
      slack.scopes = slack.scopes.filter((scope) => scope !== 'files:write')
      const { delivery } = await send(bot, aNewMessage({ firing: [aCrash(2_000)] }))
      expect(delivery).to.include({ sent: true })
      expect(delivery.sent && delivery.note).to.include('missing_scope (files:write)')
      const [reply] = slack.repliesTo(slack.shownIn('ops')[0]!)
      expect(shown(reply)).to.include('A log could not be attached').and.include('missing_scope (files:write)')
    })

    it('whose store hangs are tried again, then given up, and the message is there once', async () => {
      slack.faults.push({ method: 'upload', status: 503, times: 99 })
      const first = await send(bot, aNewMessage({ firing: [aCrash(2_000)] }))
      expect(first.delivery).to.include({ sent: false, retry: true, reason: 'server', mayHaveArrived: true })
      const { message, record } = againOf(first)
      const second = await send(bot, message, { record })
      expect(second.delivery.sent && second.delivery.note).to.include('could not be attached')
      expect(slack.shownIn('ops')).to.have.length(1)
    })
  })

  describe('after a crash', () => {
    it('makes no call twice, wherever the process died', async () => {
      slack.burst = 1_000
      for (const kind of ['first', 'further'] as const) {
        for (let dieAtWrite = 1; dieAtWrite <= 12; dieAtWrite += 1) await surviveDeath(kind, dieAtWrite)
      }
    })

    async function surviveDeath(kind: 'first' | 'further', dieAtWrite: number): Promise<void> {
      const label = `${kind}, died at write ${dieAtWrite}`
      const incidentName = `${label} incident`
      const log = aCrash(900, { key: incidentName, title: label })
      const before =
        kind === 'first' ? {} : await tell(aNewMessage({ incident: incidentName, firing: [anAlert({ title: label })] }))
      const message = aNewMessage({
        incident: incidentName,
        reason: kind === 'first' ? 'first' : 'newAlerts',
        firing: [log],
      })
      const options: SendOptions = { incident: before, dieAtWrite }
      const died = await send(bot, message, options)
      if (!died.delivery.sent) {
        const again = againOf(died)
        const { delivery } = await send(bot, again.message, { incident: before, record: again.record })
        expect(delivery, label).to.include({ sent: true })
      }
      const roots = slack.messages.filter(({ text, threadTs }) => threadTs === undefined && text.endsWith(label))
      expect(roots, label).to.have.length(1)
      const replies = slack.repliesTo(roots[0]!)
      expect(
        replies.filter(({ files }) => files.length > 0),
        label,
      ).to.have.length(1)
      expect(
        replies.filter(({ files }) => files.length === 0),
        label,
      ).to.have.length(kind === 'first' ? 0 : 1)
      expect([roots[0], ...replies].map((one) => shown(one)).join(), label).not.to.include('possible repeat')
    }

    it('finds its message among many others, by the name of the channel', async () => {
      slack.faults.push({ method: 'chat.postMessage', cut: true, afterDoing: true, times: 1 })
      const first = await send(bot, aNewMessage())
      expect(first.delivery).to.include({ sent: false, reason: 'network', mayHaveArrived: true })
      for (let index = 0; index < 40; index += 1) slack.chatter('ops', `chat ${index}`)
      const { message, record } = againOf(first)
      const { delivery } = await send(bot, message, { record })
      expect(delivery).to.include({ sent: true })
      expect(slack.messages.filter(({ isOwn }) => isOwn)).to.have.length(1)
      expect(slack.countOf('conversations.history')).to.equal(3)
    })

    it('sends again what never came, and does not call it a repeat', async () => {
      slack.faults.push({ method: 'chat.postMessage', cut: true, times: 1 })
      const { message, record } = againOf(await send(bot, aNewMessage()))
      await send(bot, message, { record })
      expect(shown(slack.shownIn('ops')[0]))
        .to.include('CRITICAL')
        .and.not.include('possible repeat')
    })

    it('says that it may be a repeat where it is not allowed to look', async () => {
      slack.scopes = ['chat:write']
      slack.faults.push({ method: 'chat.postMessage', cut: true, afterDoing: true, times: 1 })
      const { message, record } = againOf(await send(bot, aNewMessage()))
      await send(bot, message, { record })
      expect(slack.shownIn('ops').map((one) => shown(one).includes('possible repeat'))).to.deep.equal([false, true])
    })
  })

  describe('refusals', () => {
    const cases: [string, Partial<Parameters<SlackServer['faults']['push']>[0]>, object, string][] = [
      ['a token that is not valid', { error: 'invalid_auth' }, { reason: 'auth', retry: false }, 'put a bot token'],
      ['a token that was revoked', { error: 'token_revoked' }, { reason: 'auth', retry: false }, 'put a bot token'],
      [
        'a channel that does not exist',
        { error: 'channel_not_found' },
        { reason: 'client', retry: false },
        'correct the name',
      ],
      [
        'a channel that it is not in',
        { error: 'not_in_channel' },
        { reason: 'client', retry: false },
        'invite the app',
      ],
      [
        'a failure of Slack',
        { error: 'internal_error' },
        { reason: 'server', retry: true, mayHaveArrived: true },
        'Slack failed',
      ],
      [
        'a fatal one',
        { error: 'fatal_error' },
        { reason: 'server', retry: true, mayHaveArrived: true },
        'Slack failed',
      ],
      ['a status 503', { status: 503 }, { reason: 'server', retry: true, mayHaveArrived: true }, '503'],
      ['a proxy that is in the way', { status: 403 }, { reason: 'auth', retry: false }, 'proxy'],
      [
        'too many messages',
        { status: 429, headers: { 'retry-after': '30' } },
        { reason: 'rateLimited', retry: true, retryAfterMs: 30_000, isOfPlace: true },
        '30 s',
      ],
      [
        'too many messages, without a time',
        { status: 429 },
        { reason: 'rateLimited', retry: true, retryAfterMs: 1_000 },
        '1 s',
      ],
      [
        'a connection that breaks',
        { cut: true },
        { reason: 'network', retry: true, mayHaveArrived: true },
        'closed the connection',
      ],
      ['a code that is new', { error: 'brand_new_error' }, { reason: 'client', retry: false }, 'brand_new_error'],
      ['an answer that is none', { status: 200 }, { reason: 'client', retry: false }, 'no error code'],
    ]
    for (const [name, fault, expected, words] of cases) {
      it(`tells ${name}`, async () => {
        slack.faults.push({ method: 'chat.postMessage', times: 1, ...fault })
        const { delivery } = await send(bot, aNewMessage())
        expect(delivery).to.include({ sent: false, ...expected })
        expect(delivery.sent ? '' : delivery.message)
          .to.include(words)
          .and.not.include(slackToken)
      })
    }

    it('tells too many changes, which Slack does not count by channel', async () => {
      const incident = await tell(aNewMessage())
      slack.faults.push({ method: 'chat.update', times: 1, status: 429, headers: { 'retry-after': '3' } })
      const { delivery } = await send(bot, aNewMessage(), { incident })
      expect(delivery).to.include({ sent: false, reason: 'rateLimited', retryAfterMs: 3_000, isOfPlace: false })
    })

    it('are real for channels and scopes', async () => {
      const failureIn = async (channel: string) => {
        const { delivery } = await send(botFor({ channel }), aNewMessage())
        return delivery.sent ? 'sent' : delivery.message
      }
      expect(await failureIn('#nowhere')).to.include('channel_not_found')
      expect(await failureIn('#strangers')).to.include('not_in_channel')
      expect(await failureIn('#old')).to.include('is_archived')
      slack.scopes = ['files:write']
      expect(await failureIn('#ops')).to.include('missing_scope (chat:write)')
    })

    it('make it read the Secret again', async () => {
      slack.validToken = 'xoxb-new'
      await send(bot, aNewMessage())
      expect(secrets.refusals).to.deep.equal(['slack/token'])
      secrets.set(tokenSecretRef, 'xoxb-new')
      await tell(aNewMessage())
    })

    it('obey the pace that Slack asks for', async () => {
      const results: Sent[] = []
      for (let index = 0; index < 40; index += 1) results.push(await send(bot, aNewMessage({ incident: `i${index}` })))
      const limited = results.filter(({ delivery }) => !delivery.sent)
      expect(limited.length).to.be.greaterThan(0)
      for (const { delivery } of limited)
        expect(delivery).to.include({ reason: 'rateLimited', retry: true, retryAfterMs: 1_000 })
    })

    it('tell a Secret that is missing', async () => {
      secrets = testSecrets({})
      bot = botFor()
      expect((await send(bot, aNewMessage())).delivery).to.deep.include({
        sent: false,
        reason: 'auth',
        message: 'Secret team/slack has no key token: add it',
      })
    })
  })

  describe('pre-flight', () => {
    const signal = new AbortController().signal

    it('says which workspace and who', async () => {
      expect(await bot.preflight?.(signal)).to.deep.equal({ status: 'ok', message: 'workspace Example, as dogwatch' })
      expect(slack.messages).to.deep.equal([])
    })

    it('says what cannot be done without scopes', async () => {
      slack.scopes = ['chat:write', 'channels:history', 'channels:read']
      expect((await bot.preflight?.(signal))?.message).to.include(
        'without the scope files:write long logs are not attached',
      )
      slack.scopes = ['files:write']
      expect(await bot.preflight?.(signal)).to.include({ status: 'failed', reason: 'auth' })
    })

    it('says that the token is not valid', async () => {
      secrets.set(tokenSecretRef, 'xoxb-wrong')
      expect(await bot.preflight?.(signal)).to.deep.include({ status: 'failed', reason: 'auth' })
    })
  })
})

function textTypes(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { type } = value as { type?: unknown }
  return [...(typeof type === 'string' ? [type] : []), ...Object.values(value).flatMap(textTypes)]
}

describe('slack, by incoming webhook', () => {
  let webhook: Notifier
  beforeEach(() => {
    webhook = createSlackNotifier({ urlSecretRef, alsoToChannel: false, apiURL: slack.apiUrl }, { secrets, outgoing })
  })

  it('makes a message of every word', async () => {
    for (const reason of ['first', 'newAlerts', 'repeat', 'resolved'] as const)
      await tell(aNewMessage({ reason }), {}, webhook)
    expect(slack.shownIn('ops').map(({ text }) => text.split(' ')[0])).to.deep.equal([
      'CRITICAL:',
      'MORE',
      'STILL',
      'RESOLVED:',
    ])
  })

  it('says that it may be a repeat', async () => {
    await tell(aNewMessage({ isPossibleRepeat: true }), {}, webhook)
    expect(shown(slack.shownIn('ops')[0])).to.include('possible repeat')
  })

  it('says for which channel it was meant', async () => {
    await tell(aNewMessage({ slackChannel: '#team-a' }), {}, webhook)
    expect(shown(slack.shownIn('ops')[0])).to.include('meant for #team-a')
  })

  it('keeps within the limits', async () => {
    const alerts = Array.from({ length: 50 }, (_, index) =>
      aCrash(400, { key: `k${index}`, title: `Pod ${index} ${'x'.repeat(4_000)}` }),
    )
    await tell(aNewMessage({ firing: alerts }), {}, webhook)
  })

  it('tells what Slack refuses, without the URL', async () => {
    const failure = async () => {
      const { delivery } = await send(webhook, aNewMessage())
      if (delivery.sent) throw new Error('it was sent')
      expect(delivery.message).not.to.include('wwww')
      return delivery
    }
    slack.isWebhookOn = false
    expect(await failure()).to.include({ reason: 'client', retry: false })
    expect((await failure()).message).to.include('no_service, the webhook was removed or switched off')
    expect(secrets.refusals).to.have.length(2)
    slack.isWebhookOn = true
    slack.faults.push({ method: 'webhook', status: 429, headers: { 'retry-after': '7' }, times: 1 })
    expect(await failure()).to.include({ reason: 'rateLimited', retry: true, retryAfterMs: 7_000 })
    slack.faults.push({ method: 'webhook', status: 500, times: 1 })
    expect(await failure()).to.include({ reason: 'server', retry: true })
    slack.faults.push({ method: 'webhook', status: 403, times: 1 })
    expect(await failure()).to.include({ reason: 'auth', retry: false })
    slack.faults.push({ method: 'webhook', cut: true, afterDoing: true, times: 1 })
    expect(await failure()).to.include({ reason: 'network', retry: true, mayHaveArrived: true })
  })
})

/** A fault of every call, as the contract gives it. */
function failAll(server: SlackServer, fault: ReceiverFault | undefined): void {
  server.faults.length = 0
  const times = Number.POSITIVE_INFINITY
  if (fault === 'hang') server.faults.push({ method: '*', hang: true, times })
  else if (fault === 'close') server.faults.push({ method: '*', cut: true, times })
  else if (fault !== undefined) server.faults.push({ method: '*', times, ...fault })
}

async function harness(make: (server: SlackServer, given: TestSecrets) => Notifier): Promise<ChannelHarness> {
  const server = await new SlackServer().start()
  const given = testSecrets({ 'slack/token': slackToken, 'slack/url': server.webhookUrl })
  return {
    notifier: make(server, given),
    received: async () =>
      server.messages.map((one) => [one.text, shown(one), ...one.files.map(({ text }) => text)].join('\n')).join('\n'),
    told: async () => server.shownIn('ops').length,
    fail: (fault) => failAll(server, fault),
    secrets: [slackToken, 'wwwwWWWWxxxxXXXX'],
    stop: () => server.stop(),
  }
}

channelContract('slack (bot token)', { promise: 'once', logs: 'end', named: 40, isText: true, hasServer: true }, () =>
  harness((server, given) =>
    createSlackNotifier(
      { tokenSecretRef, channel: '#ops', alsoToChannel: false, apiURL: server.apiUrl },
      { secrets: given, outgoing },
    ),
  ),
)

channelContract(
  'slack (incoming webhook)',
  { promise: 'atLeastOnce', logs: 'end', named: 40, isText: true, hasServer: true },
  () =>
    harness((server, given) =>
      createSlackNotifier({ urlSecretRef, alsoToChannel: false, apiURL: server.apiUrl }, { secrets: given, outgoing }),
    ),
)
