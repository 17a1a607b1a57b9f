import type { ServerResponse } from 'node:http'
import { expect } from 'chai'
import { systemClock } from '../../../../src/base/clock.ts'
import { createEnricher } from '../../../../src/watchers/crash/enrich/enricher.ts'
import type { Enrichment, EnrichRequest } from '../../../../src/watchers/crash/enrich/enrichment.ts'
import {
  type LogCall,
  type PretendedKubelet,
  refuse,
  startPretendedKubelet,
} from '../../../support/pretended-kubelet.ts'
import { redactorOf } from '../../../support/redactor.ts'

const run = (id: string, state: object = {}) => ({
  terminated: { containerID: `containerd://${id}`, exitCode: 1, ...state },
})
const running = { running: { startedAt: '2026-11-21T16:00:06Z' } }
const stamp = '2026-11-21T16:00:04.123456789Z'

function podWith(state: object, lastState: object = {}, uid = 'u1') {
  return {
    metadata: { name: 'web-1', namespace: 'shop', uid },
    spec: { containers: [{ name: 'web' }] },
    status: { containerStatuses: [{ name: 'web', restartCount: 1, state, lastState }] },
  }
}

const request: EnrichRequest = {
  sighting: {
    key: 'k',
    reason: 'Error',
    cause: 'exit code 1',
    container: { name: 'web', role: 'app', containerId: 'containerd://x' },
    atMs: Date.parse('2026-11-21T16:00:05Z'),
    finishedMs: Date.parse('2026-11-21T16:00:05Z'),
    restartCount: 1,
    crashes: 1,
  },
  pod: { namespace: 'shop', name: 'web-1', uid: 'u1' },
  workload: { kind: 'Deployment', namespace: 'shop', name: 'web' },
  logs: { tailLines: 3, maxBytes: 1_024 },
  redactor: redactorOf('hunter2'),
}

const end = (response: ServerResponse, ...lines: string[]) =>
  response.end(lines.map((line) => `${stamp} ${line}\n`).join(''))

