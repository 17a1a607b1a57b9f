/**
 * The watch cache's fault matrix on a real API server. In each case the cluster keeps changing around the fault; at the
 * end what the cache holds must equal a fresh list, by hash of content, and what its consumer was told must add up to it.
 */
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { type Cluster, startCluster } from '../../hack/testbed/cluster.ts'
import { listOf, type ProxiedRequest, watchOf } from '../../hack/testbed/fault-proxy.ts'
import {
  answer,
  type BodyFault,
  cutInLine,
  type FaultAction,
  garbage,
  repeatBytes,
  repeatLines,
  split,
  stall,
  tooManyRequests,
} from '../../hack/testbed/faults.ts'
import { errorText } from '../../src/base/errors.ts'
import { createPrometheusMetrics } from '../../src/base/prometheus.ts'
import type { Consumer } from '../../src/kube/consumer.ts'
import { openEncoded, preferredEncoding } from '../../src/kube/encoding.ts'
import {
  configMaps,
  jsonMaps,
  type Kept,
  type LabOptions,
  LabWriter,
  protobufPods,
  startLab,
  type WatchLab,
} from '../support/watch-lab.ts'

/** Holds a request back until the promise resolves, then passes it on. */
const waitFor = (done: Promise<unknown>): FaultAction => ({
  before: async () => {
    await done
    return undefined
  },
})

const statusAnswer = (code: number, reason: string): FaultAction =>
  answer({
    status: code,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'Status', apiVersion: 'v1', code, reason, message: reason }),
  })

const watchRole = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'lab-watch' },
  rules: [{ apiGroups: [''], resources: ['configmaps', 'pods'], verbs: ['list', 'watch'] }],
}

/** Lets bytes through until it is closed, as a cable that is pulled: the connection stays, nothing comes. */
function createGate() {
  let pulled = false
  const body: BodyFault = async function* (bytes, client) {
    for await (const chunk of bytes) {
      if (pulled) return await client.closed
      yield chunk
    }
  }
  return {
    action: { body } satisfies FaultAction,
    pull: () => {
      pulled = true
    },
  }
}

