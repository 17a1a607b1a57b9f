/** What a route's fields make of crashes, from a pod's status to alert and record. */
import { expect } from 'chai'
import type { PodObject } from '../../../src/watchers/crash/enrich/pod-object.ts'
import type { JobObject } from '../../../src/watchers/crash/pod-object.ts'
import { at, ended, waiting } from '../../support/crash-pods.ts'
import { CrashWatcherLab } from '../../support/crash-watcher-lab.ts'
import { longWithSecret, secretPart } from '../../support/secret-text.ts'

const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'uid-of-web', controller: true }

function podOf(name: string, { metadata, spec, status }: Partial<PodObject> = {}): PodObject {
  return {
    metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, creationTimestamp: at(0), ...metadata },
    spec: { containers: [{ name: 'main', image: 'shop/web:1' }], nodeName: 'node-1', ...spec },
    status: { phase: 'Running', startTime: at(0), containerStatuses: [running], ...status },
  }
}

const cronJob = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: 'uid-of-nightly', controller: true }
/** A Job of CronJob `nightly` that gave up. */
function failedJob(name: string, { metadata, spec }: Partial<JobObject> = {}): JobObject {
  const condition = { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'too often' }
  return {
    metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, ownerReferences: [cronJob], ...metadata },
    status: { conditions: [{ ...condition, lastTransitionTime: at(20) }] },
    ...(spec && { spec }),
  }
}

const running = { name: 'main', ready: true, restartCount: 0, state: { running: { startedAt: at(1) } } }
/** Its first run ended, and it runs again. */
const crashed = (message?: string) => ({
  ...{ name: 'main', ready: false, restartCount: 1, state: { running: { startedAt: at(12) } } },
  lastState: ended({ id: 'run-1', code: 1, from: 1, to: 10, ...(message === undefined ? {} : { message }) }),
})

/** As the kubelet gives it: written while the first run lasted. */
const logOf = (lines: readonly string[]) => lines.map((line) => `2026-03-01T12:00:05Z ${line}\n`).join('')

