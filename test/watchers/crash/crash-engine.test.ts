import { expect } from 'chai'
import { createJobProjection } from '../../../src/watchers/crash/job-facts.ts'
import type { PodObject } from '../../../src/watchers/crash/pod-object.ts'
import { CrashLab } from '../../support/crash-lab.ts'
import { at, ended, podWith, running, waiting } from '../../support/crash-pods.ts'

const calm = { grouping: { healthyFor: '60s' } }
const well = { state: running(), ready: true }
const web = (main: Parameters<typeof podWith>[0], parts: Parameters<typeof podWith>[1] = {}) =>
  podWith(main, {
    ...parts,
    metadata: {
      labels: { 'pod-template-hash': 'abc' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-abc', uid: 'r-1', controller: true }],
      ...parts.metadata,
    },
  })
const crashed = (number: number, more: object = {}) => ({
  ...{ state: running(number * 10), restartCount: number, ready: false },
  lastState: ended({ id: `run-${number}`, code: 1, from: number * 10 - 5, to: number * 10 }),
  ...more,
})
const failing = 'Deployment shop/web, container main: Error'

function started(specs: readonly object[] = [calm]): CrashLab {
  const lab = new CrashLab(specs)
  lab.engine.begin()
  return lab
}

describe('the crash engine', () => {
  it('tells a crash once, keeps one record of it, and says when all has been well for long enough', async () => {
    const lab = started()
    lab.engine.putPod(web(well))
    lab.engine.putPod(web(crashed(1)))
    lab.engine.putPod(web(crashed(1)))
    expect(lab.told()).to.deep.equal([failing])
    expect(lab.records.map(({ reason, restartCount, crashes }) => ({ reason, restartCount, crashes }))).to.deep.equal([
      { reason: 'Error', restartCount: 1, crashes: 1 },
    ])
    lab.engine.putPod(web(crashed(1, { ready: true })))
    await lab.pass(59)
    expect(lab.told()).to.deep.equal([])
    await lab.pass(1)
    expect(lab.told()).to.deep.equal(['resolved: Deployment shop/web, container main: well again after 1 crash'])
    expect([...lab.facts.keys()].filter((name) => name.startsWith('crash/incident/'))).to.deep.equal([])
  })

  it('goes where the namespace wants it, or says why not', () => {
    const spec = { channelFromAnnotation: true, receivers: [{ name: 'slack', slack: { channel: '#all' } }] }
    const channelAnswer = (_: unknown, channel: string) => (channel === '#shop' ? 'Allowed' : 'NotShared')
    const lab = started([spec])
    const book = lab.books[0]!
    book.route = { ...book.route, channelAnswer }
    lab.wishedChannel = '#shop'
    lab.engine.putPod(web(crashed(1)))
    lab.wishedChannel = '#bosses'
    lab.engine.putPod(web(crashed(2)))
    expect(lab.routes.map(({ receivers }) => receivers[0]?.slackChannel)).to.deep.equal(['#shop', '#all'])
    const said = lab.alerts.map(
      ({ lines }) => lines.filter((line) => line.includes('dogwatch.dev/slack-channel')).length,
    )
    expect(said).to.deep.equal([0, 1])
  })

  it('begins to wait anew with each crash, and counts those that came between two looks', async () => {
    const lab = started()
    lab.engine.putPod(web(crashed(1, { ready: true })))
    await lab.pass(50)
    lab.engine.putPod(web(crashed(4, { ready: true })))
    await lab.pass(50)
    expect(lab.told()).to.deep.equal([failing, failing])
    await lab.pass(60)
    expect(lab.told()).to.deep.equal(['resolved: Deployment shop/web, container main: well again after 4 crashes'])
  })

  it('lets the reason of an incident grow, and be what is proven later', () => {
    const lab = started()
    lab.isSlow = true
    lab.engine.putPod(web(crashed(1)))
    expect(lab.told()).to.deep.equal([])
    lab.conclude({ reason: 'ProbeKilled', cause: 'the liveness probe failed' })
    lab.isSlow = false
    lab.engine.putPod(web(crashed(1, { state: waiting('CrashLoopBackOff', 'back-off 10s restarting') })))
    expect(lab.told()).to.deep.equal([
      'Deployment shop/web, container main: ProbeKilled',
      'Deployment shop/web, container main: ProbeKilled, then CrashLoopBackOff',
    ])
    expect(lab.records.map(({ reason }) => reason)).to.deep.equal(['ProbeKilled'])
  })

  it('lets the reason of each incident grow, the next one of the same pod too', async () => {
    const lab = started()
    for (const number of [1, 2]) {
      lab.engine.putPod(web(crashed(number)))
      lab.engine.putPod(web(crashed(number, { state: waiting('CrashLoopBackOff', 'back-off 10s restarting') })))
      expect(lab.told().at(-1)).to.equal('Deployment shop/web, container main: Error, then CrashLoopBackOff')
      lab.engine.putPod(web(crashed(number, { ready: true })))
      await lab.pass(60)
      expect(lab.told()).to.have.length(1)
    }
  })

  it('does not tell what turns out to be a reason that the route does not tell, and keeps it', () => {
    const lab = started([{ ...calm, reasons: ['Error'] }])
    lab.isSlow = true
    lab.engine.putPod(web(crashed(1)))
    lab.conclude({ reason: 'ProbeKilled', cause: 'the liveness probe failed' })
    expect(lab.told()).to.deep.equal([])
    expect(lab.records).to.have.length(1)
    lab.engine.putPod(web(crashed(2)))
    lab.conclude()
    expect(lab.told()).to.deep.equal([failing])
  })

  it('tells and keeps nothing of an end that turns out to be wanted, and does not find it again', () => {
    const lab = started()
    lab.isSlow = true
    lab.engine.putPod(web(crashed(1, { ready: true })))
    lab.dismiss()
    expect([lab.told(), lab.records, lab.books[0]!.incidents()]).to.deep.equal([[], [], []])
    const next = new CrashLab([calm], lab)
    next.engine.putPod(web(crashed(1, { ready: true })))
    next.engine.begin()
    expect(next.told()).to.deep.equal([])
    next.engine.putPod(web(crashed(2)))
    expect(next.told()).to.deep.equal([failing])
  })

  it('knows a pod from a file on its node again when its image at the API server is made anew', () => {
    const annotations = { 'kubernetes.io/config.mirror': 'hash-1', 'kubernetes.io/config.hash': 'hash-1' }
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'n-1', controller: true }]
    const mirror = (uid: string, main: Parameters<typeof podWith>[0]) =>
      podWith(main, { metadata: { uid, annotations, ownerReferences } })
    const lab = started()
    lab.engine.putPod(mirror('first', crashed(2)))
    expect(lab.told()).to.have.length(1)
    lab.engine.removePod({ namespace: 'shop', name: mirror('first', well).name })
    lab.told()
    lab.engine.putPod(mirror('second', crashed(2)))
    expect([lab.told(), lab.records.length]).to.deep.equal([[], 1])
    lab.engine.putPod(mirror('second', crashed(3)))
    expect([lab.told().length, lab.records.length]).to.deep.equal([1, 2])
  })

  it('keeps one record of a trouble that two routes tell, each in its own time', async () => {
    const lab = started([calm, { ...calm, unschedulableFor: '10m' }])
    const unscheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }
    const conditions = [{ ...unscheduled, lastTransitionTime: at(100) }]
    lab.engine.putPod(web({ state: waiting('') }, { status: { phase: 'Pending', conditions, containerStatuses: [] } }))
    await lab.pass(300)
    expect(lab.told()).to.deep.equal(['Deployment shop/web: Unschedulable'])
    await lab.pass(300)
    expect(lab.alerts.map(({ policy }) => policy.name)).to.deep.equal(['route-1'])
    expect(lab.records.map(({ reason }) => reason)).to.deep.equal(['Unschedulable'])
    expect(lab.books.map(({ lastCrash }) => lastCrash?.id)).to.deep.equal(Array(2).fill(lab.records[0]?.id))
  })

  it('keeps one record of a trouble that a route tells only later on', () => {
    const lab = started([{ ...calm, reasons: ['Error'] }])
    lab.engine.putPod(web({ state: waiting('ErrImagePull', 'not found') }))
    const book = lab.books[0]!
    book.route = { ...book.route, spec: { ...book.route.spec, reasons: ['ImagePull'] } }
    lab.engine.putPod(web({ state: waiting('ErrImagePull', 'not found') }))
    expect(lab.told()).to.deep.equal(['Deployment shop/web, container main: ImagePull'])
    expect(lab.records.map(({ reason }) => reason)).to.deep.equal(['ImagePull'])
  })

  it('makes one incident of all pods of a workload, that ends when all of them are well', async () => {
    const lab = started()
    const second = { metadata: { name: 'web-2', uid: 'u-2' } }
    lab.engine.putPod(web(crashed(1)))
    lab.engine.putPod(web(crashed(1), second))
    expect(new Set(lab.alerts.map(({ key }) => key)).size).to.equal(1)
    expect(lab.alerts[0]?.labels).to.include({ pod: 'web-1', workload: 'web', namespace: 'shop', node: 'node-1' })
    lab.told()
    lab.engine.putPod(web(crashed(1, { ready: true })))
    await lab.pass(600)
    expect(lab.told()).to.deep.equal([])
    lab.engine.putPod(web(crashed(1, { ready: true }), second))
    await lab.pass(60)
    expect(lab.told()).to.deep.equal(['resolved: Deployment shop/web, container main: well again after 2 crashes'])
  })

  it('groups as the route says: by workload, by pod, or by namespace', () => {
    const lab = started([calm, { grouping: { by: 'Pod' } }, { grouping: { by: 'Namespace' } }])
    lab.engine.putPod(web(crashed(1)))
    expect(lab.alerts.map(({ title }) => title)).to.deep.equal([
      failing,
      'Pod shop/web-1, container main: Error',
      failing,
    ])
    expect(lab.routes.map(({ grouping }) => grouping.key)).to.deep.equal([
      'uid-of-route-0/shop/Deployment/web',
      'uid-of-route-1/shop/Pod/web-1',
      'uid-of-route-2/shop',
    ])
  })

  it('makes one record where two routes tell the same crash, and none where no route selects it', () => {
    const lab = started([calm, calm, { namespaces: { names: ['other'] } }])
    lab.engine.putPod(web(crashed(1)))
    expect(lab.alerts.map(({ policy }) => policy.name)).to.deep.equal(['route-0', 'route-1'])
    expect(lab.records).to.have.length(1)
    const other = started([{ namespaces: { names: ['other'] } }, { suspend: true }])
    other.engine.putPod(web(crashed(1)))
    expect([...other.alerts, ...other.records]).to.deep.equal([])
  })

  it('ends an incident without a word of health where nothing is left that could show it', async () => {
    const lab = started()
    lab.engine.putPod(web(crashed(1)))
    lab.engine.removePod({ namespace: 'shop', name: 'web-1' })
    await lab.pass(59)
    expect(lab.told()).to.deep.equal([failing])
    await lab.pass(1)
    expect(lab.told()).to.deep.equal([
      'closed: Deployment shop/web, container main: gone after 1 crash, so its alert ends',
    ])
    lab.engine.putPod(podWith(crashed(1), { metadata: { name: 'lone', uid: 'u-9' } }))
    lab.engine.removePod({ namespace: 'shop', name: 'lone' })
    expect(lab.told()).to.deep.equal(['Pod shop/lone, container main: Error'])
    await lab.pass(39)
    expect(lab.told()).to.deep.equal([])
    await lab.pass(1)
    expect(lab.told()).to.deep.equal(['closed: Pod shop/lone, container main: gone after 1 crash, so its alert ends'])
  })

  it('keeps the incident of a CronJob open from one run to the next, until one ends well', async () => {
    const lab = started()
    const job = (name: string) => ({
      metadata: {
        ...{ namespace: 'shop', name, uid: `job-${name}` },
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: 'c-1', controller: true }],
      },
    })
    const run = (name: string, phase: string, code: number) => {
      lab.engine.putJob(createJobProjection()(job(name)))
      const owner = { apiVersion: 'batch/v1', kind: 'Job', name, uid: `job-${name}`, controller: true }
      const state = ended({ id: name, code, to: Math.round((lab.clock.nowMs() - Date.parse(at(0))) / 1_000) })
      const parts: { spec: Partial<NonNullable<PodObject['spec']>>; status: object; metadata: object } = {
        spec: { restartPolicy: 'Never' },
        status: { phase },
        metadata: { name: `${name}-x`, uid: `pod-${name}`, ownerReferences: [owner] },
      }
      lab.engine.putPod(podWith({ state }, parts))
    }
    run('nightly-1', 'Failed', 1)
    expect(lab.told()).to.deep.equal(['CronJob shop/nightly, container main: Error'])
    lab.engine.removePod({ namespace: 'shop', name: 'nightly-1-x' })
    await lab.pass(3_600)
    run('nightly-2', 'Failed', 1)
    expect(lab.told()).to.deep.equal(['CronJob shop/nightly, container main: Error'])
    await lab.pass(3_600)
    run('nightly-3', 'Succeeded', 0)
    await lab.pass(60)
    expect(lab.told()).to.deep.equal(['resolved: CronJob shop/nightly, container main: well again after 2 crashes'])
  })

  it('tells that a pod finds no node once that has lasted as long as the route says, and that it found one', async () => {
    const lab = started([{ ...calm, unschedulableFor: '5m' }])
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/3 nodes',
      lastTransitionTime: at(0),
    }
    const status = { phase: 'Pending', conditions: [condition], containerStatuses: [] }
    lab.engine.putPod(web({}, { spec: { nodeName: '' }, status }))
    await lab.pass(199)
    expect(lab.told()).to.deep.equal([])
    await lab.pass(1)
    expect(lab.told()).to.deep.equal(['Deployment shop/web: Unschedulable'])
    expect(lab.records.map(({ reason }) => reason)).to.deep.equal(['Unschedulable'])
    await lab.pass(600)
    expect(lab.told()).to.deep.equal([])
    lab.engine.putPod(web(well))
    await lab.pass(60)
    expect(lab.told()).to.deep.equal(['resolved: Deployment shop/web: well again after 1 crash'])
  })

  describe('over a restart', () => {
    it('tells nothing again of what was handed on, and goes on counting', async () => {
      const lab = started()
      lab.engine.putPod(web(crashed(2)))
      const next = new CrashLab([calm], lab)
      next.engine.putPod(web(crashed(2)))
      next.engine.begin()
      expect([...next.told(), ...next.records]).to.deep.equal([])
      next.engine.putPod(web(crashed(3, { ready: true })))
      await next.pass(60)
      expect(next.told().at(-1)).to.equal('resolved: Deployment shop/web, container main: well again after 3 crashes')
    })

    it('finds again what was not handed on, under the same name, and what happened meanwhile', () => {
      const lab = started()
      lab.isSlow = true
      lab.engine.putPod(web(crashed(1)))
      const id = lab.waiting[0]?.id
      const next = new CrashLab([calm], lab)
      next.engine.putPod(web(crashed(1)))
      next.engine.putPod(web(crashed(3), { metadata: { name: 'web-2', uid: 'u-2' } }))
      next.engine.begin()
      expect(next.records.map(({ id: found, crashes }) => [found === id, crashes])).to.deep.equal([
        [true, 1],
        [false, 3],
      ])
    })

    it('counts each crash once where one was handed on and the next of the same pod was not', () => {
      const lab = started()
      lab.isSlow = true
      lab.engine.putPod(web(crashed(1)))
      lab.engine.putPod(web(crashed(2)))
      lab.concludeOne()
      const next = new CrashLab([calm], lab)
      next.engine.putPod(web(crashed(3)))
      next.engine.begin()
      expect([...lab.records, ...next.records].map(({ crashes }) => crashes)).to.deep.equal([1, 2])
    })

    it('counts a crash once that was told and not remembered', async () => {
      const lab = started()
      lab.engine.putPod(web(crashed(1)))
      lab.facts.delete('crash/pod/u-1')
      const next = new CrashLab([calm], lab)
      next.engine.putPod(web(crashed(1, { ready: true })))
      next.engine.begin()
      await next.pass(60)
      expect(next.told().at(-1)).to.equal('resolved: Deployment shop/web, container main: well again after 1 crash')
    })

    it('knows the CronJob of a pod that is read before its Job', () => {
      const lab = started()
      const by = (kind: string, name: string) => [
        { apiVersion: 'batch/v1', kind, name, uid: `u-${name}`, controller: true },
      ]
      const pod = (main: object) =>
        podWith(main, { metadata: { name: 'nightly-1-x', ownerReferences: by('Job', 'nightly-1') } })
      const next = new CrashLab([calm], lab)
      next.engine.putPod(pod(crashed(1)))
      const metadata = { namespace: 'shop', name: 'nightly-1', uid: 'u-nightly-1' }
      next.engine.putJob(
        createJobProjection()({ metadata: { ...metadata, ownerReferences: by('CronJob', 'nightly') } }),
      )
      next.engine.begin()
      expect(next.told()).to.deep.equal(['CronJob shop/nightly, container main: Error'])
    })

    it('forgets pods that went meanwhile a day later, when another one goes', async () => {
      const lab = started()
      lab.engine.putPod(web(crashed(1)))
      const next = new CrashLab([calm], lab)
      next.engine.begin()
      const other = { metadata: { name: 'web-2', uid: 'u-2' } }
      const goes = () => {
        next.engine.putPod(web(crashed(1), other))
        next.engine.removePod({ namespace: 'shop', name: 'web-2' })
        return [...next.facts.keys()].filter((name) => name.startsWith('crash/pod/'))
      }
      await next.pass(24 * 3_600)
      expect(goes()).to.deep.equal(['crash/pod/u-1', 'crash/pod/u-2'])
      await next.pass(1)
      expect(goes()).to.deep.equal(['crash/pod/u-2'])
    })

    it('tells nothing of pods that come back because the cluster was rolled back, and what they do then', async () => {
      const lab = started()
      lab.engine.putPod(web(crashed(2)))
      lab.engine.removePod({ namespace: 'shop', name: 'web-1' })
      await lab.pass(60)
      lab.told()
      const next = new CrashLab([calm], lab)
      next.engine.begin()
      next.engine.putPod(web(crashed(2)))
      next.engine.putPod(web(crashed(1)))
      expect([...next.told(), ...next.records]).to.deep.equal([])
      next.engine.putPod(web(crashed(3)))
      expect(next.records.map(({ crashes }) => crashes)).to.deep.equal([1])
    })

    it('counts each crash once where one of two that were seen together was handed on', () => {
      const lab = started()
      lab.isSlow = true
      const end = ended({ id: 'run-2', code: 1, from: 15, to: 20 })
      lab.engine.putPod(web(crashed(1, { state: end })))
      lab.concludeOne()
      const next = new CrashLab([calm], lab)
      next.engine.putPod(web(crashed(3)))
      next.engine.begin()
      expect([...lab.records, ...next.records].map(({ crashes }) => crashes)).to.deep.equal([1, 2])
    })

    it('counts a crash once that was handed on when it was not yet told that its container waits', () => {
      const lab = started()
      lab.isSlow = true
      lab.engine.putPod(web(crashed(1, { state: waiting('CrashLoopBackOff'), restartCount: 0 })))
      lab.concludeOne()
      const next = new CrashLab([calm], lab)
      next.engine.putPod(web(crashed(2)))
      next.engine.begin()
      expect([...lab.records, ...next.records].map(({ crashes }) => crashes)).to.deep.equal([1, 1])
    })
  })

  describe('at a first look', () => {
    it('tells what is wrong as one, and a part of it by itself once that has been well', async () => {
      const lab = new CrashLab([calm])
      lab.engine.putPod(web(crashed(7, { state: waiting('CrashLoopBackOff') })))
      lab.engine.putPod(
        podWith(
          { ...well, restartCount: 3, lastState: ended({ id: 'x', code: 1, from: -900, to: -800 }) },
          { metadata: { name: 'once', uid: 'u-3' } },
        ),
      )
      await lab.clock.advance(600_000)
      lab.engine.begin()
      expect(lab.told()).to.deep.equal(['Dogwatch begins to watch: 1 workload is crashing already'])
      lab.engine.putPod(web(crashed(8)))
      expect(lab.told()).to.deep.equal([])
      lab.engine.putPod(web(crashed(8, { ready: true })))
      await lab.pass(60)
      expect(lab.told()).to.deep.equal(['resolved: What crashed when Dogwatch first looked is well again'])
      lab.engine.putPod(web(crashed(9)))
      expect(lab.told()).to.deep.equal([failing])
    })

    it('tells nothing again that another program told, and what came after that', () => {
      const lab = new CrashLab([calm])
      const told = { namespace: 'shop', pod: 'web-1', container: 'main', restartCount: 7 }
      lab.toldBefore = [told, { ...told, pod: 'other' }, { ...told, container: 'proxy', restartCount: 9 }]
      lab.engine.putPod(web(crashed(7)))
      lab.engine.putPod(podWith(crashed(8), { metadata: { name: 'other', uid: 'u-2' } }))
      lab.engine.begin()
      expect(JSON.stringify(lab.alerts)).to.include('shop/other').and.not.to.include('shop/web')
      expect(lab.told()).to.deep.equal(['Dogwatch begins to watch: 1 workload is crashing already'])
      lab.engine.putPod(web(crashed(8)))
      expect(lab.records.map(({ pod, crashes }) => `${pod?.name} ${crashes}`)).to.deep.equal(['web-1 1'])
    })

    it('is silent where another program told of everything', () => {
      const lab = new CrashLab([calm])
      lab.toldBefore = [{ namespace: 'shop', pod: 'web-1', container: 'main', restartCount: 7 }]
      lab.engine.putPod(web(crashed(7)))
      lab.engine.begin()
      expect(lab.told()).to.deep.equal([])
    })

    it('is silent where all is well, also of crashes of long ago', async () => {
      const lab = new CrashLab([calm])
      lab.engine.putPod(web({ ...well, restartCount: 3, lastState: ended({ id: 'x', code: 1, from: -900, to: -800 }) }))
      lab.engine.begin()
      expect([...lab.told(), ...lab.records]).to.deep.equal([])
      lab.engine.putPod(web(crashed(4)))
      expect(lab.records.map(({ crashes }) => crashes)).to.deep.equal([1])
    })

    it('of a route that comes later makes its own, and leaves that of others alone', async () => {
      const lab = started()
      lab.engine.putPod(web(crashed(1, { state: waiting('CrashLoopBackOff') })))
      lab.told()
      lab.join(calm)
      expect(lab.told()).to.deep.equal(['Dogwatch begins to watch: 1 workload is crashing already'])
      lab.engine.putPod(web(crashed(2)))
      expect(lab.alerts.map(({ policy }) => policy.name)).to.deep.equal(['route-0'])
    })
  })
})
