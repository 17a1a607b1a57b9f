import { expect } from 'chai'
import { type AlertReceiver, type AlertReceiverStatus, alertReceiver } from '../../src/api/alert-receiver.ts'
import type { SpecOf } from '../../src/api/kind.ts'
import { OperatorError } from '../../src/base/errors.ts'
import type { ChannelSurroundings } from '../../src/notify/channels/channels.ts'
import type { Notifier, Preflight } from '../../src/notify/notifier.ts'
import { type Health, ReceiverChecks } from '../../src/notify/receiver-checks.ts'
import { Receivers } from '../../src/notify/receivers.ts'
import { secretReferencesOf } from '../../src/reconcilers/alert-receiver/build-receiver.ts'
import { createAlertReceiverReconciler } from '../../src/reconcilers/alert-receiver/reconciler.ts'
import { buildStatus } from '../../src/reconcilers/alert-receiver/status.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const signal = new AbortController().signal
const system = 'dogwatch-system'

interface Change {
  readonly namespace?: string
  readonly generation?: number
  readonly status?: AlertReceiverStatus
}

function aReceiver(spec: object, { namespace = system, generation = 1, status }: Change = {}): AlertReceiver {
  const metadata = { namespace, name: 'r', uid: 'u', resourceVersion: '1', generation, creationTimestamp: 't' }
  const parsed = alertReceiver.spec.parse(spec) as SpecOf<typeof alertReceiver>
  return { apiVersion: 'a', kind: 'AlertReceiver', metadata, spec: parsed, ...(status && { status }) }
}

function setUp() {
  const clock = new VirtualClock()
  const receivers = new Receivers()
  const events: string[] = []
  const retired: Notifier[] = []
  const printed: string[] = []
  const checks = new ReceiverChecks({ clock, mayCheck: () => true, onChange: () => {}, onMended: () => {} })
  const secrets = {
    read: async () => {
      throw new OperatorError('SECRET_UNAVAILABLE', 'none here')
    },
    refused: () => {},
  }
  const channels = {
    writeLine: (line: string) => void printed.push(line),
    receiversFolder: '/nowhere',
    secretsOf: () => secrets,
  } as unknown as ChannelSurroundings
  const reconciler = createAlertReceiverReconciler({
    ...{ systemNamespace: system, receivers, checks, channels, clock },
    pipeline: { forgetReceiver: () => {} },
    retire: (notifier) => void retired.push(notifier),
    recordEvent: (_subject, reason, note) => void events.push(`${reason}: ${note}`),
  })
  const reconcile = (object: AlertReceiver) => reconciler.reconcile(object, signal)
  return { receivers, events, retired, printed, reconcile, forget: reconciler.forget }
}

const words = (status: AlertReceiverStatus) =>
  Object.fromEntries((status.conditions ?? []).map(({ type, status: word, reason }) => [type, `${word} ${reason}`]))

