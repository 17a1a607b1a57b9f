/** What a route's book says of its incidents, in this process and in the next one. */
import { expect } from 'chai'
import type { Alert } from '../../../src/model/alert.ts'
import type { CrashDetails } from '../../../src/watchers/crash/crash-record.ts'
import { viewOf } from '../../../src/watchers/crash/view-of.ts'
import { CrashLab } from '../../support/crash-lab.ts'
import { ended, podWith, running, waiting } from '../../support/crash-pods.ts'
import { watchedRoute } from '../../support/crash-routes.ts'

const dashboardURL = 'https://kibana.example/app?pod={{pod}}&id={{id}}'
const spec = { dashboardURL, grouping: { healthyFor: '60s' } }
const crashed = { restartCount: 1, lastState: ended({ id: 'run-1', code: 139, from: 3, to: 10 }) }
const inLoop = { ...crashed, state: waiting('CrashLoopBackOff', 'back-off 10s restarting') }
const details: CrashDetails = {
  log: { text: 'panic: no more ideas', isCut: false },
  message: 'goodbye',
  facts: ['Event Unhealthy (3 times, last 2 s before): Liveness probe failed', 'image shop/web:1 came 5 m before'],
  missing: ['node: no answer within 5 s'],
}

/** A process that told one crash. */
function aCrash(found: CrashDetails = details): CrashLab {
  const lab = new CrashLab([spec])
  lab.details = () => found
  lab.engine.begin()
  lab.engine.putPod(podWith({ ...crashed, state: running(10) }))
  return lab
}

/** The next process, which finds the pod as it is now. */
function restarted(
  before: CrashLab,
  main: Parameters<typeof podWith>[0] = { ...crashed, state: running(10) },
): CrashLab {
  const lab = new CrashLab([spec], before)
  lab.engine.putPod(podWith(main))
  lab.engine.begin()
  return lab
}

/** What does not change with the clock and the number of crashes. */
const factsIn = (alert: Alert | undefined) => alert?.lines.filter((line) => !/^\d+ crash/.test(line))

function reportOf(lab: CrashLab) {
  const options = { namespaces: 1, isMuted: () => false, toldOf: () => undefined, nowMs: lab.clock.nowMs() }
  return viewOf({ book: lab.books[0]!, ...options }).report
}

const incidentFacts = (lab: CrashLab) => [...lab.facts].filter(([name]) => name.startsWith('crash/incident/'))

describe('an incident after a restart', () => {
  it('is told with all that was found out of its last crash, and a link to it', () => {
    const before = aCrash()
    const said = factsIn(before.alerts[0])
    expect(said).to.deep.include('last word: goodbye')
    expect(said?.join('\n')).to.match(/Liveness.*image.*node: no answer.*kibana.*crashes show/s)
    const lab = restarted(before, inLoop)
    expect(lab.alerts.map(({ title }) => title)).to.deep.equal([
      'Pod shop/web-1, container main: Error, then CrashLoopBackOff',
    ])
    expect(factsIn(lab.alerts[0])).to.deep.equal(said)
  })

  it('is repeated with the same, after a second restart too', () => {
    const before = aCrash()
    const [told] = before.alerts
    const lab = restarted(restarted(before))
    expect(lab.alerts).to.deep.equal([])
    const repeated = lab.books[0]?.describe(told!, lab.clock.nowMs())
    expect(factsIn(repeated)).to.deep.equal(factsIn(told))
    expect(told?.attachment?.text).to.equal('panic: no more ideas')
    expect(repeated).not.to.have.property('attachment')
  })

  it('is shown with its last crash, and counts as without a log where it was', () => {
    const report = reportOf(aCrash())
    expect(report?.lastCrash).to.include({ pod: 'web-1', container: 'main', reason: 'Error' })
    expect(reportOf(restarted(aCrash()))).to.deep.equal(report)
    const withoutLog = aCrash({ facts: [], missing: ['log: no answer within 10 s'] })
    expect(reportOf(withoutLog)?.logsMissing).to.equal(1)
    expect(reportOf(restarted(withoutLog))).to.deep.equal(reportOf(withoutLog))
    const withPart = aCrash({ ...details, missing: ['log: the kubelet could not read all of it'] })
    expect(reportOf(restarted(withPart))?.logsMissing).to.equal(0)
  })

  it('is remembered without its log, and in few bytes however much was found', () => {
    const long = `It said ${'blah '.repeat(2_000)}`
    const before = aCrash({
      ...details,
      message: long,
      facts: Array(50).fill(long),
      missing: Array(50).fill(`log: ${long}`),
    })
    const [[, text = ''] = []] = incidentFacts(before)
    expect(text).not.to.include('panic')
    expect(text.length).to.be.at.most(4_000)
    const [alert] = restarted(before, inLoop).alerts
    expect(alert?.lines.join('\n')).to.include('last word: It said').and.include('not to be had: log: It said')
  })

  it('is read as an earlier version wrote it, or where its last crash makes no sense', () => {
    for (const crash of [undefined, 'a word', { record: { id: 7 }, lacksLog: true }]) {
      const before = aCrash()
      const [[name, text] = ['', '{}']] = incidentFacts(before)
      const { crash: _, ...incident } = JSON.parse(text)
      before.facts.set(name, JSON.stringify({ ...incident, crash }))
      const lab = restarted(before, inLoop)
      expect(lab.alerts[0]?.title).to.include('Error, then CrashLoopBackOff')
      expect(lab.alerts[0]?.lines[0]).to.match(/^1 crash in/)
    }
  })
})

