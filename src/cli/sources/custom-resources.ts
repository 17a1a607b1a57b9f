/** Dogwatch's own objects by the API server, and what to do where they cannot be had. */
import { apiGroup, type Kind } from '../../api/kind.ts'
import { hasCode, OperatorError } from '../../base/errors.ts'
import type { KubeClient } from '../../kube/client.ts'
import { listFields } from '../../kube/list-fields.ts'
import type { KubeObject, ResourceType } from '../../kube/resource.ts'
import type { NamespaceOptions } from '../options/namespace.ts'

/** The fields that this program writes are its own. */
export const fieldManager = 'dogwatch-cli'

/** One namespace of a cluster, or all. */
export interface Place {
  readonly client: KubeClient
  readonly signal: AbortSignal
  readonly namespace: string | undefined
}

export function resourceTypeOf({ group, version, plural }: Kind): ResourceType {
  return { group, version, resource: plural }
}

/** Of `-A`, `-n` and the context's namespace the first that says something. */
export function placeOf(
  options: NamespaceOptions,
  { client, signal, namespace }: { client: KubeClient; signal: AbortSignal; namespace: string },
): Place {
  if (options.allNamespaces === true) return { client, signal, namespace: undefined }
  return { client, signal, namespace: options.namespace ?? namespace }
}

/** In the order of namespaces and names. */
export async function listKind<T>(kind: Kind, { client, signal, namespace }: Place): Promise<T[]> {
  const objects: KubeObject[] = []
  try {
    const selection = { type: resourceTypeOf(kind), ...(namespace === undefined ? {} : { namespace }) }
    await listFields<KubeObject>(client, selection, (object) => objects.push(object), signal)
  } catch (cause) {
    throw explained(cause, kind, { verb: 'list', namespace })
  }
  const key = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`
  return objects.sort((left, right) => (key(left) < key(right) ? -1 : 1)) as unknown as T[]
}

interface Attempt {
  readonly verb: 'get' | 'list' | 'create' | 'patch'
  readonly namespace: string | undefined
  /** Of one object. */
  readonly name?: string
}

/** What the API server refused, with the right that is missing or the command that helps. */
export function explained(cause: unknown, kind: Kind, { verb, namespace, name }: Attempt): unknown {
  if (hasCode(cause, 'API_FORBIDDEN')) return forbidden(cause, kind, { verb, namespace })
  if (!hasCode(cause, 'API_NOT_FOUND')) return cause
  if (name !== undefined && !isUnknownKind(cause)) {
    const message = `there is no ${kind.kind} ${namespace}/${name}: kubectl get ${kind.plural} -A shows all there are`
    return new OperatorError('API_NOT_FOUND', message)
  }
  const message = `the cluster does not know ${kind.plural}.${apiGroup}: install Dogwatch's kinds with kubectl apply -k crds`
  return new OperatorError('API_NOT_FOUND', message)
}

/** The API server's words for a path that it does not serve, as against an object that is not there. */
function isUnknownKind(error: Error): boolean {
  return error.message.includes('could not find the requested resource') || error.message.includes('page not found')
}

function forbidden(cause: OperatorError, kind: Kind, { verb, namespace }: Attempt): OperatorError {
  const place = namespace === undefined ? 'in all namespaces (ClusterRole)' : `in namespace ${namespace} (Role)`
  const other = namespace === undefined ? '\n  With the right in one namespace alone: -n NAMESPACE.' : ''
  return new OperatorError(
    'API_FORBIDDEN',
    `cannot ${verb} ${kind.plural}.
  Missing right: ${verb} on ${kind.plural}.${apiGroup}, ${place}.${other}
  The server said`,
    { cause },
  )
}
