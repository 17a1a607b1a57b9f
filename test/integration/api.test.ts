/**
 * The API for people on a real API server: five users of different rights, by both ways in, get what `kubectl auth can-i` says
 * and nothing else; and whoever is none of them gets nothing.
 */
import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { binaryPath, kubectlProgram } from '../../hack/testbed/binaries.ts'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { runCommand } from '../../hack/testbed/run-command.ts'
import { type ApiAnswer, aggregateApi, directly, send, throughApiServer } from '../support/api-client.ts'
import { type ApiUser, addApiUser, type Grant } from '../support/api-users.ts'
import { commandBlocks } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import {
  type Anything,
  conditionOf,
  type OperatorWorld,
  operatorUser,
  startOperatorWorld,
  systemNamespace,
} from '../support/operator-world.ts'
import { accessOf, grantsOf } from '../support/role-use.ts'
import { skipUnless } from '../support/skip.ts'

const root = join(import.meta.dirname, '../..')
const group = 'dogwatch.dev'
const kinds = ['capacitypolicies', 'crashalertroutes', 'alertreceivers', 'silences']

const everything = ['get', 'list', 'create', 'update', 'patch']

const all = { group, resources: kinds }

/** By name of a service account. */
const users: Readonly<Record<string, readonly Grant[]>> = {
  'cluster-admin': [{ ...all, verbs: everything }],
  'cluster-viewer': [{ ...all, verbs: ['get', 'list'] }],
  'team-a-editor': [{ ...all, verbs: everything, namespace: 'team-a' }],
  'one-policy-only': [
    { group, verbs: ['get', 'patch'], namespace: 'team-a', resources: ['capacitypolicies'], names: ['second'] },
    { group, verbs: ['get'], namespace: 'team-b', resources: ['alertreceivers'] },
  ],
  stranger: [],
}

const policies = ['team-a/first', 'team-a/second', 'team-b/first', `${systemNamespace}/first`]
const namespaces = ['team-a', 'team-b', systemNamespace]
const receivers = ['team-a/mail', 'team-b/mail', `${systemNamespace}/mail`]

