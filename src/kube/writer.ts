import type { KubeClient } from './client.ts'
import { type KubeObject, type ResourcePlace, type ResourceType, resourcePath } from './resource.ts'

/** One object, or a subresource of it. */
export interface ObjectAddress extends ResourcePlace {
  readonly type: ResourceType
  readonly name: string
}

/** An object that does not exist yet: the server gives it its uid and resourceVersion. */
export interface NewObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly resourceVersion?: string
  }
  readonly [field: string]: unknown
}

/** Throws API_NOT_FOUND when it is not there. */
export function getObject(client: KubeClient, at: ObjectAddress, signal: AbortSignal): Promise<KubeObject> {
  return client.requestJson({ path: resourcePath(at.type, at), signal })
}

/** Throws API_CONFLICT (reason AlreadyExists) when the name is taken. */
export function createObject(
  client: KubeClient,
  type: ResourceType,
  object: NewObject,
  signal: AbortSignal,
): Promise<KubeObject> {
  const path = resourcePath(type, { namespace: object.metadata.namespace })
  return client.requestJson({ method: 'POST', path, body: object, signal })
}

/** Writes the whole object. With a resourceVersion in it, throws API_CONFLICT when somebody else wrote first. */
export function replaceObject(
  client: KubeClient,
  type: ResourceType,
  object: NewObject,
  signal: AbortSignal,
): Promise<KubeObject> {
  const { namespace, name } = object.metadata
  return client.requestJson({ method: 'PUT', path: resourcePath(type, { namespace, name }), body: object, signal })
}

/**
 * Changes what the patch names, by JSON merge patch, as `fieldManager`. Throws API_NOT_FOUND when it is not there, and
 * API_CONFLICT where the patch has a resourceVersion that is no longer the object's. A dry run is only checked.
 */
export function mergeObject(
  client: KubeClient,
  at: ObjectAddress,
  change: { readonly patch: object; readonly fieldManager: string; readonly isDryRun?: boolean },
  signal: AbortSignal,
): Promise<KubeObject> {
  return client.requestJson({
    method: 'PATCH',
    path: resourcePath(at.type, at),
    query: { fieldManager: change.fieldManager, dryRun: change.isDryRun === true ? 'All' : undefined },
    contentType: 'application/merge-patch+json',
    body: change.patch,
    signal,
  })
}

/** Throws API_NOT_FOUND when it is gone already, and API_CONFLICT when `ifUid` is no longer the object's uid. */
export async function deleteObject(
  client: KubeClient,
  at: ObjectAddress,
  precondition: { readonly ifUid?: string },
  signal: AbortSignal,
): Promise<void> {
  const preconditions = precondition.ifUid === undefined ? {} : { preconditions: { uid: precondition.ifUid } }
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...preconditions }
  await client.requestJson({ method: 'DELETE', path: resourcePath(at.type, at), body, signal })
}
