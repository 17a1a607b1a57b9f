import { expect } from 'chai'
import type { CrashLog } from '../../../src/model/crash.ts'
import type { EnrichRequest } from '../../../src/watchers/crash/enrich/enrichment.ts'
import { type Finding, putTogether } from '../../../src/watchers/crash/enrich/put-together.ts'
import { viewOf } from '../../../src/watchers/crash/view-of.ts'
import { CrashLab } from '../../support/crash-lab.ts'
import { ended, podWith, running } from '../../support/crash-pods.ts'
import { redactorOf } from '../../support/redactor.ts'

const log: CrashLog = { text: 'panic', isCut: false }
const isGone = ['the pod is gone']

/** How many open incidents have no log, after crashes of one workload with these findings, oldest first. */
function logsMissingAfter(...crashes: readonly (readonly Finding[])[]): number | undefined {
  const lab = new CrashLab([{}])
  lab.engine.begin()
  for (const [index, findings] of crashes.entries()) {
    const run = { id: `run-${index}`, code: 1, from: 20 * index, to: 20 * index + 10 }
    lab.details = ({ sighting, place }) => {
      // A pattern that takes out whatever it can must not hide that there is no log.
      const request: EnrichRequest = { sighting, workload: place.workload, redactor: redactorOf('log') }
      return putTogether(request, findings)
    }
    lab.engine.putPod(podWith({ state: running(20 * index + 10), restartCount: index + 1, lastState: ended(run) }))
  }
  const options = { namespaces: 1, isMuted: () => false, toldOf: () => undefined, nowMs: lab.clock.nowMs() }
  return viewOf({ book: lab.books[0]!, ...options }).report?.logsMissing
}

describe('what is shown of a route', () => {
  it('counts the open incidents whose last log could not be had', () => {
    expect(logsMissingAfter([{ what: 'log', missing: ['no answer within 10 s'] }])).to.equal(1)
    const shared = ['log', 'changes', 'limits'].map((what) => ({ what, missing: isGone }))
    expect(logsMissingAfter(shared)).to.equal(1)
    expect(logsMissingAfter([...shared].reverse())).to.equal(1)
    expect(logsMissingAfter([{ what: 'log', log }], [{ what: 'log', missing: isGone }])).to.equal(1)
  })

  it('does not count those that have one, wrote none, want none, or miss something else', () => {
    expect(logsMissingAfter([{ what: 'log', log, missing: ['the kubelet could not read it: all of it'] }])).to.equal(0)
    expect(logsMissingAfter([{ what: 'log', facts: ['It wrote no log.'] }])).to.equal(0)
    expect(logsMissingAfter([{ what: 'events', missing: ['no log, no events: forbidden'] }])).to.equal(0)
    expect(logsMissingAfter([])).to.equal(0)
    expect(logsMissingAfter([{ what: 'log', missing: isGone }], [{ what: 'log', log }])).to.equal(0)
  })
})
