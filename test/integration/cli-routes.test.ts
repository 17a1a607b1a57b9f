/** Routes of crashes from the command line and at a real operator: what people change, who may, and what a tenant's route sees. */
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { systemClock } from '../../src/base/clock.ts'
import { commands } from '../../src/cli/commands.ts'
import { type CliRun, runCli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { argumentsOf, helpExamples } from '../support/help-examples.ts'
import { type Anything, type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { skipUnless } from '../support/skip.ts'

const apiVersion = 'dogwatch.dev/v1alpha1'
const slackSpec = { slack: { tokenSecretRef: { name: 'slack', key: 'token' }, channel: '#ops' } }
const toSlack = { name: 'slack', slack: { channel: '#all' } }

describe('routes of crashes', function () {
  this.timeout(180_000)
  let world: OperatorWorld

  before(async function () {
    this.timeout(180_000)
    const isBuilt = missingForCluster({ kwok: true }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld()
    await world.node('node-1')
    await world.namespace('payments', { tier: 'gold' })
    await world.namespace('dev')
    await world.pod('payments', 'api-0', { nodeName: 'node-1' })
    const share = { namespaces: { selector: { matchLabels: { tier: 'gold' } } }, slackChannels: ['#pay*'] }
    await world.receiver(systemNamespace, 'slack', { ...slackSpec, share })
    await world.receiver(systemNamespace, 'oncall', { console: {} })
    const operator = world.operator((await world.operatorAccess()).kubeconfig)
    await operator.working()
  })

  after(async () => world?.stop())

  beforeEach(async () => {
    await put(systemNamespace, 'crashes', { routes: [], receivers: [toSlack, { name: 'oncall' }] })
  })

  const pathOf = (namespace: string, name = '') =>
    `/apis/${apiVersion}/namespaces/${namespace}/crashalertroutes${name === '' ? '' : `/${name}`}`

  /** Made anew, whatever was there. */
  async function put(namespace: string, name: string, spec: object, annotations: object = {}): Promise<Anything> {
    await world.send('DELETE', pathOf(namespace, name))
    const body = { apiVersion, kind: 'CrashAlertRoute', metadata: { name, annotations }, spec }
    return world.send('POST', pathOf(namespace), body)
  }

  const specOf = async (namespace: string, name: string): Promise<Anything> =>
    (await world.send('GET', pathOf(namespace, name))).spec

  function dogwatch(args: readonly string[], kubeconfig = world.cluster.kubeconfigPath): Promise<CliRun> {
    return runCli(commands, [...args, '--kubeconfig', kubeconfig], { clock: systemClock, env: { TZ: 'UTC' } })
  }

  async function must(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await dogwatch(args)
    expect({ exitCode, stderr }, args.join(' ')).to.deep.equal({ exitCode: 0, stderr: '' })
    return stdout
  }

  const statusWhen = (namespace: string, name: string, type: string, wanted: string): Promise<Anything> =>
    eventually(
      `${type} of ${namespace}/${name} is ${wanted}`,
      async () => {
        const { status } = await world.send('GET', pathOf(namespace, name))
        const found = status?.conditions?.find((condition: Anything) => condition.type === type)
        return `${found?.status} ${found?.reason}` === wanted && found
      },
      60_000,
      () => world.send('GET', pathOf(namespace, name)),
    )

  const inSystem = ['-n', systemNamespace]

  it('send a namespace to a channel, and change the channel of its line alone', async () => {
    const set = ['routes', 'set-channel', 'payments', '#pay', ...inSystem]
    const dry = await must(...set, '--dry-run')
    expect(dry).to.match(/^\+ \{name: payments, .*#pay.*\n.*\nNothing was changed: --dry-run\.\n$/m)
    expect((await specOf(systemNamespace, 'crashes')).routes).to.deep.equal([])
    expect(await must(...set)).to.equal(`CrashAlertRoute dogwatch-system/crashes, spec.routes:
+ {name: payments, namespaces: {names: [payments]}, receivers: [{name: slack, slack: {channel: "#pay"}}, {name: oncall}]}
Crashes of namespace payments go to slack #pay, oncall.
`)
    await must('routes', 'set-channel', 'payments', '#pay-2', ...inSystem)
    expect((await specOf(systemNamespace, 'crashes')).routes).to.deep.equal([
      {
        ...{ name: 'payments', namespaces: { names: ['payments'] } },
        receivers: [{ name: 'slack', slack: { channel: '#pay-2' } }, { name: 'oncall' }],
      },
    ])
    expect(await must('routes', 'set-channel', 'payments', '#pay-2', ...inSystem)).to.match(/stays as it is\./)
    expect(await must('routes', 'list', ...inSystem)).to.match(
      /^crashes +payments +payments +slack #pay-2, oncall\ncrashes +- +all others +slack #all, oncall\n$/m,
    )
    expect(await must('routes', 'remove', 'payments', ...inSystem)).to.match(/^- \{name: payments/m)
    expect(await specOf(systemNamespace, 'crashes')).not.to.have.property('routes')
  })

  it('know a Slack receiver by itself where the route names no channel, and ask for one where there is none', async () => {
    await put(systemNamespace, 'crashes', { receivers: [{ name: 'oncall' }, { name: 'slack' }] })
    expect(await must('routes', 'set-channel', 'dev', '#dev', ...inSystem)).to.include('go to oncall, slack #dev.')
    await put(systemNamespace, 'crashes', { receivers: [{ name: 'oncall' }] })
    const asked = await dogwatch(['routes', 'set-channel', 'dev', '#dev', ...inSystem])
    expect(asked)
      .to.include({ exitCode: 1 })
      .and.property('stderr')
      .match(/go to no Slack receiver .* --receiver NAME/)
    const named = ['routes', 'set-channel', 'dev', '#dev', '--receiver', 'slack', ...inSystem]
    expect(await must(...named)).to.include('go to slack #dev.')
  })

  it('keep every receiver that a line gives by labels, and the line of a namespace where it counts', async () => {
    const gold = {
      ...{ name: 'gold', namespaces: { selector: { matchLabels: { tier: 'gold' } } } },
      receivers: [{ name: 'slack', slack: { channel: '#gold' } }, { name: 'oncall' }],
    }
    const own = { name: 'team-pay', namespaces: { names: ['payments'] } }
    await put(systemNamespace, 'crashes', { routes: [gold], receivers: [toSlack] })
    const set = ['routes', 'set-channel', 'payments', '#pay', ...inSystem]
    expect(await must(...set)).to.include('Crashes of namespace payments go to slack #pay, oncall.\n')
    await put(systemNamespace, 'crashes', { routes: [gold, { ...own, receivers: [toSlack] }], receivers: [toSlack] })
    expect(await must(...set)).to.include('Line team-pay moves before line gold, which counts for payments too.\n')
    expect((await specOf(systemNamespace, 'crashes')).routes).to.deep.equal([
      { ...own, receivers: [{ name: 'slack', slack: { channel: '#pay' } }, { name: 'oncall' }] },
      gold,
    ])
    expect(await must('routes', 'set-channel', 'dev', '#dev', ...inSystem)).to.include('dev go to slack #dev.\n')
    const absent = ['routes', 'set-channel', 'absent', '#absent', ...inSystem]
    expect(await dogwatch(absent))
      .to.include({ exitCode: 1 })
      .and.property('stderr')
      .match(/line gold chooses by labels, and there is no namespace absent\. Say by which receiver/)
    expect(await must(...absent, '--receiver', 'slack')).to.include('There is no namespace absent yet')
  })

  it('are not changed for a namespace that they leave out', async () => {
    await put(systemNamespace, 'crashes', { namespaces: { names: ['payments'] }, receivers: [toSlack] })
    expect(await dogwatch(['routes', 'set-channel', 'dev', '#dev', ...inSystem]))
      .to.include({ exitCode: 1 })
      .and.property('stderr')
      .match(/does not select namespace dev, .*: its spec\.namespaces chooses payments\./)
    expect(await specOf(systemNamespace, 'crashes')).not.to.have.property('routes')
  })

  it('say where the annotation of the namespace comes before the channel of its line', async () => {
    const annotate = (channel: string | null) =>
      world.merge('/api/v1/namespaces/dev', { metadata: { annotations: { 'dogwatch.dev/slack-channel': channel } } })
    await annotate('#wish')
    await put(systemNamespace, 'crashes', { channelFromAnnotation: true, receivers: [toSlack] })
    expect(await must('routes', 'set-channel', 'dev', '#dev', ...inSystem)).to.match(
      /annotation dogwatch\.dev\/slack-channel asks for "#wish", which counts instead/,
    )
    await annotate(null)
  })

  it('lose no change of somebody who writes at the same time', async () => {
    const namespaces = Array.from({ length: 6 }, (_, index) => `team-${index}`)
    await Promise.all(namespaces.map((name) => must('routes', 'set-channel', name, `#${name}`, ...inSystem)))
    await Promise.all(namespaces.slice(0, 3).map((name) => must('routes', 'remove', name, ...inSystem)))
    const names = (await specOf(systemNamespace, 'crashes')).routes.map(({ name }: Anything) => name)
    expect(names).to.have.members(namespaces.slice(3))
  })

  it('mute and unmute, and show what is muted', async () => {
    const what = ['dev', '--container', 'app', '--exit-code', '143', '--exit-code', '1', ...inSystem]
    await must('routes', 'mute', ...what)
    expect(await must('routes', 'mute', ...what)).to.match(/are muted already\.\n$/)
    const entry = { namespace: 'dev', container: 'app', exitCodes: [1, 143] }
    expect((await specOf(systemNamespace, 'crashes')).ignore).to.deep.equal([entry])
    expect(await must('routes', 'list', ...inSystem)).to.include('1 entry keeps crashes untold')
    expect(await must('routes', 'list', '--muted', ...inSystem)).to.match(/^crashes +dev +\* +app +any +1, 143$/m)
    const other = await dogwatch(['routes', 'unmute', 'dev', ...inSystem])
    expect(other)
      .to.include({ exitCode: 1 })
      .and.property('stderr')
      .match(/no entry of spec\.ignore is exactly this/)
    await must('routes', 'unmute', ...what)
    expect(await specOf(systemNamespace, 'crashes')).not.to.have.property('ignore')
    const wrong = await dogwatch(['routes', 'mute', 'dev', '--exit-code', '256', ...inSystem])
    expect(wrong)
      .to.include({ exitCode: 2 })
      .and.property('stderr')
      .match(/Write a number from 0 to 255/)
  })

  it('are told apart by name where a namespace has several, and missed where it has none', async () => {
    await put(systemNamespace, 'second', {})
    const several = await dogwatch(['routes', 'mute', 'dev', ...inSystem])
    expect(several.stderr).to.match(/several CrashAlertRoutes .*--route crashes or --route second/)
    await must('routes', 'mute', 'dev', '--route', 'second', ...inSystem)
    expect((await specOf(systemNamespace, 'second')).ignore).to.deep.equal([{ namespace: 'dev' }])
    await world.send('DELETE', pathOf(systemNamespace, 'second'))
    const none = await dogwatch(['routes', 'mute', 'dev', '-n', 'dev'])
    expect(none)
      .to.include({ exitCode: 1 })
      .and.property('stderr')
      .match(/no CrashAlertRoute in namespace dev/)
    const absent = await dogwatch(['routes', 'remove', 'x', '--route', 'absent', ...inSystem])
    expect(absent.stderr).to.match(/there is no CrashAlertRoute dogwatch-system\/absent/)
  })

  it('are not changed into what the API server or the operator would refuse', async () => {
    const long = await dogwatch(['routes', 'set-channel', 'dev', `#${'x'.repeat(90)}`, ...inSystem])
    expect(long)
      .to.include({ exitCode: 1 })
      .and.property('stderr')
      .match(/spec\.routes\[0\]\.receivers\[0\]\.slack\.channel/)
    await put('payments', 'own', { receivers: [toSlack] })
    const beyond = await dogwatch(['routes', 'set-channel', 'dev', '#dev', '-n', 'payments'])
    expect(beyond.stderr).to.match(/a route in namespace payments sees that namespace alone: .*-n dogwatch-system/)
  })

  it('say that the next apply of a manifest may set a change back', async () => {
    const last = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }
    await put(systemNamespace, 'crashes', { receivers: [toSlack] }, last)
    expect(await must('routes', 'mute', 'dev', ...inSystem)).to.match(/set spec\.ignore there too, or the next apply/)
  })

  it('of a tenant see its namespace alone, and share what is shared with it', async () => {
    await put('payments', 'greedy', {
      routes: [{ name: 'all', namespaces: { selector: {} }, receivers: [toSlack] }],
    })
    const refused = await statusWhen('payments', 'greedy', 'Accepted', 'False OutOfScope')
    expect(refused.message).to.include('spec.routes[all].namespaces.selector: a resource in namespace payments')
    const shared = (channel: string) => ({ name: 'slack', namespace: systemNamespace, slack: { channel } })
    await put('payments', 'own', {
      routes: [{ name: 'us', namespaces: { names: ['payments'] }, receivers: [shared('#pay-oncall')] }],
      receivers: [shared('#bosses')],
    })
    const shares = await statusWhen('payments', 'own', 'ResolvedRefs', 'False ReceiverChannelNotShared')
    expect(shares.message).to.match(
      /^spec\.receivers: AlertReceiver dogwatch-system\/slack is not shared for channel #bosses: .*; the others work$/,
    )
    await statusWhen('payments', 'own', 'Ready', 'True Watching')
    const { status } = await world.send('GET', pathOf('payments', 'own'))
    expect(status).to.include({ namespaces: 1 })
    await put('dev', 'broken', { logs: { redact: ['(?=x)'] } })
    const broken = await statusWhen('dev', 'broken', 'Accepted', 'False InvalidSpec')
    expect(broken.message).to.include('spec.logs.redact[0]: "(?=x)" is not a pattern that RE2 reads')
    const events = await eventually('an Event on the route', async () => {
      const found = await world.events('dev', 'broken')
      return found.length > 0 && found
    })
    expect(events[0]).to.deep.include({ reason: 'InvalidSpec', note: broken.message })
  })

  describe('explained', () => {
    before(async () => {
      await put('payments', 'own', { ignore: [{ reason: 'Error' }] })
      await world.send('DELETE', pathOf('payments', 'greedy'))
    })

    it('say by which line, into which channel, and what mutes it', async () => {
      const gold = { selector: { matchLabels: { tier: 'gold' } } }
      await put(systemNamespace, 'crashes', {
        channelFromAnnotation: true,
        routes: [{ name: 'gold', namespaces: gold, receivers: [toSlack] }],
      })
      const annotate = (channel: string) =>
        world.merge('/api/v1/namespaces/payments', {
          metadata: { annotations: { 'dogwatch.dev/slack-channel': channel } },
        })
      await annotate('#pay-oncall')
      await must('silence', 'add', 'pod=api-0', '--for', '1h', '-n', 'payments', '--name', 'night')
      const ask = ['routes', 'explain', 'api-0', '-n', 'payments']
      const told = await must(...ask)
      expect(told).to.match(/^Pod payments\/api-0, container \S+: Error, exit code 1 \(a crash that could be\)\n/)
      expect(told).to.match(/line gold +dogwatch-system\/slack #pay-oncall \(by annotation\)/)
      expect(told).to.match(/payments\/own +no +spec\.ignore\[0\] +the history/)
      expect(told).to.match(/dogwatch-system\/crashes: Silence payments\/night mutes it until/)
      await annotate('#bosses')
      expect(await must(...ask, '--reason', 'OOMKilled')).to.match(
        /#all\n[\s\S]*"#bosses" is not allowed by AlertReceiver/,
      )
      const { routes } = JSON.parse(await must(...ask, '-o', 'json'))
      expect(routes.map(({ verdict }: Anything) => verdict)).to.deep.equal(['Routed', 'Ignored'])
      const absent = await dogwatch(['routes', 'explain', 'absent', '-n', 'payments'])
      expect(absent)
        .to.include({ exitCode: 1 })
        .and.property('stderr')
        .match(/there is no pod payments\/absent/)
    })

    it('say neither yes nor no where the spec is refused and an earlier one is at work', async () => {
      await put('payments', 'turned', { receivers: [toSlack] })
      await statusWhen('payments', 'turned', 'Ready', 'True Watching')
      await world.merge(pathOf('payments', 'turned'), { spec: { logs: { redact: ['(?=x)'] } } })
      await statusWhen('payments', 'turned', 'Accepted', 'False InvalidSpec')
      const told = await must('routes', 'explain', 'api-0', '-n', 'payments')
      expect(told).to.match(/payments\/turned +unknown +an earlier spec *\n/)
      expect(told).to.match(
        /payments\/turned: its spec is refused: spec\.logs\.redact\[0\].* Generation 1 works on\. What that does/,
      )
      expect(await must('routes', 'list', '-n', 'payments')).to.include(
        'payments/turned: what is shown here is refused',
      )
      expect(await must('routes', 'mute', 'payments', '--route', 'turned', '-n', 'payments')).to.match(
        /\nThis counts only once the spec is accepted\. Before this change it was refused: spec\.logs\.redact\[0\]/,
      )
      await world.send('DELETE', pathOf('payments', 'turned'))
    })

    it('find what silences the CronJob of a pod', async () => {
      const batch = (plural: string) => `/apis/batch/v1/namespaces/payments/${plural}`
      const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'example.test/app' }] } }
      const cronJob = await world.send('POST', batch('cronjobs'), {
        ...{ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'nightly' } },
        spec: { suspend: true, schedule: '0 3 * * *', jobTemplate: { spec: { template } } },
      })
      const { name, uid } = cronJob.metadata
      const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true }
      await world.send('POST', batch('jobs'), {
        ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'nightly-29000', ownerReferences: [owner] } },
        spec: { template },
      })
      const pod = await eventually('the pod of the Job', async () => {
        const pods = await world.send('GET', '/api/v1/namespaces/payments/pods?labelSelector=job-name%3Dnightly-29000')
        return pods.items[0]?.metadata.name
      })
      await put(systemNamespace, 'crashes', { receivers: [toSlack] })
      await statusWhen(systemNamespace, 'crashes', 'Ready', 'True Watching')
      const ask = ['routes', 'explain', pod, '-n', 'payments']
      const told = /dogwatch-system\/crashes +(\S+)/
      expect(told.exec(await must(...ask))?.[1]).to.equal('yes')
      await must(
        'silence',
        'add',
        'workload=nightly',
        'kind=CronJob',
        '--for',
        '1h',
        '-n',
        'payments',
        '--name',
        'cron',
      )
      expect(told.exec(await must(...ask))?.[1]).to.equal('muted')
      await world.cluster.mustKubectl([
        'create',
        'role',
        'pods',
        '--verb=get,list',
        '--resource=pods',
        '-n',
        'payments',
      ])
      await world.cluster.mustKubectl(['create', 'rolebinding', 'pods', '--role=pods', '--user=half', '-n', 'payments'])
      const half = await dogwatch(ask, await world.cluster.kubeconfigFor({ user: 'half' }))
      expect(half.stdout).to.include('Job payments/nightly-29000 cannot be read with your rights.\n')
      await world.send('DELETE', `/apis/${apiVersion}/namespaces/payments/silences/cron`)
    })

    it('say what cannot be read by whoever asks', async () => {
      await world.cluster.mustKubectl(['create', 'role', 'see', '--verb=get,list', '--resource=pods', '-n', 'payments'])
      await world.cluster.mustKubectl(['create', 'rolebinding', 'see', '--role=see', '--user=guest', '-n', 'payments'])
      const guest = await world.cluster.kubeconfigFor({ user: 'guest' })
      const { exitCode, stdout } = await dogwatch(['routes', 'explain', 'api-0', '-n', 'payments'], guest)
      expect(exitCode).to.equal(0)
      for (const what of [
        'namespace payments',
        'crashalertroutes of namespace dogwatch-system',
        'silences of namespace',
      ]) {
        expect(stdout).to.include(`${what}`)
      }
      const refused = await dogwatch(['routes', 'mute', 'dev', '--route', 'own', '-n', 'payments'], guest)
      expect(refused.stderr).to.match(/Missing right: get on crashalertroutes\.dogwatch\.dev, in namespace payments/)
    })
  })

  for (const { line } of helpExamples().filter(({ line: text }) => text.startsWith('dogwatch routes '))) {
    it(`the help's example works: ${line}`, async () => {
      const routes = [{ name: 'payments', namespaces: { names: ['payments'] }, receivers: [toSlack] }]
      const ignore = [{ namespace: 'dev' }, { pod: 'load-*', exitCodes: [143] }]
      await put(systemNamespace, 'crashes', { routes, receivers: [toSlack], ignore })
      expect(await must(...argumentsOf(line))).to.match(/\S/)
    })
  }
})
