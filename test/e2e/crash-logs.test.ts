/** Logs and Events of containers that really crashed, as the real kubelet and containerd give them. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { busyboxImage } from '../../hack/testbed/images.ts'
import { canRunNode } from '../../hack/testbed/node-host.ts'
import { systemClock } from '../../src/base/clock.ts'
import type { KubeClient } from '../../src/kube/client.ts'
import { defined } from '../../src/watchers/crash/defined.ts'
import { createEnricher } from '../../src/watchers/crash/enrich/enricher.ts'
import type { Enricher, Enrichment, EnrichRequest } from '../../src/watchers/crash/enrich/enrichment.ts'
import { placeSeen } from '../../src/watchers/crash/enrich/run-place.ts'
import { lookAtPod } from '../../src/watchers/crash/look.ts'
import { createPodProjection } from '../../src/watchers/crash/pod-facts.ts'
import type { PodMemory, Sighting } from '../../src/watchers/crash/sighting.ts'
import { eventually } from '../support/eventually.ts'
import { type Anything, type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts'
import { redactorOf } from '../support/redactor.ts'
import { skipUnless } from '../support/skip.ts'
import { createLabClient } from '../support/watch-lab.ts'

/** Each run knows which one it is, and says so in its log and in its last word. */
const counting = 'n=$(($(cat /data/n 2>/dev/null || echo 0) + 1)); echo $n > /data/n;'

function pod(
  name: string,
  script: string,
  change: { readonly spec?: object; readonly container?: object } = {},
): object {
  const volumeMounts = [{ name: 'data', mountPath: '/data' }]
  const container = { name: 'main', image: busyboxImage, imagePullPolicy: 'Never', command: ['/bin/sh', '-c', script] }
  const spec = { terminationGracePeriodSeconds: 1, volumes: [{ name: 'data', emptyDir: {} }], ...change.spec }
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'logs' } },
    spec: { ...spec, containers: [{ ...container, volumeMounts, ...change.container }] },
  }
}

const pods = {
  lines: pod(
    'lines',
    'for i in $(seq 300); do echo line $i; done; echo password=hunter2; sleep 0.5; echo panic >&2; exit 1',
  ),
  fast: pod('fast', `${counting} echo $n > /dev/termination-log; echo run $n; exit 1`),
  once: pod('once', 'echo the only run; exit 3', { spec: { restartPolicy: 'Never' } }),
  binary: pod('binary', 'head -c 100000 /dev/urandom; echo; echo panic; exit 1'),
  endless: pod('endless', `head -c 3000000 /dev/zero | tr '\\0' x; echo; echo panic; exit 1`),
  silent: pod('silent', 'exit 1'),
  removed: pod('removed', 'echo panic; exit 1'),
  probed: pod('probed', 'echo up; sleep 1000', {
    container: { livenessProbe: { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 2 } },
  }),
} as const

interface SeenCrash {
  readonly sighting: Sighting
  readonly seenAt: EnrichRequest['seenAt']
}

const isGone = /^log: (the node has removed it already|the container ran again meanwhile)/

