/** A hundred teams, each with its own Slack channel, half of them by the route and half by their namespace: all crash at once. */
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { CrashingPods } from '../support/crashing-pods.ts'
import { eventually } from '../support/eventually.ts'
import { type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { skipUnless } from '../support/skip.ts'
import { SlackServer, slackToken } from '../support/slack/slack-server.ts'

const teams = Array.from({ length: 100 }, (_, n) => `team-${n}`)
const byLine = teams.slice(0, 50)
const byAnnotation = teams.slice(50)
/** Its namespace names a channel that the receiver is not shared for. */
const bold = 'bold'

describe('crashes of a hundred teams in Slack', function () {
  this.timeout(300_000)
  let world: OperatorWorld
  let slack: SlackServer
  let pods: CrashingPods

  before(async function () {
    skipUnless(this, missingForCluster({}).length === 0, 'the control plane is not built: hack/testbed/testbed build')
    slack = await new SlackServer().start()
    // As many at once as the receiver sends to one channel, and no more.
    slack.burst = 5
    for (const name of [...teams, 'bosses']) {
      slack.channels.push({ id: `C-${name}`, name, isPrivate: false, isMember: true, isArchived: false })
    }
    world = await startOperatorWorld({ kwok: false, controllers: false })
    pods = new CrashingPods(world)
    for (const name of byLine) await namespace(name)
    for (const name of byAnnotation) await namespace(name, `#${name}`)
    await namespace(bold, '#bosses')
    await makeReceiver()
    const { kubeconfig } = await world.operatorAccess()
    await world.operator(kubeconfig, ['--allow-local-receivers']).working()
    await world.crashRoute(systemNamespace, 'all', {
      grouping: { wait: '0s', interval: '0s', healthyFor: '1h' },
      logs: { mode: 'None' },
      channelFromAnnotation: true,
      receivers: [{ name: 'slack' }],
      routes: byLine.map((name) => {
        return { name, namespaces: { names: [name] }, receivers: [{ name: 'slack', slack: { channel: `#${name}` } }] }
      }),
    })
    await eventually('the route is ready', async () => (await world.crashStatus(systemNamespace, 'all')).open === 0)
  })

  after(async () => {
    await world?.stop()
    await slack?.stop()
  })

  function namespace(name: string, channel?: string): Promise<unknown> {
    const annotations = channel === undefined ? {} : { 'dogwatch.dev/slack-channel': channel }
    return world.send('POST', '/api/v1/namespaces', { kind: 'Namespace', metadata: { name, annotations } })
  }

  async function makeReceiver(): Promise<void> {
    await world.send('POST', `/api/v1/namespaces/${systemNamespace}/secrets`, {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'slack' } },
      stringData: { token: slackToken },
    })
    await world.receiver(systemNamespace, 'slack', {
      slack: { channel: '#ops', tokenSecretRef: { name: 'slack', key: 'token' }, apiURL: slack.apiUrl },
      share: { namespaces: { selector: {} }, slackChannels: ['#team-*'] },
    })
  }

  const shown = () =>
    Object.fromEntries(
      slack.channels.flatMap(({ name }) => {
        const texts = slack.shownIn(name).map(({ text, blocks }) => JSON.stringify([text, blocks]))
        const subjects = texts.map((text) => /ReplicaSet ([a-z0-9-]+\/[a-z0-9-]+)/.exec(text)?.[1] ?? text)
        return subjects.length === 0 ? [] : [[name, subjects]]
      }),
    )

  it('come each into its own channel, once, at the pace that Slack asks for', async () => {
    const all = [...teams, bold]
    for (const name of all) await pods.createMany(name, [{ name: 'api-1', workload: 'api' }])
    await Promise.all(all.map((name) => pods.crash(name, 'api-1', { exitCode: 1 })))
    await eventually('each is told', () => Object.keys(shown()).length >= all.length, 120_000, shown)
    // What is told of a later crash shows that nothing more is on its way.
    await pods.createMany('team-0', [{ name: 'later-1', workload: 'later' }])
    await pods.crash('team-0', 'later-1', { exitCode: 1 })
    await eventually('the later one is told', () => shown()['team-0']?.length === 2, 60_000, shown)
    const wanted = Object.fromEntries(teams.map((name) => [name, [`${name}/api`]]))
    expect(shown()).to.deep.equal({ ...wanted, 'team-0': ['team-0/api', 'team-0/later'], ops: [`${bold}/api`] })
    expect(slack.countOf('chat.postMessage'), 'calls that Slack refused').to.equal(slack.messages.length)
  })
})