describe('AlertReceiver reconciler', () => {
  it('makes one sender of one version, however often it is asked', async () => {
    const { reconcile, receivers, retired } = setUp()
    await reconcile(aReceiver({ console: {} }))
    const first = receivers.get({ namespace: system, name: 'r' })
    await reconcile(aReceiver({ console: {} }))
    expect(receivers.get({ namespace: system, name: 'r' })).to.equal(first)
    await reconcile(aReceiver({ console: {}, minSeverity: 'critical' }, { generation: 2 }))
    expect(receivers.get({ namespace: system, name: 'r' })).not.to.equal(first)
    expect(retired).to.deep.equal([first?.notifier])
  })

  it('gives the sender up when the receiver is not accepted any more, and when it goes', async () => {
    const { reconcile, receivers, retired, forget } = setUp()
    const reference = { namespace: system, name: 'r' }
    await reconcile(aReceiver({ console: {} }))
    const status = await reconcile(aReceiver({ console: {}, template: { title: '{{x}}' } }, { generation: 2 }))
    expect(words(status)).to.deep.equal({ Accepted: 'False InvalidSpec', Ready: 'False NotAccepted' })
    expect(receivers.get(reference)).to.equal(undefined)
    await reconcile(aReceiver({ console: {} }, { generation: 3 }))
    await forget({ ...reference, uid: 'u' })
    expect(receivers.get(reference)).to.equal(undefined)
    expect(retired).to.have.length(2)
  })

  it('says what is wrong with a spec that the API server took, with the field', async () => {
    const { reconcile, events } = setUp()
    const active = [{ timeZone: 'Europe/Zurig' }]
    const wrong = await reconcile(aReceiver({ console: {}, hours: { active } }))
    expect(words(wrong)).to.include({ Accepted: 'False InvalidSpec' })
    expect(wrong.conditions?.[0]?.message).to.match(/^spec\.hours: .*Europe\/Zurig/)
    const share = { namespaces: { selector: {} } }
    const outside = await reconcile(aReceiver({ console: {}, share }, { namespace: 'team', generation: 2 }))
    expect(words(outside)).to.include({ Accepted: 'False OutOfScope' })
    expect(events.map((event) => event.split(':')[0])).to.deep.equal(['InvalidSpec', 'OutOfScope'])
  })

  it('shares channels of Slack by pattern, with those alone that may use it', async () => {
    const { reconcile, receivers } = setUp()
    const share = { namespaces: { names: ['team-a'] }, slackChannels: ['#team-*', 'ops'] }
    await reconcile(aReceiver({ console: {}, share }))
    const user = (name: string) => ({ name, labels: {} })
    const resolve = (name: string, slackChannel?: string) => {
      const use = { namespace: system, name: 'r', ...(slackChannel === undefined ? {} : { slackChannel }) }
      const resolution = receivers.resolve(use, user(name))
      return 'problem' in resolution ? resolution.problem : 'ok'
    }
    expect(resolve('team-a')).to.equal('ok')
    expect(resolve('team-a', '#team-a')).to.equal('ok')
    expect(resolve('team-a', 'team-a')).to.equal('ok')
    expect(resolve('team-a', '#ops')).to.equal('ok')
    expect(resolve('team-a', '#ops-2')).to.equal('ChannelNotShared')
    expect(resolve('team-b', '#team-b')).to.equal('NotShared')
    expect(resolve(system, '#anything')).to.equal('ok')
    await reconcile(aReceiver({ console: {}, share: { namespaces: { selector: {} } } }, { generation: 2 }))
    expect(resolve('team-b')).to.equal('ok')
    expect(resolve('team-b', '#team-b')).to.equal('ChannelNotShared')
  })

  it('finds every Secret that a channel names, wherever it is named', () => {
    const spec = {
      url: 'https://x',
      tokenSecretRef: { name: 'a', key: 'b' },
      headers: [
        { name: 'X-Key', valueSecretRef: { name: 'c', key: 'd' } },
        { name: 'X-Plain', value: 'v' },
      ],
      tls: { caSecretRef: { name: 'e', key: 'f' } },
    }
    expect(secretReferencesOf(spec)).to.deep.equal([
      { name: 'a', key: 'b' },
      { name: 'c', key: 'd' },
      { name: 'e', key: 'f' },
    ])
  })
})

describe('status of an AlertReceiver', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')

  function statusWith(
    health: Health | undefined,
    change: { isChecked?: boolean; failure?: 'timeout' } = {},
    status?: AlertReceiverStatus,
  ) {
    const receivers = new Receivers()
    const object = aReceiver({ console: {} }, status === undefined ? {} : { status })
    if (change.failure !== undefined) receivers.delivered(object.metadata, now, change.failure)
    const checks = { healthOf: () => health, isChecked: () => change.isChecked ?? health !== undefined }
    return buildStatus(object, { rejection: undefined, receivers, checks }, now)
  }

  const healthy = (preflight?: Preflight): Health => ({ secretProblems: [], preflight })
  const failed = (reason: 'auth' | 'network'): Preflight => ({ status: 'failed', reason, message: `it said ${reason}` })

  it('is ready where there is nothing to check', () => {
    const ready = { Accepted: 'True Accepted', ResolvedRefs: 'True ResolvedRefs', Ready: 'True Ready' }
    expect(words(statusWith(undefined))).to.deep.equal({ ...ready, Degraded: 'False Working' })
  })

  it('names a Secret that is missing', () => {
    const status = statusWith({ secretProblems: ['Secret a/b does not exist'], preflight: undefined })
    expect(words(status)).to.include({ ResolvedRefs: 'False SecretUnavailable', Ready: 'False SecretUnavailable' })
    const message = status.conditions?.find(({ type }) => type === 'ResolvedRefs')?.message
    expect(message).to.equal('Secret a/b does not exist. It is looked at again each minute')
  })

  it('tells credentials that are refused from a service that is away', () => {
    const refused = statusWith(healthy(failed('auth')))
    expect(words(refused)).to.include({ Ready: 'False CredentialsRefused', Degraded: 'True PreflightFailed' })
    const away = statusWith(healthy(failed('network')))
    expect(words(away)).to.include({ Ready: 'True Ready', Degraded: 'True PreflightFailed' })
  })

  it('shows that the last delivery failed', () => {
    expect(words(statusWith(healthy(), { failure: 'timeout' }))).to.include({
      Ready: 'True Ready',
      Degraded: 'True DeliveryFailed',
    })
  })

  it('keeps what was known of the generation until it is known anew, and no longer', () => {
    expect(words(statusWith(undefined, { isChecked: true }))).to.deep.equal({
      Accepted: 'True Accepted',
      ResolvedRefs: 'Unknown Checking',
      Ready: 'Unknown Checking',
    })
    const before = statusWith(healthy(failed('auth')))
    expect(statusWith(undefined, { isChecked: true }, before)).to.deep.equal(before)
  })
})
