import { expect } from 'chai'
import { type CrashAlertRoute, crashAlertRoute } from '../../../src/api/crash-alert-route.ts'
import type { Silence } from '../../../src/api/silence.ts'
import { formatListing } from '../../../src/cli/output/listing.ts'
import { type CrashQuestion, type CrashWish, crashQuestion } from '../../../src/cli/routes/crash-question.ts'
import { explainRoutes } from '../../../src/cli/routes/explain.ts'
import { explainDocument, explainText } from '../../../src/cli/routes/explain-text.ts'
import { lineListing } from '../../../src/cli/routes/line-listing.ts'
import { muteListing } from '../../../src/cli/routes/mute-listing.ts'
import { matchesGlob } from '../../../src/model/glob.ts'
import { atAnyHour, Receivers } from '../../../src/notify/receivers.ts'
import { createJobProjection, type JobFacts } from '../../../src/watchers/crash/job-facts.ts'
import type { PodObject } from '../../../src/watchers/crash/pod-object.ts'
import { expectGolden } from '../../support/golden.ts'

const nowMs = Date.parse('2026-12-01T12:40:00Z')
const now = { nowMs, timeZone: 'Europe/Zurich' }
const systemNamespace = 'dogwatch-system'
const made = '2026-12-01T12:00:00Z'

const ready = [
  {
    type: 'Ready' as const,
    status: 'True' as const,
    reason: 'Watching',
    message: 'so',
    observedGeneration: 1,
    lastTransitionTime: made,
  },
]

function route(namespace: string, name: string, spec: object): CrashAlertRoute {
  return {
    ...{ apiVersion: 'dogwatch.dev/v1alpha1', kind: 'CrashAlertRoute' },
    metadata: { namespace, name, uid: name, resourceVersion: '1', generation: 1, creationTimestamp: made },
    spec: crashAlertRoute.spec.parse(spec) as CrashAlertRoute['spec'],
    status: { conditions: ready },
  }
}

const silence = (namespace: string, name: string, label: string, value: string): Silence =>
  ({
    metadata: { namespace, name, uid: name, resourceVersion: '1', generation: 1, creationTimestamp: made },
    spec: { matchers: [{ name: label, value, regex: true }], duration: '2h' },
  }) as unknown as Silence

function pod(lastState?: object): PodObject {
  const status = {
    name: 'app',
    ready: true,
    restartCount: lastState ? 1 : 0,
    state: { running: {} },
    ...(lastState && { lastState }),
  }
  return {
    metadata: { namespace: 'payments', name: 'api-0', uid: 'p', creationTimestamp: made },
    spec: { nodeName: 'node-1', containers: [{ name: 'app' }, { name: 'sidecar' }] },
    status: { phase: 'Running', containerStatuses: [status] },
  } as unknown as PodObject
}

const killed = { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: made, containerID: 'containerd://1' } }
const question = (wish: CrashWish = {}, object = pod(killed), job: JobFacts | 'none' = 'none') =>
  crashQuestion(object, wish, { job, nowMs })

function receivers(): Receivers {
  const all = new Receivers()
  all.set({
    ...{ namespace: systemNamespace, name: 'slack', version: '1', channel: 'slack', hours: atAnyHour },
    notifier: { rate: { burst: 1, intervalMs: 0 }, notify: async () => ({ sent: true }) },
    isSharedWith: ({ labels }, channel = '#pay') => labels.tier === 'gold' && matchesGlob('#pay*', channel),
  })
  return all
}

const slack = { name: 'slack', slack: { channel: '#all' } }
const routes = [
  route(systemNamespace, 'crashes', {
    channelFromAnnotation: true,
    routes: [
      {
        name: 'gold',
        namespaces: { selector: { matchLabels: { tier: 'gold' } } },
        receivers: [slack, { name: 'mail' }],
      },
    ],
    receivers: [{ name: 'slack' }],
  }),
  route(systemNamespace, 'others', { namespaces: { names: ['dev'] } }),
  route('payments', 'quiet', {
    ignore: [
      { pod: 'api-*', exitCodes: [137] },
      { namespace: 'payments', reason: 'Error' },
    ],
  }),
  route('payments', 'asleep', { suspend: true }),
  route('payments', 'own', { receivers: [{ name: 'slack', namespace: systemNamespace, slack: { channel: '#all' } }] }),
]