for (const kind of [jsonMaps, protobufPods])
  describe(`watch cache on a real API server: ${kind.name}`, function () {
    const { resource } = kind.type
    const isWatch = watchOf(resource)
    const isList = listOf(resource)
    const isSync = (request: ProxiedRequest) => isWatch(request) && request.url.includes('sendInitialEvents=true')
    const isResume = (request: ProxiedRequest) => isWatch(request) && !isSync(request)

    this.timeout(180_000)
    let cluster: Cluster
    let writer: LabWriter
    let lab: WatchLab

    before(async () => {
      cluster = await startCluster({ controllers: false })
      writer = new LabWriter(cluster, kind)
      await writer.prepare()
    })

    after(async () => {
      await cluster?.stop()
    })

    afterEach(async () => {
      await lab?.stop()
    })

    const start = async (options: LabOptions = {}) => {
      lab = await startLab(cluster, { ...kind, selection: { type: kind.type }, ...options })
    }

    const startSynced = async (options: LabOptions = {}) => {
      await writer.stir()
      await start(options)
      await lab.synced()
      await lab.expectEqual()
    }

    it('without a fault: events come as they happen, and a clean stop leaves nothing', async () => {
      await startSynced()
      await writer.stir()
      await lab.expectEqual()
      expect(lab.status).to.include({ state: 'watching', syncs: 1 })
      const ends = lab.mirror.changesOf('default/stir-4').filter((type) => type !== 'updated')
      expect(ends.slice(-2)).to.deep.equal(['added', 'deleted'])
    })

    it('tells about itself in metrics, and no more once nobody watches', async () => {
      const registry = new Registry()
      await startSynced({ metrics: createPrometheusMetrics(registry) })
      await writer.put('counted', { note: '1' })
      await writer.put('counted', { note: '2' })
      await writer.remove('counted')
      await lab.expectEqual()
      const own = async () =>
        (await registry.metrics()).split('\n').filter((line) => line.includes(`resource="${resource}"`))
      expect(await own()).to.include.members([
        `dogwatch_watch_objects{resource="${resource}"} ${lab.subscription.size}`,
        `dogwatch_watch_syncs_total{resource="${resource}"} 1`,
        `dogwatch_watch_events_total{type="ADDED",resource="${resource}"} 1`,
        `dogwatch_watch_events_total{type="MODIFIED",resource="${resource}"} ${kind.changesPerStay}`,
        `dogwatch_watch_events_total{type="DELETED",resource="${resource}"} 1`,
        `dogwatch_watch_endings_total{cause="expired",resource="${resource}"} 0`,
      ])
      lab.subscription.stop()
      await lab.cache.stop()
      expect(await own()).to.deep.equal([])
    })

    it('API server killed and started again', async () => {
      await startSynced()
      await cluster.part('kube-apiserver').kill('SIGKILL')
      await lab.until('the loss is noticed', () => lab.ended('unreachable') > 0)
      await cluster.part('kube-apiserver').restart()
      await writer.stir()
      await lab.expectEqual()
    })

    it('API server stopped (SIGSTOP) beyond the deadline', async () => {
      await startSynced({ timing: { firstBookmarkSilenceMs: 1_000, silenceMs: 1_000 } })
      cluster.part('kube-apiserver').pause()
      try {
        await lab.until('the silence is noticed', () => lab.ended('unreachable') > 0)
      } finally {
        cluster.part('kube-apiserver').resume()
      }
      await writer.stir()
      await lab.expectEqual()
    })

    it('history compacted away while disconnected: 410 inside the stream', async () => {
      await startSynced()
      const expired = (async () => {
        await writer.stir()
        await cluster.expireResourceVersions()
      })()
      lab.proxy.fault({ matches: isResume, times: 1, action: waitFor(expired) })
      lab.proxy.cutConnections()
      await expired
      await lab.expectEqual()
      expect(lab.ended('expired')).to.equal(1)
      expect(lab.status.syncs).to.equal(2)
    })

    it('410 as the status of the answer', async () => {
      await startSynced()
      lab.proxy.fault({ matches: isResume, times: 1, action: statusAnswer(410, 'Expired') })
      lab.proxy.cutConnections()
      await writer.stir()
      await lab.expectEqual()
      expect(lab.ended('expired')).to.equal(1)
    })

    it('etcd rolled back to a snapshot', async () => {
      await startSynced()
      await cluster.saveSnapshot('rollback')
      await writer.stir('lost')
      await writer.put('stir-0', { note: 'lost' })
      await lab.expectEqual()
      await cluster.restoreSnapshot('rollback')
      await lab.expectEqual()
      expect(lab.subscription.has('default/lost-0')).to.equal(false)
    })

    it('etcd rolled back and ahead again, with the same uid and resourceVersion for other content', async () => {
      await startSynced()
      for (let attempt = 1; attempt <= 5; attempt += 1) {
        const [before, now] = await repeatHistory(`recur-${attempt}`)
        expect(now.uid).to.equal(before.uid)
        expect(now.hash).to.not.equal(before.hash)
        if (now.resourceVersion === before.resourceVersion) return
      }
      expect.fail('the API server wrote something of its own at the wanted revision, five times')
    })

    /** Changes an object, goes back in time, and changes it in another way at the same revision. */
    async function repeatHistory(snapshot: string): Promise<[Kept, Kept]> {
      await cluster.saveSnapshot(snapshot)
      for (let turn = 0; turn < 60; turn += 1) await writer.put('filler', { turn: `before ${turn}` })
      await writer.put('stir-0', { note: 'told before' })
      await lab.expectEqual()
      const before = lab.subscription.get('default/stir-0')!
      lab.proxy.setConnections('refuse')
      lab.proxy.cutConnections()
      await cluster.restoreSnapshot(snapshot)
      await fillUpTo(BigInt(before.resourceVersion) - 1n)
      await writer.put('stir-0', { note: 'told after' })
      for (let turn = 0; turn < 3; turn += 1) await writer.stir('ahead')
      lab.proxy.clear()
      await lab.expectEqual()
      return [before, lab.subscription.get('default/stir-0')!]
    }

    async function fillUpTo(revision: bigint): Promise<void> {
      for (let turn = 0; ; turn += 1) {
        const { body } = await cluster.request(`/api/v1/namespaces/default/${resource}?limit=1`)
        if (BigInt(JSON.parse(body).metadata.resourceVersion) >= revision) return
        await writer.put('filler', { turn: `after ${turn}` })
      }
    }

    async function goAheadOf(snapshot: string): Promise<void> {
      await cluster.saveSnapshot(snapshot)
      for (let turn = 0; turn < 5; turn += 1) await writer.stir('future')
      await lab.expectEqual()
    }

    async function expectRolledBack(): Promise<void> {
      await lab.expectEqual()
      expect(lab.subscription.has('default/future-0')).to.equal(false)
      expect(lab.ended('rollback')).to.equal(1)
    }

    it('a watch resumed in the future of a restored etcd: accepted, and silent', async () => {
      await startSynced({ timing: { firstBookmarkSilenceMs: 1_500, silenceMs: 1_500 } })
      await goAheadOf('future')
      const restored = Promise.withResolvers<void>()
      const silences = lab.ended('silent')
      lab.proxy.fault({ matches: isResume, times: 1, action: waitFor(restored.promise) })
      await lab.until('the watch is resumed after a silence', () => lab.ended('silent') > silences)
      await cluster.restoreSnapshot('future')
      restored.resolve()
      await expectRolledBack()
    })

    it('a connection that breaks while etcd is restored: the server is asked how far it is', async () => {
      await startSynced({ timing: { probeTimeoutMs: 60_000 } })
      await goAheadOf('broken')
      const restored = cluster.restoreSnapshot('broken')
      lab.proxy.fault({ matches: (request) => !isWatch(request), times: 1, action: waitFor(restored) })
      await restored
      await expectRolledBack()
    })

    it('a CRD deleted and made again with another scope', async () => {
      const dogs = { group: 'lab.dogwatch.dev', version: 'v1', resource: 'dogs' }
      await applyDogs('Namespaced')
      await createDog('/apis/lab.dogwatch.dev/v1/namespaces/default/dogs', 'rex')
      await start({ selection: { type: dogs } })
      await lab.synced()
      await lab.expectEqual()
      expect([...lab.mirror.kept.keys()]).to.deep.equal(['default/rex'])
      const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/dogs.lab.dogwatch.dev'
      await cluster.request(crd, { method: 'DELETE' })
      await lab.until('the kind is gone', async () => (await cluster.request(crd)).status === 404)
      await lab.until('its objects are gone', () => lab.subscription.size === 0)
      await applyDogs('Cluster')
      await createDog('/apis/lab.dogwatch.dev/v1/dogs', 'rex')
      await lab.until('the new object is seen', () => lab.subscription.has('rex'))
      await lab.expectEqual()
    })

    async function applyDogs(scope: 'Namespaced' | 'Cluster'): Promise<void> {
      const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
      const crd = {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'dogs.lab.dogwatch.dev' },
        spec: {
          group: 'lab.dogwatch.dev',
          scope,
          names: { plural: 'dogs', singular: 'dog', kind: 'Dog', listKind: 'DogList' },
          versions: [{ name: 'v1', served: true, storage: true, schema }],
        },
      }
      await cluster.apply([crd])
      await cluster.mustKubectl(['wait', '--for=condition=Established', 'crd/dogs.lab.dogwatch.dev', '--timeout=20s'])
    }

    async function createDog(path: string, name: string): Promise<void> {
      const body = { apiVersion: 'lab.dogwatch.dev/v1', kind: 'Dog', metadata: { name }, data: { first: 1 }, spec: {} }
      const deadlineMs = performance.now() + 60_000
      let created = await cluster.request(path, { method: 'POST', body })
      while (created.status !== 201 && performance.now() < deadlineMs) {
        await sleep(50)
        created = await cluster.request(path, { method: 'POST', body })
      }
      expect(created.status, created.body).to.equal(201)
    }

    it('bytes cut in the middle of a line, again and again', async () => {
      await startSynced()
      lab.proxy.fault({ matches: isResume, times: 5, action: cutInLine({ afterLines: 2, extraBytes: 40 }) })
      lab.proxy.cutConnections()
      await lab.until('all cuts are made', async () => {
        await writer.stir()
        return lab.ended('broken') >= 6
      })
      await lab.expectEqual()
      expect(lab.status.syncs).to.equal(1)
    })

    it('cut in the middle of the initial state', async () => {
      await writer.stir()
      await start()
      lab.proxy.fault({ matches: isSync, times: 2, action: cutInLine({ afterLines: 3, extraBytes: 10 }) })
      await lab.synced()
      await lab.expectEqual()
      expect(lab.ended('broken')).to.equal(2)
    })

    it('every event told twice', async () => {
      await startSynced()
      lab.proxy.fault({ matches: isResume, action: repeatLines({ fromLine: 0 }) })
      lab.proxy.cutConnections()
      await lab.until('the broken stream is noticed', () => lab.ended('broken') > 0)
      await writer.stir()
      await writer.stir()
      await lab.expectEqual()
    })

    it('a piece of a line told twice', async () => {
      await startSynced()
      lab.proxy.fault({ matches: isResume, times: 1, action: repeatBytes({ afterBytes: 700, count: 90 }) })
      lab.proxy.cutConnections()
      await lab.until('the garbled line is noticed', async () => {
        await writer.stir()
        return lab.ended('malformed') > 0
      })
      await lab.expectEqual()
    })

    it('garbage in the stream', async () => {
      await startSynced()
      lab.proxy.fault({ matches: isResume, times: 2, action: garbage({ afterBytes: 0 }) })
      lab.proxy.cutConnections()
      await lab.until('the garbage is noticed', async () => {
        await writer.stir()
        return lab.ended('malformed') > 0
      })
      await lab.expectEqual()
    })

    it('one byte at a time, through the middle of every character', async () => {
      await writer.put('unicode', { text: 'äöü 漢字 🐕👩‍👩‍👧 \u2028' })
      await start()
      lab.proxy.fault({ matches: isWatch, action: split({ size: 1 }) })
      await lab.synced()
      await writer.put('unicode', { text: '🐕👩‍👩‍👧 漢字' })
      await lab.expectEqual()
      expect(lab.proxy.requests.some(({ isFaulted }) => isFaulted)).to.equal(true)
    })

    it('an object of 1 MB in small pieces', async () => {
      await startSynced()
      lab.proxy.fault({ matches: isResume, action: split({ size: 512 }) })
      lab.proxy.cutConnections()
      await writer.put('large', { text: 'é'.repeat(480_000) })
      await lab.expectEqual()
      await writer.put('large', { text: 'è'.repeat(480_000) })
      await lab.expectEqual()
      await writer.remove('large')
      await lab.expectEqual()
    })

    it('a token that is exchanged in its file, the old one refused', async () => {
      await cluster.apply([
        watchRole,
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tokens' } },
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'watcher', namespace: 'tokens' } },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name: 'watcher' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: watchRole.metadata.name },
          subjects: [{ kind: 'ServiceAccount', name: 'watcher', namespace: 'tokens' }],
        },
      ])
      const tokenFile = join(cluster.dir, 'token')
      await writeFile(tokenFile, await cluster.createToken('tokens/watcher'))
      await startSynced({ kubeconfig: await cluster.kubeconfigFor({ tokenFile }), timing: { streamSeconds: [1, 1] } })
      await cluster.mustKubectl(['delete', 'serviceaccount', 'watcher', '-n', 'tokens'])
      await cluster.mustKubectl(['create', 'serviceaccount', 'watcher', '-n', 'tokens'])
      await lab.until('the old token is refused', () => lab.ended('unauthorized') > 0)
      await writeFile(`${tokenFile}.new`, await cluster.createToken('tokens/watcher'))
      await rename(`${tokenFile}.new`, tokenFile)
      await writer.stir()
      await lab.expectEqual()
      expect(lab.status.syncs).to.equal(1)
    })

    it('a client certificate that expires and is renewed on disk', async () => {
      const user = { user: 'short', groups: ['system:masters'] }
      const issued = await cluster.issueClientCertificate({ ...user, validSeconds: 6 })
      const kubeconfig = join(cluster.dir, 'short.kubeconfig')
      const text = {
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        clusters: [
          { name: 'c', cluster: { server: cluster.server, 'certificate-authority': cluster.files.pki.authority } },
        ],
        users: [{ name: 'u', user: { 'client-certificate': issued.certificate, 'client-key': issued.key } }],
      }
      await writeFile(kubeconfig, JSON.stringify(text))
      await startSynced({ kubeconfig, timing: { streamSeconds: [1, 1] } })
      await lab.until('the expired certificate is refused', () => lab.ended('unauthorized') > 0)
      const renewed = await cluster.issueClientCertificate(user)
      await rename(renewed.key, issued.key)
      await rename(renewed.certificate, issued.certificate)
      await writer.stir()
      await lab.expectEqual()
    })

    it('a right that is missing at first', async () => {
      const kubeconfig = await cluster.kubeconfigFor({ user: 'newcomer' })
      await start({ kubeconfig })
      await lab.until('the refusal is noticed', () => lab.ended('forbidden') > 1)
      expect(lab.subscription.isSynced).to.equal(false)
      expect(lab.status.lastError).to.include(`GET /api/v1/${resource}: 403`).and.to.include('newcomer')
      await cluster.apply([watchRole])
      const binding = ['newcomer', `--clusterrole=${watchRole.metadata.name}`, '--user=newcomer']
      await cluster.mustKubectl(['create', 'clusterrolebinding', ...binding])
      await lab.synced()
      await lab.expectEqual()
    })

    it('a storm of 429, each with Retry-After', async () => {
      await startSynced()
      lab.proxy.fault({ matches: isWatch, times: 3, action: tooManyRequests({ retryAfterSeconds: 1 }) })
      const startMs = performance.now()
      lab.proxy.cutConnections()
      await writer.stir()
      await lab.expectEqual()
      expect(lab.ended('throttled')).to.equal(3)
      expect(performance.now() - startMs).to.be.greaterThan(3_000)
      expect(lab.status.syncs).to.equal(1)
    })

    it('a consumer that is slow, one that throws, one that rejects: nobody else suffers', async () => {
      await startSynced()
      const slow = lab.createMirror('slow')
      const dawdle = (change: Parameters<typeof slow.onChange>[0]) => {
        const endMs = performance.now() + 5
        while (performance.now() < endMs);
        slow.onChange(change)
      }
      const slowly = lab.cache.subscribe(lab.selection, {
        ...{ name: 'slow', content: kind.content },
        ...{ project: slow.project, onChange: dawdle },
      })
      const boom = () => {
        throw new Error('boom')
      }
      const never = lab.cache.subscribe(lab.selection, { name: 'no projection', content: kind.content, project: boom })
      const { content } = kind
      const deaf: Consumer<number> = { name: 'throws', content, project: () => 1, onChange: boom, onSynced: boom }
      const deafly = lab.cache.subscribe(lab.selection, deaf)
      const rejecting = { name: 'rejects', content, project: () => 1, onChange: async () => boom() }
      lab.cache.subscribe(lab.selection, rejecting)
      const signal = AbortSignal.timeout(60_000)
      await Promise.all([slowly.whenSynced(signal), deafly.whenSynced(signal), never.whenSynced(signal)])
      for (let turn = 0; turn < 10; turn += 1) await writer.stir(`slow-${turn}`)
      await lab.expectEqual()
      await lab.expectEqual(slowly, slow)
      expect(deafly.size).to.equal(lab.subscription.size)
      expect(never.size).to.equal(0)
      expect(lab.status.syncs).to.equal(1)
    })

    it('a black hole, then the network is back', async () => {
      const gate = createGate()
      await start({ timing: { firstBookmarkSilenceMs: 1_000, silenceMs: 1_000 } })
      lab.proxy.fault({ matches: isWatch, times: 1, action: gate.action })
      await lab.synced()
      gate.pull()
      lab.proxy.setConnections('ignore')
      await writer.stir('dark')
      await lab.until('the silence is noticed', () => lab.ended('unreachable') > 0)
      lab.proxy.clear()
      await lab.expectEqual()
    })

    it('a stream that stalls while the server is well', async () => {
      await startSynced({ timing: { firstBookmarkSilenceMs: 1_000, silenceMs: 1_000 } })
      lab.proxy.fault({ matches: isResume, times: 1, action: stall() })
      lab.proxy.cutConnections()
      await writer.stir()
      await lab.expectEqual()
      expect(lab.ended('silent')).to.be.greaterThan(0)
      expect(lab.status.syncs).to.equal(1)
    })

    it('an object replaced under its name while disconnected', async () => {
      await writer.put('phoenix', { life: '1' })
      await startSynced()
      const uid = lab.subscription.get('default/phoenix')!.uid
      lab.proxy.setConnections('refuse')
      lab.proxy.cutConnections()
      await writer.remove('phoenix')
      await writer.put('phoenix', { life: '2' })
      await lab.until('the loss is noticed', () => lab.ended('unreachable') > 0)
      lab.proxy.clear()
      await lab.expectEqual()
      expect(lab.mirror.changesOf('default/phoenix')).to.deep.equal(['added', 'deleted', 'added'])
      expect(lab.subscription.get('default/phoenix')!.uid).to.not.equal(uid)
    })

    for (const code of [400, 422]) {
      it(`a server that refuses WatchList with ${code}: paged lists`, async () => {
        await writer.stir()
        await start({ timing: { pageSize: 3 } })
        lab.proxy.fault({ matches: isSync, action: statusAnswer(code, 'Invalid') })
        await lab.synced()
        await lab.expectEqual()
        await writer.stir()
        await lab.expectEqual()
        expect(
          lab.proxy.requests.filter((request) => isList(request) && request.url.includes('continue=')).length,
        ).to.be.greaterThan(1)
        lab.proxy.setConnections('refuse')
        lab.proxy.cutConnections()
        await lab.until('the loss is noticed', () => lab.ended('unreachable') > 0)
        await writer.stir()
        lab.proxy.clear()
        await lab.expectEqual()
      })
    }

    it('a server that knows no WatchList and ignores the wish for one', async () => {
      await writer.stir()
      await start({ timing: { initialSilenceMs: 800 } })
      lab.proxy.fault({ matches: isSync, action: withoutLastLine() })
      await lab.synced()
      await lab.expectEqual()
      expect(lab.ended('unsupported')).to.equal(1)
    })

    it('a later page of a list that expired', async () => {
      await writer.stir()
      await start({ timing: { pageSize: 3 } })
      lab.proxy.fault({ matches: isSync, action: statusAnswer(422, 'Invalid') })
      const isLaterPage = (request: ProxiedRequest) => isList(request) && request.url.includes('continue=')
      lab.proxy.fault({ matches: isLaterPage, action: statusAnswer(410, 'Expired') })
      await lab.synced()
      await writer.stir()
      await lab.expectEqual()
      expect(lab.ended('expired')).to.equal(2)
      expect(
        lab.proxy.requests.filter((request) => isList(request) && !request.url.includes('limit=')).length,
      ).to.equal(1)
    })

    it('history compacted away between two pages of a list', async () => {
      await writer.stir()
      await start({ timing: { pageSize: 3 } })
      lab.proxy.fault({ matches: isSync, action: statusAnswer(422, 'Invalid') })
      const isLaterPage = (request: ProxiedRequest) => isList(request) && request.url.includes('continue=')
      const compacted = (async () => {
        await lab.until('the first page was read', () => lab.proxy.requests.some(isLaterPage))
        await writer.stir()
        await cluster.expireResourceVersions()
      })()
      lab.proxy.fault({ matches: isLaterPage, times: 1, action: waitFor(compacted) })
      await lab.synced()
      await lab.expectEqual()
      expect(lab.ended('expired')).to.equal(1)
    })

    it('a consumer that joins late and leaves again, the last one out stops the watch', async () => {
      await startSynced()
      const late = lab.createMirror('late')
      const stirring = writer.stir('late')
      const joined = lab.cache.subscribe(lab.selection, late)
      await joined.whenSynced(AbortSignal.timeout(60_000))
      await stirring
      await lab.expectEqual(joined, late)
      await lab.expectEqual()
      expect(lab.status).to.deep.include({ syncs: 1, consumers: ['mirror', 'late'] })
      joined.stop()
      await writer.stir('late')
      await lab.expectEqual()
      const told = late.changes.length
      lab.subscription.stop()
      expect(lab.cache.status()).to.deep.equal([])
      await writer.stir('late')
      expect(late.changes.length).to.equal(told)
      const again = lab.createMirror('again')
      const resumed = lab.cache.subscribe(lab.selection, again)
      await resumed.whenSynced(AbortSignal.timeout(60_000))
      await lab.expectEqual(resumed, again)
    })

    it('consumers that come while the first state is still coming', async () => {
      for (let turn = 0; turn < 10; turn += 1) await writer.stir(`many-${turn}`)
      await start()
      lab.proxy.fault({ matches: isSync, action: split({ size: 64 }) })
      await lab.until(
        'the state begins to come',
        () => lab.status.state === 'syncing' && lab.status.silentForMs !== undefined,
      )
      const late = lab.createMirror('late')
      const joined = lab.cache.subscribe(lab.selection, late)
      await lab.synced()
      await joined.whenSynced(AbortSignal.timeout(60_000))
      await lab.expectEqual()
      await lab.expectEqual(joined, late)
    })

    it('a server that closes the watch cleanly all the time', async () => {
      await startSynced({ timing: { streamSeconds: [1, 1] } })
      await lab.until('it closed often', async () => {
        await writer.stir()
        return lab.ended('closed') >= 4
      })
      await lab.expectEqual()
      expect(lab.status.syncs).to.equal(1)
    })

    it('errors name what was asked and hide what let us in', async () => {
      const token = 'header.payload.signature'
      await start({ kubeconfig: await cluster.kubeconfigFor({ token }) })
      await lab.until('the refusal is noticed', () => lab.ended('unauthorized') > 0)
      const error = await lab.client
        .requestJson({ path: '/api/v1/nodes', signal: AbortSignal.timeout(60_000) })
        .catch((reason: unknown) => reason)
      expect(errorText(error)).to.match(/GET \/api\/v1\/nodes: 401/)
      expect(JSON.stringify([errorText(error), lab.status])).to.not.include('signature')
    })

    it('speaks the protocol that it is meant to speak', async () => {
      await startSynced()
      const request = { path: `/api/v1/${resource}`, query: { limit: 1 }, signal: AbortSignal.timeout(60_000) }
      const { stream, encoding } = await openEncoded(lab.client, request, preferredEncoding(kind.type, kind.content))
      stream.cancel(new Error('seen enough'))
      expect(encoding).to.equal(kind === protobufPods ? 'protobuf' : 'json')
      const asked = lab.proxy.requests
        .filter(isWatch)
        .map(({ headers }) => headers.accept?.includes('protobuf') === true)
      expect(asked).to.deep.equal([kind === protobufPods])
    })

    it('a consumer that comes later and wants whole objects: everything comes again, whole, to all', async () => {
      await startSynced()
      const stirring = writer.stir('both')
      const whole = lab.createMirror('whole', 'whole')
      const joined = lab.cache.subscribe(lab.selection, whole)
      await joined.whenSynced(AbortSignal.timeout(60_000))
      await stirring
      await lab.expectEqual(joined, whole)
      expect(lab.status).to.deep.include({ consumers: ['mirror', 'whole'], syncs: kind === protobufPods ? 2 : 1 })
      joined.stop()
      await writer.stir('both')
      expect(lab.mirror.mistakes.filter((mistake) => !mistake.endsWith('no difference'))).to.deep.equal([])
      lab.mirror.mistakes.length = 0
      await lab.expectEqual()
    })
  })

