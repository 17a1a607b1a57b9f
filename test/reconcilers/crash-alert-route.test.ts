import { expect } from 'chai'
import {
  type CrashAlertRoute,
  type CrashAlertRouteSpec,
  type CrashAlertRouteStatus,
  crashAlertRoute,
} from '../../src/api/crash-alert-route.ts'
import type { CrashIncidentStatus } from '../../src/api/crash-route-status.ts'
import { matchesGlob } from '../../src/model/glob.ts'
import type { Notifier } from '../../src/notify/notifier.ts'
import { atAnyHour, type NamespaceFacts, Receivers } from '../../src/notify/receivers.ts'
import { AcceptedVersions } from '../../src/reconcilers/accepted-versions.ts'
import { createCrashAlertRouteReconciler } from '../../src/reconcilers/crash-alert-route/reconciler.ts'
import type { CrashReport, CrashView } from '../../src/watchers/crash/view.ts'
import type { WatchedCrashRoute } from '../../src/watchers/crash/watched-route.ts'
import { factStore } from '../support/fact-store.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const notifier: Notifier = { rate: { burst: 1, intervalMs: 0 }, notify: async () => ({ sent: true }) }
const startText = '2026-01-01T00:00:00Z'
const systemNamespace = 'dogwatch-system'

interface RouteExtras {
  readonly namespace?: string
  readonly generation?: number
  readonly status?: CrashAlertRouteStatus
}

function aRoute(spec: object, { namespace = 'team', generation = 1, status }: RouteExtras = {}): CrashAlertRoute {
  return {
    apiVersion: 'dogwatch.dev/v1alpha1',
    kind: 'CrashAlertRoute',
    metadata: { namespace, name: 'r', uid: 'u', resourceVersion: '1', generation, creationTimestamp: startText },
    spec: crashAlertRoute.spec.parse(spec) as CrashAlertRouteSpec,
    ...(status === undefined ? {} : { status }),
  }
}

const incident: CrashIncidentStatus = {
  ...{ namespace: 'team', kind: 'Deployment', name: 'web', container: 'app', reasons: ['OOMKilled'] },
  ...{ since: startText, crashes: 1, lastPod: 'web-1', toldTime: startText },
}
const crashAt = (time: string) => ({ time, namespace: 'team', pod: 'web-1', container: 'app', reason: 'OOMKilled' })

function aView(more: Partial<CrashReport> = {}, gap?: CrashView['gap']): CrashView {
  const report = { namespaces: 1, open: 1, told: 1, muted: 0, incidents: [incident], logsMissing: 0, ...more }
  return { waitingFor: [], report, ...(gap === undefined ? {} : { gap }) }
}

interface World {
  view?: CrashView
  /** Absent: not read yet. */
  namespace?: NamespaceFacts
  logProblem?: string
  historyProblem?: string
  isStopped?: boolean
}

/** `facts`: what an earlier process remembered. */
function setUp(world: World = {}, facts = new Map<string, string>()) {
  const clock = new VirtualClock()
  const receivers = new Receivers()
  const events: string[] = []
  const applied: WatchedCrashRoute[] = []
  const removed: string[] = []
  const accepted = new AcceptedVersions(factStore(facts))
  const reconciler = createCrashAlertRouteReconciler({
    systemNamespace,
    crashes: {
      apply: (route) => void applied.push(route),
      remove: (uid) => void removed.push(uid),
      workOf: () => applied.at(-1),
      view: () => (applied.length === 0 ? undefined : (world.view ?? aView())),
    },
    receivers,
    accepted,
    namespaceFacts: () => world.namespace,
    recordEvent: (_, reason, note) => void events.push(`${reason}: ${note}`),
    logProblem: () => world.logProblem,
    historyProblem: () => world.historyProblem,
    isStopped: () => world.isStopped === true,
    clock,
  })
  const reconcile = (route: CrashAlertRoute) => reconciler.reconcile(route, new AbortController().signal)
  const share = (reference: { namespace: string; name: string }, channel: 'console' | 'slack' = 'slack') =>
    receivers.set({
      ...{ ...reference, version: '1', notifier, channel, hours: atAnyHour },
      isSharedWith: ({ labels }, slackChannel = '#team-a') =>
        labels.shared === 'yes' && matchesGlob('#team-*', slackChannel),
    })
  return { world, clock, receivers, events, applied, removed, reconciler, reconcile, share, facts, accepted }
}

function conditionOf(status: CrashAlertRouteStatus, type: string) {
  const found = status.conditions?.find((condition) => condition.type === type)
  return found && `${found.status} ${found.reason}`
}

