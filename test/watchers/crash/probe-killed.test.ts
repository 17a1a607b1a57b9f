import { expect } from 'chai'
import {
  changeKillTimes,
  explainByEvents,
  type KubeletEvent,
} from '../../../src/watchers/crash/detectors/probe-killed.ts'
import { lookAtPod } from '../../../src/watchers/crash/look.ts'
import { ended, noonMs, podWith } from '../../support/crash-pods.ts'

const [killed] = lookAtPod(podWith({ state: ended({ id: 'a', code: 137, from: 10, to: 45 }) }), undefined, {
  nowMs: noonMs,
}).crashes
const event = (parts: Partial<KubeletEvent> = {}): KubeletEvent => ({
  reason: 'Killing',
  message: 'Container main failed liveness probe, will be restarted',
  fieldPath: 'spec.containers{main}',
  firstMs: noonMs + 15_000,
  lastMs: noonMs + 15_000,
  ...parts,
})

describe('the Events of a run', () => {
  it('prove that a probe ended it', () => {
    const { reason, cause, exitCode } = explainByEvents(killed!, [event({ reason: 'Unhealthy' }), event()])
    expect([reason, cause, exitCode]).to.deep.equal([
      'ProbeKilled',
      'ended by the kubelet, its liveness probe failed: killed by SIGKILL (exit code 137)',
      137,
    ])
    const startup = event({ message: 'Container main failed startup probe, will be restarted' })
    expect(explainByEvents(killed!, [startup]).cause).to.match(/its startup probe failed/)
  })

  it('prove that a hook failed', () => {
    const { reason, cause } = explainByEvents(killed!, [event({ message: 'FailedPostStartHook' })])
    expect([reason, cause]).to.deep.equal(['Config', 'ended by the kubelet because its postStart hook failed'])
  })

  it('name another reason of the kubelet’s', () => {
    const { reason, cause } = explainByEvents(killed!, [event({ message: 'Container main is in the way' })])
    expect([reason, cause]).to.deep.equal([
      'Error',
      'ended by the kubelet, killed by SIGKILL (exit code 137): Container main is in the way',
    ])
  })

  for (const words of ['definition changed, will be restarted', 'resize requires restart']) {
    it(`prove that somebody changed it, strictly within its time: ${words}`, () => {
      const change = (seconds: number) => {
        const atMs = noonMs + seconds * 1_000
        return event({ message: `Container main ${words}`, firstMs: atMs, lastMs: atMs })
      }
      for (const seconds of [11, 15, 45]) {
        const { reason, cause } = explainByEvents(killed!, [change(seconds)])
        expect([reason, cause]).to.deep.equal([
          'Error',
          `ended by the kubelet, killed by SIGKILL (exit code 137): Container main ${words}`,
        ])
        expect(changeKillTimes(killed!, [change(seconds)])).to.include(noonMs + seconds * 1_000)
      }
      for (const seconds of [9, 10, 46]) {
        expect(explainByEvents(killed!, [change(seconds)])).to.equal(killed)
        expect(changeKillTimes(killed!, [change(seconds)])).to.deep.equal([])
      }
    })
  }

  it('prove nothing of another run, another container, or what has a proof already', () => {
    const others = [
      event({ firstMs: noonMs, lastMs: noonMs + 5_000 }),
      event({ firstMs: noonMs + 60_000, lastMs: noonMs + 60_000 }),
      event({ fieldPath: 'spec.containers{proxy}' }),
      event({ reason: 'BackOff' }),
    ]
    expect(explainByEvents(killed!, others)).to.equal(killed)
    const oom = { ...killed!, reason: 'OOMKilled' as const }
    expect(explainByEvents(oom, [event()])).to.equal(oom)
  })
})
