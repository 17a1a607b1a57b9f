/**
 * What holds for every channel, whatever is at its other end. A channel's own test starts that end and hands it to
 * `channelContract`; what only this channel does is tested beside it.
 */
import { expect } from 'chai'
import type { Message } from '../../../src/model/message.ts'
import type { Delivery, IncidentData, Notifier } from '../../../src/notify/notifier.ts'
import { unloggedSteps } from '../../../src/notify/send-once.ts'
import { aMessage, anAlert, manyAlerts } from '../../support/channel-messages.ts'
import type { ReceiverFault } from '../../support/receiver-server.ts'

export interface ChannelHarness {
  readonly notifier: Notifier
  /** Everything that people can read at the other end by now, in one text. */
  received(): Promise<string>
  /** How many different things it was told: what arrives twice and is known to be the same counts once. */
  told(): Promise<number>
  /** Incidents that are open at the other end; absent where that end knows of none. */
  openIncidents?(): Promise<number>
  /** Makes the other end fail from now on, until it is called with undefined. */
  fail?(fault: ReceiverFault | undefined): void
  /** What no error may show. */
  readonly secrets: readonly string[]
  stop(): Promise<void>
}

export interface ChannelTraits {
  /** After a repeat: `once` the other end knows it for the same, `atLeastOnce` it says that it may be one. */
  readonly promise: 'once' | 'atLeastOnce'
  /** What becomes of a log: shown whole, its end alone, or not at all. */
  readonly logs: 'whole' | 'end' | 'none'
  /** How many alerts of fifty are named at least. */
  readonly named: number
  /** Whether its other end is a server, which `fail` of its harness makes fail. */
  readonly hasServer: boolean
  /** Statuses whose meaning the provider gives another word, with what it means here. */
  readonly statuses?: Readonly<Record<number, { readonly reason: string; readonly retry: boolean }>>
  /** It gives people text, which must not command what shows it; others give data. */
  readonly isText?: boolean
  /** It has no place for signs of life. */
  readonly refusesHeartbeats?: boolean
}

const usualStatuses: Readonly<Record<number, { readonly reason: string; readonly retry: boolean }>> = {
  307: { reason: 'client', retry: false },
  400: { reason: 'client', retry: false },
  401: { reason: 'auth', retry: false },
  403: { reason: 'auth', retry: false },
  404: { reason: 'client', retry: false },
  408: { reason: 'server', retry: true },
  413: { reason: 'client', retry: false },
  429: { reason: 'rateLimited', retry: true },
  500: { reason: 'server', retry: true },
  502: { reason: 'server', retry: true },
  503: { reason: 'server', retry: true },
  504: { reason: 'server', retry: true },
}

/** Whether the first line of a long log is seen, and the last. */
const shownOf = { whole: [true, true], end: [false, true], none: [false, false] }
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const commanding = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

