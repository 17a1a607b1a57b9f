/** A container that ends because somebody changed its pod; the recorded ones are as a kubelet 1.36 left them. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { type Clock, systemClock } from '../../../../src/base/clock.ts'
import { explainByEvents } from '../../../../src/watchers/crash/detectors/probe-killed.ts'
import { createEnricher } from '../../../../src/watchers/crash/enrich/enricher.ts'
import type { EnrichRequest } from '../../../../src/watchers/crash/enrich/enrichment.ts'
import { countedEvent, type EventObject } from '../../../../src/watchers/crash/enrich/event-object.ts'
import type { PodObject } from '../../../../src/watchers/crash/enrich/pod-object.ts'
import { isChangedBeforeEnd } from '../../../../src/watchers/crash/enrich/wanted-end.ts'
import { lookAtPod } from '../../../../src/watchers/crash/look.ts'
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

describe('pods that were changed in place, as a kubelet wrote them', () => {
  interface Recorded {
    readonly exitCode: number
    readonly pod: PodObject
    readonly events: readonly EventObject[]
  }
  const file = new URL('../../../fixtures/kubelet-changes.json', import.meta.url)
  const recorded: Readonly<Record<string, Recorded>> = JSON.parse(readFileSync(file, 'utf8'))

  it('are four', () => {
    expect(Object.keys(recorded)).to.deep.equal(['image', 'image-ends-well', 'resize', 'resize-fails'])
  })

  for (const [name, { exitCode, pod, events }] of Object.entries(recorded)) {
    it(`${name}: the status shows an end with ${exitCode}, the Events that it was wanted`, () => {
      const { crashes } = lookAtPod(project(pod), undefined, { nowMs: 0 })
      expect(crashes.map((crash) => [crash.reason, crash.exitCode])).to.deep.equal([['Error', exitCode]])
      expect(isChangedBeforeEnd(pod, crashes[0]!)).to.equal(true)
      expect(explainByEvents(crashes[0]!, events.map(countedEvent)).isWanted).to.equal(true)
    })
  }
})

describe('who ended a run', () => {
  let served: PretendedKubelet | undefined
  const request: EnrichRequest = {
    sighting,
    pod: { namespace: 'shop', name: 'web-1', uid: 'u1' },
    workload: { kind: 'Pod', namespace: 'shop', name: 'web-1' },
    redactor: redactorOf(),
  }
  const killing = {
    ...{ reason: 'Killing', message: 'Container main definition changed, will be restarted' },
    involvedObject: { fieldPath: 'spec.containers{main}' },
    ...{ firstTimestamp: at(30), lastTimestamp: at(30) },
  }
  const timesAsked = () => served?.asked.filter((path) => path.includes('/events')).length ?? 0
  /** Each wait is over at once. */
  const clock: Clock = { ...systemClock, sleep: (_delayMs, signal) => systemClock.sleep(0, signal) }
  const ask = async (pod: PodObject, events: () => object[]) => {
    const other = (path: string) => ({ items: path.includes('/events') ? events() : [] })
    served = await startPretendedKubelet({ pod: () => pod, other })
    return createEnricher({ client: served.client, clock }).enrich(request, AbortSignal.timeout(60_000))
  }

  afterEach(() => served?.stop())

  it('is known from an Event that comes late', async () => {
    let asked = 0
    const { proven } = await ask(podOf(2, changed(30)), () => (++asked > 3 ? [killing] : []))
    expect(proven?.isWanted).to.equal(true)
  })

  it('is not known without one, which is said', async () => {
    const { proven, facts } = await ask(podOf(2, changed(30)), () => [])
    expect(proven).to.equal(undefined)
    expect(facts[0]).to.match(/^Its pod was changed right before it ended; no Event says/)
  })

  it('is asked once where nobody changed the pod', async () => {
    const { proven, facts } = await ask(podOf(1), () => [])
    expect([proven, facts.filter((fact) => fact.includes('changed')), timesAsked()]).to.deep.equal([undefined, [], 1])
  })
})
