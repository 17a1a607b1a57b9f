/** The client, and what is written through it, against a real API server. */
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect } from 'chai'
import { type Cluster, startCluster } from '../../hack/testbed/cluster.ts'
import { systemClock } from '../../src/base/clock.ts'
import { errorText, hasCode } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/log.ts'
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts'
import { CredentialSource } from '../../src/kube/credentials.ts'
import { EventRecorder } from '../../src/kube/events.ts'
import { loadKubeConfig } from '../../src/kube/kube-config.ts'
import { acquireLease, type LeaseOptions } from '../../src/kube/lease.ts'
import { listObjects } from '../../src/kube/list.ts'
import type { ProxyEnvironment } from '../../src/kube/proxy.ts'
import { createObject, deleteObject, getObject, mergeObject, replaceObject } from '../../src/kube/writer.ts'
import { startSocksProxy } from '../support/socks-proxy.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const configMaps = { group: '', version: 'v1', resource: 'configmaps' }
const nodes = { group: '', version: 'v1', resource: 'nodes' }
const events = { group: 'events.k8s.io', version: 'v1', resource: 'events' }
const signal = AbortSignal.timeout(15 * 60_000)

const map = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
})

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

/** A proxy that tunnels by CONNECT, and counts. */
async function startTunnel(): Promise<{ url: string; tunnels: string[]; stop: () => void }> {
  const tunnels: string[] = []
  const sockets: Socket[] = []
  const server: Server = createServer()
  server.on('connect', (request, client: Socket) => {
    tunnels.push(request.url ?? '')
    const [host, port] = (request.url ?? '').split(':')
    const upstream = connect(Number(port), host)
    sockets.push(client, upstream)
    client.on('error', () => {})
    upstream.on('error', () => client.destroy())
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      client.pipe(upstream).pipe(client)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tunnels, stop }
}

describe('kube client and writes on a real API server', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let client: KubeClient
  const clients: KubeClient[] = []

  const connectWith = (kubeconfig: string, proxies: ProxyEnvironment = {}) => {
    const credentials = new CredentialSource(() => loadKubeConfig({ kubeconfig }), systemClock)
    const made = createKubeClient({ credentials, clock: systemClock, proxies })
    clients.push(made)
    return made
  }

  before(async () => {
    cluster = await startCluster({ controllers: false })
    client = connectWith(cluster.kubeconfigPath)
  })

  after(async () => {
    for (const made of clients) await made.close()
    await cluster?.stop()
  })

  describe('client', () => {
    it('goes through the proxy of the kubeconfig, and past that of the environment for loopback', async () => {
      const tunnel = await startTunnel()
      const server = cluster.server.replace('127.0.0.1', 'localhost')
      try {
        const text = JSON.parse(await cluster.mustKubectl(['config', 'view', '--raw', '-o', 'json']))
        text.clusters[0].cluster['proxy-url'] = tunnel.url
        text.clusters[0].cluster.server = server
        const kubeconfig = `${cluster.dir}/proxied.kubeconfig`
        await writeFile(kubeconfig, JSON.stringify(text))
        const proxied = connectWith(kubeconfig)
        await proxied.requestJson({ path: '/version', signal })
        expect(tunnel.tunnels).to.deep.equal([new URL(server).host])
        const direct = connectWith(cluster.kubeconfigPath, { httpsProxy: tunnel.url })
        await direct.requestJson({ path: '/version', signal })
        expect(tunnel.tunnels.length).to.equal(1)
      } finally {
        tunnel.stop()
      }
    })

    for (const login of [undefined, { user: 'dog', password: 'w@tch' }]) {
      it(`goes through a socks5 proxy ${login === undefined ? '' : 'with user and password '}and trusts nobody more there`, async () => {
        const proxy = await startSocksProxy(login)
        try {
          const text = JSON.parse(await cluster.mustKubectl(['config', 'view', '--raw', '-o', 'json']))
          const entry = text.clusters[0].cluster
          const url = new URL(proxy.url)
          const askAs = async (name: string, who = login) => {
            const user = who === undefined ? '' : `${who.user}:${encodeURIComponent(who.password)}@`
            entry['proxy-url'] = `socks5://${user}${url.host}`
            await writeFile(`${cluster.dir}/${name}.kubeconfig`, JSON.stringify(text))
            const proxied = connectWith(`${cluster.dir}/${name}.kubeconfig`)
            const stream = await proxied.openStream({ path: '/api/v1/namespaces', signal })
            let read = ''
            for await (const chunk of stream) read += chunk.toString()
            return JSON.parse(read).kind
          }
          expect(await askAs('socks-address')).to.equal('NamespaceList')
          expect(proxy.tunnels).to.deep.equal([new URL(cluster.server).host])
          entry.server = cluster.server.replace('127.0.0.1', 'localhost')
          expect(await askAs('socks-name')).to.equal('NamespaceList')
          expect(proxy.tunnels.slice(1)).to.deep.equal([new URL(entry.server).host])
          if (login !== undefined) {
            const refused = await failure(askAs('socks-refused', { ...login, password: 'wrong' }))
            expect(hasCode(refused, 'API_UNREACHABLE'), errorText(refused)).to.equal(true)
          }
          entry['certificate-authority-data'] = undefined
          entry['certificate-authority'] = cluster.files.pki.admin.certificate
          const distrusted = await failure(askAs('socks-stranger'))
          expect(errorText(distrusted)).to.match(/certificate/)
          proxy.stop()
          const away = await failure(askAs('socks-away'))
          expect(hasCode(away, 'API_UNREACHABLE'), errorText(away)).to.equal(true)
        } finally {
          proxy.stop()
        }
      })
    }

    it('does not speak to a server of another authority', async () => {
      const text = JSON.parse(await cluster.mustKubectl(['config', 'view', '--raw', '-o', 'json']))
      text.clusters[0].cluster['certificate-authority'] = cluster.files.pki.admin.certificate
      const kubeconfig = `${cluster.dir}/stranger.kubeconfig`
      await writeFile(kubeconfig, JSON.stringify(text))
      const error = await failure(connectWith(kubeconfig).requestJson({ path: '/version', signal }))
      expect(hasCode(error, 'API_UNREACHABLE')).to.equal(true)
      expect(errorText(error)).to.match(/GET \/version: .*certificate/)
    })

    it('gives a plug-in what kubectl gives it, and uses the client certificate that it answers with', async () => {
      const text = JSON.parse(await cluster.mustKubectl(['config', 'view', '--raw', '-o', 'json']))
      const { certificate, key } = cluster.files.pki.admin
      const answer = {
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        status: {
          clientCertificateData: await readFile(certificate, 'utf8'),
          clientKeyData: await readFile(key, 'utf8'),
        },
      }
      await writeFile(`${cluster.dir}/answer.json`, JSON.stringify(answer))
      await writeFile(
        `${cluster.dir}/plugin`,
        '#!/bin/sh\nprintf %s "$KUBERNETES_EXEC_INFO" > "$1"\ncat answer.json\n'.replace(
          'answer.json',
          `"${cluster.dir}/answer.json"`,
        ),
        { mode: 0o755 },
      )
      const kubeconfigFor = async (name: string) => {
        const extension = { audience: 'dev' }
        text.clusters[0].cluster.extensions = [{ name: 'client.authentication.k8s.io/exec', extension }]
        const exec = {
          apiVersion: answer.apiVersion,
          command: './plugin',
          args: [`${cluster.dir}/${name}`],
          provideClusterInfo: true,
          interactiveMode: 'Never',
        }
        text.users[0].user = { exec }
        await writeFile(`${cluster.dir}/${name}.kubeconfig`, JSON.stringify(text))
        return `${cluster.dir}/${name}.kubeconfig`
      }
      const told = async (name: string) => JSON.parse(await readFile(`${cluster.dir}/${name}`, 'utf8'))
      await cluster.mustKubectl(['get', 'namespaces', '--kubeconfig', await kubeconfigFor('by-kubectl')])
      const withPlugin = connectWith(await kubeconfigFor('by-dogwatch'))
      await withPlugin.requestJson({ path: '/api/v1/namespaces', signal })
      expect(await told('by-dogwatch')).to.deep.equal(await told('by-kubectl'))
      expect((await told('by-dogwatch')).spec.cluster.config).to.deep.equal({ audience: 'dev' })
      const stranger = { ...answer, status: { token: 'unknown' } }
      await writeFile(`${cluster.dir}/answer.json`, JSON.stringify(stranger))
      const refused = await failure(
        connectWith(await kubeconfigFor('refused')).requestJson({ path: '/api/v1/namespaces', signal }),
      )
      expect(hasCode(refused, 'API_UNAUTHORIZED')).to.equal(true)
    })

    it('lists by pages and in one piece, the same objects', async () => {
      for (let index = 0; index < 7; index += 1)
        await createObject(client, configMaps, map(`page-${index}`, {}), signal)
      const selection = { type: configMaps, namespace: 'default' }
      const whole: string[] = []
      const name = (bytes: Buffer) => JSON.parse(bytes.toString()).metadata.name as string
      const all = await listObjects(client, selection, (bytes) => whole.push(name(bytes)), signal)
      expect(all).to.include({ count: whole.length }).and.not.have.property('continue')
      const paged: string[] = []
      let page = await listObjects(client, { ...selection, limit: 3 }, (bytes) => paged.push(name(bytes)), signal)
      while (page.continue !== undefined) {
        const query = { ...selection, limit: 3, continue: page.continue }
        page = await listObjects(client, query, (bytes) => paged.push(name(bytes)), signal)
      }
      expect(paged).to.deep.equal(whole)
      const exact = { ...selection, resourceVersion: all.resourceVersion, resourceVersionMatch: 'Exact' as const }
      await deleteObject(client, { type: configMaps, namespace: 'default', name: 'page-0' }, {}, signal)
      expect((await listObjects(client, exact, () => {}, signal)).count).to.equal(whole.length)
    })
  })

  describe('writes', () => {
    it('create, replace and delete, and say when somebody else was first', async () => {
      const created = await createObject(client, configMaps, map('one', { a: '1' }), signal)
      const taken = await failure(createObject(client, configMaps, map('one', {}), signal))
      expect(taken).to.include({ code: 'API_CONFLICT', reason: 'AlreadyExists' })
      const { resourceVersion, uid } = created.metadata
      const next = { ...map('one', { a: '2' }), metadata: { name: 'one', namespace: 'default', resourceVersion } }
      await replaceObject(client, configMaps, next, signal)
      expect(hasCode(await failure(replaceObject(client, configMaps, next, signal)), 'API_CONFLICT')).to.equal(true)
      const at = { type: configMaps, namespace: 'default', name: 'one' }
      expect((await getObject(client, at, signal)).data).to.deep.equal({ a: '2' })
      const other = await failure(deleteObject(client, at, { ifUid: 'other' }, signal))
      expect(hasCode(other, 'API_CONFLICT')).to.equal(true)
      await deleteObject(client, at, { ifUid: uid }, signal)
      expect(hasCode(await failure(getObject(client, at, signal)), 'API_NOT_FOUND')).to.equal(true)
    })

    it('merge changes what it names, at the version that was seen; a dry run changes nothing', async () => {
      const at = { type: configMaps, namespace: 'default', name: 'merged' }
      const created = await createObject(client, configMaps, map('merged', { a: '1', b: '2' }), signal)
      const merge = (
        data: Record<string, string | null>,
        more: { resourceVersion?: string; isDryRun?: boolean } = {},
      ) => {
        const { resourceVersion, isDryRun = false } = more
        const patch = { ...(resourceVersion === undefined ? {} : { metadata: { resourceVersion } }), data }
        return mergeObject(client, at, { patch, fieldManager: 'alice', isDryRun }, signal)
      }
      expect((await merge({ a: 'dry' }, { isDryRun: true })).data).to.deep.equal({ a: 'dry', b: '2' })
      const merged = await merge({ a: '3', b: null }, { resourceVersion: created.metadata.resourceVersion })
      expect(merged.data).to.deep.equal({ a: '3' })
      const stale = await failure(merge({ a: '4' }, { resourceVersion: created.metadata.resourceVersion }))
      expect(hasCode(stale, 'API_CONFLICT')).to.equal(true)
      expect((await getObject(client, at, signal)).data).to.deep.equal({ a: '3' })
      const { managedFields } = (await getObject(client, at, signal)).metadata as {
        managedFields?: { manager: string }[]
      }
      expect(managedFields?.map(({ manager }) => manager)).to.include('alice')
    })
  })

  describe('events', () => {
    const subjectOf = async (name: string) => {
      const { metadata } = await createObject(client, configMaps, map(name, {}), signal)
      return { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name, uid: metadata.uid }
    }
    const recorder = (clock = new VirtualClock(Date.now())) =>
      new EventRecorder({
        client,
        clock,
        logger: silentLogger,
        reportingController: 'dogwatch.dev/operator',
        reportingInstance: 'operator-0',
      })
    interface ServedEvent {
      reason: string
      note: string
      series?: { count: number }
      regarding: { uid: string }
    }
    const recorded = async (uid: string): Promise<ServedEvent[]> => {
      const found: ServedEvent[] = []
      await listObjects(client, { type: events }, (bytes) => found.push(JSON.parse(bytes.toString())), signal)
      return found.filter(({ regarding }) => regarding.uid === uid)
    }
    const news = { type: 'Warning', reason: 'InvalidSpec', action: 'Evaluate' } as const

    it('show in kubectl describe; repeats become one more, with their number', async () => {
      const subject = await subjectOf('told')
      const clock = new VirtualClock(Date.now())
      const events = recorder(clock)
      for (let turn = 0; turn < 25; turn += 1) events.record({ ...news, subject, note: 'above is below clear' })
      events.record({ ...news, subject, note: 'something else' })
      await clock.advance(6 * 60_000)
      await events.stop(signal)
      const found = await recorded(subject.uid)
      expect(found.map(({ note, series }) => [note, series?.count])).to.have.deep.members([
        ['above is below clear', undefined],
        ['above is below clear', 25],
        ['something else', undefined],
      ])
      const text = await cluster.mustKubectl(['describe', 'configmap', 'told'])
      expect(text).to.match(/Warning\s+InvalidSpec.*above is below clear/)
    })

    it('cut a note that is too long, and name cluster-scoped objects', async () => {
      const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2' } }
      const { metadata } = await createObject(client, nodes, node, signal)
      const subject = { apiVersion: 'v1', kind: 'Node', name: 'n2', uid: metadata.uid }
      const events = recorder()
      events.record({ ...news, subject, note: '漢'.repeat(1000) })
      await events.stop(signal)
      const [found] = await recorded(metadata.uid)
      expect(found!.note).to.match(/^漢{340}…$/)
    })

    it('never throw, whatever the server says', async () => {
      const events = recorder()
      const subject = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'no-such', name: 'x', uid: 'u' }
      events.record({ ...news, subject, note: 'lost' })
      await events.stop(signal)
      events.record({ ...news, subject, note: 'after the end' })
    })
  })

  describe('lease', () => {
    const timing = { durationMs: 3_000, renewWithinMs: 2_000, retryMs: 100 }
    const options = (name: string, identity: string, over: KubeClient = client): LeaseOptions => ({
      client: over,
      clock: systemClock,
      logger: silentLogger,
      namespace: 'default',
      ...{ name, identity, timing },
    })
    const isPending = async (promise: Promise<unknown>, forMs: number) =>
      (await Promise.race([promise, systemClock.sleep(forMs).then(() => 'pending')])) === 'pending'

    it('lets one in at a time; a release lets the next in at once, under a higher number', async () => {
      const first = await acquireLease(options('relay', 'a'), signal)
      const waiting = acquireLease(options('relay', 'b'), signal)
      expect(await isPending(waiting, 4_000)).to.equal(true)
      expect(first.lost.aborted).to.equal(false)
      await first.release(signal)
      const second = await waiting
      expect(first.lost.aborted).to.equal(true)
      expect(second.epoch).to.be.greaterThan(first.epoch)
      await second.release(signal)
    })

    it('is lost before another can take it when the API server cannot be reached', async () => {
      const own = connectWith(cluster.kubeconfigPath)
      const held = await acquireLease(options('cut-off', 'a', own), signal)
      await own.close()
      const startMs = performance.now()
      const next = acquireLease(options('cut-off', 'b'), signal)
      await whenAborted(held.lost)
      const lostMs = performance.now() - startMs
      const taken = await next
      expect(performance.now() - startMs).to.be.greaterThan(lostMs)
      expect(taken.epoch).to.be.greaterThan(held.epoch)
      await taken.release(signal)
    })

    it('is lost when somebody takes it by hand', async () => {
      const held = await acquireLease(options('stolen', 'a'), signal)
      const patch = { spec: { holderIdentity: 'thief', leaseTransitions: 9 } }
      await cluster.mustKubectl(['patch', 'lease', 'stolen', '--type=merge', '-p', JSON.stringify(patch)])
      await whenAborted(held.lost)
      await held.release(signal)
      const { spec } = await getObject(
        client,
        {
          type: { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' },
          namespace: 'default',
          name: 'stolen',
        },
        signal,
      )
      expect(spec).to.include({ holderIdentity: 'thief' })
    })
  })
})

/** Also where it was aborted before anybody listened. */
function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
