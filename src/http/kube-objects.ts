/** Dogwatch's own objects at the API server, read and changed for callers who have the right themselves. */
import { apiGroup, apiVersion } from '../api/kind.ts'
import type { KubeClient } from '../kube/client.ts'
import { type KubeObject, resourcePath } from '../kube/resource.ts'
import { createObject, mergeObject, type NewObject } from '../kube/writer.ts'

/** An object by the plural of its kind. */
export interface ObjectPlace {
  readonly resource: string
  readonly namespace: string
  readonly name: string
}

export interface KubeObjectsOptions {
  readonly client: KubeClient
  /** Set: nothing outside this one namespace is read. */
  readonly watchNamespace: string | undefined
}

/** What the API writes is marked with this. */
export const fieldManager = 'dogwatch-api'

export class KubeObjects {
  readonly #options: KubeObjectsOptions

  constructor(options: KubeObjectsOptions) {
    this.#options = options
  }

  /** In `namespace`, or in all that are watched. */
  async list(resource: string, namespace: string | undefined, signal: AbortSignal): Promise<readonly KubeObject[]> {
    const { client, watchNamespace } = this.#options
    if (watchNamespace !== undefined && (namespace ?? watchNamespace) !== watchNamespace) return []
    const path = resourcePath(typeOf(resource), { namespace: namespace ?? watchNamespace })
    const { items = [] } = await client.requestJson<{ items?: KubeObject[] }>({ path, signal })
    return items
  }

  /** As it is after the merge patch. */
  merge({ resource, namespace, name }: ObjectPlace, patch: object, signal: AbortSignal): Promise<KubeObject> {
    const at = { type: typeOf(resource), namespace, name }
    return mergeObject(this.#options.client, at, { patch, fieldManager }, signal)
  }

  create(resource: string, object: Omit<NewObject, 'apiVersion'>, signal: AbortSignal): Promise<KubeObject> {
    const whole = { apiVersion: `${apiGroup}/${apiVersion}`, ...object } as NewObject
    return createObject(this.#options.client, typeOf(resource), whole, signal)
  }
}

function typeOf(resource: string) {
  return { group: apiGroup, version: apiVersion, resource }
}
