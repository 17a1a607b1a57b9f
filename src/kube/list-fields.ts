import type { KubeClient } from './client.ts'
import type { Encoding } from './encoding.ts'
import { type ListQuery, type ListResult, listObjects } from './list.ts'
import { textWithoutManagedFields } from './object-text.ts'
import { readFields } from './protobuf/envelope.ts'
import type { FieldTable } from './protobuf/field-table.ts'
import { fieldsOf } from './protobuf/tables.ts'

/**
 * Streams one list as {@link listObjects} does, of which the fields that `protobuf/tables.ts` names are enough, and calls
 * `onObject` with each object in the shape of its JSON, without managedFields. More fields may be there.
 */
export function listFields<T>(
  client: KubeClient,
  query: ListQuery,
  onObject: (object: T) => void,
  signal: AbortSignal,
): Promise<ListResult> {
  const fields = fieldsOf(query.type)
  const receive = (bytes: Buffer, encoding: Encoding) => onObject(parse(bytes, encoding, fields) as T)
  return listObjects(client, { ...query, content: 'fields' }, receive, signal)
}

function parse(bytes: Buffer, encoding: Encoding, fields: FieldTable | undefined): unknown {
  if (encoding === 'protobuf' && fields !== undefined) return readFields(bytes, fields)
  return JSON.parse(textWithoutManagedFields(bytes))
}
