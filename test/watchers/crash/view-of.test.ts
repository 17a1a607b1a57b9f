import { expect } from 'chai'
import type { Alert } from '../../../src/model/alert.ts'
import type { CrashLog } from '../../../src/model/crash.ts'
import type { EnrichRequest } from '../../../src/watchers/crash/enrich/enrichment.ts'
import { type Finding, putTogether } from '../../../src/watchers/crash/enrich/put-together.ts'
import { viewOf } from '../../../src/watchers/crash/view-of.ts'
import { CrashLab } from '../../support/crash-lab.ts'
import { ended, podWith, running, waiting } from '../../support/crash-pods.ts'
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

describe('the last crash that is shown of a route', () => {
  const lastOf = (lab: CrashLab) => {
    const options = { namespaces: 1, isMuted: () => false, toldOf: () => undefined, nowMs: lab.clock.nowMs() }
    return viewOf({ book: lab.books[0]!, ...options }).report?.lastCrash
  }
  const crash = (lab: CrashLab, number: number, code: number) =>
    lab.engine.putPod(
      podWith({
        state: running(20 * number),
        restartCount: number,
        lastState: ended({ id: `run-${number}`, code, to: 20 * number - 5 }),
      }),
    )

  it('is the last that the route selects, told or not', () => {
    const lab = new CrashLab([{ ignore: [{ exitCodes: [143] }] }])
    lab.engine.begin()
    expect(lastOf(lab)).to.equal(undefined)
    crash(lab, 1, 143)
    expect(lab.alerts).to.deep.equal([])
    expect(lastOf(lab)).to.include({ time: '2026-03-01T12:00:15Z', pod: 'web-1', reason: 'Error' })
    crash(lab, 2, 1)
    expect(lastOf(lab)?.time).to.equal('2026-03-01T12:00:35Z')
    crash(lab, 3, 143)
    expect(lastOf(lab)?.time).to.equal('2026-03-01T12:00:55Z')
  })

  it('is none of another namespace, and none that turned out to be wanted', () => {
    const elsewhere = new CrashLab([{ namespaces: { names: ['pay'] } }])
    const wanted = new CrashLab([{}])
    wanted.isSlow = true
    for (const lab of [elsewhere, wanted]) {
      lab.engine.begin()
      crash(lab, 1, 1)
      lab.dismiss()
      expect(lastOf(lab)).to.equal(undefined)
    }
  })
})

describe('what is shown of what was wrong at first', () => {
  const inLoop = (name: string, namespace = 'shop') =>
    podWith({ state: waiting('CrashLoopBackOff'), restartCount: 3 }, { metadata: { name, namespace, uid: name } })
  const lines = [{ name: 'pay', namespaces: { names: ['pay'] }, receivers: [{ name: 'oncall' }] }]
  const noon = Date.parse('2026-03-01T12:00:00Z')

  function reportOf(
    lab: CrashLab,
    isTold: (alertKey: string) => boolean,
    isMuted: (alert: Alert) => boolean = () => false,
  ) {
    const toldOf = (key: string) => (isTold(key) ? { firstMs: noon } : undefined)
    const { report } = viewOf({ book: lab.books[0]!, namespaces: 2, isMuted, toldOf, nowMs: lab.clock.nowMs() })
    const toldTimes = Object.fromEntries(report!.incidents.map(({ name, toldTime }) => [name, toldTime]))
    return { ...report, toldTimes }
  }

  it('counts as told once the message of its line was', () => {
    const lab = new CrashLab([{ routes: lines }])
    for (const pod of [inLoop('web-1'), inLoop('web-2'), inLoop('api-1', 'pay')]) lab.engine.putPod(pod)
    lab.engine.begin()
    expect(lab.alerts).to.have.length(2)
    const ofPay = lab.alerts.find((_, index) => lab.routes[index]?.receivers.length === 1)!.key
    expect(reportOf(lab, () => false)).to.include({ open: 3, told: 0 })
    const partly = reportOf(lab, (key) => key === ofPay)
    expect(partly).to.include({ open: 3, told: 1 })
    const told = '2026-03-01T12:00:00Z'
    expect(partly.toldTimes).to.deep.equal({ 'web-1': undefined, 'web-2': undefined, 'api-1': told })
    const isPut = (key: string) => lab.alerts.some((alert) => alert.key === key)
    expect(reportOf(lab, isPut)).to.deep.include({
      told: 3,
      toldTimes: { 'web-1': told, 'web-2': told, 'api-1': told },
    })
    const isBaseline = ({ rule }: Alert) => rule === 'crash-baseline'
    expect(reportOf(lab, isPut, isBaseline)).to.include({ muted: 3 })
  })

  it('counts what crashed anew by its own message', () => {
    const lab = new CrashLab([{}])
    lab.engine.putPod(inLoop('web-1'))
    lab.engine.begin()
    const [baseline] = lab.alerts
    lab.engine.putPod(
      podWith(
        { state: running(10), restartCount: 1, lastState: ended({ code: 1 }) },
        { metadata: { name: 'new-1', uid: 'n' } },
      ),
    )
    const { toldTimes } = reportOf(lab, (key) => key === baseline?.key)
    expect(toldTimes).to.deep.equal({ 'web-1': '2026-03-01T12:00:00Z', 'new-1': undefined })
  })
})
