/**
 * A watch cache under test in front of a real API server, with a fault proxy between and a mirror behind: the mirror
 * keeps what the consumer was told, change by change, so that a wrong, missing or doubled change shows, not only a wrong end.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { Cluster } from '../../hack/testbed/cluster.ts'
import { type FaultProxy, startFaultProxy } from '../../hack/testbed/fault-proxy.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createLogger, type Logger, silentLogger } from '../../src/base/log.ts'
import { type Metrics, noMetrics } from '../../src/base/metrics.ts'
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts'
import type { Change, Consumer, Subscription } from '../../src/kube/consumer.ts'
import { CredentialSource } from '../../src/kube/credentials.ts'
import type { Content } from '../../src/kube/encoding.ts'
import { loadKubeConfig } from '../../src/kube/kube-config.ts'
import type { FieldTable } from '../../src/kube/protobuf/field-table.ts'
import { fieldsOf } from '../../src/kube/protobuf/tables.ts'
import type { ReflectorStatus } from '../../src/kube/reflector.ts'
import type { Cause } from '../../src/kube/reflector-moves.ts'
import type { ReflectorTiming } from '../../src/kube/reflector-timing.ts'
import { objectKey, type ResourceType, resourcePath } from '../../src/kube/resource.ts'
import type { Selection } from '../../src/kube/selection.ts'
import { WatchCache } from '../../src/kube/watch-cache.ts'
import { restrict } from './protobuf-objects.ts'

export const configMaps: ResourceType = { group: '', version: 'v1', resource: 'configmaps' }

/** What the lab's objects are, and how much of them its consumers want. */
export interface LabKind {
  readonly name: string
  readonly type: ResourceType
  readonly content: Content
  /** How often an object is told as modified that is changed once and then deleted: pods are marked before they go. */
  readonly changesPerStay: number
  body(name: string, data: Readonly<Record<string, string>>): object
  /** A merge patch to other data, for kinds that are not replaced. */
  patch?(data: Readonly<Record<string, string>>): object
}

/** Whole, in JSON. */
export const jsonMaps: LabKind = {
  name: 'ConfigMaps in JSON',
  type: configMaps,
  content: 'whole',
  changesPerStay: 1,
  body: (name, data) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }),
}

/** The server stores annotations of 256 KiB at most: more than these bytes of data go where no table looks. */
const annotationCharacters = 100_000
const short = (data: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, text.slice(0, annotationCharacters)]))

/** The fields of a table, in protobuf. */
export const protobufPods: LabKind = {
  name: 'pods in protobuf',
  type: { group: '', version: 'v1', resource: 'pods' },
  content: 'fields',
  changesPerStay: 2,
  body: (name, data) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations: short(data) },
    spec: {
      automountServiceAccountToken: false,
      containers: [{ name: 'app', image: 'none', args: Object.values(data) }],
    },
  }),
  patch: (data) => ({ metadata: { annotations: short(data) } }),
}

/** Everything a hundred times quicker than in production, but for what the server decides. */
export const quickTiming: Partial<ReflectorTiming> = {
  streamSeconds: [60, 60],
  backoffMs: [20, 200],
  patientMs: 300,
  initialSilenceMs: 60_000,
  firstBookmarkSilenceMs: 60_000,
  silenceMs: 60_000,
  probeTimeoutMs: 1_000,
  shortMs: 100,
}

/** What an object is, but for how a list or a watch writes it. */
export function contentHash(object: object): string {
  const { kind: _kind, apiVersion: _apiVersion, ...content } = object as Record<string, unknown>
  return createHash('sha256')
    .update(JSON.stringify(sorted(content)))
    .digest('hex')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]))
}

export interface Kept {
  readonly uid: string
  readonly resourceVersion: string
  readonly hash: string
}

/** Checks every change against the ones before, and keeps the sum of them. */
export class Mirror implements Consumer<Kept> {
  readonly name: string
  readonly kept = new Map<string, Kept>()
  readonly changes: Change<Kept>[] = []
  readonly mistakes: string[] = []
  readonly content: Content
  readonly #fields: FieldTable | undefined

