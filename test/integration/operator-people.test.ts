/** Slack, mail and Teams at the other end of a real operator: what people see from the first message to the last. */
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { createAuthority } from '../../hack/testbed/pki.ts'
import { eventually } from '../support/eventually.ts'
import { MailServer, mailUser } from '../support/mail-server.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import {
  type Anything,
  conditionOf,
  type OperatorWorld,
  operatorUser,
  startOperatorWorld,
  systemNamespace,
} from '../support/operator-world.ts'
import { refusals } from '../support/role-use.ts'
import { skipUnless } from '../support/skip.ts'
import { SlackServer, slackToken, webhookPath } from '../support/slack/slack-server.ts'
import { TeamsServer } from '../support/teams/teams-server.ts'

const receiversPath = `/apis/dogwatch.dev/v1alpha1/namespaces/${systemNamespace}/alertreceivers`
const names = ['slack', 'slack-webhook', 'mail', 'teams']
const key = (name: string) => ({ name: 'people', key: name })

describe('channels for people at work', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let operator: OperatorProcess
  let kubeconfig: string
  let dataDir: string
  let slack: SlackServer
  let webhook: SlackServer
  let mail: MailServer
  let teams: TeamsServer

  before(async function () {
    this.timeout(180_000)
    const isBuilt = missingForCluster({ kwok: true }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    const authority = createAuthority('mail of the test')
    const { certificate, key: privateKey } = authority.issue({ commonName: 'mail', hosts: ['localhost'] })
    slack = await new SlackServer().start()
    webhook = await new SlackServer().start()
    mail = await new MailServer({ cert: certificate, key: privateKey }).start()
    teams = await new TeamsServer().start()
    world = await startOperatorWorld()
    dataDir = world.newFolder()
    await world.node('node-1', { cpu: '100' })
    await world.namespace('team-a')
    await putSecret({
      ...{ token: slackToken, 'slack-url': webhook.webhookUrl, 'teams-url': teams.url },
      ...{ user: mailUser.user, password: mailUser.pass, 'ca.crt': authority.certificate },
    })
    kubeconfig = (await world.operatorAccess()).kubeconfig
    operator = await startOperator()
    await world.receiver(systemNamespace, 'slack', {
      slack: { channel: '#ops', tokenSecretRef: key('token'), apiURL: slack.apiUrl },
    })
    await world.receiver(systemNamespace, 'slack-webhook', { slack: { urlSecretRef: key('slack-url') } })
    await world.receiver(systemNamespace, 'mail', {
      email: {
        ...{ host: 'localhost', port: mail.port, caSecretRef: key('ca.crt') },
        ...{ from: 'dogwatch@example.com', to: ['oncall@example.com'] },
        auth: { usernameSecretRef: key('user'), passwordSecretRef: key('password') },
      },
    })
    await world.receiver(systemNamespace, 'teams', { teams: { urlSecretRef: key('teams-url') } })
  })

  after(async () => {
    await world?.stop()
    await Promise.all([slack, webhook, mail, teams].map((server) => server?.stop()))
  })

  const startOperator = () =>
    world.operator(kubeconfig, ['--allow-local-receivers', '--cluster-name', 'blue'], dataDir).working()

  let secretVersions = 0

  async function putSecret(values: Readonly<Record<string, string>>): Promise<void> {
    const data = Object.entries(values).map(([name, value]) => [name, Buffer.from(value).toString('base64')])
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'people' }, data: Object.fromEntries(data) }
    secretVersions += 1
    const path = `/api/v1/namespaces/${systemNamespace}/secrets`
    if (secretVersions === 1) await world.send('POST', path, body)
    else await world.merge(`${path}/people`, { data: body.data })
  }

  const receiver = (name: string): Promise<Anything> => world.send('GET', `${receiversPath}/${name}`)

  const readyWhen = (name: string, wanted: string) =>
    eventually(
      `${name} is Ready=${wanted}`,
      async () => {
        const { status } = await receiver(name)
        return conditionOf(status ?? {}, 'Ready') === wanted && status
      },
      75_000,
      async () => (await receiver(name)).status,
    )

  it('work as soon as their credentials were tried, and say what was found', async () => {
    for (const name of names) await readyWhen(name, 'True Ready')
    const { conditions } = (await receiver('slack')).status
    expect(JSON.stringify(conditions)).to.include('workspace Example, as dogwatch')
    expect(slack.messages).to.deep.equal([])
    expect(mail.received).to.deep.equal([])
  })

  it('tell of an alert, and that it is over', async () => {
    await world.policy(systemNamespace, 'pods', {
      namespaces: { names: ['team-a'] },
      rules: [{ name: 'big-pod', scope: 'Pod', resource: 'cpu', measure: 'Requests', above: 10, severity: 'critical' }],
      receivers: names.map((name) => ({ name })),
    })
    await world.pod('team-a', 'big', { nodeName: 'node-1', requests: { cpu: '11' } })
    const counts = () => [slack.messages, webhook.messages, mail.received, teams.cards].map(({ length }) => length)
    await eventually('everybody is told', () => Promise.resolve(counts().every((count) => count >= 1)), 60_000, counts)
    await world.deletePod('team-a', 'big')
    await eventually(
      'everybody is told the end',
      () => Promise.resolve(counts().every((count) => count >= 2)),
      60_000,
      counts,
    )

    const [root, ...others] = slack.shownIn('ops')
    expect(others).to.deep.equal([])
    expect(root?.text).to.match(/^CLOSED: \[blue\] Pod team-a\/big: /)
    expect(slack.repliesTo(root!)).to.have.length(1)
    expect(webhook.messages.map(({ text }) => text.split(':')[0])).to.deep.equal(['CRITICAL', 'CLOSED'])
    const [first, last] = mail.received.map((received) => received.mail)
    expect(last?.inReplyTo).to.equal(first?.messageId)
    expect(mail.received.map(({ isEncrypted, user }) => [isEncrypted, user])).to.deep.equal([
      [true, mailUser.user],
      [true, mailUser.user],
    ])
    expect(teams.cards.map(({ fallbackText }) => fallbackText.split(':')[0])).to.deep.equal(['CRITICAL', 'CLOSED'])
  })

  it('killed with a message under way: Slack has it once, a second mail says that it may be a repeat', async () => {
    const [seenBySlack, seenByMail] = [slack.messages.length, mail.received.length]
    const newMail = () => mail.received.slice(seenByMail).map((received) => received.mail)
    const newRoots = () => slack.messages.slice(seenBySlack).filter(({ threadTs }) => threadTs === undefined)
    const shown = () => [newRoots(), newMail().map(({ subject }) => subject), operator.log.slice(-3)]
    slack.faults.push({ method: 'chat.postMessage', hang: true, afterDoing: true, times: 1 })
    mail.isSilentAfterNext = true
    await world.pod('team-a', 'unlucky', { nodeName: 'node-1', requests: { cpu: '11' } })
    await eventually('both took it', async () => newRoots().length === 1 && newMail().length === 1, 60_000, shown)
    await operator.end('SIGKILL')
    operator = await startOperator()
    await eventually('mail comes again', async () => newMail().length === 2, 60_000, shown)
    await world.deletePod('team-a', 'unlucky')
    const isOverIn = ({ text }: { readonly text: string }) => text.startsWith('CLOSED')
    const isReplied = () => newRoots().every((root) => slack.repliesTo(root).length > 0)
    const isOver = () => newMail().length === 3 && newRoots().every(isOverIn) && isReplied()
    await eventually('the end is told', isOver, 60_000, shown)

    expect(newRoots()).to.have.length(1)
    expect(slack.repliesTo(newRoots()[0]!)).to.have.length(1)
    expect(JSON.stringify(slack.messages)).not.to.include('possible repeat')
    const [first, second, last] = newMail()
    expect(second?.messageId).to.equal(first?.messageId)
    expect(first?.text).not.to.include('possible repeat')
    expect(second?.text).to.include('possible repeat')
    expect(last?.inReplyTo).to.equal(first?.messageId)
  })

  it('say that a credential is refused, and work again with the new one', async () => {
    slack.validToken = 'xoxb-the-new-one'
    await world.merge(`${receiversPath}/slack`, { spec: { slack: { alsoToChannel: true } } })
    await readyWhen('slack', 'False CredentialsRefused')
    await putSecret({ token: 'xoxb-the-new-one' })
    await world.merge(`${receiversPath}/slack`, { spec: { slack: { alsoToChannel: false } } })
    await readyWhen('slack', 'True Ready')
  })

  it('show no secret, and need no right that is not given', async () => {
    const objects = await Promise.all(names.map(receiver))
    const said = operator.output + JSON.stringify(objects)
    for (const secret of [slackToken, 'xoxb-the-new-one', webhookPath, mailUser.pass, 'sigSIG']) {
      expect(said).not.to.include(secret)
    }
    const audit = await world.cluster.auditEvents()
    const own = audit.filter(({ user }) => user.username === operatorUser)
    expect(refusals(own)).to.deep.equal([])
    expect(operator.strayLines).to.deep.equal([])
  })
})
