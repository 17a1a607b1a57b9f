import { expect } from 'chai'
import { historyFacts, resourceFacts } from '../../../../src/watchers/crash/enrich/container-facts.ts'
import type { Sighting } from '../../../../src/watchers/crash/sighting.ts'

const sighting: Sighting = {
  key: 'k',
  reason: 'Error',
  cause: 'c',
  container: { name: 'web', role: 'app', containerId: 'containerd://x' },
  atMs: 0,
  startedMs: 1_000_000,
  finishedMs: 1_012_000,
  restartCount: 7,
  crashes: 1,
}

describe('facts of a container', () => {
  it('are what it may use', () => {
    expect(
      resourceFacts({ name: 'web', resources: { limits: { memory: '64Mi' }, requests: { memory: '32Mi', cpu: '1' } } }),
    ).to.deep.equal(['Memory: limit 64Mi, request 32Mi; CPU: no limit, request 1.'])
    expect(resourceFacts({ name: 'web' })).to.deep.equal(['Memory: no limit, no request; CPU: no limit, no request.'])
  })

  it('are how it fared', () => {
    expect(historyFacts(sighting, undefined)).to.deep.equal([
      'It ran 12 seconds; its container restarted 7 times so far.',
    ])
    expect(historyFacts({ ...sighting, restartCount: 0 }, undefined)).to.deep.equal(['It ran 12 seconds.'])
  })

  it('are how the run before ended, which is another one', () => {
    const ended = (containerID: string) => ({
      name: 'web',
      lastState: {
        terminated: {
          containerID,
          exitCode: 137,
          reason: 'OOMKilled',
          startedAt: '2026-11-21T16:00:00Z',
          finishedAt: '2026-11-21T16:05:00Z',
        },
      },
    })
    expect(historyFacts(sighting, ended('containerd://w')).at(1)).to.equal(
      'The run before it ended after 5 minutes with exit code 137 (OOMKilled).',
    )
    expect(historyFacts(sighting, ended('containerd://x'))).to.have.length(1)
  })
})