  constructor(name = 'mirror', { type, content }: Pick<LabKind, 'type' | 'content'> = jsonMaps) {
    this.name = name
    this.content = content
    this.#fields = content === 'fields' ? fieldsOf(type) : undefined
  }

  project = (object: { metadata: { uid: string; resourceVersion: string } }): Kept => {
    const { uid, resourceVersion } = object.metadata
    return { uid, resourceVersion, hash: this.hashOf(object) }
  }

  /** Of what the consumer wanted to know; of managedFields nobody does. */
  hashOf(object: object): string {
    const { metadata, ...rest } = object as { metadata: Record<string, unknown> }
    const { managedFields: _managedFields, ...meta } = metadata
    const content = { ...rest, metadata: meta }
    return contentHash(this.#fields === undefined ? content : restrict(this.#fields, content))
  }

  onChange = (change: Change<Kept>): void => {
    const known = this.kept.get(change.key)
    this.changes.push(change)
    if (change.type === 'added' && known !== undefined) this.mistakes.push(`${change.key} added twice`)
    if (change.type !== 'added' && known !== change.previous) this.mistakes.push(`${change.key}: wrong previous`)
    if (change.type === 'updated' && known?.uid !== change.value.uid)
      this.mistakes.push(`${change.key}: another object`)
    if (change.type === 'updated' && known?.hash === change.value.hash)
      this.mistakes.push(`${change.key}: no difference`)
    if (change.type === 'deleted') this.kept.delete(change.key)
    else this.kept.set(change.key, change.value)
  }

  changesOf(key: string): string[] {
    return this.changes.filter((change) => change.key === key).map(({ type }) => type)
  }
}

export interface LabOptions {
  readonly selection?: Selection
  readonly timing?: Partial<ReflectorTiming>
  /** Instead of an administrator's through the proxy. */
  readonly kubeconfig?: string
  readonly logger?: Logger
  readonly metrics?: Metrics
  readonly content?: Content
}

export class WatchLab {
  readonly cluster: Cluster
  readonly proxy: FaultProxy
  readonly client: KubeClient
  readonly cache: WatchCache
  readonly selection: Selection
  readonly mirror: Mirror
  readonly subscription: Subscription<Kept>

  constructor(cluster: Cluster, proxy: FaultProxy, options: LabOptions & { readonly kubeconfig: string }) {
    this.cluster = cluster
    this.proxy = proxy
    this.client = createLabClient(options.kubeconfig)
    const logger = options.logger ?? (process.env.DOGWATCH_LAB_LOG === undefined ? silentLogger : createLogger('debug'))
    const timing = { ...quickTiming, ...options.timing }
    this.cache = new WatchCache({
      client: this.client,
      clock: systemClock,
      logger,
      timing,
      metrics: options.metrics ?? noMetrics,
    })
    this.selection = options.selection ?? { type: configMaps }
    this.mirror = this.createMirror('mirror', options.content ?? 'whole')
    this.subscription = this.cache.subscribe(this.selection, this.mirror)
  }

  /** For one more consumer of the same objects. */
  createMirror(name: string, content: Content = this.mirror.content): Mirror {
    return new Mirror(name, { type: this.selection.type, content })
  }

  get status(): ReflectorStatus {
    return this.cache.status()[0]!
  }

  /** How often attempts ended for this reason. */
  ended(cause: Cause): number {
    return this.status.endings[cause]
  }

  async synced(): Promise<void> {
    await this.subscription.whenSynced(AbortSignal.timeout(60_000))
  }

  /** Waits until the condition holds; fails saying what was waited for. */
  async until(what: string, condition: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
    const deadlineMs = performance.now() + withinMs
    while (!(await condition())) {
      if (performance.now() > deadlineMs)
        throw new Error(`not within ${withinMs} ms: ${what}; ${JSON.stringify(this.status)}`)
      await sleep(20)
    }
  }

  /** The store and the mirror come to equal a fresh list by hash of content, and no change on the way was wrong. */
  async expectEqual(subscription: Subscription<Kept> = this.subscription, mirror: Mirror = this.mirror): Promise<void> {
    await this.until('the store equals a fresh list', async () => {
      const fresh = await this.freshList(mirror)
      return differences(fresh, subscription).length === 0
    }).catch(() => undefined)
    expect(differences(await this.freshList(mirror), subscription)).to.deep.equal([])
    expect([...mirror.kept]).to.have.deep.members([...subscription.entries()])
    expect(mirror.mistakes).to.deep.equal([])
    expect(this.status.objects).to.equal(subscription.size)
  }

