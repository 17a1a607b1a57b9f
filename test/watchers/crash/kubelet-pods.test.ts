/**
 * What a real kubelet 1.36 wrote of pods, status after status, through crashes, deletions and its own restart: see
 * test/e2e/crash-cases.test.ts for what they were. Looked at however rarely, the same is told of them.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { lookAtPod } from '../../../src/watchers/crash/look.ts'
import { createPodProjection } from '../../../src/watchers/crash/pod-facts.ts'
import type { PodObject } from '../../../src/watchers/crash/pod-object.ts'
import type { PodMemory, Sighting } from '../../../src/watchers/crash/sighting.ts'

const file = new URL('../../fixtures/kubelet-pods.json', import.meta.url)
const recorded: Readonly<Record<string, readonly PodObject[]>> = JSON.parse(readFileSync(file, 'utf8'))
const project = createPodProjection()

function lookThrough(pods: readonly PodObject[]): Sighting[] {
  let memory: PodMemory | undefined
  return pods.flatMap((pod) => {
    const look = lookAtPod(project(pod), memory, { nowMs: 0 })
    memory = look.memory
    return look.crashes
  })
}

/** Each reason with how many crashes it stands for. */
function tally(crashes: readonly Sighting[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { reason, crashes: more } of crashes) counts[reason] = (counts[reason] ?? 0) + more
  return counts
}

const told: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'exit-1': { Error: 7 },
  'exit-0-always': { Error: 7 },
  oom: { OOMKilled: 7 },
  'oom-survived': { OOMKilled: 6 },
  segv: { Error: 7 },
  'liveness-ends-well': { Error: 7 },
  init: { InitFailed: 6 },
  sidecar: { Error: 6 },
  'image-missing': { ImagePull: 1 },
  'no-config-map': { Config: 1 },
  'no-command': { Config: 6 },
  disk: { Evicted: 1 },
  'job-gives-up': { Error: 1 },
  'job-deadline': {},
  'pod-deadline': { DeadlineExceeded: 1 },
  hook: { Config: 6 },
  'same-name': { Error: 2 },
  'no-node': {},
  preempted: { Preempted: 1 },
  'slow-term': {},
  rollout: {},
  'scale-down': {},
  'namespace-deleted': {},
  drain: {},
  'job-done': {},
  static: { Error: 6 },
}

/** Of these the kubelet shows what is wrong only for a while: between two tries to start, or until a deletion is over. */
const isPassing: readonly string[] = ['no-config-map', 'image-missing', 'same-name']

describe('pods as a kubelet wrote them', () => {
  it('are all known here', () => {
    expect(Object.keys(told)).to.deep.equal(Object.keys(recorded))
  })

  for (const [name, pods] of Object.entries(recorded)) {
    it(`${name}: ${JSON.stringify(told[name])}`, () => {
      const crashes = lookThrough(pods)
      expect(tally(crashes)).to.deep.equal(told[name])
      expect(new Set(crashes.map(({ key }) => key)).size).to.equal(crashes.length)
    })
  }

  it('give the same count with any looks left out, and none twice', function () {
    this.timeout(60_000)
    const names = Object.keys(recorded)
    const seen = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 })
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(40), seen, (name, length, isSeen) => {
        const pods = recorded[name]!.slice(0, length + 1)
        const some = lookThrough(pods.filter((_, i) => isSeen[i] === true || i === pods.length - 1))
        const all = lookThrough(pods)
        const count = (crashes: readonly Sighting[]) => crashes.reduce((sum, one) => sum + one.crashes, 0)
        expect(new Set(some.map(({ key }) => key)).size).to.equal(some.length)
        expect(all.map(({ key }) => key)).to.include.members(some.map(({ key }) => key))
        if (!isPassing.includes(name)) expect(count(some)).to.equal(count(all))
        else expect(count(some)).to.be.at.most(count(all))
      }),
      { numRuns: 3_000 },
    )
  }).timeout(120_000)
})