describe('the log from before a crash', () => {
  let kubelet: PretendedKubelet | undefined

  afterEach(() => kubelet?.stop())

  async function enrich(
    pods: readonly (object | undefined)[],
    log: (call: LogCall, response: ServerResponse) => void,
    seen: Pick<EnrichRequest, 'seenAt' | 'isPodThere'> = {},
  ): Promise<Enrichment> {
    let asked = 0
    const pod = () => pods[Math.min(asked++, pods.length - 1)]
    kubelet = await startPretendedKubelet({ pod, log })
    const enricher = createEnricher({ client: kubelet.client, clock: systemClock })
    return enricher.enrich({ ...request, ...seen }, AbortSignal.timeout(60_000))
  }

  it('is the one before where the container runs again', async () => {
    const { log, missing } = await enrich([podWith(running, run('x'))], ({ previous }, response) =>
      end(response, previous ? 'panic: hunter2' : 'started'),
    )
    expect({ log, missing }).to.deep.equal({ log: { text: 'panic: [redacted]', isCut: false }, missing: [] })
    expect(kubelet?.logCalls).to.deep.equal([{ container: 'web', previous: true, tailLines: 4 }])
  })

  it('is the newest where the container does not run again', async () => {
    const { log } = await enrich([podWith(run('x'), run('w'))], ({ previous }, response) =>
      end(response, previous ? 'an older run' : 'panic'),
    )
    expect(log?.text).to.equal('panic')
  })

  it('is asked for again where the container ran again meanwhile', async () => {
    const { log, missing } = await enrich([podWith(run('x')), podWith(running, run('x'))], ({ previous }, response) =>
      end(response, previous ? 'panic' : 'of the next run'),
    )
    expect({ text: log?.text, missing }).to.deep.equal({ text: 'panic', missing: [] })
  })

  it('is never that of a later run', async () => {
    const { log, missing } = await enrich([podWith(running, run('x')), podWith(running, run('y'))], (_call, response) =>
      end(response, 'of the next run'),
    )
    expect(log).to.equal(undefined)
    expect(missing).to.deep.equal([
      'log: the container ran again meanwhile, and the kubelet no longer gives the log of this run',
    ])
  })

  it('is never that of a later run, also where the API server does not know of it yet', async () => {
    const { log, missing } = await enrich([podWith(running, run('x'))], (_call, response) =>
      response.end('2026-11-21T16:00:09.1Z of a later run\n'),
    )
    expect({ log, missing: missing.length }).to.deep.equal({ log: undefined, missing: 1 })
  })

  it('is never that of another pod of the same name', async () => {
    const { log, missing } = await enrich(
      [podWith(running, run('x')), podWith(running, run('x'), 'u2')],
      (_call, response) => end(response, 'panic'),
    )
    expect({ log, missing }).to.deep.equal({ log: undefined, missing: ['log: the pod is gone'] })
  })

  it('is missing with the pod', async () => {
    const { log, missing } = await enrich([undefined], (_call, response) => end(response, 'panic'))
    expect({ log, missing }).to.deep.equal({ log: undefined, missing: ['log, changes, limits: the pod is gone'] })
  })

  it('is asked for at once where the look saw it', async () => {
    const { log } = await enrich(
      [podWith(running, run('x'))],
      ({ previous }, response) => end(response, previous ? 'panic' : 'started'),
      { seenAt: 'previous' },
    )
    expect(log?.text).to.equal('panic')
    expect(kubelet?.asked[0]).to.match(/\/log\?/)
  })

  it('is found where it lies now, also where the look saw it elsewhere', async () => {
    const { log, missing } = await enrich(
      [podWith(running, run('x'))],
      ({ previous }, response) => end(response, previous ? 'panic' : 'of the next run'),
      { seenAt: 'current' },
    )
    expect({ text: log?.text, missing }).to.deep.equal({ text: 'panic', missing: [] })
  })

  describe('of a container that never runs again', () => {
    const spec = { restartPolicy: 'Never', containers: [{ name: 'web' }] }
    const ended = { ...podWith(run('x')), spec }
    const podReads = () => kubelet?.asked.filter((path) => path.endsWith('/pods/web-1')).length

    it('needs no second look at the pod', async () => {
      const { log, missing } = await enrich([ended], (_call, response) => end(response, 'panic'), {
        ...{ seenAt: 'current', isPodThere: () => true },
      })
      expect({ text: log?.text, missing, podReads: podReads() }).to.deep.equal({
        ...{ text: 'panic', missing: [], podReads: 1 },
      })
    })

    it('is never that of another pod of the same name', async () => {
      const another = podWith(run('x'), {}, 'u2')
      const { log, missing } = await enrich([ended, another], (_call, response) => end(response, 'panic'), {
        ...{ seenAt: 'current', isPodThere: () => false },
      })
      expect({ log, missing }).to.deep.equal({ log: undefined, missing: ['log: the pod is gone'] })
    })

    for (const [what, container] of [
      ['has a policy of its own', { name: 'web', restartPolicy: 'OnFailure' }],
      ['has rules by which it may run again', { name: 'web', restartPolicyRules: [{ action: 'Restart' }] }],
    ] as const) {
      it(`is looked after again where it ${what}`, async () => {
        const rules = { spec: { ...spec, containers: [container] } }
        const { log } = await enrich(
          [
            { ...podWith(run('x')), ...rules },
            { ...podWith(running, run('x')), ...rules },
          ],
          ({ previous }, response) => end(response, previous ? 'panic' : 'of the next run'),
          { seenAt: 'current', isPodThere: () => true },
        )
        expect(log?.text).to.equal('panic')
      })
    }

    it('is looked after again where its lines are too late to be its own', async () => {
      const { log, missing } = await enrich(
        [ended],
        (_call, response) => response.end('2026-11-21T16:00:09.1Z of a later run\n'),
        { seenAt: 'current', isPodThere: () => true },
      )
      expect({ log, missing: missing.length }).to.deep.equal({ log: undefined, missing: 1 })
    })
  })

  it('says where the node has removed it', async () => {
    const { log, missing } = await enrich([podWith(running, run('x'))], (_call, response) =>
      response.end('unable to retrieve container logs for containerd://x'),
    )
    expect(log).to.equal(undefined)
    expect(missing).to.deep.equal([
      'log: the node has removed it already (unable to retrieve container logs for containerd://x)',
    ])
  })

  it('says what the kubelet refuses it with', async () => {
    const { missing } = await enrich([podWith(running, run('x'))], (_call, response) =>
      refuse(response, 400, 'previous terminated container "web" in pod "web-1" not found'),
    )
    expect(missing).to.have.length(1)
    expect(missing[0]).to.match(/^log: GET .*400 previous terminated container "web" in pod "web-1" not found$/)
  })

  it('may be empty', async () => {
    const { log, facts, missing } = await enrich([podWith(running, run('x'))], (_call, response) => response.end())
    expect({ log, first: facts[0], missing }).to.deep.equal({ log: undefined, first: 'It wrote no log.', missing: [] })
  })

  it('is cut from the head', async () => {
    const { log } = await enrich([podWith(running, run('x'))], ({ tailLines }, response) =>
      end(response, ...Array.from({ length: tailLines }, (_, index) => `line ${index}`)),
    )
    expect(log).to.deep.equal({ text: 'line 1\nline 2\nline 3', isCut: true })
  })

  it('is asked for with fewer lines where lines have no end', async () => {
    const { log } = await enrich([podWith(running, run('x'))], ({ tailLines }, response) => {
      const line = `${stamp} ${'x'.repeat(10 * 1024 * 1024)}end\n`
      response.end(line.repeat(tailLines))
    })
    expect(kubelet?.logCalls.map(({ tailLines }) => tailLines)).to.deep.equal([4, 2, 1])
    expect(log?.text)
      .to.match(/^x+end$/)
      .and.to.have.length(1_024)
    expect(log?.isCut).to.equal(true)
  })

  it('that never ends is left', async () => {
    const { log, missing } = await enrich([podWith(running, run('x'))], (_call, response) => {
      const chunk = Buffer.alloc(256 * 1024, 'x')
      const more = () => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    expect({ log, missing }).to.deep.equal({ log: undefined, missing: ['log: its last line is longer than 16 MiB'] })
  })

  it('whose connection breaks is missing, not half', async () => {
    const { log, missing } = await enrich([podWith(running, run('x'))], (_call, response) => {
      response.write(`${stamp} one\n`)
      setTimeout(() => response.destroy(), 20)
    })
    expect(log).to.equal(undefined)
    expect(missing).to.have.length(1)
  })
})