function explain(wishedChannel: string, silences: readonly Silence[] = []) {
  const namespace = { name: 'payments', labels: { tier: 'gold' }, wishedChannel }
  const surroundings = {
    ...{ systemNamespace, receivers: receivers() },
    namespaceFacts: (name: string) => (name === 'payments' ? namespace : { name, labels: {} }),
  }
  const asked = question()
  const answers = explainRoutes({ question: asked, namespace, routes, silences, surroundings, nowMs })
  return { question: asked, answers, notes: ['silences of namespace dogwatch-system cannot be read with your rights'] }
}

describe('the crash that is asked about', () => {
  it('is the last one of the pod', () => {
    expect(question()).to.deep.include({
      ...{ container: 'app', reason: 'OOMKilled', exitCode: 137, isSeen: true, node: 'node-1' },
    })
  })

  it('is one with Error where there was none, or whatever is asked', () => {
    expect(question({}, pod())).to.deep.include({ container: 'app', reason: 'Error', exitCode: 1, isSeen: false })
    expect(question({ container: 'sidecar' })).to.deep.include({ container: 'sidecar', reason: 'Error', isSeen: false })
    const asked = question({ reason: 'ImagePull' })
    expect(asked).to.deep.include({ reason: 'ImagePull', isSeen: false }).and.not.have.property('exitCode')
    expect(question({ exitCode: 3 })).to.deep.include({ reason: 'Error', exitCode: 3, isSeen: false })
    expect(() => question({ container: 'absent' })).to.throw(
      'pod payments/api-0 has no container absent: it has app, sidecar',
    )
  })
})

describe('routes, explained', () => {
  it('show each route with its line, its receivers, and who chose the channel', () => {
    expectGolden('cli/routes/explain.txt', explainText(explain('#pay-oncall'), { now, width: 120 }))
  })

  it('show why the namespace’s own channel is not taken, and what mutes it', () => {
    const silences = [
      silence('payments', 'night', 'pod', 'api-.*'),
      silence('dev', 'elsewhere', 'pod', 'api-.*'),
      silence(systemNamespace, 'of-node', 'node', 'node-1'),
      silence(systemNamespace, 'of-another', 'container', 'sidecar'),
      silence(systemNamespace, 'broken', 'pod', '('),
      silence(systemNamespace, 'of-cluster', 'cluster', 'prod'),
    ]
    const explanation = explain('#bosses', silences)
    expectGolden('cli/routes/explain-muted.txt', explainText(explanation, { now, width: 120 }))
    expectGolden('cli/routes/explain.json', `${JSON.stringify(explainDocument(explanation), undefined, 2)}\n`)
  })

  it('say that nobody is told where there is no route', () => {
    const text = explainText({ question: question(), answers: [], notes: [] }, { now, width: undefined })
    expect(text).to.equal(
      'Pod payments/api-0, container app: OOMKilled, exit code 137 (its last crash)\n\nNo CrashAlertRoute was found: nobody is told.\n',
    )
  })
})

