/** A container that ends because somebody changed its pod; the recorded ones are as a kubelet 1.36 left them. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { type Clock, systemClock } from '../../../../src/base/clock.ts'
import { createEnricher } from '../../../../src/watchers/crash/enrich/enricher.ts'
import type { EnrichRequest } from '../../../../src/watchers/crash/enrich/enrichment.ts'
import { countedEvent, type EventObject } from '../../../../src/watchers/crash/enrich/event-object.ts'
import { isChangedBeforeEnd, isWantedEnd } from '../../../../src/watchers/crash/enrich/is-wanted-end.ts'
import type { ContainerStatusObject, PodObject } from '../../../../src/watchers/crash/enrich/pod-object.ts'
import { lookAtPod } from '../../../../src/watchers/crash/look.ts'
import type { Sighting } from '../../../../src/watchers/crash/sighting.ts'
import { at, noonMs, project } from '../../../support/crash-pods.ts'
import { type PretendedKubelet, startPretendedKubelet } from '../../../support/pretended-kubelet.ts'
import { redactorOf } from '../../../support/redactor.ts'

const fields = (what: object, list = 'f:containers') => ({
  fieldsV1: { 'f:spec': { [list]: { 'k:{"name":"main"}': what } } },
})
const made = { manager: 'kubectl-create', time: at(0), ...fields({ '.': {}, 'f:image': {}, 'f:resources': {} }) }
const kubelet = { manager: 'kubelet', subresource: 'status', time: at(32), fieldsV1: { 'f:status': {} } }
const changed = (seconds: number, what: object = { 'f:image': {} }) => ({
  ...{ manager: 'kubectl-set', time: at(seconds) },
  ...fields(what),
})

function podOf(generation: number, ...entries: object[]): PodObject {
  const metadata = {
    name: 'web-1',
    namespace: 'shop',
    uid: 'u1',
    generation,
    managedFields: [made, ...entries, kubelet],
  }
  return { metadata, spec: { terminationGracePeriodSeconds: 2 } }
}

const sighting: EnrichRequest['sighting'] = {
  ...{ key: 'main/x', reason: 'Error', cause: 'killed', exitCode: 137, restartCount: 1, crashes: 1 },
  container: { name: 'main', role: 'app', containerId: 'containerd://x' },
  ...{ atMs: noonMs + 32_000, startedMs: noonMs + 2_000, finishedMs: noonMs + 32_000 },
}

describe('whether a pod was changed right before a run ended', () => {
  const isChanged = (pod: PodObject, more: object = {}) => isChangedBeforeEnd(pod, { ...sighting, ...more })

  it('is seen of an image and of resources, of sidecars too', () => {
    expect(isChanged(podOf(2, changed(30)))).to.equal(true)
    expect(isChanged(podOf(2, changed(30, { 'f:resources': { 'f:limits': {} } })))).to.equal(true)
    expect(isChanged(podOf(2, { time: at(30), ...fields({ 'f:image': {} }, 'f:initContainers') }))).to.equal(true)
  })

  it('is not so where the pod is as it was made, or what changed is something else', () => {
    expect(isChanged(podOf(1))).to.equal(false)
    expect(isChanged(podOf(2, { time: at(30), fieldsV1: { 'f:spec': { 'f:tolerations': {} } } }))).to.equal(false)
    expect(isChanged(podOf(2, changed(30)), { container: { name: 'proxy', role: 'app' } })).to.equal(false)
  })

  it('is not so of a change in another run’s time, or long before the end', () => {
    expect(isChanged(podOf(2, changed(1)))).to.equal(false)
    expect(isChanged(podOf(2, changed(33)))).to.equal(false)
    expect(isChanged(podOf(2, changed(30)), { finishedMs: noonMs + 300_000 })).to.equal(false)
    expect(isChanged(podOf(2, changed(30)), { startedMs: undefined })).to.equal(false)
  })
})

interface Recorded {
  readonly exitCode: number
  readonly pod: PodObject
  readonly events: readonly EventObject[]
}
const file = new URL('../../../fixtures/kubelet-changes.json', import.meta.url)
const recorded: Readonly<Record<string, Recorded>> = JSON.parse(readFileSync(file, 'utf8'))

describe('pods that were changed in place, as a kubelet wrote them', () => {
  it('are four', () => {
    expect(Object.keys(recorded)).to.deep.equal(['image', 'image-ends-well', 'resize', 'resize-fails'])
  })

  for (const [name, { exitCode, pod, events }] of Object.entries(recorded)) {
    it(`${name}: the status shows an end with ${exitCode}, the Events that it was wanted`, () => {
      const { crashes } = lookAtPod(project(pod), undefined, { nowMs: 0 })
      expect(crashes.map((crash) => [crash.reason, crash.exitCode])).to.deep.equal([['Error', exitCode]])
      expect(isChangedBeforeEnd(pod, crashes[0]!)).to.equal(true)
      expect(isWantedEnd(pod, crashes[0]!, events.map(countedEvent))).to.equal(true)
    })
  }
})

describe('who ended a run', () => {
  let served: PretendedKubelet | undefined
  let waitedMs = 0
  const killing = (seconds: number) => ({
    ...{ reason: 'Killing', message: 'Container main definition changed, will be restarted' },
    involvedObject: { fieldPath: 'spec.containers{main}' },
    ...{ firstTimestamp: at(seconds), lastTimestamp: at(seconds) },
  })
  const timesAsked = () => served?.asked.filter((path) => path.includes('/events')).length ?? 0
  /** Each wait is over at once. */
  const clock: Clock = {
    ...systemClock,
    sleep: (delayMs, signal) => {
      waitedMs += delayMs
      return systemClock.sleep(0, signal)
    },
  }
  const ask = async (
    pod: PodObject,
    events: () => readonly object[],
    { stormFrom, ...run }: Partial<Sighting> & { stormFrom?: number } = {},
  ) => {
    const other = (path: string) => ({ items: path.includes('/events') ? events() : [] })
    served = await startPretendedKubelet({ pod: () => pod, other })
    const { name = '', namespace = '', uid = '' } = pod.metadata
    const request: EnrichRequest = {
      sighting: { ...sighting, ...run },
      pod: { namespace, name, uid },
      workload: { kind: 'Pod', namespace, name },
      redactor: redactorOf(),
    }
    const options = { client: served.client, clock, ...(stormFrom === undefined ? {} : { stormFrom }) }
    return createEnricher(options).enrich(request, AbortSignal.timeout(60_000))
  }

  beforeEach(() => {
    waitedMs = 0
  })
  afterEach(() => served?.stop())

  it('is known from an Event that comes late', async () => {
    let asked = 0
    const { proven } = await ask(podOf(2, changed(30)), () => (++asked > 3 ? [killing(30)] : []))
    expect(proven?.isWanted).to.equal(true)
  })

  it('is not known without one, which is said, and soon', async () => {
    const { proven, facts } = await ask(podOf(2, changed(30)), () => [])
    expect(proven).to.equal(undefined)
    expect(facts[0]).to.match(/^Its pod was changed right before it ended; no Event says/)
    expect(waitedMs).to.be.below(10_000)
  })

  it('is the kubelet, by an Event that comes late, where the container has a postStart hook', async () => {
    const pod = podOf(1)
    const containers = [{ name: 'main', lifecycle: { postStart: { exec: { command: ['false'] } } } }]
    const hooked = { ...pod, spec: { ...pod.spec, containers } }
    const failed = { ...killing(31), message: 'FailedPostStartHook' }
    let asked = 0
    const { proven } = await ask(hooked, () => (++asked > 2 ? [failed] : []))
    expect([proven?.reason, waitedMs]).to.deep.equal(['Config', 1_500])
    await served?.stop()
    await ask(hooked, () => [], { exitCode: 1 })
    expect(timesAsked()).to.equal(1)
  })

  it('is asked once where nobody changed the pod', async () => {
    const { proven, facts } = await ask(podOf(1), () => [])
    expect([proven, facts.filter((fact) => fact.includes('changed')), timesAsked()]).to.deep.equal([undefined, [], 1])
  })

  it('is told by the Event alone, and that nobody wanted it, where the pod shows no change', async () => {
    const { proven } = await ask(podOf(1), () => [killing(30)])
    expect([proven?.cause, proven?.isWanted]).to.deep.equal([
      'ended by the kubelet, killed by SIGKILL (exit code 137): Container main definition changed, will be restarted',
      undefined,
    ])
  })

  it('is not waited for in a storm, in which it is told', async () => {
    const { proven, missing } = await ask(podOf(2, changed(30)), () => [killing(30)], { stormFrom: -1 })
    expect([proven, waitedMs]).to.deep.equal([undefined, 0])
    expect(missing.find((line) => line.startsWith('who ended it'))).to.match(/: not looked for, as many crashes/)
  })

  const notWanted: Readonly<Record<string, { change: number; kill: number; run: Partial<Sighting> }>> = {
    'the first run of the new image, which began in the second of the kill': {
      ...{ change: 30, kill: 30 },
      run: { exitCode: 1, startedMs: noonMs + 30_000, finishedMs: noonMs + 31_000 },
    },
    'one that began a second after the kill': {
      ...{ change: 30, kill: 30 },
      run: { exitCode: 1, startedMs: noonMs + 31_000, finishedMs: noonMs + 31_000 },
    },
    'one that crashed minutes later': {
      ...{ change: 30, kill: 30 },
      run: { exitCode: 1, startedMs: noonMs + 30_000, finishedMs: noonMs + 300_000 },
    },
    'one that lived on for minutes': {
      ...{ change: 30, kill: 30 },
      run: { exitCode: 1, finishedMs: noonMs + 300_000 },
    },
    'one that was over before the kubelet meant to end it': {
      ...{ change: 29, kill: 33 },
      run: { exitCode: 1 },
    },
    'one changed anew long after the kill': {
      ...{ change: 290, kill: 30 },
      run: { exitCode: 1, finishedMs: noonMs + 300_000 },
    },
  }
  for (const [which, { change, kill, run }] of Object.entries(notWanted)) {
    it(`is not told by a kill of another run: ${which}`, async () => {
      const { proven } = await ask(podOf(2, changed(change)), () => [killing(kill)], run)
      expect(proven?.isWanted).to.equal(undefined)
    })
  }

  for (const [name, { pod, events }] of Object.entries(recorded)) {
    it(`is told of a recorded one, and not of its next run, which crashes: ${name}`, async () => {
      const first = lookAtPod(project(pod), undefined, { nowMs: 0 })
      const wanted = await ask(pod, () => events, first.crashes[0]!)
      expect(wanted.proven?.isWanted).to.equal(true)
      await served?.stop()
      for (const seconds of [0, 1, 240]) {
        const next = crashedAfter(pod, seconds)
        const { crashes } = lookAtPod(project(next), first.memory, { nowMs: 0 })
        expect(crashes.map(({ exitCode }) => exitCode)).to.deep.equal([1])
        const { proven } = await ask(next, () => events, crashes[0]!)
        expect(proven, `after ${seconds} s`).to.equal(undefined)
        await served?.stop()
      }
    })
  }
})

/** The pod once its present run has ended with an error, so long after its begin. */
function crashedAfter(pod: PodObject, seconds: number): PodObject {
  const [now] = (pod.status?.containerStatuses ?? []) as readonly (ContainerStatusObject & { containerID: string })[]
  const startedAt = now?.state?.running?.startedAt ?? ''
  const finishedAt = new Date(Date.parse(startedAt) + seconds * 1_000).toISOString().replace('.000', '')
  const end = { exitCode: 1, reason: 'Error', startedAt, finishedAt, containerID: now?.containerID ?? '' }
  const status = { ...now!, ready: false, state: { terminated: end }, lastState: {} }
  return { ...pod, status: { ...pod.status, containerStatuses: [status] } }
}
