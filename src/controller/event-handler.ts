/** Turns "this key may have changed" into the events of @dot-i/k8s-operator. */
import type { ResourceEvent, ResourceEventType, ResourceMeta } from '@dot-i/k8s-operator'
import type { KubernetesObject } from '@kubernetes/client-node'
import { type KubeObject, objectKey, type ResourceType } from '../kube/resource.ts'
import { isOlderResourceVersion } from '../kube/resource-version.ts'

export interface EventHandlerOptions {
  readonly type: ResourceType
  /** The object as the watch last told it. */
  readonly read: (key: string) => KubeObject | undefined
  readonly onEvent: (event: ResourceEvent) => Promise<void>
}

/** What the handler was last called with. */
interface Handled {
  readonly object: KubeObject
  /** False: it failed, so that the object is still new to it. */
  readonly isDone: boolean
}

export class EventHandler {
  readonly #options: EventHandlerOptions
  readonly #handled = new Map<string, Handled>()
  /** What this process wrote and the watch has not told yet: the next call must not work on an older state. */
  readonly #written = new Map<string, KubeObject>()

  constructor(options: EventHandlerOptions) {
    this.#options = options
  }

  /** The watch told of a change: from here on it knows better. */
  changed(key: string): void {
    this.#written.delete(key)
  }

  /** The object as the API server answered to a write. */
  wrote(object: KubeObject): void {
    const key = objectKey(object.metadata)
    const known = this.#options.read(key)
    if (known?.metadata.uid !== object.metadata.uid) return
    const { resourceVersion } = known.metadata
    if (isOlderResourceVersion(resourceVersion, object.metadata.resourceVersion)) this.#written.set(key, object)
  }

  /** Rejects with what `onEvent` rejects with; called again, it tells the same event, or a newer one. */
  async handle(key: string): Promise<void> {
    const before = this.#handled.get(key)
    const now = this.#written.get(key) ?? this.#options.read(key)
    const isGone = before !== undefined && before.object.metadata.uid !== now?.metadata.uid
    if (isGone) {
      await this.#tell('DELETED', before.object)
      this.#handled.delete(key)
    }
    if (now === undefined) return
    const isKnown = !isGone && before?.isDone === true
    this.#handled.set(key, { object: now, isDone: isKnown })
    await this.#tell(isKnown ? 'MODIFIED' : 'ADDED', now)
    this.#handled.set(key, { object: now, isDone: true })
  }

  #tell(type: `${ResourceEventType}`, object: KubeObject): Promise<void> {
    const event = { meta: metaOf(this.#options.type, object), type, object: ownCopy(object) }
    return this.#options.onEvent(event as ResourceEvent)
  }
}

/** The package's finalizer helper appends to the list that it is given: it must not be the cache's. */
function ownCopy(object: KubeObject): KubernetesObject {
  const { metadata } = object
  if (metadata.finalizers === undefined) return object as unknown as KubernetesObject
  return { ...object, metadata: { ...metadata, finalizers: [...metadata.finalizers] } } as unknown as KubernetesObject
}

export function metaOf(type: ResourceType, object: KubeObject): ResourceMeta {
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`
  const { name, namespace, resourceVersion } = object.metadata
  const meta = { id: `${type.resource}.${apiVersion}`, name, resourceVersion, apiVersion, kind: object.kind ?? '' }
  return namespace === undefined ? meta : { ...meta, namespace }
}

/** The resource that an event's `meta` speaks of. */
export function typeOf(meta: ResourceMeta): ResourceType {
  const [group, version] = meta.apiVersion.includes('/') ? meta.apiVersion.split('/') : ['', meta.apiVersion]
  return { group: group ?? '', version: version ?? '', resource: meta.id.split('.')[0] ?? '' }
}
