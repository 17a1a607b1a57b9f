import { ApiError } from './api-error.ts'
import type { ByteStream } from './byte-stream.ts'
import type { ApiRequest, KubeClient } from './client.ts'
import { fieldsOf } from './protobuf/tables.ts'
import type { ResourceType } from './resource.ts'

/** How the API server wrote an object. */
export type Encoding = 'json' | 'protobuf'

/**
 * What a reader wants of each object. `fields`: those that `protobuf/tables.ts` names for the kind are enough, so that the
 * server may be asked for protobuf, which costs it and the reader a fraction of what JSON does; where the kind has no table,
 * or the server sends JSON, objects come whole.
 */
export type Content = 'whole' | 'fields'

const protobufType = 'application/vnd.kubernetes.protobuf'

/** What to ask for; the server may still answer in JSON. */
export function preferredEncoding(type: ResourceType, content: Content): Encoding {
  return content === 'fields' && fieldsOf(type) !== undefined ? 'protobuf' : 'json'
}

/**
 * Opens a stream in the preferred encoding and says in which it comes. What stands between may refuse to pass on protobuf
 * (406): then JSON is asked for. Throws the client's errors.
 */
export async function openEncoded(
  client: KubeClient,
  request: ApiRequest,
  preferred: Encoding,
): Promise<{ readonly stream: ByteStream; readonly encoding: Encoding }> {
  if (preferred === 'json') return { stream: await client.openStream(request), encoding: 'json' }
  try {
    const stream = await client.openStream({ ...request, accept: `${protobufType},application/json` })
    return { stream, encoding: isProtobuf(stream) ? 'protobuf' : 'json' }
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 406) throw error
    return { stream: await client.openStream({ ...request, accept: 'application/json' }), encoding: 'json' }
  }
}

function isProtobuf({ headers }: ByteStream): boolean {
  return String(headers['content-type'] ?? '').startsWith(protobufType)
}
