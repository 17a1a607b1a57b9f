/**
 * The crash watcher with its enricher, on a cluster that the test writes down object by object, in front of a pretended kubelet.
 * Alerts, records and what is remembered stay where the test sees them.
 */
import type { ServerResponse } from 'node:http'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import type { Consumer, Subscription } from '../../src/kube/consumer.ts'
import { type KubeObject, objectKey } from '../../src/kube/resource.ts'
import type { Alert } from '../../src/model/alert.ts'
import type { CrashRecord } from '../../src/model/crash.ts'
import { createEnricher } from '../../src/watchers/crash/enrich/enricher.ts'
import type { PodObject } from '../../src/watchers/crash/enrich/pod-object.ts'
import type { JobObject } from '../../src/watchers/crash/pod-object.ts'
import { CrashWatcher, type CrashWatcherOptions } from '../../src/watchers/crash/watcher.ts'
import { noonMs } from './crash-pods.ts'
import { watchedRoute } from './crash-routes.ts'
import { eventually } from './eventually.ts'
import { type PretendedKubelet, startPretendedKubelet } from './pretended-kubelet.ts'
import { redactorOf } from './redactor.ts'
import { VirtualClock } from './virtual-clock.ts'

type Objects = Map<string, KubeObject>

interface LabOptions {
  readonly clusterName?: string
  /** What the kubelet gives as the log of any run. */
  readonly log?: string
  /** The API server has no pod any more when it is asked. */
  readonly isPodGone?: boolean
  /** What the API server says of all but pods and logs. */
  readonly other?: (path: string) => object | undefined
}

export class CrashWatcherLab {
  readonly clock = new VirtualClock(noonMs + 100_000)
  readonly alerts: Alert[] = []
  readonly records: CrashRecord[] = []
  readonly facts = new Map<string, string>()
  /** Uids of routes of which nothing is told. */
  readonly suspended = new Set<string>()
  readonly watcher: CrashWatcher
  readonly #objects = new Map<string, Objects>()
  readonly #consumers = new Map<string, Consumer<unknown>>()
  readonly #kubelet: PretendedKubelet

  static async start({ clusterName, log = '', isPodGone, other }: LabOptions = {}): Promise<CrashWatcherLab> {
    let lab: CrashWatcherLab | undefined
    const kubelet = await startPretendedKubelet({
      pod: (namespace, name) => (isPodGone === true ? undefined : lab?.pod(`${namespace}/${name}`)),
      log: (_call, response: ServerResponse) => response.end(log),
      ...(other && { other }),
    })
    lab = new CrashWatcherLab(kubelet, clusterName)
    return lab
  }

  constructor(kubelet: PretendedKubelet, clusterName: string | undefined) {
    const { clock, facts } = this
    this.#kubelet = kubelet
    this.watcher = new CrashWatcher({
      ...{ cache: this.#cache, clock, clusterName, watchNamespace: undefined, logger: silentLogger },
      metrics: { crashed: () => undefined },
      sink: {
        put: (alert) => this.alerts.push(alert),
        reroute: () => undefined,
        toldOf: () => undefined,
        setSuspended: (uid, isSuspended) => void this.suspended[isSuspended ? 'add' : 'delete'](uid),
        remember: (name, value) => (value === undefined ? void facts.delete(name) : void facts.set(name, value)),
        recall: (prefix) => new Map([...facts].filter(([name]) => name.startsWith(prefix))),
      },
      records: { put: (record) => this.records.push(record) },
      enricher: createEnricher({ client: kubelet.client, clock: systemClock }),
      askVolumes: async () => undefined,
      redactorFor: (patterns) => redactorOf(...patterns),
      isMuted: () => false,
      onViewChange: () => undefined,
    })
    this.watcher.lead()
  }

  pod(key: string): KubeObject | undefined {
    return this.#objects.get('pods')?.get(key)
  }

  /** Paths that the API server was asked for. */
  get asked(): readonly string[] {
    return this.#kubelet.asked
  }

  /** A route of that name begins, or changes. */
  route(spec: object, name = 'crashes'): void {
    const reference = { kind: 'CrashAlertRoute', namespace: 'dogwatch-system', name, uid: `uid-of-${name}` }
    this.watcher.apply(watchedRoute(spec, { reference }))
  }

  putPod(pod: PodObject): void {
    this.#put('pods', pod)
  }

  putJob(job: JobObject): void {
    this.#put('jobs', job)
  }

  /** So many alerts were told. */
  toldWhen(count: number): Promise<readonly Alert[]> {
    return eventually(
      `${count} alerts`,
      () => this.alerts.length >= count && this.alerts,
      60_000,
      () => this.alerts,
    )
  }

  keptWhen(count: number): Promise<readonly CrashRecord[]> {
    return eventually(
      `${count} records`,
      () => this.records.length >= count && this.records,
      60_000,
      () => this.records,
    )
  }

  async stop(): Promise<void> {
    await this.watcher.stop()
    await this.#kubelet.stop()
  }

  get #cache(): CrashWatcherOptions['cache'] {
    return {
      subscribe: <T>({ type }: { type: { resource: string } }, consumer: Consumer<T>) => {
        this.#consumers.set(type.resource, consumer as Consumer<unknown>)
        for (const [key, object] of this.#objects.get(type.resource) ?? []) this.#tell(type.resource, key, object)
        return { isSynced: true, stop: () => this.#consumers.delete(type.resource) } as unknown as Subscription<T>
      },
    }
  }

  #put(kind: string, object: object): void {
    const key = objectKey((object as KubeObject).metadata as Parameters<typeof objectKey>[0])
    const objects: Objects = this.#objects.get(kind) ?? new Map()
    this.#objects.set(kind, objects.set(key, object as KubeObject))
    this.#tell(kind, key, object as KubeObject)
  }

  #tell(kind: string, key: string, object: KubeObject): void {
    const consumer = this.#consumers.get(kind)
    const value = consumer?.project(object, Buffer.alloc(0), key)
    consumer?.onChange?.({ type: 'added', key, value })
  }
}
