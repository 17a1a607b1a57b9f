import { expect } from 'chai'
import { hasEnded, isHealthy } from '../../../src/watchers/crash/health.ts'
import { createJobProjection, type JobFacts } from '../../../src/watchers/crash/job-facts.ts'
import { lookAtJob } from '../../../src/watchers/crash/look.ts'
import type { JobObject } from '../../../src/watchers/crash/pod-object.ts'
import { workloadOf, workloadOfJob } from '../../../src/watchers/crash/workload.ts'
import { at, ended, initContainer, noonMs, podWith, project, running, waiting } from '../../support/crash-pods.ts'

const ownedBy = (kind: string, name: string, apiVersion = 'apps/v1') => ({
  ownerReferences: [
    { apiVersion: 'v1', kind: 'Other', name: 'not-the-controller', uid: 'u-0' },
    { apiVersion, kind, name, uid: `u-${name}`, controller: true },
  ],
})
const none = new Map<string, JobFacts>()

describe('what is kept of a pod', () => {
  it('shares the containers of pods that are well and made alike', () => {
    const status = { initContainerStatuses: [{ name: 'before', ready: true, state: ended({ id: 'i', code: 0 }) }] }
    const make = (name: string, seconds: number) =>
      podWith(
        { state: running(seconds), ready: true },
        { metadata: { name }, spec: { initContainers: [initContainer()] }, status },
      )
    expect(make('a', 1).containers).to.equal(make('b', 2).containers)
    expect(make('a', 1).containers.map(({ role, restarts }) => [role, restarts])).to.deep.equal([
      ['init', 'OnFailure'],
      ['app', 'Always'],
    ])
  })

  it('keeps of a pod that is well nothing that is its own but its name', () => {
    const make = (name: string, image: string, seconds: number) =>
      podWith(
        { state: running(seconds), ready: true },
        { metadata: { name }, spec: { containers: [{ name: 'main', image }] }, status: { startTime: at(seconds) } },
      )
    const [first, second] = [make('a', 'shop/web:1', 1), make('b', 'shop/web:2', 2)]
    expect(second.containers).to.equal(first.containers)
    expect({ ...second, name: 'a' }).to.deep.equal(first)
    expect(first).not.to.have.any.keys('createdMs', 'startedMs', 'reason', 'deletedMs')
  })

  const main = { name: 'main', role: 'app', image: 'shop/web:1' }
  const times = { createdMs: noonMs - 5_000, startedMs: noonMs - 4_000 }

  it('keeps the image of a container that crashed, and since when a pod waits', () => {
    const crashed = podWith({ state: running(30), restartCount: 1, lastState: ended({ id: 'a', code: 1 }) })
    expect(crashed.containers[0]).to.include({ ...main, restartCount: 1 })
    const pending = podWith({ state: waiting('ImagePullBackOff') }, { status: { phase: 'Pending' } })
    expect(pending.containers[0]).to.include(main)
    expect(pending).to.include(times)
    expect(podWith({ state: waiting('CrashLoopBackOff'), restartCount: 1 })).to.include(times)
  })

  it('keeps the times of a pod of which something is said as a whole', () => {
    const evicted = podWith({ state: running() }, { status: { phase: 'Failed', reason: 'Evicted', message: 'disk' } })
    expect(evicted).to.include({ ...times, reason: 'Evicted', message: 'disk' })
    const spec = { activeDeadlineSeconds: 60 }
    const late = podWith({ state: running() }, { spec, status: { reason: 'DeadlineExceeded' } })
    expect(late.deadlineMs).to.equal(noonMs + 56_000)
  })

  it('reads what is absent, null or empty as nothing', () => {
    const bare = project({ metadata: { name: 'x' } })
    expect([bare.containers, bare.owner, bare.deletedMs, bare.phase]).to.deep.equal([[], undefined, undefined, ''])
    const nulls = podWith({ state: null, lastState: { terminated: null } }, { status: { conditions: null } })
    expect(nulls.containers[0]?.state).to.deep.equal({ kind: 'waiting', reason: '' })
  })

  it('takes the year 1970 for no time: the container never started', () => {
    const terminated = { exitCode: 128, startedAt: '1970-01-01T00:00:00Z', finishedAt: at(3), containerID: 'c://a' }
    const { state } = podWith({ state: { terminated } }).containers[0]!
    expect(state).to.deep.equal({
      kind: 'ended',
      end: { exitCode: 128, finishedMs: noonMs + 3_000, containerId: 'c://a' },
    })
  })

  it('knows when its deletion was asked for, and whether it opts out', () => {
    const { deletedMs, isOptedOut } = podWith(
      {},
      {
        metadata: {
          deletionTimestamp: at(40),
          deletionGracePeriodSeconds: 30,
          annotations: { 'dogwatch.dev/crash-alerts': 'off' },
        },
      },
    )
    expect([deletedMs, isOptedOut]).to.deep.equal([noonMs + 10_000, true])
    expect(podWith({}, { metadata: { annotations: { 'dogwatch.dev/crash-alerts': 'on' } } }).isOptedOut).to.equal(false)
  })
})