describe('logs of a real kubelet', function () {
  this.timeout(240_000)
  let world: OperatorWorld
  let client: KubeClient
  let enricher: Enricher
  const project = createPodProjection()

  before(async function () {
    this.timeout(20 * 60_000)
    const ability = canRunNode()
    skipUnless(this, ability.ok, ability.ok ? '' : ability.reason)
    world = await startOperatorWorld({ node: true, kwok: false })
    await world.namespace('logs')
    client = createLabClient((await world.operatorAccess()).kubeconfig)
    enricher = createEnricher({ client, clock: systemClock })
    await world.cluster.apply(Object.values(pods))
  })
  after(async () => {
    await client?.close()
    await world?.stop()
  })

  const podNow = (name: string): Promise<Anything> => world.send('GET', `/api/v1/namespaces/logs/pods/${name}`)

  /** The newest crash of a run that ended, if it is new since what is remembered. */
  async function nextCrash(name: string, memory?: PodMemory): Promise<SeenCrash & { memory: PodMemory | undefined }> {
    return eventually(`${name} crashes`, async () => {
      const facts = project(await podNow(name))
      const look = lookAtPod(facts, memory, {
        nowMs: Date.now(),
        unschedulableForMs: 60_000,
      } as never)
      const sighting = look.crashes.findLast(
        ({ exitCode, container }) => exitCode !== undefined && container !== undefined,
      )
      return sighting && { sighting, seenAt: placeSeen(facts, sighting.container), memory: look.memory }
    })
  }

  async function enrich(name: string, { sighting, seenAt }: SeenCrash, maxBytes = 65_536): Promise<Enrichment> {
    const { metadata, spec } = await podNow(name)
    const request = {
      ...{ sighting, ...defined({ seenAt }), isPodThere: () => true },
      ...{ redactor: redactorOf(), logs: { tailLines: 200, maxBytes } },
      pod: { namespace: 'logs', name, uid: metadata.uid, node: spec.nodeName },
      workload: { kind: 'Pod', namespace: 'logs', name },
    }
    return enricher.enrich(request, AbortSignal.timeout(60_000))
  }

  /**
   * Of the first crash whose log the kubelet still had: it removes the log of a run as soon as the next one has ended, which without
   * a back-off before it is a second later.
   */
  async function enrichNext(name: string, maxBytes?: number): Promise<Enrichment> {
    let memory: PodMemory | undefined
    for (let attempt = 1; ; attempt++) {
      const next = await nextCrash(name, memory)
      memory = next.memory
      const found = await enrich(name, next, maxBytes)
      if (attempt === 4 || !found.missing.some((line) => isGone.test(line))) return found
    }
  }

  it('are cut from the head and redacted, and both streams are in them', async () => {
    const { log, missing } = await enrichNext('lines')
    expect(missing).to.deep.equal([])
    const lines = log?.text.split('\n') ?? []
    expect(lines).to.have.length(200)
    expect(lines[0]).to.equal('line 103')
    expect(lines.slice(-2)).to.deep.equal(['password=[redacted]', 'panic'])
    expect(log?.isCut).to.equal(true)
  })

  it('are of the very run that crashed, however soon the next one crashes', async () => {
    let memory: PodMemory | undefined
    const told: string[] = []
    for (let crashes = 0; crashes < 4; crashes++) {
      const next = await nextCrash('fast', memory)
      memory = next.memory
      const { log, missing } = await enrich('fast', next)
      const expected = `run ${next.sighting.message?.trim()}`
      if (log === undefined) expect(missing.join()).to.match(isGone)
      else expect(log.text).to.equal(expected)
      told.push(log?.text ?? missing.join())
    }
    console.log(`      ${told.join('; ')}`)
    expect(told.filter((text) => text.startsWith('run ')).length).to.be.greaterThan(0)
  })

  it('are those of a container that does not run again', async () => {
    const { log, missing } = await enrichNext('once')
    expect({ log, missing }).to.deep.equal({ log: { text: 'the only run', isCut: false }, missing: [] })
  })

  it('are text, whatever the bytes were', async () => {
    const { log, missing } = await enrichNext('binary')
    expect(missing).to.deep.equal([])
    expect(log?.text).to.match(/\npanic$/)
    const controls = [...(log?.text ?? '')].filter((character) => character < ' ' && !'\n\t'.includes(character))
    expect(controls).to.deep.equal([])
  })

  it('have an end, also where a line has none', async () => {
    expect((await enrichNext('endless')).log).to.deep.equal({ text: 'panic', isCut: true })
  })

  it('may be empty', async () => {
    const { log, facts, missing } = await enrichNext('silent')
    expect({ log, first: facts[0], missing }).to.deep.equal({ log: undefined, first: 'It wrote no log.', missing: [] })
  })

  it('are named as missing where the node has them no more', async () => {
    const crash = await nextCrash('removed')
    const { metadata } = await podNow('removed')
    await rm(join(world.cluster.files.podLogs, `logs_removed_${metadata.uid}`), { recursive: true, force: true })
    const { log, missing } = await enrich('removed', crash)
    expect(log).to.equal(undefined)
    console.log(`      ${missing.join('\n      ')}`)
    expect(missing).to.have.length(1)
    expect(missing[0]).to.match(isGone)
  })

  it('come with the proof that a probe ended the container', async () => {
    const crash = await nextCrash('probed')
    expect(crash.sighting.reason).to.equal('Error')
    const { log, proven, facts } = await enrich('probed', crash)
    expect(log?.text).to.equal('up')
    expect(proven?.reason).to.equal('ProbeKilled')
    expect(proven?.cause).to.match(/liveness probe/)
    expect(facts.join('\n')).to.match(/Event Killing .*failed liveness probe/)
  })
})
