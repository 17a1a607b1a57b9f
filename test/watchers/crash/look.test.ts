import { expect } from 'chai'
import type { CrashReason } from '../../../src/model/crash.ts'
import { lookAtPod } from '../../../src/watchers/crash/look.ts'
import type { PodFacts } from '../../../src/watchers/crash/pod-facts.ts'
import type { PodMemory } from '../../../src/watchers/crash/sighting.ts'
import { at, ended, initContainer, noonMs, podWith, running, waiting } from '../../support/crash-pods.ts'

const context = { nowMs: noonMs + 60_000 }
const look = (pod: PodFacts, memory?: PodMemory) => lookAtPod(pod, memory, context)
const told = (pod: PodFacts, memory?: PodMemory) =>
  look(pod, memory).crashes.map(({ reason, crashes }) => `${reason} ${crashes}`)
const wrong = (pod: PodFacts) => look(pod).troubles.map(({ reason }) => reason)
const causeOf = (pod: PodFacts) => look(pod).crashes[0]?.cause

describe('a look at a pod', () => {
  it('of one that is well tells nothing and keeps nothing', () => {
    expect(look(podWith({ state: running(), ready: true }))).to.deep.equal({
      crashes: [],
      troubles: [],
      memory: undefined,
    })
  })

  it('tells of a run that ended all that is known of it', () => {
    const state = ended({ id: 'a', code: 139, message: 'last word', from: 1, to: 7 })
    expect(look(podWith({ state })).crashes).to.deep.equal([
      {
        key: 'main/containerd://a',
        reason: 'Error',
        cause: 'killed by SIGSEGV (exit code 139): it used memory that is not its own',
        container: { name: 'main', role: 'app', image: 'shop/web:1', containerId: 'containerd://a' },
        atMs: noonMs + 7_000,
        exitCode: 139,
        signal: 11,
        startedMs: noonMs + 1_000,
        finishedMs: noonMs + 7_000,
        message: 'last word',
        restartCount: 0,
        crashes: 1,
      },
    ])
  })

  it('tells an end once, while it shows as the state, while the kubelet waits, and after the restart', () => {
    const first = look(podWith({ state: ended({ id: 'a', code: 1 }) }))
    expect(first.crashes).to.have.length(1)
    const lastState = ended({ id: 'a', code: 1 })
    const backOff = waiting('CrashLoopBackOff', 'back-off 10s restarting failed container=main pod=web-1_shop(u-1)')
    const second = look(podWith({ state: backOff, lastState }), first.memory)
    expect(second.crashes).to.deep.equal([])
    expect(second.troubles.map(({ reason, cause }) => [reason, cause])).to.deep.equal([
      ['CrashLoopBackOff', 'keeps ending (0 restarts); the kubelet starts it again after 10s'],
    ])
    const third = look(podWith({ state: running(20), lastState, restartCount: 1, ready: true }), second.memory)
    expect(third).to.deep.equal({ crashes: [], troubles: [], memory: first.memory })
  })

  it('counts what came and went unseen with the oldest end that is shown', () => {
    const { memory } = look(podWith({ state: ended({ id: 'a', code: 1 }) }))
    const now = podWith({
      state: ended({ id: 'e', code: 3 }),
      lastState: ended({ id: 'd', code: 2 }),
      restartCount: 4,
    })
    const { crashes } = look(now, memory)
    expect(crashes.map(({ key, crashes, exitCode }) => [key, crashes, exitCode])).to.deep.equal([
      ['main/containerd://d', 3, 2],
      ['main/containerd://e', 1, 3],
    ])
  })

  it('counts ends of which the kubelet kept nothing', () => {
    const { memory } = look(podWith({ state: ended({ id: 'a', code: 1 }) }))
    const { crashes } = look(podWith({ state: running(50), restartCount: 3 }), memory)
    expect(crashes.map(({ cause, crashes }) => [cause, crashes])).to.deep.equal([
      ['ended, and the kubelet no longer says how', 2],
    ])
  })

  it('tells crashes of a pod that was made again under its name although it restarted less often', () => {
    expect(told(podWith({ state: ended({ id: 'z', code: 1 }) }, { metadata: { uid: 'u-2' } }))).to.deep.equal([
      'Error 1',
    ])
  })

  const ends: readonly [what: string, pod: PodFacts, reason: CrashReason, cause: RegExp][] = [
    ['exit 1', podWith({ state: ended({ id: 'a', code: 1 }) }), 'Error', /^ended with exit code 1: its own failure$/],
    ['exit 42', podWith({ state: ended({ id: 'a', code: 42 }) }), 'Error', /^ended with exit code 42$/],
    ['exit 0 where it should run for ever', podWith({ state: ended({ id: 'a', code: 0 }) }), 'Error', /should run/],
    [
      'SIGKILL from whomever',
      podWith({ state: ended({ id: 'a', code: 137 }) }),
      'Error',
      /SIGKILL, cause unknown.*probe/,
    ],
    [
      'exit 200, which is no signal',
      podWith({ state: ended({ id: 'a', code: 200 }) }),
      'Error',
      /^ended with exit code 200$/,
    ],
    [
      'OOM of the first process',
      podWith({ state: ended({ id: 'a', code: 137, reason: 'OOMKilled' }) }),
      'OOMKilled',
      /^killed by the kernel/,
    ],
    [
      'OOM of a child',
      podWith({ state: ended({ id: 'a', code: 1, reason: 'OOMKilled' }) }),
      'OOMKilled',
      /a process in it.*then it ended with exit code 1/,
    ],
    [
      'a command that is not there',
      podWith({
        state: ended({
          id: 'a',
          code: 128,
          reason: 'StartError',
          message:
            'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/nope": stat /nope: no such file or directory: unknown',
        }),
      }),
      'Config',
      /^cannot be started: error during container init: exec: "\/nope": stat \/nope: no such file or directory$/,
    ],
    [
      'an init container',
      podWith(
        { state: waiting('PodInitializing') },
        {
          spec: { initContainers: [initContainer()] },
          status: { initContainerStatuses: [{ name: 'before', state: ended({ id: 'i', code: 2 }) }] },
        },
      ),
      'InitFailed',
      /^the init container ended with exit code 2/,
    ],
    [
      'a sidecar',
      podWith(
        { state: running() },
        {
          spec: { initContainers: [initContainer('Always')] },
          status: { initContainerStatuses: [{ name: 'before', state: ended({ id: 'i', code: 2 }) }] },
        },
      ),
      'Error',
      /^ended with exit code 2/,
    ],
    [
      'a container that the kubelet lost',
      podWith({ restartCount: 1, state: ended({ code: 137, reason: 'ContainerStatusUnknown' }) }),
      'Error',
      /is gone/,
    ],
    [
      'an eviction',
      podWith({}, { status: { phase: 'Failed', reason: 'Evicted', message: 'disk full' } }),
      'Evicted',
      /: disk full$/,
    ],
    [
      'a deadline',
      podWith(
        { state: ended({ id: 'a', code: 143, to: 30 }) },
        {
          spec: { activeDeadlineSeconds: 30 },
          status: { phase: 'Failed', reason: 'DeadlineExceeded', message: 'too long' },
        },
      ),
      'DeadlineExceeded',
      /too long/,
    ],
    [
      'a refusal of the node',
      podWith({}, { status: { phase: 'Failed', reason: 'OutOfcpu', message: 'no cpu' } }),
      'Unschedulable',
      /refused it \(OutOfcpu\): no cpu/,
    ],
    [
      'a preemption',
      podWith(
        { state: running() },
        {
          metadata: { deletionTimestamp: at(40), deletionGracePeriodSeconds: 30 },
          status: {
            conditions: [
              {
                type: 'DisruptionTarget',
                status: 'True',
                reason: 'PreemptionByScheduler',
                message: 'default-scheduler: preempting',
                lastTransitionTime: at(10),
              },
            ],
          },
        },
      ),
      'Preempted',
      /by the scheduler/,
    ],
  ]
  for (const [what, pod, reason, cause] of ends) {
    it(`tells ${what} as ${reason}, once`, () => {
      const { crashes, memory } = look(pod)
      expect(crashes.map((one) => one.reason)).to.deep.equal([reason])
      expect(crashes[0]?.cause).to.match(cause)
      expect(told(pod, JSON.parse(JSON.stringify(memory)))).to.deep.equal([])
    })
  }

  describe('of a container that does not start', () => {
    const pulls = ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName']
    it('takes all names of an image that cannot be had for one trouble', () => {
      let memory: PodMemory | undefined
      const crashes: string[] = []
      for (const reason of pulls) {
        const pod = podWith({ state: waiting(reason, 'not found') }, { status: { phase: 'Pending' } })
        expect(look(pod, memory).troubles.map(({ key }) => key)).to.deep.equal(['main/ImagePull/0'])
        crashes.push(...told(pod, memory))
        memory = look(pod, memory).memory
      }
      expect(crashes).to.deep.equal(['ImagePull 1'])
    })

    it('tells a Secret that is missing, with the kubelet’s words', () => {
      const pod = podWith({ state: waiting('CreateContainerConfigError', 'secret "db" not found') })
      expect(told(pod)).to.deep.equal(['Config 1'])
      expect(causeOf(pod)).to.equal('cannot be started: secret "db" not found')
    })

    it('leaves a start that failed to the ended run that it leaves behind, where it leaves one', () => {
      const state = waiting('RunContainerError', 'exec: "nope"')
      const lastState = ended({ id: 'a', code: 128, reason: 'StartError', message: 'exec: "nope"' })
      expect([told(podWith({ state, lastState })), wrong(podWith({ state, lastState }))]).to.deep.equal([
        ['Config 1'],
        [],
      ])
      expect([told(podWith({ state })), wrong(podWith({ state }))]).to.deep.equal([['Config 1'], ['Config']])
    })

    it('says nothing of one that is only on its way', () => {
      for (const reason of ['ContainerCreating', 'PodInitializing', '']) {
        const pod = podWith({ state: waiting(reason) }, { status: { phase: 'Pending' } })
        expect(look(pod)).to.deep.equal({ crashes: [], troubles: [], memory: undefined })
      }
    })
  })

  it('shows a pod without node as a trouble since then, and leaves it to the routes whether to tell', () => {
    const conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: '0/1 nodes are available',
        lastTransitionTime: at(3),
      },
    ]
    const { crashes, troubles, memory } = look(podWith({}, { status: { phase: 'Pending', conditions } }))
    expect([crashes, memory]).to.deep.equal([[], undefined])
    expect(troubles.map(({ reason, atMs, cause }) => [reason, atMs, cause])).to.deep.equal([
      ['Unschedulable', noonMs + 3_000, 'no node takes it: 0/1 nodes are available'],
    ])
    const gated = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }]
    expect(wrong(podWith({}, { status: { phase: 'Pending', conditions: gated } }))).to.deep.equal([])
  })

  it('tells a lost node once, and shows it for as long as it is lost', () => {
    const pod = podWith({ state: running(), ready: true })
    const lost = { nowMs: context.nowMs, nodeLostSinceMs: noonMs + 20_000 }
    const first = lookAtPod(pod, undefined, lost)
    expect(first.crashes.map(({ reason, atMs }) => [reason, atMs])).to.deep.equal([['NodeLost', noonMs + 20_000]])
    const second = lookAtPod(pod, first.memory, lost)
    expect([second.crashes, second.troubles.map(({ reason }) => reason)]).to.deep.equal([[], ['NodeLost']])
    expect(look(pod, second.memory).troubles).to.deep.equal([])
  })

  describe('is silent about', () => {
    const deleted = { metadata: { deletionTimestamp: at(40), deletionGracePeriodSeconds: 30 } }
    const never = { spec: { restartPolicy: 'Never' } }
    const drained = (reason: string) => ({
      status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason, lastTransitionTime: at(10) }] },
    })
    const silent: readonly [string, PodFacts][] = [
      ['the end of a deleted pod by SIGTERM', podWith({ state: ended({ id: 'a', code: 143, to: 11 }) }, deleted)],
      ['the end of a deleted pod by SIGKILL', podWith({ state: ended({ id: 'a', code: 137, to: 40 }) }, deleted)],
      [
        'the end of a deleted pod with a code of its own',
        podWith({ state: ended({ id: 'a', code: 3, to: 10 }) }, deleted),
      ],
      [
        'SIGTERM of a deleted pod whose node’s clock is late',
        podWith({ state: ended({ id: 'a', code: 143, to: 9 }) }, deleted),
      ],
      [
        'the end of a pod at the moment when it is removed',
        podWith(
          { state: ended({ id: 'a', code: 3, to: 15 }) },
          { metadata: { deletionTimestamp: at(16), deletionGracePeriodSeconds: 0 } },
        ),
      ],
      ['a back-off in a deleted pod', podWith({ state: waiting('ImagePullBackOff', 'x') }, deleted)],
      ['a drain', podWith({ state: ended({ id: 'a', code: 143, to: 12 }) }, drained('EvictionByEvictionAPI'))],
      ['a taint', podWith({ state: ended({ id: 'a', code: 143, to: 12 }) }, drained('DeletionByTaintManager'))],
      [
        'a Job’s pod that is done',
        podWith({ state: ended({ id: 'a', code: 0 }) }, { ...never, status: { phase: 'Succeeded' } }),
      ],
      [
        'exit 0 under OnFailure',
        podWith({ state: ended({ id: 'a', code: 0 }) }, { spec: { restartPolicy: 'OnFailure' } }),
      ],
      [
        'an init container that is done',
        podWith(
          { state: running(), ready: true },
          {
            spec: { initContainers: [initContainer()] },
            status: { initContainerStatuses: [{ name: 'before', state: ended({ id: 'i', code: 0 }) }] },
          },
        ),
      ],
      [
        'a sidecar that is ended after the last of the others',
        podWith(
          { state: ended({ id: 'a', code: 0, to: 10 }) },
          {
            spec: { restartPolicy: 'Never', initContainers: [initContainer('Always')] },
            status: { initContainerStatuses: [{ name: 'before', state: ended({ id: 'i', code: 137, to: 11 }) }] },
          },
        ),
      ],
      [
        'what the kubelet ends because it shuts the node down',
        podWith({ state: ended({ id: 'a', code: 143 }) }, { status: { phase: 'Failed', reason: 'Terminated' } }),
      ],
    ]
    for (const [what, pod] of silent) {
      it(what, () => {
        expect(look(pod)).to.deep.equal({ crashes: [], troubles: [], memory: undefined })
      })
    }

    it('but not about what ended before: a deleted pod that crashed first', () => {
      expect(told(podWith({ state: ended({ id: 'a', code: 1, to: 9 }) }, deleted))).to.deep.equal(['Error 1'])
      const killed = { state: ended({ id: 'b', code: 143, to: 20 }), lastState: ended({ id: 'a', code: 1, to: 5 }) }
      expect(told(podWith({ ...killed, restartCount: 2 }, deleted))).to.deep.equal(['Error 2'])
    })

    it('but not about a sidecar that failed before the others ended', () => {
      const pod = podWith(
        { state: ended({ id: 'a', code: 0, to: 10 }) },
        {
          spec: { restartPolicy: 'Never', initContainers: [initContainer('Always')] },
          status: { initContainerStatuses: [{ name: 'before', state: ended({ id: 'i', code: 1, to: 8 }) }] },
        },
      )
      expect(told(pod)).to.deep.equal(['Error 1'])
    })
  })
})
