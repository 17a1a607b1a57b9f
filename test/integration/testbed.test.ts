/** The testbed itself: what the other tests rely on when they pause, kill, roll back and garble. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, watch } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { artifactFolder } from '../../hack/testbed/artifact.ts'
import { etcd } from '../../hack/testbed/artifacts/etcd.ts'
import { kubernetes } from '../../hack/testbed/artifacts/kubernetes.ts'
import { createObjects } from '../../hack/testbed/bulk.ts'
import { type Cluster, startCluster } from '../../hack/testbed/cluster.ts'
import { type FaultProxy, listOf, startFaultProxy, watchOf } from '../../hack/testbed/fault-proxy.ts'
import * as faults from '../../hack/testbed/faults.ts'
import { generateSnapshot } from '../../hack/testbed/generate-snapshot.ts'
import { kwokNode, kwokPod } from '../../hack/testbed/kwok-objects.ts'
import { portsOfSlot } from '../../hack/testbed/ports.ts'
import { processesOf } from '../../hack/testbed/processes.ts'
import { type ClusterRecord, listClusters, registryFolder } from '../../hack/testbed/registry.ts'
import { startAndKillOwner } from '../support/doom.ts'
import { eventually } from '../support/eventually.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'

const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
})

interface List {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly { readonly metadata: { readonly name: string } }[]
}

async function list(cluster: Cluster): Promise<List> {
  const { body, status } = await cluster.request(configMaps)
  expect(status).to.equal(200)
  return JSON.parse(body) as List
}

const names = async (cluster: Cluster): Promise<string[]> =>
  (await list(cluster)).items.map((item) => item.metadata.name)

const isSilent = async (answer: Promise<unknown>): Promise<boolean> =>
  answer.then(
    () => false,
    (error: Error) => /abort|timeout/i.test(`${error.name} ${error.message}`),
  )

describe('testbed', function () {
  this.timeout(180_000)

  describe('a control plane', () => {
    let cluster: Cluster

    before(async () => {
      cluster = await startCluster({ auditLog: true })
    })
    after(() => cluster?.stop())

    it('is Kubernetes 1.36 with RBAC, and accepts pods at once', async () => {
      const version = JSON.parse(await cluster.mustKubectl(['version', '-o', 'json']))
      expect(version.serverVersion.gitVersion).to.match(/^v1\.36\./)
      expect(version.clientVersion.gitVersion).to.equal(version.serverVersion.gitVersion)
      await cluster.apply([kwokPod('early')])
      const joe = await cluster.kubeconfigFor({ user: 'joe' })
      const refused = await cluster.kubectl(['get', 'pods'], { kubeconfig: joe })
      expect(refused.stderr).to.include('User "joe" cannot list resource "pods"')
    })

    it('pauses and resumes a part: no answer, then answers', async () => {
      const server = cluster.part('kube-apiserver')
      server.pause()
      expect(await isSilent(cluster.request('/livez', { timeoutMs: 1500 }))).to.equal(true)
      server.resume()
      expect((await cluster.request('/livez')).status).to.equal(200)
    })

    it('kills a part and starts it again with what it knew', async () => {
      await cluster.apply([configMap('kept')])
      const server = cluster.part('kube-apiserver')
      const pid = server.pid
      await server.kill()
      expect(server.isRunning).to.equal(false)
      expect(existsSync(`/proc/${pid}`)).to.equal(false)
      const failure = await cluster.request('/livez').catch((error: NodeJS.ErrnoException) => error.code)
      expect(failure).to.be.oneOf(['ECONNREFUSED', 'ECONNRESET'])
      await server.restart()
      await cluster.part('etcd').restart()
      expect(await eventually('the list', () => names(cluster).catch(() => undefined))).to.include('kept')
    })

    it('rolls back to a snapshot, resourceVersions included', async () => {
      await cluster.apply([configMap('before')])
      await cluster.saveSnapshot('one')
      const saved = await list(cluster)
      await createObjects(
        cluster,
        configMaps,
        Array.from({ length: 200 }, (_, index) => configMap(`after-${index}`)),
      )
      const later = await list(cluster)
      await cluster.restoreSnapshot('one')
      const restored = await list(cluster)
      expect(restored.items).to.deep.equal(saved.items)
      expect(Number(restored.metadata.resourceVersion)).to.be.below(Number(later.metadata.resourceVersion))
    })

    it('forgets history: an old resourceVersion gets 410', async () => {
      const old = (await list(cluster)).metadata.resourceVersion
      await cluster.apply([configMap('newer')])
      const watch = () => cluster.request(`${configMaps}?watch=1&resourceVersion=${old}&timeoutSeconds=1`)
      expect((await watch()).body).to.include('"type":"ADDED"')
      await cluster.expireResourceVersions()
      const { body } = await watch()
      expect(JSON.parse(body.split('\n')[0]!)).to.nested.include({ type: 'ERROR', 'object.code': 410 })
    })

    it('expires a continue token by compaction alone', async () => {
      const first = JSON.parse((await cluster.request(`${configMaps}?limit=1`)).body)
      await cluster.apply([configMap('newest')])
      await cluster.compact()
      const token = encodeURIComponent(first.metadata.continue)
      const status = async () => (await cluster.request(`${configMaps}?limit=1&continue=${token}`)).status
      await eventually('410', async () => (await status()) === 410)
    })

    it('shows in the audit log who asked what and what they got', async () => {
      const kubeconfig = await cluster.kubeconfigFor({ user: 'auditee', groups: ['readers'] })
      await cluster.kubectl(['get', 'secrets'], { kubeconfig })
      const events = (await cluster.auditEvents()).filter(({ user }) => user.username === 'auditee')
      const refused = events.find(({ objectRef }) => objectRef?.resource === 'secrets')
      expect(refused).to.nested.include({ verb: 'list', 'responseStatus.code': 403 })
      expect(refused?.user.groups).to.include('readers')
    })

    it('issues a client certificate that ends in seconds, and tokens', async () => {
      const short = await cluster.kubeconfigFor({ user: 'brief', validSeconds: 2 })
      const token = await cluster.kubeconfigFor({ token: await cluster.createToken('default/default') })
      const whoami = (kubeconfig: string) => cluster.kubectl(['auth', 'whoami'], { kubeconfig })
      expect((await whoami(token)).stdout).to.include('system:serviceaccount:default:default')
      await eventually('the end of the certificate', async () => (await whoami(short)).stderr.includes('Unauthorized'))
    })

    describe('behind a fault proxy', () => {
      let proxy: FaultProxy
      let kubeconfig: string

      before(async () => {
        proxy = await startFaultProxy(cluster)
        kubeconfig = await cluster.kubeconfigFor({ user: 'joe', groups: ['system:masters'], server: proxy.url })
        await cluster.apply([configMap('proxied', { text: 'Grüße, 世界' })])
      })
      after(() => proxy?.stop())
      afterEach(() => proxy.clear())

      const raw = (path = configMaps) => cluster.kubectl(['get', '--raw', path], { kubeconfig })

      it('keeps the caller’s identity: certificate, expired certificate, token, nobody', async () => {
        const whoami = async (path: string) => cluster.kubectl(['auth', 'whoami', '-o', 'json'], { kubeconfig: path })
        const info = JSON.parse((await whoami(kubeconfig)).stdout).status.userInfo
        expect(info.username).to.equal('joe')
        expect(info.groups).to.include('system:masters')
        const token = await cluster.createToken('default/default')
        const byToken = await cluster.kubeconfigFor({ token, server: proxy.url })
        const account = JSON.parse((await whoami(byToken)).stdout).status.userInfo
        expect(account.username).to.equal('system:serviceaccount:default:default')
        const brief = await cluster.kubeconfigFor({ user: 'joe', validSeconds: 1, server: proxy.url })
        await eventually('401', async () => (await whoami(brief)).stderr.includes('CERT_HAS_EXPIRED'))
        const stranger = await cluster.kubeconfigFor({ token: 'nonsense', server: proxy.url })
        expect((await whoami(stranger)).stderr).to.include('Unauthorized')
      })

      it('answers 429 as often as asked, and a client obeys', async () => {
        const action = faults.tooManyRequests({ retryAfterSeconds: 1 })
        proxy.fault({ matches: listOf('configmaps'), times: 2, action })
        const from = proxy.requests.length
        expect((await cluster.kubectl(['get', 'configmaps'], { kubeconfig })).code).to.equal(0)
        const lists = proxy.requests.slice(from).filter(listOf('configmaps'))
        expect(lists.map(({ status }) => status)).to.deep.equal([429, 429, 200])
      })

      it('cuts a body, and the client notices', async () => {
        const whole = (await raw()).stdout
        proxy.fault({ action: faults.cut({ afterBytes: 100 }) })
        const { code, stdout } = await raw()
        expect(stdout).to.equal(whole.slice(0, 100))
        expect(code).to.equal(1)
      })

      it('splits a body byte by byte without changing it', async () => {
        const whole = (await raw()).stdout
        expect(whole).to.include('世界')
        proxy.fault({ action: faults.split({ size: 1 }) })
        expect((await raw()).stdout).to.equal(whole)
      })

      const watchPath = `${configMaps}?watch=1&resourceVersion=0&timeoutSeconds=2`

      it('doubles events of a watch, and cuts one in the middle of a line', async () => {
        const plain = (await raw(watchPath)).stdout.trimEnd().split('\n')
        proxy.fault({ matches: watchOf('configmaps'), times: 1, action: faults.repeatLines({ fromLine: 0 }) })
        const doubled = (await raw(watchPath)).stdout.trimEnd().split('\n')
        expect(doubled.length).to.equal(2 * plain.length)
        expect(doubled[1]).to.equal(doubled[0])
        const action = faults.cutInLine({ afterLines: 1, extraBytes: 10 })
        proxy.fault({ matches: watchOf('configmaps'), times: 1, action })
        const cut = (await raw(watchPath)).stdout.split('\n')
        expect(cut.length).to.equal(2)
        expect(cut[1]).to.equal('{"type":"A')
      })

      it('stalls: bytes stop and the connection stays', async () => {
        proxy.fault({ matches: watchOf('configmaps'), action: faults.stall({ afterBytes: 50 }) })
        const signal = AbortSignal.timeout(4000)
        const args = ['get', '--raw', watchPath]
        expect(await isSilent(cluster.kubectl(args, { kubeconfig, signal }))).to.equal(true)
        expect(proxy.requests.at(-1)).to.include({ status: 200, isFaulted: true })
      })

      it('makes connections vanish or be refused, and serves again', async () => {
        proxy.cutConnections()
        proxy.setConnections('ignore')
        const signal = AbortSignal.timeout(2000)
        expect(await isSilent(cluster.kubectl(['get', '--raw', '/livez'], { kubeconfig, signal }))).to.equal(true)
        proxy.setConnections('refuse')
        expect((await raw('/livez')).code).to.equal(1)
        proxy.clear()
        expect((await raw('/livez')).stdout).to.equal('ok')
      })
    })
  })

  describe('many at once', () => {
    it('run beside each other on ports and data of their own', async () => {
      const clusters = await Promise.all([1, 2].map(() => startCluster({ controllers: false })))
      try {
        const [one, two] = clusters as [Cluster, Cluster]
        expect(one.server).not.to.equal(two.server)
        await one.apply([configMap('only-here')])
        expect(await names(one)).to.include('only-here')
        expect(await names(two)).not.to.include('only-here')
      } finally {
        await Promise.all(clusters.map((cluster) => cluster.stop()))
      }
      for (const { dir } of clusters) {
        expect(existsSync(dir)).to.equal(false)
        expect(processesOf(dir)).to.deep.equal([])
      }
    })
  })

  describe('a port that a stranger takes at the last moment', () => {
    /** Another's goes at any time. */
    function recordIn(file: string): ClusterRecord | undefined {
      try {
        return JSON.parse(readFileSync(file, 'utf8'))
      } catch {
        return undefined
      }
    }

    it('makes the cluster start on other ports', async () => {
      const folder = registryFolder()
      const strangers: Server[] = []
      // As soon as our slot is known, and long before the API server listens, somebody else does.
      const watcher = watch(folder, (_event, file) => {
        if (strangers.length > 0 || file === null || !/^\d+\.json$/.test(file)) return
        const record = recordIn(join(folder, file))
        if (record?.owner?.pid !== process.pid) return
        strangers.push(createServer().listen(portsOfSlot(record.slot).api, '127.0.0.1'))
      })
      try {
        const cluster = await startCluster({ controllers: false })
        const taken = (strangers[0]?.address() as AddressInfo | undefined)?.port
        expect(taken).to.be.a('number')
        expect(new URL(cluster.server).port).not.to.equal(String(taken))
        expect(await names(cluster)).to.be.an('array')
        await cluster.stop()
      } finally {
        watcher.close()
        for (const stranger of strangers) stranger.close()
      }
    })
  })

  describe('with kwok', () => {
    let cluster: Cluster

    before(async () => {
      cluster = await startCluster({ kwok: true, metricsServer: true })
    })
    after(() => cluster?.stop())

    it('pretends nodes and pods: Ready, Running, and kubectl top', async () => {
      const nodes = [kwokNode('pretended-0'), kwokNode('pretended-1', { cpu: '2', memory: '4Gi' })]
      await createObjects(cluster, '/api/v1/nodes', nodes)
      const pods = Array.from({ length: 20 }, (_, index) =>
        kwokPod(`pod-${index}`, {
          nodeName: `pretended-${index % 2}`,
          requests: { cpu: '100m' },
          usage: { cpu: '150m', memory: '64Mi' },
        }),
      )
      await createObjects(cluster, '/api/v1/namespaces/default/pods', pods)
      await cluster.mustKubectl(['wait', '--for=condition=Ready', 'node', '--all', '--timeout=60s'])
      await cluster.mustKubectl(['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s'])
      const capacity = await cluster.mustKubectl(['get', 'node', 'pretended-1', '-o', 'jsonpath={.status.allocatable}'])
      expect(JSON.parse(capacity)).to.deep.equal({ cpu: '2', memory: '4Gi', pods: '110' })
      const usage = await eventually('a sample of the pod', async () => {
        const { code, stdout } = await cluster.kubectl(['top', 'pod', 'pod-0', '--no-headers'])
        return code === 0 && stdout
      })
      expect(usage).to.match(/^pod-0\s+1(49|50|51)m\s+64Mi/)
    })
  })

  describe('a snapshot in the cache', () => {
    const before = process.env.DOGWATCH_CACHE
    let cache: string

    beforeEach(() => {
      cache = mkdtempSync(join(tmpdir(), 'dogwatch-cache-'))
      for (const artifact of [etcd, kubernetes]) {
        const folder = artifactFolder(artifact)
        symlinkSync(folder, join(cache, basename(folder)))
      }
      process.env.DOGWATCH_CACHE = cache
    })
    afterEach(() => {
      if (before === undefined) delete process.env.DOGWATCH_CACHE
      else process.env.DOGWATCH_CACHE = before
      rmSync(cache, { recursive: true })
    })

    it('is made once and served by etcd and the API server alone', async () => {
      let fills = 0
      const fill = async (cluster: Cluster) => {
        fills += 1
        await createObjects(cluster, '/api/v1/nodes', [kwokNode('frozen')])
      }
      await generateSnapshot('small', fill)
      await generateSnapshot('small', fill)
      expect(fills).to.equal(1)
      const cluster = await startCluster({ snapshot: 'small' })
      try {
        expect(cluster.parts.map(({ name }) => name)).to.deep.equal(['etcd', 'kube-apiserver'])
        expect(await cluster.mustKubectl(['get', 'nodes', '-o', 'name'])).to.equal('node/frozen\n')
      } finally {
        await cluster.stop()
      }
      const missing = await startCluster({ snapshot: 'other' }).catch((error: Error) => error.message)
      expect(missing).to.include('no snapshot "other"').and.include('there are: small')
    })
  })

  describe('what a killed test leaves', () => {
    it('dies with it, and the next start clears the rest', async () => {
      const doomed = await startAndKillOwner([], async ({ dir }) => {
        await eventually('the end of its parts', () => processesOf(dir).length === 0)
        expect(existsSync(dir)).to.equal(true)
      })
      const next = await startCluster({ controllers: false })
      try {
        expect(existsSync(doomed.dir)).to.equal(false)
        const known = (await listClusters()).map(({ dir }) => dir)
        expect(known).to.include(next.dir).and.not.include(doomed.dir)
      } finally {
        await next.stop()
      }
    })
  })

  describe('a start that fails', () => {
    it('says which part failed and shows its log, and leaves nothing', async () => {
      const own = async () => (await listClusters()).filter(({ owner }) => owner?.pid === process.pid)
      const options = { controllers: false, apiServerFlags: ['--no-such-flag'] }
      const message = await startCluster(options).catch((error: Error) => error.message)
      expect(message).to.include('kube-apiserver ended').and.include('unknown flag: --no-such-flag')
      expect(await own()).to.deep.equal([])
    })

    it('refuses a folder that holds something else', async () => {
      const message = await startCluster({ dir: import.meta.dirname }).catch((error: Error) => error.message)
      expect(message).to.include('is not empty')
      expect(existsSync(import.meta.filename)).to.equal(true)
    })
  })

  describe('the command', () => {
    const testbed = (...args: readonly string[]) =>
      promisify(execFile)(join(import.meta.dirname, '../../hack/testbed/testbed'), args)

    it('leaves a running cluster and its kubeconfig, and takes it down without a trace', async () => {
      const dir = join(tmpdir(), `dogwatch-command-${process.pid}`)
      await testbed('up', '--dir', dir)
      const pids = processesOf(dir)
      expect(pids).to.have.length(4)
      expect((await testbed('list')).stdout).to.include(`${dir}\tuntil down`)
      expect(existsSync(join(dir, 'kubeconfig'))).to.equal(true)
      await testbed('down', '--dir', dir)
      expect(processesOf(dir)).to.deep.equal([])
      expect(existsSync(dir)).to.equal(false)
      expect((await testbed('list')).stdout).not.to.include(dir)
    })

    it('explains itself', async () => {
      expect((await testbed('help')).stdout).to.include('testbed up --dir DIR')
      const failure = await testbed('up').catch((error: { code: number; stderr: string }) => error)
      expect(failure).to.include({ code: 2 })
      expect((failure as { stderr: string }).stderr).to.include('--dir DIR is missing')
    })
  })
})