  /** Straight from the API server, past the proxy and every line of the code under test. */
  async freshList(mirror: Mirror): Promise<Map<string, string>> {
    const path = resourcePath(this.selection.type, { namespace: this.selection.namespace })
    const { status, body } = await this.cluster.request(path)
    if (status === 404) return new Map()
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`)
    const { items } = JSON.parse(body) as { items: { metadata: { namespace?: string; name: string } }[] | null }
    return new Map((items ?? []).map((item) => [objectKey(item.metadata), mirror.hashOf(item)]))
  }

  async stop(): Promise<void> {
    await this.cache.stop()
    await this.client.close()
    await this.proxy.stop()
  }
}

export function createLabClient(kubeconfig: string): KubeClient {
  const credentials = new CredentialSource(() => loadKubeConfig({ kubeconfig }), systemClock)
  return createKubeClient({ credentials, clock: systemClock, connectTimeoutMs: 1_000 })
}

function differences(fresh: ReadonlyMap<string, string>, subscription: Subscription<Kept>): string[] {
  const found: string[] = []
  for (const [key, hash] of fresh) {
    const kept = subscription.get(key)
    if (kept === undefined) found.push(`${key} is missing`)
    else if (kept.hash !== hash) found.push(`${key} differs`)
  }
  for (const [key] of subscription.entries()) if (!fresh.has(key)) found.push(`${key} should be gone`)
  return found
}

/** A watch cache behind a new proxy; whoever starts it stops it. */
export async function startLab(cluster: Cluster, options: LabOptions = {}): Promise<WatchLab> {
  const proxy = await startFaultProxy(cluster)
  const kubeconfig =
    options.kubeconfig ?? (await cluster.kubeconfigFor({ user: 'lab', groups: ['system:masters'], server: proxy.url }))
  return new WatchLab(cluster, proxy, { ...options, kubeconfig })
}

/** Writes the lab's objects straight to the API server. */
export class LabWriter {
  readonly #cluster: Cluster
  readonly #kind: LabKind
  readonly #path: string
  #serial = 0

  constructor(cluster: Cluster, kind: LabKind) {
    this.#cluster = cluster
    this.#kind = kind
    this.#path = resourcePath(kind.type, { namespace: 'default' })
  }

  /** What pods need to be let in. */
  async prepare(): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }
    await this.#must('/api/v1/namespaces/default/serviceaccounts', 'POST', body)
  }

  async put(name: string, data: Readonly<Record<string, string>>): Promise<void> {
    const body = this.#kind.body(name, data)
    const created = await this.#cluster.request(this.#path, { method: 'POST', body })
    if (created.status === 201) return
    const patch = this.#kind.patch?.(data)
    if (patch === undefined) await this.#must(`${this.#path}/${name}`, 'PUT', body)
    else await this.#must(`${this.#path}/${name}`, 'PATCH', patch)
  }

  async remove(name: string): Promise<void> {
    await this.#must(`${this.#path}/${name}`, 'DELETE')
  }

  /** Creates, changes and deletes for a while: afterwards some exist, some changed, some are gone, one was replaced. */
  async stir(prefix = 'stir'): Promise<void> {
    this.#serial += 1
    const note = `turn ${this.#serial} äöü 漢字 🐕 {"[}`
    for (let index = 0; index < 6; index += 1) await this.put(`${prefix}-${index}`, { note })
    for (let index = 0; index < 3; index += 1) await this.put(`${prefix}-${index}`, { note, changed: 'yes' })
    await this.remove(`${prefix}-4`)
    await this.remove(`${prefix}-5`)
    await this.put(`${prefix}-5`, { note, replaced: 'yes' })
  }

  async #must(path: string, method: string, body?: object): Promise<void> {
    const { status, body: text } = await this.#cluster.request(path, {
      method,
      headers: { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
  }
}