export function channelContract(name: string, traits: ChannelTraits, start: () => Promise<ChannelHarness>): void {
  describe(`the ${name} channel keeps the contract`, () => {
    let harness: ChannelHarness
    let incident: IncidentData

    beforeEach(async () => {
      harness = await start()
      incident = {}
    })

    afterEach(() => harness?.stop())

    /** As the pipeline sends: what the channel remembers of the incident comes back with the next message. */
    async function send(message: Message, signal = AbortSignal.timeout(60_000)): Promise<Delivery> {
      const delivery = await harness.notifier.notify(message, { signal, incident, steps: unloggedSteps })
      if (delivery.sent && delivery.incident !== undefined) incident = delivery.incident
      if (!delivery.sent) expectNoSecret(delivery.message)
      expectNoSecret(JSON.stringify(incident))
      return delivery
    }

    async function mustSend(message: Message): Promise<void> {
      const delivery = await send(message)
      expect(delivery.sent, JSON.stringify(delivery)).to.equal(true)
    }

    function expectNoSecret(text: string): void {
      for (const secret of harness.secrets) expect(text).not.to.include(secret)
    }

    async function expectOpen(count: number): Promise<void> {
      if (harness.openIncidents !== undefined) expect(await harness.openIncidents()).to.equal(count)
    }

    it('tells of an incident from its first message to its last', async () => {
      const second = anAlert({ key: 'second', title: 'Node node-2: cpu requests at 99%, above 80%' })
      await mustSend(aMessage())
      expect(await harness.received()).to.include('cpu requests at 93.1%')
      const atFirst = await harness.openIncidents?.()
      await mustSend(aMessage({ id: 'message-2', reason: 'newAlerts', firing: [anAlert(), second] }))
      expect(await harness.received()).to.include('cpu requests at 99%')
      await mustSend(aMessage({ id: 'message-3', reason: 'repeat', firing: [anAlert(), second] }))
      expect(atFirst ?? 1).to.equal(1)
      const ended = [anAlert({ state: 'resolved' }), { ...second, state: 'closed' as const }]
      await mustSend(aMessage({ id: 'message-4', reason: 'resolved', firing: [], ended }))
      await expectOpen(0)
    })

    it('keeps two incidents apart', async () => {
      await mustSend(aMessage())
      incident = {}
      const other = anAlert({ key: 'other', title: 'Node node-9: memory requests at 88%', rule: 'node-memory' })
      await mustSend(aMessage({ id: 'message-9', incident: 'incident-9', firing: [other] }))
      await expectOpen(2)
      expect(await harness.told()).to.equal(2)
    })

    it(traits.promise === 'once' ? 'is known to repeat itself' : 'says that it may repeat itself', async () => {
      await mustSend(aMessage())
      await mustSend({ ...aMessage(), isPossibleRepeat: true })
      if (traits.promise === 'once') expect(await harness.told()).to.equal(1)
      else expect(await harness.received()).to.match(/possible ?repeat/i)
    })

    it(`carries every character${traits.isText === true ? ', and lets none command what shows it' : ''}`, async () => {
      const title = 'Pod zürich/日本-🐕: \u001b[31mred\u0007 \u202eevil "quoted" <b>&amp; \\ {{x}} * _ ` @channel'
      const lines = ['tab\there', 'nul\u0000', 'lone \ud800 surrogate', 'line\u2028separator']
      await mustSend(aMessage({ firing: [anAlert({ title, lines })] }))
      const received = await harness.received()
      expect(received).to.include('日本').and.to.include('zürich')
      if (traits.isText === true) expect(received).not.to.match(commanding)
    })

    it('fits a log of 2 MB into what the other end takes, its end kept', async () => {
      const text = Array.from({ length: 40_000 }, (_, line) => `line ${line} ${'é'.repeat(20)}`).join('\n')
      const attachment = { name: 'app.log', text: `${text}\npanic: the very last line` }
      await mustSend(aMessage({ firing: [anAlert({ attachment })] }))
      const received = await harness.received()
      const isShown = [received.includes('line 0 é'), received.includes('panic: the very last line')]
      expect(isShown).to.deep.equal(shownOf[traits.logs])
    })

    it('tells of fifty alerts with logs, and of how many more there are', async () => {
      const attachment = { name: 'app.log', text: `${'x'.repeat(200_000)}\nthe end` }
      await mustSend(aMessage({ reason: 'digest', firing: manyAlerts(250, { attachment }) }))
      const received = await harness.received()
      const named = new Set(received.match(/node-\d+(?=: cpu requests)/g))
      expect(named.size).to.be.at.least(traits.named)
    })

    it('takes a test that speaks of no alert', async () => {
      await mustSend(aMessage({ reason: 'test', firing: [] }))
      expect(await harness.told()).to.equal(1)
    })

    it(traits.refusesHeartbeats === true ? 'refuses signs of life' : 'gives signs of life', async () => {
      const heartbeat = { ...aMessage({ reason: 'heartbeat', firing: [] }), nextWithinMs: 300_000 }
      if (traits.refusesHeartbeats === true) {
        expect(await send(heartbeat)).to.include({ sent: false, retry: false, reason: 'client' })
      } else await mustSend(heartbeat)
    })

    it('may be asked whether it works without that anybody sees it', async () => {
      const found = await harness.notifier.preflight?.(AbortSignal.timeout(60_000))
      if (found !== undefined) expectNoSecret(found.message)
      expect(found?.status ?? 'untested').not.to.equal('failed')
      expect(await harness.told()).to.equal(0)
    })

    it('says how often it may be sent to', () => {
      const { burst, intervalMs } = harness.notifier.rate
      expect(burst).to.be.at.least(1)
      expect(intervalMs).to.be.greaterThan(0)
    })

    if (traits.hasServer) faultContract(traits, { harness: () => harness, send })
  })
}

interface FaultSurroundings {
  readonly harness: () => ChannelHarness
  readonly send: (message: Message, signal?: AbortSignal) => Promise<Delivery>
}

function faultContract(traits: ChannelTraits, { harness, send }: FaultSurroundings): void {
  const statuses = { ...usualStatuses, ...traits.statuses }
  const failWith = (fault: ReceiverFault | undefined) => harness().fail?.(fault)

  for (const [status, { reason, retry }] of Object.entries(statuses)) {
    it(`answered ${status} fails as ${reason}, ${retry ? 'to be tried again' : 'until somebody changes something'}`, async () => {
      failWith({ status: Number(status) })
      const delivery = await send(aMessage())
      expect(delivery).to.include({ sent: false, reason, retry })
    })
  }

  it('obeys a wish to wait', async () => {
    failWith({ status: 429, headers: { 'retry-after': '7' } })
    expect(await send(aMessage())).to.include({ reason: 'rateLimited', retryAfterMs: 7_000 })
  })

  it('may have arrived where no answer came', async () => {
    failWith('close')
    const delivery = await send(aMessage())
    expect(delivery).to.include({ sent: false, retry: true, reason: 'network', mayHaveArrived: true })
  })

  it('ends soon after it is given up', async () => {
    failWith('hang')
    const delivery = await send(aMessage(), AbortSignal.timeout(200))
    expect(delivery).to.include({ sent: false, retry: true, reason: 'timeout', mayHaveArrived: true })
  })

  it('arrives when what was wrong is over', async () => {
    failWith({ status: 503 })
    expect(await send(aMessage())).to.include({ sent: false })
    failWith(undefined)
    expect(await send(aMessage())).to.include({ sent: true })
    expect(await harness().told()).to.equal(1)
  })
}