describe('a route whose spec is not what is at work', () => {
  const condition = (type: string, status: string, reason: string, message: string) => ({
    ...{ type, status, reason, message, observedGeneration: 2, lastTransitionTime: made },
  })
  const works = condition('Ready', 'True', 'Watching', 'Crashes are told as they come')
  const refused = (rest: string) =>
    condition(
      'Accepted',
      'False',
      'InvalidSpec',
      `spec.logs.redact[0]: "(?=x)" is not a pattern that RE2 reads. ${rest}`,
    )
  const changed = (name: string, conditions: object[], spec: object = {}, namespace = systemNamespace) => {
    const written = route(namespace, name, { receivers: [slack], ...spec })
    return { ...written, metadata: { ...written.metadata, generation: 2 }, status: { conditions } } as CrashAlertRoute
  }
  const earlier = refused('Generation 1 works on')
  const beyond = { namespaces: { names: ['dev'] } }
  const outOfScope = condition(
    ...(['Accepted', 'False', 'OutOfScope'] as const),
    'spec.namespaces.names (dev): a resource in namespace payments sees that namespace alone: leave it out. Generation 1 works on',
  )
  const all = [
    changed('earlier', [earlier, works]),
    changed('suspending', [earlier, works], { suspend: true }),
    changed('scope', [outOfScope, works], beyond, 'payments'),
    changed('unseen', [{ ...works, observedGeneration: 1 }]),
    changed('never', [
      refused('Nothing is told until it is corrected'),
      condition('Ready', 'False', 'NotAccepted', 'Nothing is told: the spec is not accepted'),
    ]),
    changed('resting', [
      earlier,
      condition('Ready', 'False', 'Suspended', 'Nothing is told or kept until spec.suspend is false'),
    ]),
    changed('mended', [condition('Accepted', 'True', 'Accepted', 'The spec can be carried out'), works]),
  ]
  const namespace = { name: 'payments', labels: {} }
  const surroundings = { systemNamespace, receivers: receivers(), namespaceFacts: () => namespace }
  const answers = explainRoutes({
    ...{ question: question(), namespace, routes: all, surroundings, nowMs },
    silences: [silence(systemNamespace, 'night', 'pod', 'api-.*')],
  })
  const explanation = { question: question(), answers, notes: [] }

  it('is answered by neither yes nor no, with why, unless it is known to rest', () => {
    expectGolden('cli/routes/explain-refused.txt', explainText(explanation, { now, width: 120 }))
    const { routes: documents } = explainDocument(explanation) as { routes: Record<string, unknown>[] }
    expect(documents[0]).to.deep.include({ verdict: 'Unknown', by: 'an earlier spec', receivers: [], silences: [] })
  })

  it('is marked where specs are listed', async () => {
    const lines = await formatListing(lineListing(all, undefined), 'table', { width: 120 })
    const note =
      'dogwatch-system/earlier: what is shown here is refused, and an earlier version of the spec is at work: spec.logs'
    expect(lines).to.include(note)
    expect(lines.match(/what is shown here is refused/g)).to.have.length(3)
    expect(await formatListing(muteListing(all, undefined), 'table', { width: 120 })).to.include(note)
  })
})

