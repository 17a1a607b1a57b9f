import { expect } from 'chai'
import { systemClock } from '../../../../src/base/clock.ts'
import { createEnricher } from '../../../../src/watchers/crash/enrich/enricher.ts'
import type { EnrichRequest } from '../../../../src/watchers/crash/enrich/enrichment.ts'
import { eventually } from '../../../support/eventually.ts'
import { type PretendedKubelet, startPretendedKubelet } from '../../../support/pretended-kubelet.ts'
import { redactorOf } from '../../../support/redactor.ts'
import { VirtualClock } from '../../../support/virtual-clock.ts'

const pod = {
  metadata: { name: 'web-1', namespace: 'shop', uid: 'u1' },
  status: {
    containerStatuses: [
      { name: 'web', state: { running: {} }, lastState: { terminated: { containerID: 'containerd://x' } } },
    ],
  },
}

const request: EnrichRequest = {
  sighting: {
    key: 'k',
    reason: 'Error',
    cause: 'exit code 1',
    container: { name: 'web', role: 'app', containerId: 'containerd://x' },
    atMs: 0,
    restartCount: 1,
    crashes: 1,
  },
  pod: { namespace: 'shop', name: 'web-1', uid: 'u1' },
  workload: { kind: 'Deployment', namespace: 'shop', name: 'web' },
  logs: { tailLines: 3, maxBytes: 1_024 },
  redactor: redactorOf('hunter2'),
}

describe('the enricher', () => {
  let kubelet: PretendedKubelet | undefined
  let signal: AbortSignal

  beforeEach(() => {
    signal = AbortSignal.timeout(60_000)
  })

  afterEach(() => kubelet?.stop())

  it('waits for a log no longer than its time, and says so', async () => {
    const clock = new VirtualClock()
    kubelet = await startPretendedKubelet({ clock, pod: () => pod, log: () => undefined })
    const enriching = createEnricher({ client: kubelet.client, clock }).enrich(request, signal)
    await eventually('the log is asked for', () => kubelet?.logCalls.length === 1)
    await clock.advance(5_000)
    const { log, missing } = await enriching
    expect({ log, missing }).to.deep.equal({
      log: undefined,
      missing: ['log: GET /api/v1/namespaces/shop/pods/web-1/log: no answer within 5000 ms'],
    })
  })

  it('lets a crash wait for its turn no longer than its time, and says so', async () => {
    const clock = new VirtualClock()
    kubelet = await startPretendedKubelet({ clock, pod: () => pod, log: () => undefined })
    const enricher = createEnricher({ client: kubelet.client, clock, most: 1, turnWithinMs: 4_000 })
    const first = enricher.enrich(request, signal)
    const second = enricher.enrich(request, signal)
    await eventually('the log is asked for', () => kubelet?.logCalls.length === 1)
    await clock.advance(4_000)
    expect((await second).missing).to.deep.equal([
      'log, changes, events, limits: so many crashes came that its turn did not within 4 s',
    ])
    await clock.advance(1_000)
    expect((await first).missing).to.deep.equal([
      'log: GET /api/v1/namespaces/shop/pods/web-1/log: no answer within 5000 ms',
    ])
    expect(kubelet.logCalls).to.have.length(1)
  })

  it('looks into a few crashes at a time', async () => {
    let open = 0
    let most = 0
    kubelet = await startPretendedKubelet({
      pod: () => pod,
      log: (_call, response) => {
        most = Math.max(most, ++open)
        setTimeout(() => {
          open -= 1
          response.end('2026-11-21T16:00:04Z panic\n')
        }, 5)
      },
    })
    const enricher = createEnricher({ client: kubelet.client, clock: systemClock, most: 3 })
    const all = await Promise.all(Array.from({ length: 30 }, () => enricher.enrich(request, signal)))
    expect(all.filter(({ log }) => log?.text === 'panic')).to.have.length(30)
    expect(most).to.equal(3)
  })

  it('reads no log where none is wanted', async () => {
    kubelet = await startPretendedKubelet({ pod: () => pod })
    const { logs: _logs, ...silent } = request
    const { log, missing } = await createEnricher({ client: kubelet.client, clock: systemClock }).enrich(silent, signal)
    expect({ log, missing }).to.deep.equal({ log: undefined, missing: [] })
    expect(kubelet.logCalls).to.deep.equal([])
  })

  it('ends with whoever asked', async () => {
    kubelet = await startPretendedKubelet({ pod: () => pod, log: () => undefined })
    const controller = new AbortController()
    const enriching = createEnricher({ client: kubelet.client, clock: systemClock }).enrich(request, controller.signal)
    await eventually('the log is asked for', () => kubelet?.logCalls.length === 1)
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await enriching.catch((error: unknown) => error)).to.equal(reason)
  })

  it('gives the last word of the container without its secrets', async () => {
    kubelet = await startPretendedKubelet({ pod: () => undefined })
    const sighting = { ...request.sighting, message: 'cannot log in\x1b[0m as hunter2\n' }
    const enricher = createEnricher({ client: kubelet.client, clock: systemClock })
    expect((await enricher.enrich({ ...request, sighting }, signal)).message).to.equal('cannot log in as [redacted]')
  })

  it('leaves out the first word of a last word that the kubelet cut: half a secret is known as none', async () => {
    kubelet = await startPretendedKubelet({ pod: () => undefined })
    const enricher = createEnricher({ client: kubelet.client, clock: systemClock })
    const said = async (message: string) =>
      (await enricher.enrich({ ...request, sighting: { ...request.sighting, message } }, signal)).message
    for (const taken of [2_048, 4_096]) {
      const rest = ' was refused'.padEnd(taken - 'er2'.length, '.')
      expect(await said(`er2${rest}`)).to.equal(`…${rest}`)
      expect(await said(`er2${rest.slice(0, -20)}`)).to.equal(`er2${rest.slice(0, -20)}`)
    }
  })
})
