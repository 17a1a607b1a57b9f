/** Many crashes at once, and logs that are made to do harm. */
import type { ServerResponse } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { type Clock, systemClock } from '../../../../src/base/clock.ts'
import { createEnricher } from '../../../../src/watchers/crash/enrich/enricher.ts'
import type { EnrichRequest } from '../../../../src/watchers/crash/enrich/enrichment.ts'
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

const requestOn = (node: string, change: Partial<EnrichRequest> = {}): EnrichRequest => ({
  sighting: {
    key: 'k',
    reason: 'Error',
    cause: 'exit code 1',
    container: { name: 'web', role: 'app', containerId: 'containerd://x' },
    atMs: 0,
    restartCount: 1,
    crashes: 1,
  },
  pod: { namespace: 'shop', name: 'web-1', uid: 'u1', node },
  workload: { kind: 'Deployment', namespace: 'shop', name: 'web' },
  logs: { tailLines: 200, maxBytes: 65_536 },
  redactor: redactorOf(),
  ...change,
})

const stamp = '2026-11-21T16:00:04.123456789Z'

describe('a storm of crashes', function () {
  this.timeout(180_000)
  let kubelet: PretendedKubelet | undefined
  let signal: AbortSignal

  beforeEach(() => {
    signal = AbortSignal.timeout(180_000)
  })
  afterEach(() => kubelet?.stop())

  it('leaves out what costs much, asks for what is shared once, and has every log', async () => {
    kubelet = await startPretendedKubelet({
      pod: () => pod,
      log: (_call, response) => response.end(`${stamp} panic\n`),
    })
    const enricher = createEnricher({ client: kubelet.client, clock: systemClock, turnWithinMs: 60_000 })
    const all = await Promise.all(Array.from({ length: 400 }, () => enricher.enrich(requestOn('n1'), signal)))
    expect(all.filter(({ log }) => log?.text === 'panic')).to.have.length(400)
    const without = all.filter(({ missing }) =>
      missing.includes('events: not looked for, as many crashes came at once'),
    )
    expect(without.length).to.be.greaterThan(300).and.below(400)
    expect(kubelet.asked.filter((path) => path === '/api/v1/nodes/n1')).to.have.length(1)
  })

  it('waits for a node that does not answer a few times, not for each crash', async () => {
    const clock = new VirtualClock()
    kubelet = await startPretendedKubelet({ clock, pod: () => pod, log: () => undefined })
    const enricher = createEnricher({ client: kubelet.client, clock, most: 2 })
    const all = Promise.all(Array.from({ length: 100 }, () => enricher.enrich(requestOn('n1'), signal)))
    while (kubelet.logCalls.length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    await clock.advance(5_000)
    const missing = (await all).flatMap((enrichment) => enrichment.missing)
    const notAsked = 'log: the kubelet of node n1 did not answer a moment ago, so it was not asked'
    expect(missing.filter((line) => line === notAsked)).to.have.length(98)
    expect(kubelet.logCalls).to.have.length(2)
  })

  it('takes no more memory than its few have at a time, whatever is sent', async () => {
    const chunk = Buffer.from(`${stamp} ${'x'.repeat(200)}\n`.repeat(300))
    kubelet = await startPretendedKubelet({
      clock: patientClock,
      pod: () => pod,
      log: (_call, response) => sendBytes(response, chunk, 12 * 1024 * 1024),
    })
    const enricher = createEnricher({ client: kubelet.client, clock: patientClock })
    const logs = { tailLines: 5_000, maxBytes: 1_048_576 }
    const before = heldBytes()
    let most = before
    const watch = setInterval(() => {
      most = Math.max(most, heldBytes())
    }, 250)
    const enrichments = Array.from({ length: 16 }, () => enricher.enrich(requestOn('n1', { logs }), signal))
    const all = (await Promise.all(enrichments)).map(({ log }) => Buffer.byteLength(log?.text ?? ''))
    clearInterval(watch)
    expect(Math.max(...all)).to.be.at.most(1_048_576)
    expect(Math.min(...all)).to.be.greaterThan(900_000)
    // Eight logs of 1 MB being read and redacted and sixteen that were: seen up to 58 MB, of 192 MB that came.
    expect((most - before) / 1024 / 1024).to.be.below(100)
  })

  for (const [what, text] of [
    ['escapes without end', '\u001b]'.repeat(100_000)],
    ['names of secrets without end', 'password=" '.repeat(20_000)],
    ['controls for Slack and HTML', '<!channel> <script>alert(1)</script> @here'],
    ['NULs and broken characters', `\0\uFFFD`.repeat(50_000)],
  ] as const) {
    it(`passes ${what} as text and holds nobody up`, async () => {
      kubelet = await startPretendedKubelet({
        pod: () => pod,
        log: (_call, response) => response.end(`${stamp} ${text}\n`),
      })
      let longestMs = 0
      let lastMs = performance.now()
      const watch = setInterval(() => {
        longestMs = Math.max(longestMs, performance.now() - lastMs)
        lastMs = performance.now()
      }, 5)
      const enricher = createEnricher({ client: kubelet.client, clock: systemClock })
      const { log, missing } = await enricher.enrich(
        requestOn('n1', { redactor: redactorOf('(a+)+$', '\\d+') }),
        signal,
      )
      clearInterval(watch)
      expect(missing).to.deep.equal([])
      expect(log?.text).not.to.equal(undefined)
      // A machine under load stalls by itself; a text that hangs a pattern does for minutes.
      expect(longestMs).to.be.below(5_000)
    })
  }
})

/** No deadline passes, however busy the machine is. */
const patientClock: Clock = { ...systemClock, after: () => ({ cancel: () => undefined }) }

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What is still in use. */
function heldBytes(): number {
  collectGarbage()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

function sendBytes(response: ServerResponse, chunk: Buffer, total: number): void {
  let left = total
  const more = () => {
    while (left > 0) {
      left -= chunk.length
      if (!response.write(chunk)) return response.once('drain', more)
    }
    return response.end()
  }
  more()
}
