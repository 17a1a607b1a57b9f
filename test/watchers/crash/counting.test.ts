/** However rarely a container is looked at, every end of it is counted once. */
import { expect } from 'chai'
import fc from 'fast-check'
import { lookAtPod } from '../../../src/watchers/crash/look.ts'
import type { PodFacts } from '../../../src/watchers/crash/pod-facts.ts'
import type { ContainerStateObject, ContainerStatusObject } from '../../../src/watchers/crash/pod-object.ts'
import type { PodMemory, Sighting } from '../../../src/watchers/crash/sighting.ts'
import { ended, noonMs, podWith, running, waiting } from '../../support/crash-pods.ts'

interface Run {
  readonly code: number
  /** Whether the kubelet waits before the next one. */
  readonly isHeldBack: boolean
  /** Whether the kubelet still has the end of this run when the next one has begun. */
  readonly isKept: boolean
}

interface Moment {
  readonly pod: PodFacts
  /** How many runs had ended. */
  readonly ended: number
}

const runsOf = (codes: readonly number[]) =>
  fc.array(fc.record({ code: fc.constantFrom(...codes), isHeldBack: fc.boolean(), isKept: fc.boolean() }), {
    maxLength: 12,
  })

/** Every state that the kubelet writes of a container, one after the other. */
function* momentsOf(runs: readonly Run[], alwaysKept: boolean): Iterable<Moment> {
  let lastState: ContainerStateObject = {}
  const moment = (main: Partial<ContainerStatusObject>, count: number) => ({ pod: podWith(main), ended: count })
  for (const [i, { code, isHeldBack, isKept }] of runs.entries()) {
    const end = ended({ id: `run-${i}`, code, from: 20 * i, to: 20 * i + 10 })
    yield moment({ state: running(20 * i), lastState, restartCount: i, ready: true }, i)
    yield moment({ state: end, lastState, restartCount: i }, i + 1)
    lastState = end
    if (isHeldBack) yield moment({ state: waiting('CrashLoopBackOff'), lastState, restartCount: i }, i + 1)
    if (!isKept && !alwaysKept) lastState = {}
  }
  yield moment({ state: running(20 * runs.length), lastState, restartCount: runs.length, ready: true }, runs.length)
}

interface Told {
  readonly crashes: readonly Sighting[]
  readonly memory: PodMemory | undefined
}

/** Looks at some of the moments; what is remembered goes through JSON each time, as it does when the operator restarts. */
function lookAtSome(moments: readonly Moment[], isSeen: (i: number) => boolean): Told {
  let memory: PodMemory | undefined
  const crashes: Sighting[] = []
  for (const [i, { pod }] of moments.entries()) {
    if (!isSeen(i) && i < moments.length - 1) continue
    const look = lookAtPod(pod, memory, { nowMs: noonMs })
    crashes.push(...look.crashes)
    memory = look.memory && JSON.parse(JSON.stringify(look.memory))
  }
  return { crashes, memory }
}

const sum = (crashes: readonly Sighting[]) => crashes.reduce((total, one) => total + one.crashes, 0)
const gaps = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 })

describe('counting ends', () => {
  it('misses none and counts none twice, with any gaps, whatever the kubelet forgets', () => {
    fc.assert(
      fc.property(runsOf([0, 1, 137]), gaps, (runs, seen) => {
        const moments = [...momentsOf(runs, false)]
        expect(sum(lookAtSome(moments, (i) => seen[i] === true).crashes)).to.equal(runs.length)
      }),
      { numRuns: 2_000 },
    )
  }).timeout(120_000)

  it('gives each end its own key, the same however it was looked at', () => {
    fc.assert(
      fc.property(runsOf([1, 139]), gaps, (runs, seen) => {
        const moments = [...momentsOf(runs, true)]
        const all = lookAtSome(moments, () => true).crashes.map(({ key }) => key)
        expect(all).to.deep.equal(runs.map((_, i) => `main/containerd://run-${i}`))
        const some = lookAtSome(moments, (i) => seen[i] === true).crashes.map(({ key }) => key)
        expect(new Set(some).size).to.equal(some.length)
        expect(all).to.include.members(some)
      }),
      { numRuns: 500 },
    )
  })

  it('tells nothing of a state that was seen before, from memory alone', () => {
    fc.assert(
      fc.property(runsOf([0, 1, 2]), fc.nat(), gaps, (runs, stop, seen) => {
        const moments = [...momentsOf(runs, false)]
        const until = moments.slice(0, 1 + (stop % moments.length))
        const { memory } = lookAtSome(until, (i) => seen[i] === true)
        const again = lookAtPod(until.at(-1)!.pod, memory, { nowMs: noonMs })
        expect(again.crashes).to.deep.equal([])
        expect(again.memory).to.deep.equal(memory)
      }),
      { numRuns: 1_000 },
    )
  })

  it('begins anew where the kubelet does', () => {
    const { memory } = lookAtPod(podWith({ state: ended({ id: 'a', code: 1 }), restartCount: 7 }), undefined, {
      nowMs: noonMs,
    })
    const after = podWith({ state: ended({ id: 'b', code: 1, from: 20, to: 30 }), restartCount: 0 })
    expect(sum(lookAtPod(after, memory, { nowMs: noonMs }).crashes)).to.equal(1)
  })

  it('tells nothing of a count that goes back with a cluster that was rolled back, and what comes after that', () => {
    const run = (number: number, to: number) => ({
      state: running(to),
      lastState: ended({ id: `run-${to}`, code: 1, to }),
      restartCount: number,
    })
    const { memory } = lookAtPod(podWith(run(5, 50)), undefined, { nowMs: noonMs })
    for (const before of [run(3, 30), { state: running(), restartCount: 0, lastState: {} }]) {
      const back = lookAtPod(podWith(before), memory, { nowMs: noonMs })
      expect(back.crashes).to.deep.equal([])
      expect(lookAtPod(podWith(run(5, 50)), back.memory, { nowMs: noonMs }).crashes).to.deep.equal([])
      const { crashes, memory: next } = lookAtPod(podWith(run(4, 60)), back.memory, { nowMs: noonMs })
      expect(crashes.map(({ key, crashes }) => [key, crashes])).to.deep.equal([['main/containerd://run-60', 1]])
      expect(sum(lookAtPod(podWith(run(5, 70)), next, { nowMs: noonMs }).crashes)).to.equal(1)
    }
  })

  it('tells nothing again of an earlier end that a rolled back cluster shows beside a new one, in the same second', () => {
    const end = (number: number, to: number) => ended({ id: `run-${number}`, code: 1, to })
    const known = podWith({ state: running(30), lastState: end(2, 30), restartCount: 2 })
    const { memory } = lookAtPod(known, undefined, { nowMs: noonMs })
    const after = podWith({ state: end(3, 60), lastState: end(1, 30), restartCount: 1 })
    const { crashes } = lookAtPod(after, memory, { nowMs: noonMs })
    expect(crashes.map(({ key }) => key)).to.deep.equal(['main/containerd://run-3'])
  })

  it('counts a failure after ends that were as they should be', () => {
    const spec = { restartPolicy: 'OnFailure' }
    const pod = podWith(
      { state: ended({ id: 'b', code: 1 }), lastState: ended({ id: 'a', code: 0 }), restartCount: 1 },
      { spec },
    )
    expect(sum(lookAtPod(pod, undefined, { nowMs: noonMs }).crashes)).to.equal(1)
  })
})