describe('API for people', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let operator: OperatorProcess
  let dataDir: string
  let operatorKubeconfig: string
  const known: Record<string, ApiUser> = {}
  let port = 0
  const ways = [directly(() => port), throughApiServer(() => world.cluster)]

  before(async function () {
    const isBuilt = missingForCluster({ kwok: true }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld()
    await world.cluster.mustKubectl(['apply', '-f', join(root, 'config/rbac/api/rbac.yaml')])
    await world.node('node')
    for (const namespace of ['team-a', 'team-b', 'people']) await world.namespace(namespace)
    for (const namespace of ['team-a', 'team-b']) {
      await world.pod(namespace, 'big', { nodeName: 'node', requests: { cpu: '2' } })
    }
    for (const name of Object.keys(users)) await addUser(name)
    operatorKubeconfig = (await world.operatorAccess()).kubeconfig
    dataDir = world.newFolder()
    await startOperator()
    await aggregateApi(world.cluster, port)
    for (const key of receivers) await addReceiver(key)
    for (const key of policies) await addPolicy(key)
    await eventually('every policy has its alert', async () => (await alertsOf('cluster-admin')).length === 5)
  })

  after(async () => world?.stop())

  async function startOperator(): Promise<void> {
    operator = world.operator(operatorKubeconfig, ['--api-listen', `:${port}`, '--service-get'], dataDir)
    port = Number((await operator.says('The API is served')).port)
    await operator.working()
  }

  async function addPolicy(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/')
    const rule = { name: 'pod', scope: 'Pod', resource: 'cpu', measure: 'Requests', above: 10 }
    await world.policy(namespace, name, { rules: [rule], receivers: [{ name: 'mail' }] })
  }

  async function addReceiver(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/')
    await world.receiver(namespace, name, { console: {} })
  }

  async function addUser(name: string): Promise<void> {
    known[name] = await addApiUser(world, name, users[name] ?? [])
  }

  const tokenOf = (user: string) => known[user]?.token ?? ''
  const kubeconfigOf = (user: string) => known[user]?.kubeconfig ?? ''

  async function canI(user: string, verb: string, what: string): Promise<boolean> {
    const [resource, namespace = '', name = ''] = what.split('/')
    return (await known[user]?.can(verb, `${resource}.${group}/${name}`, '-n', namespace)) === true
  }

  async function allowed(user: string, verb: string, resource: string, keys: readonly string[]): Promise<string[]> {
    const answers = await Promise.all(keys.map((key) => canI(user, verb, `${resource}/${key}`)))
    return keys.filter((_, index) => answers[index]).sort()
  }

  const keyOf = ({ namespace, name }: { namespace: string; name: string }) => `${namespace}/${name}`

  async function alertsOf(user: string, way = ways[0]!): Promise<Anything[]> {
    const { status, body } = await way.ask(tokenOf(user), '/alerts')
    expect(status, JSON.stringify(body)).to.equal(200)
    return body.alerts
  }

  for (const way of ways) {
    for (const user of Object.keys(users)) {
      describe(`${user}, ${way.name}`, () => {
        it('sees the alerts of the policies that he may get, in the list and one by one', async () => {
          const wanted = await allowed(user, 'get', 'capacitypolicies', policies)
          const seen = await alertsOf(user, way)
          expect([...new Set(seen.map(({ policy }) => keyOf(policy)))].sort()).to.deep.equal(wanted)
          for (const { id, policy } of await alertsOf('cluster-admin')) {
            const { status } = await way.ask(tokenOf(user), `/alerts/${id}`)
            expect(status, keyOf(policy)).to.equal(wanted.includes(keyOf(policy)) ? 200 : 404)
          }
        })

        it('sees the policies and the receivers that he may get', async () => {
          const seenPolicies = (await way.ask(tokenOf(user), '/policies')).body.policies
          expect(seenPolicies.map(keyOf).sort()).to.deep.equal(await allowed(user, 'get', 'capacitypolicies', policies))
          const seenReceivers = (await way.ask(tokenOf(user), '/receivers')).body.receivers
          expect(seenReceivers.map(keyOf).sort()).to.deep.equal(await allowed(user, 'get', 'alertreceivers', receivers))
        })

        it('acknowledges the alerts that he may see and whose policy he may update', async () => {
          const [getable, updatable] = [
            await allowed(user, 'get', 'capacitypolicies', policies),
            await allowed(user, 'update', 'capacitypolicies', policies),
          ]
          for (const { id, policy } of await alertsOf('cluster-admin')) {
            const key = keyOf(policy)
            const body = { comment: `by ${user}` }
            const answer = await way.ask(tokenOf(user), `/alerts/${id}/acknowledge`, { method: 'POST', body })
            const wanted = getable.includes(key) ? (updatable.includes(key) ? 200 : 403) : 404
            expect(answer.status, key).to.equal(wanted)
            if (wanted !== 200) continue
            const by = `system:serviceaccount:people:${user}`
            expect(answer.body.acknowledged).to.include({ by, comment: body.comment })
          }
        })

        it('suspends and resumes the policies that he may patch', async () => {
          const patchable = await allowed(user, 'patch', 'capacitypolicies', policies)
          for (const key of policies) {
            const [namespace, name] = key.split('/')
            const path = `/namespaces/${namespace}/policies/${name}`
            const isSuspended = async () =>
              (await world.send('GET', world.policyPath(namespace ?? '', name ?? ''))).spec.suspend
            const wanted = patchable.includes(key)
            const suspend = await way.ask(tokenOf(user), `${path}/suspend`, { method: 'POST' })
            expect([suspend.status, await isSuspended()], key).to.deep.equal([wanted ? 200 : 403, wanted])
            const resume = await way.ask(tokenOf(user), `${path}/resume`, { method: 'POST' })
            expect([resume.status, await isSuspended()], key).to.deep.equal([wanted ? 200 : 403, false])
          }
        })

        it('suspends a route of crashes where he may patch it', async () => {
          const at = `/apis/${group}/v1alpha1/namespaces/team-a/crashalertroutes`
          await world.send('DELETE', `${at}/first`)
          await world.crashRoute('team-a', 'first', {})
          const [wanted] = await allowed(user, 'patch', 'crashalertroutes', ['team-a/first'])
          const path = '/namespaces/team-a/policies/first/suspend?kind=CrashAlertRoute'
          const { status } = await way.ask(tokenOf(user), path, { method: 'POST' })
          const { spec } = await world.send('GET', `${at}/first`)
          expect([status, spec.suspend]).to.deep.equal(wanted === undefined ? [403, false] : [200, true])
          await world.send('DELETE', `${at}/first`)
        })

        it('tests the receivers that he may update', async () => {
          const updatable = await allowed(user, 'update', 'alertreceivers', receivers)
          for (const key of receivers) {
            const [namespace, name] = key.split('/')
            const before = tests()
            const path = `/namespaces/${namespace}/receivers/${name}/test`
            const { status, body } = await way.ask(tokenOf(user), path, { method: 'POST' })
            const wanted = updatable.includes(key)
            expect(status, key).to.equal(wanted ? 200 : 403)
            if (wanted) expect(body).to.include({ sent: true })
            if (wanted) await eventually('the test message', () => tests() === before + 1)
            else expect(tests()).to.equal(before)
          }
        })

        it('silences where he may create silences, and ends those that he may patch', async () => {
          const silences = namespaces.map((namespace) => `${namespace}/quiet`)
          const [creatable, patchable, getable] = [
            await allowed(user, 'create', 'silences', silences),
            await allowed(user, 'patch', 'silences', silences),
            await allowed(user, 'get', 'silences', silences),
          ]
          for (const key of silences) {
            const [namespace = ''] = key.split('/')
            const name = `quiet-${user}-${way.name.split(' ')[0]}`
            const body = { name, matchers: [{ name: 'pod', value: 'nobody' }], duration: '1h', comment: 'a test' }
            const path = `/namespaces/${namespace}/silences`
            const made = await way.ask(tokenOf(user), path, { method: 'POST', body })
            expect(made.status, key).to.equal(creatable.includes(key) ? 200 : 403)
            if (made.status === 200) expect(made.body.createdBy).to.equal(`system:serviceaccount:people:${user}`)
            if (made.status !== 200) await ways[0]!.ask(tokenOf('cluster-admin'), path, { method: 'POST', body })
            const ended = await way.ask(tokenOf(user), `${path}/${name}/expire`, { method: 'POST' })
            expect(ended.status, key).to.equal(patchable.includes(key) ? 200 : 403)
            const { body: list } = await way.ask(tokenOf(user), `/silences?namespace=${namespace}`)
            const isSeen = list.silences.some((silence: Anything) => silence.name === name)
            expect(isSeen, key).to.equal(getable.includes(key))
            if (ended.status !== 200) continue
            const at = `/apis/dogwatch.dev/v1alpha1/namespaces/${namespace}/silences/${name}`
            await eventually('it is over', async () => (await world.send('GET', at)).status?.state === 'Expired')
          }
        })

        it('stops the service only with the right to patch every policy', async () => {
          const may = await known[user]?.can('patch', `capacitypolicies.${group}`, '-A')
          const stop = await way.ask(tokenOf(user), '/service/stop', { method: 'POST' })
          expect(stop.status).to.equal(may ? 200 : 403)
          const start = await way.ask(tokenOf(user), '/service/start', { method: 'POST' })
          expect(start.status).to.equal(stop.status)
        })
      })
    }
  }

  const tests = () => operator.messages.filter(({ word }) => word === 'TEST').length

  describe('lets nobody in', () => {
    const ask = (headers: Record<string, string>, more = {}): Promise<ApiAnswer> =>
      send(`https://127.0.0.1:${port}/api/v1/alerts`, { headers, ...more })
    const asAdmin = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' }
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

    it('without a token, with a wrong one, or with one that has expired', async () => {
      const expired = signedToken(world.cluster.files.pki.serviceAccountKey, tokenOf('cluster-admin'), -60)
      const current = signedToken(world.cluster.files.pki.serviceAccountKey, tokenOf('cluster-admin'), 600)
      for (const headers of [{}, bearer('x'), bearer(`${tokenOf('cluster-admin')}x`), bearer(expired)]) {
        expect((await ask(headers)).status).to.equal(401)
      }
      expect((await ask(bearer(current))).status, 'the same token in its time').to.equal(200)
    })

    it('with the token of an account that was deleted', async () => {
      await addUser('leaver')
      const headers = bearer(tokenOf('leaver'))
      expect((await ask(headers)).status).to.equal(200)
      await world.send('DELETE', '/api/v1/namespaces/people/serviceaccounts/leaver')
      await eventually('the token is forgotten', async () => (await ask(headers)).status === 401, 60_000)
    })

    it('who names himself in headers without being the API server', async () => {
      const other = await world.cluster.issueClientCertificate({ user: 'somebody', groups: ['system:masters'] })
      const { admin, server } = world.cluster.files.pki
      for (const certificate of [undefined, other, admin, server]) {
        const { status, body } = await ask(asAdmin, certificate && { certificate })
        expect(status, JSON.stringify(body)).to.equal(401)
      }
      const both = await ask({ ...asAdmin, ...bearer(tokenOf('stranger')) })
      expect(both.body.alerts, 'the token counts, not the headers').to.deep.equal([])
    })

    it('even with the API server’s own certificate, where no name is given', async () => {
      const certificate = world.cluster.files.pki.frontProxy
      expect((await ask({}, { certificate })).status).to.equal(401)
      expect((await ask({ 'x-remote-group': 'system:masters' }, { certificate })).status).to.equal(401)
      expect((await ask(asAdmin, { certificate })).body.alerts, 'with a name it is the API server').to.have.length(5)
    })
  })

  describe('beside that', () => {
    it('kubectl with nothing but a kubeconfig gets the same, and prints what went wrong', async () => {
      const path = '/apis/api.dogwatch.dev/v1alpha1/alerts'
      const get = (user: string, at: string) =>
        world.cluster.kubectl(['get', '--raw', at], { kubeconfig: kubeconfigOf(user) })
      const { alerts } = JSON.parse((await get('team-a-editor', path)).stdout)
      expect(alerts).to.deep.equal(await alertsOf('team-a-editor'))
      const { code, stderr } = await get('team-a-editor', `${path}/absent`)
      expect([code, stderr]).to.deep.equal([
        1,
        'Error from server (NotFound): there is no alert absent that you may see; ids are in the list of alerts\n',
      ])
    })

    it('an alert of another policy than those that the caller may get shows in no filter, page or count', async () => {
      const everything = '/alerts?state=all&limit=1'
      const seen: string[] = []
      for (let path: string | undefined = everything; path !== undefined; ) {
        const { body }: ApiAnswer = await ways[0]!.ask(tokenOf('team-a-editor'), path)
        seen.push(...body.alerts.map(({ policy }: Anything) => keyOf(policy)))
        path = body.next && `${everything}&cursor=${body.next}`
      }
      expect(seen.sort()).to.deep.equal(['team-a/first', 'team-a/second'])
    })

    for (const { line, script } of commandBlocks().filter(({ document }) => document === 'docs/api.md')) {
      it(`docs/api.md:${line} works as it stands there`, async () => {
        const kubectl = dirname(binaryPath(kubectlProgram))
        const env = {
          ...process.env,
          KUBECONFIG: world.cluster.kubeconfigPath,
          KUBECACHEDIR: join(world.newFolder(), 'kubectl-cache'),
          PATH: `${kubectl}:${process.env.PATH}`,
          DOGWATCH: `https://127.0.0.1:${port}`,
        }
        const { code, stdout, stderr } = await runCommand('bash', ['--norc', '-euo', 'pipefail', '-c', script], { env })
        expect({ code, stderr }, stdout).to.deep.equal({ code: 0, stderr: '' })
        expect(stdout).to.match(/\{/)
      })
    }

    it('a process that stands by answers what it can read, and names who leads for the rest', async () => {
      const standby = world.operator(operatorKubeconfig, ['--api-listen', '127.0.0.1:0'])
      const { port: standbyPort } = await standby.says('The API is served')
      await standby.says('Lease is held by another process; waiting')
      const way = directly(() => Number(standbyPort))
      const { body } = await way.ask(tokenOf('cluster-admin'), '/policies')
      expect(body.policies).to.have.length(policies.length)
      const refused = await way.ask(tokenOf('cluster-admin'), '/namespaces/team-a/policies/first/suspend', {
        method: 'POST',
      })
      const lease = await world.send(
        'GET',
        `/apis/coordination.k8s.io/v1/namespaces/${systemNamespace}/leases/dogwatch`,
      )
      expect([refused.status, refused.headers['retry-after']]).to.deep.equal([503, '2'])
      expect(refused.body.detail).to.include(`${lease.spec.holderIdentity} leads`)
      await standby.end()
    })

    it('stopped, nothing is judged or told, over a kill and a restart, until it is started', async () => {
      const admin = { headers: { authorization: `Bearer ${tokenOf('cluster-admin')}` } }
      const service = async (verb: string) => (await send(`https://127.0.0.1:${port}/service/${verb}`, admin)).body.data
      const isReadyAs = (wanted: string) =>
        world.statusWhen('team-a', 'first', (status) => conditionOf(status, 'Ready') === wanted)
      expect(await service('status')).to.equal('Service is running')
      expect(await service('stop')).to.equal('Service stopped')
      await isReadyAs('False Stopped')
      const told = operator.messages.length
      await world.pod('team-a', 'unseen', { nodeName: 'node', requests: { cpu: '2' } })
      await world.deletePod('team-b', 'big')
      await operator.end('SIGKILL')
      expect(operator.messages.length).to.equal(told)
      await startOperator()
      expect(await service('status')).to.equal('Service is stopped')
      // A status that is written again shows that the operator has looked at the policies since.
      const { metadata } = await world.changePolicy('team-a', 'first', { labels: { looked: 'again' } })
      await world.statusWhen('team-a', 'first', ({ observedGeneration }) => observedGeneration === metadata.generation)
      await isReadyAs('False Stopped')
      expect(operator.messages).to.deep.equal([])
      expect(await service('start')).to.equal('Service started')
      await operator.tells('WARNING', 'Pod team-a/unseen')
      await operator.tells('CLOSED', 'Pod team-b/big')
      await isReadyAs('True Watching')
    })

    it('needs the rights that its role gives, all of them, and no others', async () => {
      const role = await world.send('GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/dogwatch-api')
      const events = (await world.cluster.auditEvents()).filter(({ user }) => user.username === operatorUser)
      const used = new Set(events.map(accessOf))
      expect(grantsOf([role]).filter((grant) => !used.has(grant))).to.deep.equal([])
      const refused = events.filter(({ responseStatus }) => responseStatus?.code === 403)
      expect(refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).to.deep.equal([])
    })
  })
})

/** The same token with another end, signed with the cluster's own key. */
function signedToken(keyFile: string, token: string, endsInSeconds: number): string {
  const [header = '', payload = ''] = token.split('.')
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const times = { iat: nowSeconds - 3_600, nbf: nowSeconds - 3_600, exp: nowSeconds + endsInSeconds }
  const content = `${header}.${Buffer.from(JSON.stringify({ ...claims, ...times })).toString('base64url')}`
  const key = { key: createPrivateKey(readFileSync(keyFile)), dsaEncoding: 'ieee-p1363' as const }
  return `${content}.${sign('sha256', Buffer.from(content), key).toString('base64url')}`
}
