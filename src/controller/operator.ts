/**
 * The operator's base class: @dot-i/k8s-operator in name and shape (`init`, `watchResource`, `handleResourceFinalizer`,
 * `start`, `stop`), with every method that does I/O replaced. The package's own watch ends the process on any error and
 * loses deletes, its writes swallow failures; none of that is reachable here, and a contract test keeps it so.
 *
 * What is watched comes from the shared watch cache; each handler is a controller with a keyed queue. So a burst of
 * changes to one object is one call with its newest state, a handler that throws is called again with back-off, and one
 * slow kind does not hold up another.
 */
import { readFile } from 'node:fs/promises'
import dotI, { type ResourceEvent, type ResourceMeta } from '@dot-i/k8s-operator'
import type { Clock } from '../base/clock.ts'
import { hasCode, OperatorError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Subscription } from '../kube/consumer.ts'
import { type KubeObject, type ResourceType, resourceName, resourcePath } from '../kube/resource.ts'
import type { WatchCache } from '../kube/watch-cache.ts'
import { Controller, type ReconcileObserver } from './controller.ts'
import { EventHandler, metaOf, typeOf } from './event-handler.ts'
import { done } from './result.ts'

const fieldManager = 'dogwatch'

export interface OperatorDependencies {
  readonly client: KubeClient
  readonly cache: WatchCache
  readonly clock: Clock
  readonly logger: Logger
  /** Told of every reconcile of every kind. */
  readonly observe?: (controller: string, ...outcome: Parameters<ReconcileObserver>) => void
}

interface Watched {
  readonly type: ResourceType
  readonly subscription: Subscription<KubeObject>
  readonly controller: Controller
  readonly handler: EventHandler
}

export abstract class Operator extends withoutConstructor(dotI.default) {
  readonly #dependencies: OperatorDependencies
  readonly #watched = new Map<string, Watched>()
  readonly #abort = new AbortController()

  constructor(dependencies: OperatorDependencies) {
    super()
    this.logger = textLogger(dependencies.logger)
    this.#dependencies = dependencies
  }

