/** Silences, policies and receivers from the command line, with an operator at work on a real API server; what `convert` writes, applied. */
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { expect } from 'chai'
import { binaryPath, kubectlProgram } from '../../hack/testbed/binaries.ts'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { systemClock } from '../../src/base/clock.ts'
import { commands } from '../../src/cli/commands.ts'
import { type CliRun, runCli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { argumentsOf, helpExamples } from '../support/help-examples.ts'
import { kubeCapWatchConfigs } from '../support/kubecapwatch.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { type Anything, type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { skipUnless } from '../support/skip.ts'

const apiVersion = 'dogwatch.dev/v1alpha1'
const podRule = { name: 'big-pod', scope: 'Pod', resource: 'cpu', measure: 'Requests', above: 10 }

describe('silences, policies and receivers from the command line', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let operator: OperatorProcess

  before(async function () {
    this.timeout(180_000)
    const isBuilt = missingForCluster({ kwok: true }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld()
    await world.node('node-1', { cpu: '100' })
    for (const name of ['dev', 'payments']) await world.namespace(name)
    await world.receiver(systemNamespace, 'oncall', { console: {}, share: { namespaces: { selector: {} } } })
    operator = world.operator((await world.operatorAccess()).kubeconfig)
    await operator.working()
    await world.policy(systemNamespace, 'node-overcommit', {
      rules: [{ name: 'cpu', scope: 'Node', resource: 'cpu', measure: 'Requests', above: 90 }],
      receivers: [{ name: 'oncall' }],
    })
  })

  after(async () => world?.stop())

  function dogwatch(args: readonly string[], kubeconfig = world.cluster.kubeconfigPath): Promise<CliRun> {
    return runCli(commands, [...args, '--kubeconfig', kubeconfig], { clock: systemClock, env: { TZ: 'UTC' } })
  }

  async function must(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await dogwatch(args)
    expect({ exitCode, stderr }, args.join(' ')).to.deep.equal({ exitCode: 0, stderr: '' })
    return stdout
  }

  async function itemsOf(...args: string[]): Promise<Anything[]> {
    return JSON.parse(await must(...args, '-o', 'json')).items
  }

  const silencePath = (namespace: string, name: string) =>
    `/apis/${apiVersion}/namespaces/${namespace}/silences/${name}`

  function shell(command: string, input = '') {
    const env = {
      ...process.env,
      KUBECONFIG: world.cluster.kubeconfigPath,
      PATH: `${dirname(binaryPath(kubectlProgram))}:${process.env.PATH}`,
    }
    const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', command], {
      env,
      input,
      encoding: 'utf8',
    })
    expect({ status, stderr }, command + stdout).to.deep.equal({ status: 0, stderr: '' })
    return stdout
  }

  it('a silence keeps quiet what it is about, says how much, and lets it out when it is ended', async () => {
    await world.policy('dev', 'pods', { rules: [podRule] })
    await eventually('the policy of dev is at work', async () =>
      (await itemsOf('policies', 'list', '-n', 'dev')).find(({ state }) => state === 'Ready'),
    )
    const added = await must(
      'silence',
      'add',
      'pod=~load-.*',
      '--for',
      '2h',
      '--comment',
      'load test',
      '-n',
      'dev',
      '--name',
      'load',
    )
    expect(added).to.match(
      /^Silence dev\/load: alerts with pod=~load-\.\* are not told until [^(]*\(in (2h|1h5\dm)\)\.\nIt counts for alerts about namespace dev alone\.\n/,
    )
    const { metadata, spec } = await world.send('GET', silencePath('dev', 'load'))
    expect(metadata.labels).to.deep.equal({ 'dogwatch.dev/created-by': 'api' })
    expect(spec).to.deep.include({ duration: '2h', comment: 'load test' })
    expect(spec.createdBy).to.match(/\S/)
    const [seen] = await eventually('the operator has looked at it', async () => {
      const items = await itemsOf('silence', 'list', '-n', 'dev')
      return items[0]?.muted === undefined ? undefined : items
    })
    expect(seen).to.include({ name: 'load', state: 'Active', muted: 0 })
    await world.pod('dev', 'load-1', { nodeName: 'node-1', requests: { cpu: '20' } })
    await world.pod('dev', 'web-1', { nodeName: 'node-1', requests: { cpu: '20' } })
    await eventually('the marker is told', () => operator.messages.find(({ title }) => title.includes('dev/web-1')))
    await eventually(
      'one alert is muted',
      async () => (await itemsOf('silence', 'list', '-n', 'dev'))[0]!.muted === 1,
      60_000,
    )
    expect(operator.messages.filter(({ title }) => title.includes('load-1'))).to.deep.equal([])
    expect(await must('silence', 'list', '-A')).to.match(
      /dev +load +Active +1 +.*\(in 1h5\dm\) +pod=~load-\.\* +load test/,
    )
    expect(await must('silence', 'expire', 'load', '-n', 'dev')).to.equal(
      'Silence dev/load is over: what it kept quiet and still fires is told now.\n',
    )
    await eventually('what was muted is told', () =>
      operator.messages.find(({ title }) => title.includes('dev/load-1')),
    )
    expect(await must('silence', 'expire', 'load', '-n', 'dev')).to.match(
      /^Silence dev\/load was over already, (.* ago|now)\.\n$/,
    )
    expect(await itemsOf('silence', 'list', '-n', 'dev')).to.deep.equal([])
    expect(await must('silence', 'list', '-n', 'dev')).to.match(
      /^Nothing is silenced in namespace dev; .*\n\n1 more is over: --expired/,
    )
    expect((await itemsOf('silence', 'list', '-A', '--expired'))[0]).to.include({ state: 'Expired' })
  })

  it('a silence may begin later, end at a time, and be ended before it begins', async () => {
    const until = new Date(Date.now() + 2 * 86_400_000).toISOString()
    await must(
      'silence',
      'add',
      'severity=warning',
      '--from',
      '1d',
      '--until',
      until,
      '-n',
      systemNamespace,
      '--name',
      'later',
    )
    const [later] = await itemsOf('silence', 'list', '-n', systemNamespace)
    expect(later).to.include({ name: 'later', state: 'Pending', endsAt: until })
    await must('silence', 'expire', 'later', '-n', systemNamespace)
    await eventually('the operator says so too', async () => {
      const { status } = await world.send('GET', silencePath(systemNamespace, 'later'))
      return status.state === 'Expired'
    })
  })

  it('a silence that can mute nothing is told at once; one that cannot be is refused before it is made', async () => {
    expect(
      await must('silence', 'add', 'namespace=dev', '--for', '1h', '-n', 'payments', '--name', 'elsewhere'),
    ).to.contain(
      'It will mute nothing: here in namespace payments a silence counts for alerts about payments alone, and namespace=dev is another. Make it with -n dev, or with -n dogwatch-system.',
    )
    await must('silence', 'expire', 'elsewhere', '-n', 'payments')
    const cases: [args: string[], words: RegExp][] = [
      [['namespace=dev'], /say how long: either --for/],
      [['namespace=dev', '--for', '1h', '--until', '22:00'], /say how long: either --for/],
      [['namespace=dev', '--for', 'long'], /--for "long" is not a duration/],
      [['namespace=dev', '--until', '2020-01-01'], /--until 2020-01-01 00:00 was .* ago: name a time to come/],
      [['namespace', '--for', '1h'], /"namespace" is not a matcher/],
    ]
    for (const [args, words] of cases) {
      const { exitCode, stderr } = await dogwatch(['silence', 'add', ...args])
      expect(stderr, args.join(' ')).to.match(words)
      expect(exitCode, args.join(' ')).to.equal(2)
    }
    const everything = await dogwatch(['silence', 'add', 'pod=', '--for', '1h', '-n', 'dev'])
    expect(everything.stderr).to.match(/give at least one matcher a value/)
    const absent = await dogwatch(['silence', 'expire', 'absent', '-n', 'dev'])
    expect(absent.stderr).to.equal(
      'dogwatch: there is no Silence dev/absent: kubectl get silences -A shows all there are\n',
    )
  })

  it('a silence from a manifest is named as one that the next apply may bring back', async () => {
    const body = {
      ...{ apiVersion, kind: 'Silence', metadata: { name: 'from-git', namespace: 'dev' } },
      spec: { matchers: [{ name: 'namespace', value: 'dev' }], duration: '1h' },
    }
    await world.cluster.apply([body])
    expect(await must('silence', 'expire', 'from-git', '-n', 'dev')).to.match(
      /\nIt was applied from a manifest: end it there too/,
    )
  })

  it('policies are listed, suspended and resumed', async () => {
    const state = async () => (await itemsOf('policies', 'list', '-n', systemNamespace))[0]!.state
    await eventually('it is at work', async () => (await state()) === 'Ready')
    expect(await must('policies', 'list', '-A')).to.match(/dogwatch-system +node-overcommit +Ready +0 +warning\n/)
    expect(await must('policies', 'suspend', 'node-overcommit', '-n', systemNamespace)).to.equal(
      'CapacityPolicy dogwatch-system/node-overcommit is suspended: nothing is judged or told until it is resumed.\n',
    )
    await eventually('it rests', async () => (await state()) === 'Suspended')
    expect(await must('policies', 'suspend', 'capp/node-overcommit', '-n', systemNamespace)).to.match(
      /is suspended already/,
    )
    expect(await must('policies', 'resume', 'node-overcommit', '-n', systemNamespace)).to.match(/is at work again\.\n$/)
    await eventually('it is at work again', async () => (await state()) === 'Ready')
    const absent = await dogwatch(['policies', 'resume', 'absent', '-n', 'dev'])
    expect(absent.stderr).to.match(/there is no policy dev\/absent: `policies list -A`/)
    const strange = await dogwatch(['policies', 'resume', 'pod/web', '-n', 'dev'])
    expect(strange).to.include({
      exitCode: 2,
      stderr: 'dogwatch: "pod" is no kind of policy: write NAME, or KIND/NAME with capacitypolicy, crashalertroute\n',
    })
  })

  it('receivers are listed with what is wrong with them, the broken first', async () => {
    await world.receiver('payments', 'chat', {
      slack: { channel: '#ops', tokenSecretRef: { name: 'absent', key: 'token' } },
    })
    const shown = await eventually('the operator has looked at it', async () => {
      const text = await must('receivers', 'list', '-A')
      return text.includes('NotReady') ? text : undefined
    })
    expect(shown).to.match(
      /\npayments +chat +NotReady +slack +none +0 policies\n(.*\n)*dogwatch-system +oncall +Ready +console /,
    )
    expect(shown).to.match(/\n\npayments\/chat: .*Secret.*absent/)
    const [chat] = await itemsOf('receivers', 'list', '-n', 'payments')
    expect(chat).to.include({ state: 'NotReady', channel: 'slack' })
  })

  it('whoever lacks a right is told which, and what works without it', async () => {
    await world.cluster.apply([
      {
        ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'see', namespace: 'dev' } },
        rules: [{ apiGroups: ['dogwatch.dev'], resources: ['*'], verbs: ['get', 'list'] }],
      },
      {
        ...{
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: 'see', namespace: 'dev' },
        },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'see' },
        subjects: [{ kind: 'User', name: 'reader', apiGroup: 'rbac.authorization.k8s.io' }],
      },
    ])
    const reader = await world.cluster.kubeconfigFor({ user: 'reader' })
    expect((await dogwatch(['silence', 'list', '-n', 'dev'], reader)).exitCode).to.equal(0)
    const cases: [args: string[], words: RegExp][] = [
      [
        ['silence', 'list', '-A'],
        /cannot list silences\.\n.*list on silences\.dogwatch\.dev, in all namespaces \(ClusterRole\)\.\n.*-n NAMESPACE/,
      ],
      [
        ['silence', 'add', 'namespace=dev', '--for', '1h', '-n', 'dev'],
        /Missing right: create on silences\.dogwatch\.dev, in namespace dev \(Role\)/,
      ],
      [['silence', 'expire', 'load', '-n', 'payments'], /Missing right: get on silences/],
      [['policies', 'suspend', 'pods', '-n', 'dev'], /Missing right: patch on capacitypolicies\.dogwatch\.dev/],
      [
        ['receivers', 'list', '-n', 'payments'],
        /Missing right: list on alertreceivers\.dogwatch\.dev, in namespace payments/,
      ],
    ]
    for (const [args, words] of cases) {
      const { exitCode, stderr } = await dogwatch(args, reader)
      expect(stderr, args.join(' ')).to.match(words)
      expect(exitCode).to.equal(1)
    }
  })

  it('a list is shown again as it changes', async () => {
    const stop = new AbortController()
    const args = ['policies', 'list', '-n', systemNamespace, '--watch', '--interval', '1s', '-o', 'json']
    let printed = ''
    const watching = runCli(commands, [...args, '--kubeconfig', world.cluster.kubeconfigPath], {
      clock: systemClock,
      signal: stop.signal,
      onWrite: (text) => {
        printed += text
      },
    })
    await eventually('the list is shown', () => printed.includes('"suspended": false'))
    await must('policies', 'suspend', 'node-overcommit', '-n', systemNamespace)
    await eventually('the change is shown', () => printed.includes('"suspended": true'))
    stop.abort()
    await must('policies', 'resume', 'node-overcommit', '-n', systemNamespace)
    const { exitCode, stdout } = await watching
    expect(exitCode).to.equal(0)
    const shown = stdout.split('\n\n').map((text) => JSON.parse(text).items[0].suspended)
    expect([shown[0], shown.at(-1)]).to.deep.equal([false, true])
  })

  for (const { line } of helpExamples().filter(({ line: text }) =>
    /^dogwatch (silence|policies|receivers list)/.test(text),
  )) {
    it(`the help's example works: ${line}`, async () => {
      if (line.includes(' expire ') && (await world.send('GET', silencePath('dev', 'silence-b7x2kd'))) === undefined) {
        await must('silence', 'add', 'namespace=dev', '--for', '1h', '-n', 'dev', '--name', 'silence-b7x2kd')
      }
      expect(await must(...argumentsOf(line))).to.match(/\S/)
    })
  }

  describe('what convert writes', () => {
    for (const file of kubeCapWatchConfigs) {
      it(`is taken by the API server and accepted by the operator: ${file.split('/').at(-1)}`, async () => {
        const { stdout, stderr } = await runCli(commands, ['convert', 'kubecapwatch', file])
        shell('kubectl apply --validate=strict -f -', stdout)
        for (const command of stderr.match(/^ +kubectl .*create secret.*$/gm) ?? []) {
          shell('kubectl -n dogwatch-system delete secret kubecapwatch-slack --ignore-not-found')
          expect(shell(command)).to.equal('secret/kubecapwatch-slack created\n')
        }
        await eventually('the policy is accepted', async () => {
          const policies = await itemsOf('policies', 'list', '-n', systemNamespace)
          return policies.find(
            ({ name, state }) => name === 'kubecapwatch' && state !== 'Unseen' && state !== 'Checking',
          )
        })
        const { status } = await world.send('GET', world.policyPath(systemNamespace, 'kubecapwatch'))
        const accepted = status.conditions.find(({ type }: Anything) => type === 'Accepted')
        expect(accepted).to.include({ status: 'True' })
        shell('kubectl delete -f -', stdout)
      })
    }
  })
})