const messageOf = (status: CrashAlertRouteStatus, type: string) =>
  status.conditions?.find((condition) => condition.type === type)?.message

const line = (name: string, ...receivers: object[]) => ({ name, namespaces: { names: ['team'] }, receivers })

describe('CrashAlertRoute reconciler', () => {
  it('hands a route on with the receivers that can be used, line by line', async () => {
    const { reconcile, applied, share, receivers } = setUp({ namespace: { name: 'team', labels: { shared: 'yes' } } })
    share({ namespace: systemNamespace, name: 'slack' })
    share({ namespace: 'team', name: 'own' })
    const shared = { name: 'slack', namespace: systemNamespace, slack: { channel: '#team-a' } }
    const status = await reconcile(
      aRoute({
        routes: [line('a', shared, { name: 'absent' }), line('b', { name: 'own' })],
        receivers: [{ name: 'own' }],
      }),
    )
    const slack = { namespace: systemNamespace, name: 'slack', slackChannel: '#team-a' }
    const own = { namespace: 'team', name: 'own' }
    expect(applied).to.have.length(1)
    expect(applied[0]).to.deep.include({ generation: 1, onlyNamespace: 'team', receivers: [own] })
    expect(applied[0]?.lines).to.deep.equal([
      { name: 'a', namespaces: { names: ['team'] }, receivers: [slack] },
      { name: 'b', namespaces: { names: ['team'] }, receivers: [own] },
    ])
    expect(applied[0]?.reference).to.deep.equal({ kind: 'CrashAlertRoute', namespace: 'team', name: 'r', uid: 'u' })
    expect(receivers.usersOf(own)).to.deep.equal(['CrashAlertRoute team/r'])
    expect(conditionOf(status, 'ResolvedRefs')).to.equal('False ReceiverMissing')
    expect(messageOf(status, 'ResolvedRefs')).to.match(
      /^spec\.routes\[a\]: AlertReceiver team\/absent does not exist: .*; the others work$/,
    )
  })

  it('names every line that names what cannot be used, and no more of them than a person reads', async () => {
    const { reconcile, share, events } = setUp({ namespace: { name: 'team', labels: { shared: 'yes' } } })
    share({ namespace: systemNamespace, name: 'slack' })
    const channel = { name: 'slack', namespace: systemNamespace, slack: { channel: '#bosses' } }
    const names = Array.from({ length: 8 }, (_, index) => `line-${index}`)
    const routes = [...names.map((name) => line(name, { name: 'absent' })), line('bold', channel)]
    const status = await reconcile(aRoute({ routes, receivers: [{ name: 'absent' }] }))
    const message = messageOf(status, 'ResolvedRefs')
    expect(message).to.match(/^spec\.routes\[line-0\], .*spec\.routes\[line-4\] and 4 more: AlertReceiver team\/absent/)
    expect(message).to.match(/; spec\.routes\[bold\]: AlertReceiver \S+ is not shared for channel #bosses: /)
    expect(message).to.match(/; alerts go to the operator's console$/)
    expect(events).to.have.length(1)
  })

  it('lets a tenant select its own namespace alone, in every line', async () => {
    const { reconcile, applied, events } = setUp()
    const status = await reconcile(
      aRoute({
        namespaces: { selector: {} },
        routes: [{ name: 'a', namespaces: { names: ['team', 'other'] }, receivers: [{ name: 'x' }] }],
      }),
    )
    expect(conditionOf(status, 'Accepted')).to.equal('False OutOfScope')
    expect(messageOf(status, 'Accepted'))
      .to.include('spec.namespaces.selector: ')
      .and.include('spec.routes[a].namespaces.names (other): ')
      .and.match(/Nothing is told until it is corrected$/)
    expect(conditionOf(status, 'Ready')).to.equal('False NotAccepted')
    expect(applied).to.deep.equal([])
    expect(events).to.have.length(2)
    const wide = await reconcile(aRoute({ namespaces: { selector: {} } }, { namespace: systemNamespace }))
    expect(conditionOf(wide, 'Accepted')).to.equal('True Accepted')
    expect(applied[0]?.onlyNamespace).to.equal(undefined)
  })

  it('keeps the last good version at work when a new one has a pattern that RE2 does not read', async () => {
    const { reconcile, applied } = setUp()
    await reconcile(aRoute({ logs: { redact: ['a+'] } }))
    const status = await reconcile(aRoute({ logs: { redact: ['a+', '(?=x)'] } }, { generation: 2 }))
    expect(applied.map(({ generation }) => generation)).to.deep.equal([1, 1])
    expect(conditionOf(status, 'Accepted')).to.equal('False InvalidSpec')
    expect(messageOf(status, 'Accepted')).to.match(
      /^spec\.logs\.redact\[1\]: "\(\?=x\)" is not a pattern that RE2 reads: .* Generation 1 works on$/,
    )
    expect(conditionOf(status, 'Ready')).to.equal('True Watching')
  })

  it('has the last good version work on after a restart too, until the route is deleted', async () => {
    const facts = new Map<string, string>()
    const before = setUp({}, facts)
    await before.reconcile(aRoute({ logs: { redact: ['a+'] } }))
    const { reconcile, reconciler, applied } = setUp({}, facts)
    const rejected = aRoute({ logs: { redact: ['(?=x)'] } }, { generation: 2 })
    const late = setUp()
    await late.reconcile(rejected)
    for (const [name, value] of facts) late.facts.set(name, value)
    late.accepted.read()
    expect(late.applied.map(({ generation }) => generation)).to.deep.equal([1])
    expect(messageOf(await reconcile(rejected), 'Accepted')).to.match(/Generation 1 works on$/)
    expect(applied.map(({ spec }) => spec)).to.deep.equal(before.applied.map(({ spec }) => spec))
    await reconciler.forget(rejected.metadata)
    expect(facts.size).to.equal(0)
  })

  it('refuses a pattern that a text could make slow, before a log is held against it', async () => {
    const { reconcile } = setUp()
    const status = await reconcile(aRoute({ logs: { redact: ['(a{1,50}){1,20}'] } }))
    expect(messageOf(status, 'Accepted')).to.match(/^spec\.logs\.redact\[0\]: ".*" is too large a pattern/)
  })

  it('refuses a placeholder that stands for nothing', async () => {
    const { reconcile } = setUp()
    const status = await reconcile(aRoute({ dashboardURL: 'https://x/{{namespace}}/{{pods}}' }))
    expect(messageOf(status, 'Accepted')).to.match(
      /^spec\.dashboardURL: \{\{pods\}\} stands for nothing: write one of /,
    )
  })

  it('refuses two lines of one name', async () => {
    const { reconcile } = setUp()
    const status = await reconcile(aRoute({ routes: [line('a', { name: 'x' }), line('a', { name: 'y' })] }))
    expect(messageOf(status, 'Accepted')).to.include('spec.routes[a]: two lines have this name')
  })

  it('lets a namespace name its channel where the receiver is its own or shared with it for that channel', async () => {
    const { reconcile, applied, share, receivers } = setUp()
    share({ namespace: systemNamespace, name: 'slack' })
    share({ namespace: systemNamespace, name: 'console' }, 'console')
    await reconcile(aRoute({ channelFromAnnotation: true }, { namespace: systemNamespace }))
    const answer = (name: string, namespace: string, labels: Record<string, string>, channel: string) =>
      applied[0]?.channelAnswer({ name: namespace, labels }, channel, {
        ...{ namespace: systemNamespace, name, slackChannel: '#bosses' },
      })
    expect(answer('slack', 'pay', { shared: 'yes' }, '#team-pay')).to.equal('Allowed')
    expect(answer('slack', 'pay', { shared: 'yes' }, '#bosses')).to.equal('NotShared')
    expect(answer('slack', 'pay', {}, '#team-pay')).to.equal('NotShared')
    expect(answer('slack', systemNamespace, {}, '#bosses')).to.equal('Allowed')
    expect(answer('console', systemNamespace, {}, '#bosses')).to.equal('NoSlack')
    receivers.delete({ namespace: systemNamespace, name: 'slack' })
    expect(answer('slack', 'pay', { shared: 'yes' }, '#team-pay')).to.equal('NoSlack')
  })

  it('shows what the watcher sees, at most fifty incidents of it', async () => {
    const incidents = Array.from({ length: 70 }, (_, index) => ({ ...incident, name: `web-${index}` }))
    const { reconcile } = setUp({ view: aView({ open: 70, incidents, lastCrash: crashAt(startText) }) })
    const status = await reconcile(aRoute({}))
    expect(crashAlertRoute.status.safeParse(status).error).to.equal(undefined)
    expect(status).to.deep.include({ open: 70, told: 1, muted: 0, namespaces: 1, lastCrash: crashAt(startText) })
    expect(status.incidents).to.deep.equal(incidents.slice(0, 50))
  })

  it('does not write because something crashed once more, only every five minutes; because a reason came, at once', async () => {
    const { world, clock, reconcile } = setUp()
    const shown = { namespaces: 1, open: 1, told: 1, muted: 0, logsMissing: 0, incidents: [incident] }
    const status = await reconcile(aRoute({}, { status: { ...shown, lastCrash: crashAt(startText) } }))
    const seen = async (more: Partial<CrashIncidentStatus>) => {
      const lastCrash = crashAt(new Date(clock.nowMs()).toISOString())
      world.view = aView({ incidents: [{ ...incident, ...more }], lastCrash })
      return (await reconcile(aRoute({}, { status: { ...status, ...shown, lastCrash: crashAt(startText) } }))).incidents
    }
    await clock.advance(60_000)
    expect(await seen({ crashes: 5, lastPod: 'web-2' })).to.deep.equal([incident])
    const grown = { crashes: 5, reasons: ['OOMKilled', 'CrashLoopBackOff'] }
    expect(await seen(grown)).to.deep.equal([{ ...incident, ...grown }])
    await clock.advance(240_000)
    expect(await seen({ crashes: 9 })).to.deep.equal([{ ...incident, crashes: 9 }])
  })

  it('goes on showing the last crash where this process knows of none, or of an older one only', async () => {
    const { world, clock, reconcile } = setUp()
    const status = { lastCrash: crashAt(startText) }
    const shownAfter = async (seen: Partial<CrashReport>) => {
      world.view = aView({ open: 0, told: 0, incidents: [], ...seen })
      return (await reconcile(aRoute({}, { status }))).lastCrash
    }
    for (const minutes of [1, 60]) {
      await clock.advance(minutes * 60_000)
      expect(await shownAfter({})).to.deep.equal(crashAt(startText))
      expect(await shownAfter({ lastCrash: crashAt('2025-12-31T23:00:00Z') })).to.deep.equal(crashAt(startText))
      const newer = crashAt('2026-01-01T00:00:07Z')
      expect(await shownAfter({ lastCrash: newer })).to.deep.equal(newer)
    }
  })

  it('leaves what the status shows until everything has been seen', async () => {
    const { reconcile } = setUp({ view: { waitingFor: ['pods', 'jobs'] } })
    const shown = { open: 1, incidents: [incident] }
    const status = await reconcile(aRoute({}, { status: shown }))
    expect(status).to.deep.include(shown)
    expect(messageOf(status, 'Ready')).to.equal('The first state is being read: pods, jobs')
  })

  it('says what is not as it should be: the log before the history, the history before what is missing', async () => {
    const { world, reconcile } = setUp({ logProblem: 'disk full' })
    const gap = { reason: 'HistoryUnavailable', message: 'Elasticsearch does not answer' }
    world.view = aView({ logsMissing: 2 }, gap)
    expect(conditionOf(await reconcile(aRoute({})), 'Degraded')).to.equal('True LogUnavailable')
    delete world.logProblem
    const away = await reconcile(aRoute({}))
    expect(conditionOf(away, 'Degraded')).to.equal('True HistoryUnavailable')
    expect(messageOf(away, 'Degraded')).to.equal('Elasticsearch does not answer')
    world.view = aView({ logsMissing: 2 })
    world.historyProblem = 'no answer within 60 s'
    expect(messageOf(await reconcile(aRoute({})), 'Degraded')).to.match(/wait to be kept .*: no answer within 60 s$/)
    delete world.historyProblem
    expect(messageOf(await reconcile(aRoute({})), 'Degraded')).to.match(/^2 open incidents have no log/)
    world.view = aView()
    expect(conditionOf(await reconcile(aRoute({})), 'Degraded')).to.equal('False AllKnown')
  })

  it('says that it rests, and that everything was stopped', async () => {
    const { world, reconcile } = setUp()
    expect(conditionOf(await reconcile(aRoute({ suspend: true })), 'Ready')).to.equal('False Suspended')
    world.isStopped = true
    expect(conditionOf(await reconcile(aRoute({ suspend: true })), 'Ready')).to.equal('False Stopped')
  })

  it('lets receivers go and closes what is open when the route is gone', async () => {
    const { reconcile, reconciler, receivers, removed } = setUp()
    await reconcile(aRoute({ receivers: [{ name: 'oncall' }] }))
    await reconciler.forget({ namespace: 'team', name: 'r', uid: 'u' })
    expect(receivers.usersOf({ namespace: 'team', name: 'oncall' })).to.deep.equal([])
    expect(removed).to.deep.equal(['u'])
  })
})
