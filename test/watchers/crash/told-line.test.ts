import { expect } from 'chai'
import type { JobFacts } from '../../../src/watchers/crash/job-facts.ts'
import { createJobProjection } from '../../../src/watchers/crash/job-facts.ts'
import { lookAtJob, lookAtPod } from '../../../src/watchers/crash/look.ts'
import type { PodFacts } from '../../../src/watchers/crash/pod-facts.ts'
import { toldLine } from '../../../src/watchers/crash/told-line.ts'
import { at, ended, noonMs, podWith, waiting } from '../../support/crash-pods.ts'
import { redactorOf } from '../../support/redactor.ts'
import { longWithSecret, secretPart } from '../../support/secret-text.ts'

const redactor = redactorOf()
const condition = (type: string, status: string, reason: string, message: string) => ({
  ...{ type, status, reason, message, lastTransitionTime: at(5) },
})

/** All in which somebody else's words become a cause. */
const pods: Readonly<Record<string, (message: string) => PodFacts>> = {
  'an eviction': (message) => podWith({}, { status: { phase: 'Failed', reason: 'Evicted', message } }),
  'a preemption': (message) =>
    podWith({}, { status: { conditions: [condition('DisruptionTarget', 'True', 'PreemptionByScheduler', message)] } }),
  'a pod that no node takes': (message) =>
    podWith(
      { state: waiting('') },
      {
        status: { phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'Unschedulable', message)] },
      },
    ),
  'a pod that its node refused': (message) => podWith({}, { status: { phase: 'Failed', reason: 'OutOfcpu', message } }),
  'a pod that took too long': (message) =>
    podWith({}, { status: { phase: 'Failed', reason: 'DeadlineExceeded', message } }),
  'an image that cannot be had': (message) => podWith({ state: waiting('ErrImagePull', message) }),
  'a container that cannot be made': (message) => podWith({ state: waiting('CreateContainerError', message) }),
  'a command that cannot be started': (message) =>
    podWith({
      state: ended({
        id: 'a',
        code: 128,
        reason: 'StartError',
        message: `unable to start container process: ${message}`,
      }),
    }),
  'a hook that failed': (message) =>
    podWith({
      restartCount: 1,
      state: waiting('PostStartHookError', message),
      lastState: ended({ id: 'a', code: 137 }),
    }),
  'volumes that cannot be had': () =>
    podWith(
      { state: waiting('ContainerCreating') },
      {
        status: {
          phase: 'Pending',
          conditions: [condition('PodReadyToStartContainers', 'False', '', '')],
        },
      },
    ),
}

const projectJob = createJobProjection()
const jobOf = (reason: string, message: string): JobFacts =>
  projectJob({
    metadata: { name: 'nightly', namespace: 'shop', uid: 'j' },
    status: { conditions: [condition('Failed', 'True', reason, message)] },
  })

describe('a line that is told of what somebody else wrote', () => {
  for (const [what, podOf] of Object.entries(pods)) {
    it(`has no part of a secret of ${what}`, () => {
      for (const message of longWithSecret) {
        const { crashes, troubles } = lookAtPod(podOf(message), undefined, {
          nowMs: noonMs + 20_000,
          volumeFailure: message,
        })
        const causes = [...crashes, ...troubles].map(({ cause }) => toldLine(cause, redactor))
        expect(causes.join('\n')).to.match(/\[redacted\]/)
        for (const cause of causes) expect(cause).to.not.match(secretPart)
      }
    })
  }

  it('has no part of a secret of a Job', () => {
    for (const reason of ['BackoffLimitExceeded', 'DeadlineExceeded']) {
      for (const message of longWithSecret) {
        const [crash] = lookAtJob(jobOf(reason, message), undefined, { nowMs: noonMs }).crashes
        const cause = toldLine(crash?.cause ?? '', redactor)
        expect(cause).to.match(/\[redacted\]/)
        expect(cause).to.not.match(secretPart)
      }
    }
  })

  it('is one line that is not too long, with the begin and the end of a long text', () => {
    const line = toldLine(`begin\n${'word '.repeat(1_000)}\tend`, redactor)
    expect(line).to.match(/^begin word .* … .*word end$/)
    expect(line).to.have.length.below(500)
  })

  it('is of an endless text its begin, and of that no torn word', () => {
    const cause = lookAtPod(
      podWith(
        {},
        {
          status: { phase: 'Failed', reason: 'Evicted', message: `${'word '.repeat(1_637)}ghp_${'Zq7'.repeat(1_000)}` },
        },
      ),
      undefined,
      { nowMs: noonMs },
    ).crashes[0]?.cause
    expect(cause).to.have.length.below(9_000)
    expect(cause).to.not.match(secretPart)
    const endless = lookAtPod(
      podWith({}, { status: { phase: 'Failed', reason: 'Evicted', message: 'Zq7'.repeat(100_000) } }),
      undefined,
      { nowMs: noonMs },
    ).crashes[0]?.cause
    expect(endless).to.not.match(secretPart)
  })

  it('leaves a text without secrets as it is', () => {
    expect(toldLine('exit code 1', redactor)).to.equal('exit code 1')
  })
})
