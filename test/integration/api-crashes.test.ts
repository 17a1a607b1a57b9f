/**
 * Crashes, their logs and words of them, for users of different rights, by both ways in and at the command line: each sees what
 * `kubectl auth can-i` says of pods and of their logs, and nothing else. Real API server, real history.
 */
import { join } from 'node:path'
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { startApi } from '../../src/app/api.ts'
import { resolveOptions } from '../../src/app/options.ts'
import { systemClock } from '../../src/base/clock.ts'
import { Lifecycle } from '../../src/base/lifecycle.ts'
import { createLogger, silentLogger } from '../../src/base/log.ts'
import { commands } from '../../src/cli/commands.ts'
import { createKubeClient } from '../../src/kube/client.ts'
import { CredentialSource } from '../../src/kube/credentials.ts'
import { loadKubeConfig } from '../../src/kube/kube-config.ts'
import type { CrashRecord } from '../../src/model/crash.ts'
import { openNotificationLog } from '../../src/store/open-notification-log.ts'
import { SqliteCrashHistory } from '../../src/store/sqlite/sqlite-crash-history.ts'
import { aggregateApi, directly, throughApiServer, type Way } from '../support/api-client.ts'
import { type ApiUser, addApiUser, type Grant } from '../support/api-users.ts'
import { type CliRun, runCli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { type Anything, type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts'
import { sampleCrash } from '../support/sample-crashes.ts'
import { skipUnless } from '../support/skip.ts'

const root = join(import.meta.dirname, '../..')
const pods = { group: '', verbs: ['get'], resources: ['pods'] }
const logs = { group: '', verbs: ['get'], resources: ['pods/log'] }
const both = { group: '', verbs: ['get', 'list'], resources: ['pods', 'pods/log'] }

/** By name of a service account. */
const users: Readonly<Record<string, readonly Grant[]>> = {
  'cluster-admin': [{ group: '*', verbs: ['*'], resources: ['*'] }],
  'sees-all-reads-team-a': [pods, { ...logs, namespace: 'team-a' }],
  'team-a-developer': [{ ...both, namespace: 'team-a' }],
  'team-b-observer': [
    { ...pods, namespace: 'team-b' },
    { ...logs, namespace: 'team-a' },
  ],
  'one-pod-only': [
    { ...both, namespace: 'team-a', names: ['api-0'] },
    { group: 'dogwatch.dev', verbs: ['*'], resources: ['*'] },
  ],
  stranger: [],
}

/** The last one is of a namespace that is no more. */
const namespaces = ['team-a', 'team-b', 'gone']

/** Each has a word of its own, and one that all have. */
const crashes: readonly CrashRecord[] = namespaces.flatMap((namespace, n) =>
  ['first', 'second', 'third'].map((name, i) =>
    sampleCrash(`${namespace.replace('-', '')}${name}`, {
      ...{ namespace, atMs: Date.now() - (n + 3 * i + 1) * 60_000, pod: { name: 'api-0', uid: `${n}${i}` } },
      log: { text: `starting\ncommon secret of ${namespace} ${name}\n`, isCut: false },
    }),
  ),
)

/** The API takes so many requests a second of one caller; a quick machine makes more. */
function patient(way: Way): Way {
  const ask: Way['ask'] = async (...request) => {
    for (;;) {
      const answer = await way.ask(...request)
      if (answer.status !== 429) return answer
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  return { ...way, ask }
}

describe('crashes for people', function () {
  this.timeout(180_000)
  let world: OperatorWorld
  let history: SqliteCrashHistory
  let operatorKubeconfig: string
  let port = 0
  let standbyPort = 0
  const known: Record<string, ApiUser> = {}
  const lifecycle = new Lifecycle(silentLogger)
  const ways = [directly(() => port), throughApiServer(() => world.cluster)].map(patient)

  before(async function () {
    const isBuilt = missingForCluster({ kwok: true }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    world = await startOperatorWorld()
    await world.cluster.mustKubectl(['apply', '-f', join(root, 'config/rbac/api/rbac.yaml')])
    for (const namespace of ['team-a', 'team-b', 'people']) await world.namespace(namespace)
    for (const [name, grants] of Object.entries(users)) known[name] = await addApiUser(world, name, grants)
    history = new SqliteCrashHistory(join(world.newFolder(), 'crashes.db'))
    lifecycle.onStop('history', () => history.close())
    await history.write(crashes)
    operatorKubeconfig = (await world.operatorAccess()).kubeconfig
    port = await serve({ isLeading: true })
    standbyPort = await serve({ isLeading: false })
    await aggregateApi(world.cluster, port)
  })

  after(async () => {
    await lifecycle.stop()
    await world?.stop()
  })

  /** The operator's API, with the operator's own rights. */
  async function serve({ isLeading }: { isLeading: boolean }): Promise<number> {
    const clock = systemClock
    const load = () => loadKubeConfig({ kubeconfig: operatorKubeconfig, context: undefined })
    const client = createKubeClient({ credentials: new CredentialSource(load, clock), clock })
    lifecycle.onStop('client', () => client.close())
    const log = await openNotificationLog({ engine: 'sqlite', folder: world.newFolder() })
    lifecycle.onStop('log', () => log.close())
    const said: Anything[] = []
    const logger = createLogger('info', { write: (line) => void said.push(JSON.parse(line)) })
    const surroundings = { options: resolveOptions({}, {}), client, log, clock, logger, lifecycle }
    const people = { crashes: history, work: () => undefined, isLeading: () => isLeading }
    await startApi({ ...surroundings, ...people }, { host: undefined, port: 0 })
    return said.find(({ message }) => message === 'The API is served')?.port
  }

  const userOf = (name: string) => known[name] as ApiUser

  async function those(name: string, ...right: string[]): Promise<string[]> {
    const may = await Promise.all(namespaces.map((namespace) => userOf(name).can(...right, '-n', namespace)))
    return namespaces.filter((_, index) => may[index])
  }

  /** What kubectl says. */
  const seenBy = (name: string) => those(name, 'get', 'pods')
  const readBy = async (name: string) => {
    const readable = await those(name, 'get', 'pods', '--subresource=log')
    return (await seenBy(name)).filter((namespace) => readable.includes(namespace))
  }
  const idsIn = (allowed: readonly string[]) =>
    crashes
      .filter(({ namespace }) => allowed.includes(namespace))
      .toSorted((one, other) => other.atMs - one.atMs)
      .map(({ id }) => id)

  const idsOf = (items: Anything[]) => items.map(({ id }) => id)

  async function ask(way: Way, name: string, path: string): Promise<Anything> {
    const { status, body } = await way.ask(userOf(name).token, path)
    expect(status, JSON.stringify(body)).to.equal(200)
    return body
  }

  it('are of users who differ in what they may do', async () => {
    const rights = await Promise.all(Object.keys(users).map(async (name) => [await seenBy(name), await readBy(name)]))
    expect(rights).to.deep.equal([
      [namespaces, namespaces],
      [namespaces, ['team-a']],
      [['team-a'], ['team-a']],
      [['team-b'], []],
      [[], []],
      [[], []],
    ])
  })

  for (const way of ways) {
    for (const name of Object.keys(users)) {
      describe(`${name}, ${way.name}`, () => {
        it('sees the crashes of the namespaces whose pods he may get, in the list and one by one', async () => {
          const wanted = idsIn(await seenBy(name))
          expect(idsOf((await ask(way, name, '/crashes')).crashes)).to.deep.equal(wanted)
          for (const { id, namespace } of crashes) {
            const { status, body } = await way.ask(userOf(name).token, `/crashes/${id.slice(0, -2)}`)
            expect(status, id).to.equal(wanted.includes(id) ? 200 : 404)
            expect(JSON.stringify(body)).not.to.include('secret')
            if (status === 200) expect(body).to.include({ id, namespace, hasLog: true })
          }
        })

        it('reads the logs of those whose logs he may get, too', async () => {
          const [seen, read] = [await seenBy(name), await readBy(name)]
          for (const { id, namespace, log } of crashes) {
            const wanted = read.includes(namespace) ? 200 : seen.includes(namespace) ? 403 : 404
            const json = await way.ask(userOf(name).token, `/crashes/${id}/logs`)
            const text = await way.ask(userOf(name).token, `/crashes/${id}/logs?format=text`)
            expect([json.status, text.status], id).to.deep.equal([wanted, wanted])
            if (wanted !== 200) expect(JSON.stringify([json.body, text.body])).not.to.include('secret')
            else expect([json.body.text, text.body]).to.deep.equal([log?.text, log?.text])
            if (wanted === 200) expect(text.headers['content-type']).to.equal('text/plain; charset=utf-8')
          }
        })

        it('finds words only where he may read logs, and is told where was not searched', async () => {
          const [seen, read] = [await seenBy(name), await readBy(name)]
          const found = await ask(way, name, '/crashes?q=common+secret')
          expect(idsOf(found.crashes)).to.deep.equal(idsIn(read))
          expect(found.unsearched ?? []).to.have.members(seen.filter((namespace) => !read.includes(namespace)))
          for (const { id, namespace } of crashes) {
            const word = encodeURIComponent(`"of ${namespace}" ${id.slice(namespace.replace('-', '').length)}`)
            const hits = idsOf((await ask(way, name, `/crashes?q=${word}`)).crashes)
            expect(hits, id).to.deep.equal(read.includes(namespace) ? [id] : [])
            const { rows } = await ask(way, name, `/crashes/top?by=namespace&q=${word}`)
            expect(rows, id).to.have.length(hits.length)
          }
        })

        it('counts what he may see', async () => {
          const rows = async (by: string) => (await ask(way, name, `/crashes/top?by=${by}`)).rows
          const seen = await seenBy(name)
          expect((await rows('namespace')).map(({ value }: Anything) => value)).to.have.members(seen)
          const counts = (await rows('reason')).map(({ crashes: count }: Anything) => count)
          expect(counts).to.deep.equal(seen.length === 0 ? [] : [3 * seen.length])
        })

        it('is told which right is missing in a namespace that he names', async () => {
          const [seen, read] = [await seenBy(name), await readBy(name)]
          for (const namespace of namespaces) {
            const listed = await way.ask(userOf(name).token, `/crashes?namespace=${namespace}`)
            const found = await way.ask(userOf(name).token, `/crashes?namespace=${namespace}&q=secret`)
            expect([listed.status, found.status], namespace).to.deep.equal([
              seen.includes(namespace) ? 200 : 403,
              read.includes(namespace) ? 200 : 403,
            ])
            const missing = listed.status === 403 ? 'get pods -n' : 'get pods --subresource=log -n'
            if (found.status === 403)
              expect(JSON.stringify(found.body)).to.include(`kubectl auth can-i ${missing} ${namespace}`)
          }
        })
      })
    }
  }

  describe('at the command line', () => {
    const dogwatch = (name: string, args: readonly string[]): Promise<CliRun> =>
      runCli(commands, ['crashes', ...args, '--kubeconfig', userOf(name).kubeconfig], {
        ...{ clock: systemClock, env: { TZ: 'UTC' } },
      })
    const itemsOf = async (name: string, args: readonly string[]): Promise<Anything[]> => {
      const { exitCode, stdout, stderr } = await dogwatch(name, [...args, '-o', 'json'])
      expect({ exitCode, stderr }, args.join(' ')).to.deep.equal({ exitCode: 0, stderr: '' })
      return JSON.parse(stdout).items
    }

    for (const name of Object.keys(users)) {
      it(`${name} sees the same`, async () => {
        const [seen, read] = [await seenBy(name), await readBy(name)]
        expect(idsOf(await itemsOf(name, ['list', '-A']))).to.deep.equal(idsIn(seen))
        expect(idsOf(await itemsOf(name, ['search', 'common secret', '-A']))).to.deep.equal(idsIn(read))
        expect(await itemsOf(name, ['top', '--by', 'namespace', '-A'])).to.have.length(seen.length)
        const { id, namespace } = crashes[0] as CrashRecord
        const [shown, log] = [await dogwatch(name, ['show', id.slice(0, 8)]), await dogwatch(name, ['logs', id])]
        const isRead = read.includes(namespace)
        expect([shown.exitCode, log.exitCode]).to.deep.equal([seen.includes(namespace) ? 0 : 1, isRead ? 0 : 1])
        expect(shown.stdout.includes('common secret'), shown.stdout).to.equal(isRead)
        expect(log.stdout).to.equal(isRead ? crashes[0]?.log?.text : '')
      })
    }

    it('shows one to whoever was woken, with what to do next', async () => {
      const { stdout } = await dogwatch('team-a-developer', ['show', 'teamafirst'])
      expect(stdout).to.match(
        /^Error: ended with exit code 1\nDeployment team-a\/api, container api, pod api-0, node worker-a1\n/,
      )
      expect(stdout).to.match(
        /\nCrashed .* \(\d+m ago\), after running for 14m\. Restarts so far: 3\.\n3 crashes of this workload in the last 7 days \(Error 3\)/,
      )
      expect(stdout).to.match(/\nIts whole log:\n {2}starting\n {2}common secret of team-a first\n/)
      expect(stdout).to.match(/\nNext:\n {2}dogwatch crashes logs teamafir\n {2}kubectl -n team-a describe pod api-0\n/)
    })

    it('names the right that is missing', async () => {
      const { exitCode, stderr } = await dogwatch('team-b-observer', ['list', '-n', 'team-a'])
      expect(stderr).to.include('check with: kubectl auth can-i get pods -n team-a')
      expect(exitCode).to.equal(1)
    })
  })

  it('kubectl alone gets them, too', async () => {
    const at = '/apis/api.dogwatch.dev/v1alpha1/crashes'
    const { kubeconfig } = userOf('team-a-developer')
    const get = (path: string) => world.cluster.kubectl(['get', '--raw', path], { kubeconfig })
    expect(idsOf(JSON.parse((await get(`${at}?from=24h`)).stdout).crashes)).to.deep.equal(idsIn(['team-a']))
    expect((await get(`${at}/teamafirst/logs?format=text`)).stdout).to.equal(crashes[0]?.log?.text)
    expect((await get(`${at}/teambfirst`)).stderr).to.match(
      /^Error from server \(NotFound\): there is no crash teambfirst that you may see/,
    )
  })

  it('a process that stands by answers the same', async () => {
    const standby = directly(() => standbyPort)
    for (const name of ['cluster-admin', 'team-a-developer', 'stranger']) {
      expect(await ask(standby, name, '/crashes')).to.deep.equal(await ask(ways[0] as Way, name, '/crashes'))
      expect(await ask(standby, name, '/crashes/top')).to.deep.equal(await ask(ways[0] as Way, name, '/crashes/top'))
    }
  })

  it('a right that is given or taken away counts within seconds', async () => {
    const leaver = await addApiUser(world, 'leaver', [{ ...both, namespace: 'team-a' }])
    const path = '/crashes?q=secret'
    const found = async () => (await ways[0]?.ask(leaver.token, path))?.body.crashes?.length
    await eventually('he finds what he may read', async () => (await found()) === 3)
    const binding = '/apis/rbac.authorization.k8s.io/v1/namespaces/team-a/rolebindings/leaver-0'
    await world.send('DELETE', binding)
    await eventually('he finds nothing any more', async () => (await found()) === 0, 60_000)
  })

  describe('with hundreds of namespaces', () => {
    it('somebody who may see one of hundreds of namespaces has his answer in time', async () => {
      const many = Array.from({ length: 400 }, (_, i) => sampleCrash(`many${i}`, { namespace: `many-${i}` }))
      await history.write(many)
      for (const way of ways)
        expect(idsOf((await ask(way, 'team-a-developer', '/crashes')).crashes)).to.deep.equal(idsIn(['team-a']))
    })
  })
})