describe('the crash watcher', () => {
  let lab: CrashWatcherLab
  afterEach(() => lab?.stop())

  /** A pod that ran crashes. */
  function crash(name: string, message?: string, parts: Partial<PodObject> = {}): void {
    lab.putPod(podOf(name, parts))
    lab.putPod(podOf(name, { ...parts, status: { containerStatuses: [crashed(message)] } }))
  }

  describe('of what others wrote', () => {
    it('tells and keeps no part of a secret, wherever a long cause loses its middle', async () => {
      lab = await CrashWatcherLab.start()
      lab.route({ grouping: { by: 'Pod' } })
      for (const [index, message] of longWithSecret.entries()) {
        lab.putPod(podOf(`web-${index}`, { metadata: { ownerReferences: [owner] } as never }))
        const status = { phase: 'Failed', reason: 'Evicted', message, containerStatuses: [] }
        lab.putPod(podOf(`web-${index}`, { status }))
      }
      await lab.toldWhen(longWithSecret.length)
      for (const said of [...lab.alerts, ...lab.records].map((one) => JSON.stringify(one))) {
        expect(said).to.match(/evicted by the kubelet: it said .*\[redacted\]/)
        expect(said).to.not.match(secretPart)
      }
    })
  })

  describe('by a route that lets no log out', () => {
    const none = { logs: { mode: 'None' } }
    const container = { name: 'main', image: 'shop/web:1' }
    const fallback = {
      spec: { containers: [{ ...container, terminationMessagePolicy: 'FallbackToLogsOnError' }], nodeName: 'node-1' },
    }

    it('reads, tells and keeps no log, also where another route wants one', async () => {
      lab = await CrashWatcherLab.start({ log: logOf(['panic at line 7']) })
      lab.route({ logs: { mode: 'Tail' } }, 'wants-one')
      lab.route(none, 'wants-none')
      crash('web-1')
      await lab.toldWhen(2)
      expect(lab.alerts.map(({ attachment }) => attachment)).to.deep.equal([undefined, undefined])
      expect(lab.records.map(({ log }) => log)).to.deep.equal([undefined])
      expect(lab.asked.filter((path) => path.includes('/log'))).to.deep.equal([])
    })

    it('tells and keeps no last word that may be the end of the log, and says so', async () => {
      lab = await CrashWatcherLab.start()
      lab.route(none)
      crash('web-1', 'panic at line 7', fallback)
      const [alert] = await lab.toldWhen(1)
      expect(JSON.stringify([alert, lab.records])).to.not.include('panic at line 7')
      expect(alert?.lines).to.include(
        'not to be had: last word: it may be the end of the log, and a route lets none out (logs.mode: None)',
      )
    })

    it('tells and keeps a last word that the container left itself', async () => {
      lab = await CrashWatcherLab.start()
      lab.route(none)
      crash('web-1', 'disk full')
      const [alert] = await lab.toldWhen(1)
      expect(alert?.lines).to.include('last word: disk full')
      expect(lab.records.map(({ message }) => message)).to.deep.equal(['disk full'])
    })

    it('tells and keeps no last word of a pod that is gone, and says so', async () => {
      lab = await CrashWatcherLab.start({ isPodGone: true })
      lab.route(none)
      crash('web-1', 'panic at line 7')
      const [alert] = await lab.toldWhen(1)
      expect(JSON.stringify([alert, lab.records])).to.not.include('panic at line 7')
      expect(alert?.lines.join('\n')).to.match(/^not to be had: .*last word.*: the pod is gone$/m)
    })
  })

  describe('by a route that is suspended', () => {
    const loops = {
      ...{ name: 'main', ready: false, restartCount: 7, state: waiting('CrashLoopBackOff', 'back-off 5m0s') },
      lastState: ended({ id: 'run-7', code: 1, from: 1, to: 10 }),
    }
    const titles = () => lab.alerts.map(({ title }) => title)
    const loop = (count: number) => {
      for (const index of Array(count).keys())
        lab.putPod(podOf(`loop-${index}`, { status: { containerStatuses: [loops] } }))
    }

    it('tells and keeps nothing, and looks at what is wrong already when it is resumed', async () => {
      lab = await CrashWatcherLab.start()
      loop(5)
      lab.route({ suspend: true })
      crash('web-1')
      lab.route({ suspend: false })
      crash('marker-1')
      await lab.toldWhen(2)
      expect(titles()).to.deep.equal([
        'Dogwatch begins to watch: 6 workloads are crashing already',
        'Pod shop/marker-1, container main: Error',
      ])
      expect(lab.records.map(({ pod }) => pod?.name)).to.deep.equal(['marker-1'])
    })

    it('does so too where another process looks when it is resumed', async () => {
      lab = await CrashWatcherLab.start()
      loop(5)
      lab.route({ suspend: true })
      await lab.watcher.follow()
      lab.watcher.lead()
      lab.route({ suspend: false })
      await lab.watcher.follow()
      lab.watcher.lead()
      crash('marker-1')
      await lab.toldWhen(2)
      expect(titles()).to.deep.equal([
        'Dogwatch begins to watch: 5 workloads are crashing already',
        'Pod shop/marker-1, container main: Error',
      ])
    })
  })

  it('has nothing told of a route while it rests, of what was found before either', async () => {
    lab = await CrashWatcherLab.start()
    lab.route({}, 'other')
    for (const suspend of [true, false, true]) {
      lab.route({ suspend })
      expect([...lab.suspended]).to.deep.equal(suspend ? ['uid-of-crashes'] : [])
    }
  })

  it('gives each route as much of the log as it wants, and the history as much as any of them does', async () => {
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index} ${'x'.repeat(30)}`)
    lab = await CrashWatcherLab.start({ log: logOf(lines) })
    lab.route({ logs: { tailLines: 40 } }, 'much')
    lab.route({ logs: { tailLines: 1, maxBytes: '1Ki' } }, 'one-line')
    lab.route({ logs: { tailLines: 200, maxBytes: '1Ki' } }, 'few-bytes')
    crash('web-1')
    await lab.toldWhen(3)
    const told = (route: string) => lab.alerts.find(({ policy }) => policy.name === route)?.attachment?.text.split('\n')
    expect(told('much')).to.deep.equal(lines.slice(-40))
    expect(told('one-line')).to.deep.equal(lines.slice(-1))
    expect(told('few-bytes')).to.deep.equal(lines.slice(-26))
    expect(lab.records.map(({ log }) => log?.text.split('\n'))).to.deep.equal([lines])
  })

  describe('of a Job that failed as a whole', () => {
    it('ignores it by its own name, also where a CronJob made it, and then repeats it no more', async () => {
      lab = await CrashWatcherLab.start()
      lab.route({ ignore: [{ pod: 'nightly-*' }] }, 'ignores')
      lab.route({}, 'tells')
      lab.putJob(failedJob('nightly-1'))
      lab.putJob(failedJob('weekly-1', { metadata: { name: 'weekly-1', ownerReferences: [], namespace: 'shop' } }))
      await lab.toldWhen(3)
      expect(lab.alerts.map(({ policy, title }) => `${policy.name}: ${title}`).sort()).to.deep.equal([
        'ignores: Job shop/weekly-1: JobFailed',
        'tells: CronJob shop/nightly: JobFailed',
        'tells: Job shop/weekly-1: JobFailed',
      ])
      const [alert] = lab.alerts.filter(({ object }) => object.kind === 'CronJob')
      if (alert === undefined) throw new Error('there is none')
      expect(lab.watcher.describe(alert)?.title).to.equal('CronJob shop/nightly: JobFailed')
      lab.route({ ignore: [{ pod: 'nightly-*' }] }, 'tells')
      expect(lab.watcher.describe(alert)).to.equal(undefined)
    })
  })

  describe('of what is opted out', () => {
    const annotations = { 'dogwatch.dev/crash-alerts': 'off' }
    const titles = (route: string) =>
      lab.alerts.flatMap(({ policy, title }) => (policy.name === route ? [title] : [])).sort()

    async function routes(): Promise<void> {
      lab = await CrashWatcherLab.start()
      lab.route({ optOut: true }, 'lets')
      lab.route({ optOut: false }, 'does-not')
    }

    it('tells no crash of a pod by a route that lets it, and keeps it', async () => {
      await routes()
      crash('quiet-1', undefined, { metadata: { name: 'quiet-1', annotations } })
      crash('marker-1')
      await lab.toldWhen(3)
      const both = ['Pod shop/marker-1, container main: Error', 'Pod shop/quiet-1, container main: Error']
      expect(titles('does-not')).to.deep.equal(both)
      expect(titles('lets')).to.deep.equal(both.slice(0, 1))
      expect(lab.records.map(({ pod }) => pod?.name).sort()).to.deep.equal(['marker-1', 'quiet-1'])
    })

    const alone = (name: string) => ({ name, namespace: 'shop', ownerReferences: [] })
    for (const [where, job] of [
      ['itself', { metadata: { ...alone('quiet'), annotations } }],
      ["by its pods' template", { metadata: alone('quiet'), spec: { template: { metadata: { annotations } } } }],
    ] as const) {
      it(`tells not that a Job gave up that says so ${where}, and keeps it`, async () => {
        await routes()
        lab.putJob(failedJob('quiet', job))
        lab.putJob(failedJob('marker', { metadata: alone('marker') }))
        await lab.toldWhen(3)
        const both = ['Job shop/marker: JobFailed', 'Job shop/quiet: JobFailed']
        expect(titles('does-not')).to.deep.equal(both)
        expect(titles('lets')).to.deep.equal(both.slice(0, 1))
        expect(lab.records.map(({ workload }) => workload.name).sort()).to.deep.equal(['marker', 'quiet'])
      })
    }
  })

  it('takes what the patterns of any route match out of log, last word, facts and cause, told and kept', async () => {
    const event = { type: 'Warning', reason: 'Unhealthy', message: 'probe said sesame-3', lastTimestamp: at(9) }
    lab = await CrashWatcherLab.start({
      log: logOf(['opened with sesame-1']),
      other: (path) => ({ items: path.includes('/namespaces/shop/events') ? [event] : [] }),
    })
    lab.route({ logs: { redact: ['sesame-\\d'] } }, 'secretive')
    lab.route({}, 'open')
    crash('web-1', 'closed with sesame-2')
    const status = { phase: 'Failed', reason: 'Evicted', message: 'out of sesame-4', containerStatuses: [] }
    lab.putPod(podOf('web-2', { status }))
    await lab.toldWhen(4)
    const told = JSON.stringify(lab.alerts)
    const kept = JSON.stringify(lab.records)
    for (const text of [told, kept]) {
      expect(text).to.not.include('sesame')
      for (const words of ['opened with', 'closed with', 'probe said', 'out of'])
        expect(text).to.include(`${words} [redacted]`)
    }
  })

  it('names the cluster in alert and record, and where to look further', async () => {
    lab = await CrashWatcherLab.start({ clusterName: 'east 1' })
    lab.route({
      dashboardURL: 'https://kibana.test/?c={{cluster}}&ns={{namespace}}&pod={{pod}}&why={{reason}}&id={{id}}',
    })
    crash('web-1')
    const [alert] = await lab.toldWhen(1)
    const [record] = lab.records
    expect([alert?.clusterName, record?.cluster]).to.deep.equal(['east 1', 'east 1'])
    expect(alert?.lines.filter((line) => line.includes('kibana'))).to.deep.equal([
      `https://kibana.test/?c=east%201&ns=shop&pod=web-1&why=Error&id=${record?.id}`,
    ])
  })

  describe('of a ReplicaSet', () => {
    const replicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: 'web-7f9c',
      uid: 'uid-of-set',
      controller: true,
    }
    const prometheus = { apiVersion: 'monitoring.coreos.com/v1', kind: 'Prometheus', name: 'main', uid: 'uid-of-main' }

    /** What is told first of a pod of it that crashes. */
    async function toldOf(labels: Record<string, string>, owner: object): Promise<string[]> {
      const metadata = { name: replicaSet.name, uid: replicaSet.uid, ownerReferences: [{ ...owner, controller: true }] }
      lab = await CrashWatcherLab.start({
        other: (path) => (path.endsWith('/replicasets/web-7f9c') ? { metadata } : { items: [] }),
      })
      lab.route({})
      crash('web-1', undefined, { metadata: { name: 'web-1', labels, ownerReferences: [replicaSet] } })
      const [alert] = await lab.toldWhen(1)
      return [alert?.title ?? '', ...(alert?.lines.filter((line) => line.includes(' is made by ')) ?? [])]
    }

    it('says what made it, where that is nothing that could be known before', async () => {
      expect(await toldOf({}, prometheus)).to.deep.equal([
        'ReplicaSet shop/web-7f9c, container main: Error',
        'ReplicaSet web-7f9c is made by Prometheus main (monitoring.coreos.com/v1).',
      ])
    })

    it('says no more where it is told as the Deployment that made it', async () => {
      const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-of-web' }
      expect(await toldOf({ 'pod-template-hash': '7f9c' }, deployment)).to.deep.equal([
        'Deployment shop/web, container main: Error',
      ])
    })
  })
})