/** The route is as this spec says from now on. */
function change(lab: CrashLab, more: object): void {
  const book = lab.books[0]!
  book.route = watchedRoute({ ...spec, ...more }, { reference: book.route.reference })
}

describe('an open incident that its route would not tell any more', () => {
  const mutes = {
    'an entry of ignore': { ignore: [{ container: 'main' }] },
    'its last exit code': { ignore: [{ exitCodes: [139] }] },
    'its reasons': { reasons: ['OOMKilled'] },
    'its namespaces': { namespaces: { names: ['pay'] } },
    'its pod': { ignore: [{ pod: 'web-*' }] },
  }
  for (const [words, mute] of Object.entries(mutes)) {
    it(`is not repeated: by ${words}; and is again when the route would`, () => {
      const lab = aCrash()
      lab.engine.putPod(podWith(inLoop))
      const told = lab.alerts.at(-1)!
      const repeated = () => lab.books[0]?.describe(told, lab.clock.nowMs())
      expect(repeated()?.title).to.equal(told.title)
      change(lab, mute)
      expect(repeated()).to.equal(undefined)
      const next = new CrashLab([{ ...spec, ...mute }], lab)
      next.engine.putPod(podWith(inLoop))
      next.engine.begin()
      expect(next.books[0]?.describe(told, lab.clock.nowMs())).to.equal(undefined)
      change(lab, {})
      expect(repeated()?.title).to.equal(told.title)
    })
  }

  it('is repeated where one of its reasons is told', () => {
    const lab = aCrash()
    lab.engine.putPod(podWith(inLoop))
    const told = lab.alerts.at(-1)!
    change(lab, { reasons: ['CrashLoopBackOff'] })
    expect(lab.books[0]?.describe(told, lab.clock.nowMs())?.title).to.equal(told.title)
  })

  it('is not repeated where the pods that are there want it untold', () => {
    const lab = aCrash()
    const [told] = lab.alerts
    change(lab, { optOut: true })
    const isRepeated = () => lab.books[0]?.describe(told!, lab.clock.nowMs()) !== undefined
    expect(isRepeated()).to.equal(true)
    lab.engine.putPod(podWith(inLoop, { metadata: { annotations: { 'dogwatch.dev/crash-alerts': 'off' } } }))
    expect(isRepeated()).to.equal(false)
    change(lab, {})
    expect(isRepeated()).to.equal(true)
  })

  it('is told when it is over, as its beginning was', async () => {
    const lab = aCrash()
    change(lab, { ignore: [{ container: 'main' }] })
    lab.told()
    lab.engine.putPod(podWith({ ...crashed, state: running(10), ready: true }))
    await lab.pass(61)
    expect(lab.told()).to.deep.equal(['resolved: Pod shop/web-1, container main: well again after 1 crash'])
  })

  it('is left out where what was wrong at first is told again, until none is left', () => {
    const lab = new CrashLab([spec])
    for (const name of ['web-1', 'api-1']) lab.engine.putPod(podWith(inLoop, { metadata: { name, uid: name } }))
    lab.engine.begin()
    const [told] = lab.alerts
    const repeated = () => lab.books[0]?.describe(told!, lab.clock.nowMs())
    change(lab, { ignore: [{ pod: 'web-*' }] })
    expect(repeated()?.title).to.equal('Dogwatch begins to watch: 1 workload is crashing already')
    expect(repeated()?.lines.join()).to.include('api-1').and.not.include('web-1')
    change(lab, { ignore: [{ container: 'main' }] })
    expect(repeated()).to.equal(undefined)
    expect(lab.told()).to.deep.equal(['Dogwatch begins to watch: 2 workloads are crashing already'])
  })
})
