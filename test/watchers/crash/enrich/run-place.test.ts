import { expect } from 'chai'
import { placeOfRun, placeSeen } from '../../../../src/watchers/crash/enrich/run-place.ts'
import { createPodProjection } from '../../../../src/watchers/crash/pod-facts.ts'

const ended = (id: string) => ({ terminated: { containerID: `containerd://${id}`, exitCode: 1 } })

const pod = {
  metadata: { name: 'web-1', namespace: 'shop', uid: 'u1' },
  spec: { containers: [{ name: 'web' }, { name: 'calm' }] },
  status: {
    containerStatuses: [
      { name: 'web', restartCount: 1, state: ended('b'), lastState: ended('a') },
      { name: 'calm', restartCount: 0, state: { running: {} } },
    ],
  },
}

describe('the place of a run', () => {
  for (const [id, place] of [
    ['b', 'current'],
    ['a', 'previous'],
    ['c', 'gone'],
  ] as const) {
    it(`is ${place} alike in the pod and in what is kept of it`, () => {
      const containerId = `containerd://${id}`
      const seen = placeSeen(createPodProjection()(pod), { name: 'web', role: 'app', containerId })
      expect({ now: placeOfRun(pod, 'web', containerId), seen: seen ?? 'gone' }).to.deep.equal({
        now: place,
        seen: place,
      })
    })
  }

  it('is not seen where the container did not end, is none of the pod, or the run has no name', () => {
    const facts = createPodProjection()(pod)
    const crashed = [
      { name: 'calm', role: 'app', containerId: 'containerd://b' },
      { name: 'other', role: 'app', containerId: 'containerd://b' },
      { name: 'web', role: 'app' },
      undefined,
    ] as const
    expect(crashed.map((container) => placeSeen(facts, container))).to.deep.equal(Array(4).fill(undefined))
  })
})