/** Before each frame of protobuf. */
const lengthBytes = 4

/** A WatchList whose end is never announced, as of a server that takes it for an ordinary watch. */
function withoutLastLine(): FaultAction {
  const body: BodyFault = async function* (bytes, client) {
    for await (const chunk of bytes) {
      const end = Math.max(chunk.indexOf('{"type":"BOOKMARK"'), chunk.indexOf('\n\bBOOKMARK') - lengthBytes)
      yield end < 0 ? chunk : chunk.subarray(0, end)
      if (end >= 0) return await client.closed
    }
  }
  return { body }
}

describe('watch cache of one namespace with a selector', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let lab: WatchLab

  before(async () => {
    cluster = await startCluster({ controllers: false })
  })

  after(async () => {
    await lab?.stop()
    await cluster?.stop()
  })

  it('sees an object that stops matching as deleted', async () => {
    const selection = { type: configMaps, namespace: 'default', labelSelector: 'team=red' }
    lab = await startLab(cluster, { selection })
    await lab.synced()
    const label = (team: string) =>
      cluster.apply([
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'default', labels: { team } } },
      ])
    await label('red')
    await lab.until('it is seen', () => lab.subscription.has('default/one'))
    await label('blue')
    await lab.until('it is gone', () => !lab.subscription.has('default/one'))
    expect(lab.mirror.changesOf('default/one')).to.deep.equal(['added', 'deleted'])
    expect(lab.mirror.mistakes).to.deep.equal([])
  })
})
