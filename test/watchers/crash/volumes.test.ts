/** Pods that wait on their node for volumes: their status says no more than that they wait. */
import { expect } from 'chai'
import { systemClock } from '../../../src/base/clock.ts'
import { createVolumeAsker } from '../../../src/watchers/crash/ask-volumes.ts'
import type { PodFacts } from '../../../src/watchers/crash/pod-facts.ts'
import { VolumeQuestions } from '../../../src/watchers/crash/volume-questions.ts'
import { CrashLab } from '../../support/crash-lab.ts'
import { at, noonMs, podWith, running, waiting } from '../../support/crash-pods.ts'
import { type PretendedKubelet, startPretendedKubelet } from '../../support/pretended-kubelet.ts'

const unprepared = { type: 'PodReadyToStartContainers', status: 'False', lastTransitionTime: at(98) }
const waitingPod = (number = 1, more: object = {}): PodFacts =>
  podWith(
    { state: waiting('ContainerCreating') },
    {
      metadata: { name: `web-${number}`, uid: `u-${number}`, ...more },
      status: { phase: 'Pending', conditions: [unprepared] },
    },
  )
const failure = 'MountVolume.SetUp failed for volume "v" : configmap "absent" not found'
const spec = { unschedulableFor: '60s', grouping: { healthyFor: '10s' } }

function started(specs: readonly object[] = [spec]): CrashLab {
  const lab = new CrashLab(specs)
  lab.engine.begin()
  return lab
}

describe('a pod that waits for its volumes', () => {
  it('is asked about when it has waited as long as a route says, and then once a minute', async () => {
    const lab = started([spec, { unschedulableFor: '90s' }])
    lab.engine.putPod(waitingPod())
    await lab.pass(57)
    expect(lab.asked).to.deep.equal([])
    await lab.pass(1)
    expect(lab.asked.map(({ name }) => name)).to.deep.equal(['web-1'])
    lab.engine.putPod(waitingPod())
    await lab.pass(59)
    expect(lab.asked).to.have.length(1)
    await lab.pass(1)
    expect(lab.asked).to.have.length(2)
  })

  it('is told with what its Events say, by each route in its time, and is over when it runs', async () => {
    const lab = started([spec, { ...spec, unschedulableFor: '90s' }])
    lab.engine.putPod(waitingPod())
    await lab.pass(58)
    lab.engine.putVolumeFailure(lab.asked[0]!, failure)
    expect(lab.alerts.map(({ policy }) => policy.name)).to.deep.equal(['route-0'])
    expect(lab.told()).to.deep.equal(['Pod shop/web-1: Config'])
    expect(lab.records.map(({ reason, cause }) => [reason, cause])).to.deep.equal([
      ['Config', `cannot be started: ${failure}`],
    ])
    await lab.pass(30)
    lab.engine.putPod(waitingPod())
    expect(lab.alerts.map(({ policy }) => policy.name)).to.deep.equal(['route-1'])
    lab.told()
    lab.engine.putPod(podWith({ state: running(200), ready: true }))
    await lab.pass(10)
    expect(lab.told()).to.deep.equal(Array(2).fill('resolved: Pod shop/web-1: well again after 1 crash'))
  })

  it('is not told again by the next process', async () => {
    const lab = started()
    lab.engine.putPod(waitingPod())
    await lab.pass(58)
    lab.engine.putVolumeFailure(lab.asked[0]!, failure)
    const next = new CrashLab([spec], lab)
    next.engine.putPod(waitingPod())
    next.engine.begin()
    next.engine.putVolumeFailure(next.asked[0]!, failure)
    expect([next.told(), next.records]).to.deep.equal([[], []])
  })

  it('is not told where its Events say nothing of volumes, nor once it has them or is deleted', async () => {
    const lab = started()
    for (const number of [1, 2, 3]) lab.engine.putPod(waitingPod(number))
    await lab.pass(58)
    const [first, second, third] = lab.asked
    lab.engine.putVolumeFailure(first!, undefined)
    const { unprepared: _, ...prepared } = waitingPod(2)
    lab.engine.putPod(prepared)
    lab.engine.putVolumeFailure(second!, failure)
    lab.engine.putPod(waitingPod(3, { deletionTimestamp: at(200), deletionGracePeriodSeconds: 30 }))
    lab.engine.putVolumeFailure(third!, failure)
    lab.engine.removePod({ namespace: 'shop', name: 'web-3' })
    lab.engine.putVolumeFailure(third!, failure)
    expect(lab.told()).to.deep.equal([])
  })

  it('is not asked about while it has no node, pulls its image, or has come to its end', async () => {
    const lab = started()
    const prepared = { ...unprepared, status: 'True' }
    lab.engine.putPod(
      podWith({ state: waiting('ContainerCreating') }, { status: { phase: 'Pending', conditions: [prepared] } }),
    )
    lab.engine.putPod(podWith({}, { metadata: { name: 'b' }, status: { phase: 'Pending' } }))
    lab.engine.putPod(
      podWith({}, { metadata: { name: 'c' }, status: { phase: 'Succeeded', conditions: [unprepared] } }),
    )
    await lab.pass(600)
    expect(lab.asked).to.deep.equal([])
  })
})

describe('questions about volumes', () => {
  it('are few at a time, and each pod has its turn', () => {
    const questions = new VolumeQuestions()
    const askedAt = (nowMs: number) =>
      Array.from({ length: 20 }, (_, i) => questions.turnOf(`u-${i}`, { dueMs: 0, nowMs })).filter(
        (one) => one === 'now',
      ).length
    expect([0, 1_000, 5_000, 10_000, 15_000, 59_999].map(askedAt)).to.deep.equal([8, 0, 8, 4, 0, 0])
    expect(questions.turnOf('u-0', { dueMs: 0, nowMs: 20_000 })).to.equal(60_000)
    expect(questions.turnOf('u-99', { dueMs: 90_000, nowMs: 20_000 })).to.equal(90_000)
  })
})

describe('the answer about volumes', () => {
  let served: PretendedKubelet | undefined
  const clock = { ...systemClock, nowMs: () => noonMs + 400_000 }
  const event = (message: string, seconds: number) => ({
    ...{ reason: 'FailedMount', message, type: 'Warning', count: 2 },
    ...{ firstTimestamp: at(seconds - 10), lastTimestamp: at(seconds) },
  })
  const ask = async (...items: object[]) => {
    served = await startPretendedKubelet({ pod: () => undefined, other: () => ({ items }) })
    return createVolumeAsker(served.client, clock)(waitingPod(), AbortSignal.timeout(60_000))
  }

  afterEach(() => served?.stop())

  it('is the newest Event of the pod about that', async () => {
    expect(await ask(event('older', 200), event(failure, 300), event('oldest', 150))).to.equal(failure)
    expect(served?.asked).to.deep.equal([
      '/api/v1/namespaces/shop/events?fieldSelector=involvedObject.uid%3Du-1%2Creason%3DFailedMount&limit=200',
    ])
  })

  it('is none where there is none, or none lately', async () => {
    expect(await ask()).to.equal(undefined)
    await served?.stop()
    expect(await ask(event(failure, 90))).to.equal(undefined)
  })
})
