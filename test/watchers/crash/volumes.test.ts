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

  it('is not told or asked about again by the next process, which says when it is over', async () => {
    const lab = started()
    lab.engine.putPod(waitingPod())
    await lab.pass(58)
    lab.engine.putVolumeFailure(lab.asked[0]!, failure)
    const next = new CrashLab([spec], lab)
    next.engine.putPod(waitingPod())
    next.engine.begin()
    await next.pass(600)
    expect([next.asked, next.told(), next.records]).to.deep.equal([[], [], []])
    next.engine.putPod(podWith({ state: running(700), ready: true }))
    await next.pass(10)
    expect(next.told()).to.deep.equal(['resolved: Pod shop/web-1: well again after 1 crash'])
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

describe('many pods that wait for their volumes', () => {
  const owned = (number: number, workload: string) =>
    waitingPod(number, {
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'StatefulSet', name: workload, uid: workload, controller: true },
      ],
    })
  const passRounds = async (lab: CrashLab, seconds: number) => {
    for (let passed = 0; passed < seconds; passed += 5) await lab.pass(5)
  }

  it('are asked about in turn: each of 200 workloads within some minutes, whether answered or not', async () => {
    const lab = started()
    for (let number = 0; number < 200; number++) lab.engine.putPod(owned(number, `db-${number}`))
    await lab.pass(58)
    await passRounds(lab, 180)
    expect(new Set(lab.asked.map(({ name }) => name)).size).to.equal(200)
  })

  it('do not keep those of a small workload waiting', async () => {
    const lab = started()
    for (let number = 0; number < 200; number++) lab.engine.putPod(owned(number, 'large'))
    lab.engine.putPod(owned(200, 'small'))
    await lab.pass(58)
    expect(lab.asked.map(({ name }) => name)).to.include('web-200')
  })

  it('are asked about no more once each route knows why their workload waits', async () => {
    const lab = started([spec, { ...spec, unschedulableFor: '90s' }, { ...spec, reasons: ['OOMKilled'] }])
    for (let number = 0; number < 200; number++) lab.engine.putPod(owned(number, 'large'))
    await lab.pass(58)
    lab.engine.putVolumeFailure(lab.asked[0]!, failure)
    expect(lab.told()).to.deep.equal(['StatefulSet shop/large: Config'])
    await passRounds(lab, 30)
    expect(lab.told()).to.deep.equal(['StatefulSet shop/large: Config'])
    const asked = lab.asked.length
    await passRounds(lab, 120)
    expect(lab.asked).to.have.length(asked)
    expect(lab.told()).to.deep.equal([])
  })

  it('are not asked about where no route would tell it', async () => {
    const lab = started([{ ...spec, reasons: ['OOMKilled'] }])
    lab.engine.putPod(waitingPod())
    await passRounds(lab, 120)
    expect(lab.asked).to.deep.equal([])
  })

  it('are not asked about when another pod has their name', async () => {
    const lab = started()
    lab.engine.putPod(waitingPod(1))
    lab.engine.putPod(waitingPod(1, { uid: 'u-next' }))
    await passRounds(lab, 120)
    expect(new Set(lab.asked.map(({ uid }) => uid))).to.deep.equal(new Set(['u-next']))
  })
})

describe('questions about volumes', () => {
  const wanted = (count: number, workloadOf = (number: number) => `w-${number}`) => {
    const questions = new VolumeQuestions()
    for (let number = 0; number < count; number++) {
      questions.want(waitingPod(number), { workload: workloadOf(number), dueMs: number })
    }
    return questions
  }
  const namesOf = (pods: readonly PodFacts[]) => pods.map(({ name }) => name)

  it('are few at a time, and say when the next one is due', () => {
    const questions = wanted(20)
    const taken = [19, 1_000, 5_019, 10_019, 15_019, 60_018].map((nowMs) => questions.take(nowMs).length)
    expect(taken).to.deep.equal([8, 0, 8, 4, 0, 0])
    expect(questions.nextMs).to.equal(60_019)
    questions.want(waitingPod(99), { workload: 'late', dueMs: 40_000 })
    expect(questions.nextMs).to.equal(40_000)
    expect(wanted(0).nextMs).to.equal(Number.POSITIVE_INFINITY)
  })

  it('wait for the next round where this one has no turns left', () => {
    const questions = wanted(9)
    questions.take(1_000)
    expect(questions.nextMs).to.equal(6_000)
    questions.want(waitingPod(99), { workload: 'late', dueMs: 0 })
    expect(questions.nextMs).to.equal(6_000)
  })

  it('are asked of those first that never were, and then of those that have waited the longest', () => {
    const questions = wanted(100)
    const names = Array.from({ length: 36 }, (_, round) => namesOf(questions.take(1_000 + 5_000 * round))).flat()
    expect(new Set(names.slice(0, 100)).size).to.equal(100)
    const turns = [...Map.groupBy(names, (name) => name).values()].map(({ length }) => length)
    expect([names.length, Math.min(...turns), Math.max(...turns)]).to.deep.equal([288, 2, 3])
  })

  it('are asked of each workload first, and then of its other pods', () => {
    const questions = wanted(104, (number) => (number < 100 ? 'large' : `w-${number}`))
    const first = namesOf(questions.take(1_000))
    expect(first).to.deep.equal(['web-0', 'web-100', 'web-101', 'web-102', 'web-103', 'web-1', 'web-2', 'web-3'])
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
