/** Writes protobuf by the tables that the reader under test reads by; the real API server proves the tables. */
import type { Field, FieldTable, Value } from '../../src/kube/protobuf/field-table.ts'

export function varint(value: bigint | number): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}

export const tagged = (number: number, wire: number, body: Buffer): Buffer =>
  Buffer.concat([varint(number * 8 + wire), body])

/** A field whose length comes before it. */
export const sized = (number: number, body: Buffer | string): Buffer => {
  const bytes = Buffer.from(body)
  return tagged(number, 2, Buffer.concat([varint(bytes.length), bytes]))
}

export function write(table: FieldTable, object: object): Buffer {
  const members = object as Record<string, unknown>
  const fields = table.flatMap((field, number) => {
    const content = field === undefined ? undefined : members[field.name]
    return field === undefined || content === undefined ? [] : [writeField(number, field, content)]
  })
  return Buffer.concat(fields)
}

function writeField(number: number, { value, shape }: Field, content: unknown): Buffer {
  if (shape === 'one') return writeValue(number, value, content)
  if (shape === 'many') return Buffer.concat((content as unknown[]).map((item) => writeValue(number, value, item)))
  const entries = Object.entries(content as Record<string, unknown>)
  return Buffer.concat(
    entries.map(([key, item]) => sized(number, Buffer.concat([sized(1, key), writeValue(2, value, item)]))),
  )
}

function writeValue(number: number, value: Value, content: unknown): Buffer {
  switch (value.kind) {
    case 'message':
      return sized(number, write(value.fields, content as object))
    case 'quantity':
      return sized(number, sized(1, content as string))
    case 'time':
      return sized(number, tagged(1, 0, varint(Date.parse(content as string) / 1000)))
    case 'number':
    case 'flag':
      return tagged(number, 0, varint(Number(content)))
    default:
      return sized(number, content as string | Buffer)
  }
}

/** As the API server wraps it. */
export function wrap(kind: string, raw: Buffer): Buffer {
  return Buffer.concat([Buffer.from('k8s\0'), sized(1, Buffer.concat([sized(1, 'v1'), sized(2, kind)])), sized(2, raw)])
}

/** A list; its metadata comes first, as the API server writes it. */
export function writeList(kind: string, metadata: Buffer, items: readonly Buffer[]): Buffer {
  return wrap(kind, Buffer.concat([sized(1, metadata), ...items.map((item) => sized(2, item))]))
}