describe('silences of a crash', () => {
  const controlledBy = (kind: string, name: string, apiVersion = 'batch/v1') => ({
    ownerReferences: [{ apiVersion, kind, name, uid: name, controller: true }],
  })
  const ofCronJob = {
    metadata: { namespace: 'payments', name: 'nightly-1', uid: 'nightly-1', ...controlledBy('CronJob', 'nightly') },
  }
  const job = createJobProjection()(ofCronJob)
  const podOfJob = {
    ...pod(killed),
    metadata: { ...pod().metadata, ...controlledBy('Job', 'nightly-1') },
  } as PodObject

  interface Case {
    readonly asked?: CrashQuestion
    readonly spec?: object
    readonly clusterName?: string
  }

  function answerFor(matchers: Record<string, string>, { asked = question(), spec = {}, ...rest }: Case = {}) {
    const [first] = Object.entries(matchers)
    const muting = silence(systemNamespace, 'night', ...(first ?? ['', '']))
    const written = Object.entries(matchers).map(([name, value]) => ({ name, value, regex: false }))
    const silences = [{ ...muting, spec: { ...muting.spec, matchers: written } }]
    const namespace = { name: 'payments', labels: {} }
    const surroundings = { systemNamespace, receivers: receivers(), namespaceFacts: () => namespace }
    const one = [route(systemNamespace, 'crashes', spec)]
    const facts = { question: asked, namespace, routes: one, silences, surroundings, nowMs, ...rest }
    const answers = explainRoutes(facts)
    const text = explainText({ question: asked, answers, notes: [] }, { now, width: 120 })
    return { told: /crashes +(\S+)/.exec(text)?.[1], text }
  }
  const toldOf = (...args: Parameters<typeof answerFor>) => answerFor(...args).told

  it('are found by the CronJob whose Job made the pod', () => {
    const asked = question({}, podOfJob, job)
    expect(toldOf({ workload: 'nightly' }, { asked })).to.equal('muted')
    expect(toldOf({ kind: 'CronJob', name: 'nightly' }, { asked })).to.equal('muted')
    expect(toldOf({ workload: 'nightly-1' }, { asked })).to.equal('yes')
    const ofAnother = question({}, podOfJob, { ...job, uid: 'another' })
    expect(toldOf({ workload: 'nightly-1' }, { asked: ofAnother })).to.equal('muted')
  })

  it('are not guessed where the Job cannot be read', () => {
    const asked = crashQuestion(podOfJob, {}, { job: undefined, nowMs })
    const { told, text } = answerFor({ pod: 'api-0', workload: 'nightly' }, { asked })
    expect(told).to.equal('unknown')
    expect(text).to.match(
      /Silence dogwatch-system\/night may mute it until .*: only where workload=nightly holds, which cannot be seen from here\.\n/,
    )
    expect(toldOf({ pod: 'api-1', workload: 'nightly' }, { asked })).to.equal('yes')
    expect(toldOf({ pod: 'api-0' }, { asked })).to.equal('muted')
    expect(toldOf({ workload: 'nightly' }, { asked, spec: { grouping: { by: 'Pod' } } })).to.equal('yes')
  })

  it('are found by the pod where the route groups by pods', () => {
    const asked = question({}, podOfJob, job)
    const spec = { grouping: { by: 'Pod' } }
    expect(toldOf({ kind: 'Pod', workload: 'api-0' }, { asked, spec })).to.equal('muted')
    expect(toldOf({ workload: 'nightly' }, { asked, spec })).to.equal('yes')
    expect(toldOf({ workload: 'nightly' }, { asked, spec: { grouping: { by: 'Namespace' } } })).to.equal('muted')
  })

  it('are judged by the name of the cluster where it is said, and are not guessed where it is not', () => {
    const { told, text } = answerFor({ cluster: 'prod', namespace: 'payments' })
    expect(told).to.equal('unknown')
    expect(text).to.match(
      /only where cluster=prod holds, which cannot be seen from here \(say the operator's with --cluster-name\)\.\n/,
    )
    expect(toldOf({ cluster: 'prod', namespace: 'dev' })).to.equal('yes')
    expect(toldOf({ cluster: 'prod' }, { clusterName: 'prod' })).to.equal('muted')
    expect(toldOf({ cluster: 'prod' }, { clusterName: 'test' })).to.equal('yes')
    expect(toldOf({ cluster: 'prod' }, { clusterName: '' }), 'it has none').to.equal('yes')
    expect(toldOf({ cluster: '' }, { clusterName: '' })).to.equal('muted')
  })
})

describe('routes, listed', () => {
  it('show their lines in the order in which they are tried', async () => {
    const all = lineListing(routes, undefined)
    expectGolden('cli/routes/list.txt', await formatListing(all, 'wide', { width: 140 }))
    expectGolden('cli/routes/list.csv', await formatListing(all, 'csv', { width: undefined }))
    const own = lineListing(routes.slice(4), 'payments')
    expectGolden('cli/routes/list-namespace.txt', await formatListing(own, 'table', { width: 80 }))
    expect(await formatListing(lineListing([], 'dev'), 'table', { width: 80 })).to.equal(
      'There are no CrashAlertRoutes in namespace dev; -A looks in all.\n',
    )
  })

  it('show what they keep untold', async () => {
    const muted = muteListing(routes, undefined)
    expectGolden('cli/routes/muted.txt', await formatListing(muted, 'table', { width: 100 }))
    expectGolden('cli/routes/muted.csv', await formatListing(muted, 'csv', { width: undefined }))
    expect(await formatListing(muteListing(routes.slice(4), 'payments'), 'table', { width: 80 })).to.equal(
      'Nothing is muted: every crash that a route selects is told.\n',
    )
    expect(await formatListing(muteListing([], undefined), 'table', { width: 80 })).to.equal(
      'There are no CrashAlertRoutes.\n',
    )
  })
})