describe('the workload of a pod', () => {
  const jobs = createJobProjection()
  const cases: readonly [string, Parameters<typeof podWith>[1], object][] = [
    ['itself without owner', {}, { kind: 'Pod', name: 'web-1', uid: 'u-1' }],
    [
      'itself if it is static',
      { metadata: ownedBy('Node', 'node-1', 'v1') },
      { kind: 'Pod', name: 'web-1', uid: 'u-1' },
    ],
    [
      'the Deployment of its ReplicaSet',
      { metadata: { ...ownedBy('ReplicaSet', 'my-web-7d9f'), labels: { 'pod-template-hash': '7d9f' } } },
      { kind: 'Deployment', name: 'my-web' },
    ],
    [
      'the Rollout of its ReplicaSet',
      { metadata: { ...ownedBy('ReplicaSet', 'web-55'), labels: { 'rollouts-pod-template-hash': '55' } } },
      { kind: 'Rollout', name: 'web' },
    ],
    [
      'a ReplicaSet on its own',
      { metadata: ownedBy('ReplicaSet', 'web-7d9f') },
      { kind: 'ReplicaSet', name: 'web-7d9f', uid: 'u-web-7d9f' },
    ],
    ['a StatefulSet', { metadata: ownedBy('StatefulSet', 'db') }, { kind: 'StatefulSet', name: 'db', uid: 'u-db' }],
    [
      'an owner of a kind that nobody knows',
      { metadata: ownedBy('Whale', 'moby', 'sea/v1') },
      { kind: 'Whale', name: 'moby', uid: 'u-moby' },
    ],
    [
      'a Job that is not known',
      { metadata: ownedBy('Job', 'load', 'batch/v1') },
      { kind: 'Job', name: 'load', uid: 'u-load' },
    ],
  ]
  for (const [what, parts, expected] of cases) {
    it(`is ${what}`, () => {
      expect(workloadOf(podWith({}, parts), none)).to.deep.equal({ namespace: 'shop', ...expected })
    })
  }

  it('is the CronJob of its Job, not of one of the same name from before', () => {
    const metadata = { name: 'load-29', namespace: 'shop', uid: 'u-load-29', ...ownedBy('CronJob', 'load', 'batch/v1') }
    const pod = podWith({}, { metadata: ownedBy('Job', 'load-29', 'batch/v1') })
    const cronJob = { kind: 'CronJob', namespace: 'shop', name: 'load', uid: 'u-load' }
    expect(workloadOf(pod, new Map([['shop/load-29', jobs({ metadata })]]))).to.deep.equal(cronJob)
    const other = new Map([['shop/load-29', jobs({ metadata: { ...metadata, uid: 'u-other' } })]])
    expect(workloadOf(pod, other)).to.include({ kind: 'Job', name: 'load-29' })
  })
})

describe('a look at a Job', () => {
  const job = (reason: string | undefined, metadata: Partial<JobObject['metadata']> = {}) =>
    createJobProjection()({
      metadata: { name: 'load', namespace: 'shop', uid: 'u-9', ...metadata },
      status: {
        conditions:
          reason === undefined
            ? [{ type: 'Complete', status: 'True' }]
            : [{ type: 'Failed', status: 'True', reason, message: 'it says why', lastTransitionTime: at(5) }],
      },
    })
  const look = (facts: JobFacts) => lookAtJob(facts, undefined, { nowMs: noonMs })

  it('tells once that it gave up, or was ended because it took too long', () => {
    for (const [reason, expected] of [
      ['BackoffLimitExceeded', 'JobFailed'],
      ['PodFailurePolicy', 'JobFailed'],
      ['DeadlineExceeded', 'DeadlineExceeded'],
    ] as const) {
      const first = look(job(reason))
      expect(first.crashes.map((one) => [one.reason, one.atMs])).to.deep.equal([[expected, noonMs + 5_000]])
      expect(first.crashes[0]?.cause).to.match(/it says why$/)
      expect(lookAtJob(job(reason), first.memory, { nowMs: noonMs }).crashes).to.deep.equal([])
      expect(workloadOfJob(job(reason))).to.deep.equal({ kind: 'Job', namespace: 'shop', name: 'load', uid: 'u-9' })
    }
  })

  it('is silent about one that came to its end, and one that is deleted', () => {
    const nothing = { crashes: [], troubles: [], memory: undefined }
    expect(look(job(undefined))).to.deep.equal(nothing)
    expect(look(job('BackoffLimitExceeded', { deletionTimestamp: at(1) }))).to.deep.equal(nothing)
    expect(job(undefined).isComplete).to.equal(true)
  })
})

describe('health', () => {
  const parts = {
    spec: { restartPolicy: 'Never', initContainers: [initContainer()] },
    status: { initContainerStatuses: [{ name: 'before', ready: true, state: ended({ id: 'i', code: 0 }) }] },
  }
  it('is running and ready, or finished', () => {
    const well = podWith({ state: running(), ready: true }, parts)
    expect([isHealthy(well), isHealthy(well, 'main'), isHealthy(well, 'before')]).to.deep.equal([true, true, true])
    const done = podWith(
      { state: ended({ id: 'a', code: 0 }) },
      { ...parts, status: { ...parts.status, phase: 'Succeeded' } },
    )
    expect([isHealthy(done), isHealthy(done, 'main'), hasEnded(done)]).to.deep.equal([true, true, true])
  })

  it('is neither where it is not ready, waits, failed, ended though it should run, or is not there', () => {
    const ill = [
      podWith({ state: running(), ready: false }),
      podWith({ state: waiting('CrashLoopBackOff') }),
      podWith({ state: ended({ id: 'a', code: 1 }) }, parts),
      podWith({ state: ended({ id: 'a', code: 0 }) }),
    ]
    for (const pod of ill) expect([isHealthy(pod), isHealthy(pod, 'main')]).to.deep.equal([false, false])
    expect(isHealthy(podWith({ state: running(), ready: true }), 'other')).to.equal(false)
    const going = podWith({ state: running(), ready: true }, { metadata: { deletionTimestamp: at(9) } })
    expect([isHealthy(going), isHealthy(going, 'main')]).to.deep.equal([false, true])
  })
})