  /**
   * Resolves when the first state of every watched resource has been seen and handled. Resources are handled in the order
   * in which they are watched, so that what is watched first is known to the handlers of what follows.
   */
  override async start(): Promise<void> {
    await this.init()
    const watched = [...this.#watched.values()]
    await Promise.all(watched.map(({ subscription }) => subscription.whenSynced(this.#abort.signal)))
    for (const { controller } of watched) {
      controller.start()
      await controller.whenIdle()
    }
  }

  /** Ends all watches and handlers; the handler under way is awaited. */
  override async stop(): Promise<void> {
    this.#abort.abort(new OperatorError('SHUTTING_DOWN', 'The operator is ending'))
    const watched = [...this.#watched.values()]
    for (const { subscription } of watched) subscription.stop()
    await Promise.all(watched.map(({ controller }) => controller.stop()))
  }

  /**
   * Calls `onEvent` after every change of an object: Added when it is new to the handler, Modified, or Deleted with its
   * last state. Calls for one resource come one after the other. Watching the same resource twice is an error.
   */
  // biome-ignore lint/complexity/useMaxParams: the package declares this method so
  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: ResourceEvent) => Promise<void>,
    namespace?: string,
  ): Promise<void> {
    const type = { group, version, resource: plural }
    const name = resourceName(type)
    if (this.#watched.has(name)) throw new OperatorError('INVALID_OPTION', `${name} is watched already`)
    const { cache, clock, logger, observe } = this.#dependencies
    const handler = new EventHandler({ type, read: (key) => subscription.get(key), onEvent })
    const controller = new Controller({
      name,
      clock,
      logger,
      reconciler: { reconcile: (key) => handler.handle(key).then(() => done) },
      observe: (outcome, durationMs) => observe?.(name, outcome, durationMs),
    })
    const subscription = cache.subscribe<KubeObject>(
      { type, namespace },
      {
        name: 'operator',
        project: (object) => object,
        onChange: ({ key }) => {
          handler.changed(key)
          controller.request(key)
        },
      },
    )
    this.#watched.set(name, { type, subscription, controller, handler })
  }

  /** Asks for one more call for an object, now or later, though it has not changed. */
  protected requestReconcile(plural: string, key: string, delayMs = 0): void {
    const found = [...this.#watched.values()].find(({ type }) => type.resource === plural)
    found?.controller.request(key, delayMs)
  }

  /** Makes every call that is due later now; resolves when nothing is left to do. */
  protected async settle(): Promise<void> {
    const controllers = [...this.#watched.values()].map(({ controller }) => controller)
    for (const controller of controllers) controller.hurry()
    await Promise.all(controllers.map((controller) => controller.whenIdle()))
  }

  /** The keys of all objects of a watched resource. */
  protected keysOf(plural: string): string[] {
    const found = [...this.#watched.values()].find(({ type }) => type.resource === plural)
    return found === undefined ? [] : [...found.subscription.entries()].map(([key]) => key)
  }

  /** Whether everything watched has been seen once. */
  get isSynced(): boolean {
    return this.#watched.size > 0 && [...this.#watched.values()].every(({ subscription }) => subscription.isSynced)
  }

  /**
   * Server-side applies the whole status as field manager `dogwatch`; fields that it leaves out are removed. Rejects with
   * API_CONFLICT when the object has changed since `meta` was read.
   */
  protected override async setResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    const { apiVersion, kind, name, namespace, resourceVersion } = meta
    const body = { apiVersion, kind, metadata: { name, namespace, resourceVersion }, status }
    const query = { fieldManager, force: true }
    return this.#write(meta, 'application/apply-patch+yaml', { subresource: 'status', query, body })
  }

  /** Merges into the status (RFC 7386). Rejects with API_CONFLICT when the object has changed since `meta` was read. */
  protected override async patchResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    const body = { metadata: { resourceVersion: meta.resourceVersion }, status }
    return this.#write(meta, 'application/merge-patch+json', { subresource: 'status', query: { fieldManager }, body })
  }

  /** Replaces the list of finalizers. Rejects with API_CONFLICT when the object has changed since `meta` was read. */
  protected override async setResourceFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    const body = { metadata: { resourceVersion: meta.resourceVersion, finalizers } }
    await this.#write(meta, 'application/merge-patch+json', { query: { fieldManager }, body })
  }

  /** Creates the definition in the file unless it exists. */
  protected override async registerCustomResourceDefinition(
    crdFile: string,
  ): ReturnType<InstanceType<typeof dotI.default>['registerCustomResourceDefinition']> {
    const { parse } = await import('yaml')
    const body = parse(await readFile(crdFile, 'utf8'))
    const path = resourcePath({ group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' })
    try {
      await this.#dependencies.client.requestJson({ method: 'POST', path, body, signal: this.#abort.signal })
    } catch (error) {
      if (!hasCode(error, 'API_CONFLICT')) throw error
    }
    return { group: body.spec.group, versions: body.spec.versions, plural: body.spec.names.plural }
  }

  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    return this.#dependencies.client.server + resourcePath({ group, version, resource: plural }, { namespace })
  }

  protected override async applyAxiosKubeConfigAuth(): Promise<void> {
    throw new OperatorError('CREDENTIALS', 'Credentials are not handed out: send requests through the KubeClient')
  }

  protected override async applyGaxiosKubeConfigAuth(): Promise<void> {
    throw new OperatorError('CREDENTIALS', 'Credentials are not handed out: send requests through the KubeClient')
  }

  async #write(meta: ResourceMeta, contentType: string, request: WriteRequest): Promise<ResourceMeta> {
    const type = typeOf(meta)
    const { subresource, query, body } = request
    const written = await this.#dependencies.client.requestJson<KubeObject>({
      method: 'PATCH',
      path: resourcePath(type, { namespace: meta.namespace, name: meta.name, subresource }),
      query,
      body,
      contentType,
      signal: this.#abort.signal,
    })
    this.#watched.get(resourceName(type))?.handler.wrote(written)
    return metaOf(type, written)
  }
}

interface WriteRequest {
  readonly subresource?: string
  readonly query: Readonly<Record<string, string | boolean>>
  readonly body: unknown
}

/**
 * The class without its constructor, which reads whatever kubeconfig it finds, fails where there is none, and keeps its
 * credentials. The prototype is the package's own, so that `instanceof` and what it declares stay.
 */
function withoutConstructor<T extends abstract new (...options: never[]) => object>(packageClass: T): T {
  function Bare() {}
  Bare.prototype = packageClass.prototype
  return Bare as unknown as T
}

function textLogger(logger: Logger) {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string) => logger[level](message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
