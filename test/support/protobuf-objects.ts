import fc from 'fast-check'
import type { Field, FieldTable, Value } from '../../src/kube/protobuf/field-table.ts'

const instants = fc.integer({ min: 1, max: 4_000_000_000 })
const texts = fc.string({ unit: fc.constantFrom('a', 'b', '-', '/', 'é', '漢', '🐕', '"', '\0', '~'), maxLength: 90 })
const filled = texts.map((text) => `x${text}`)

/** Objects of a table as JSON would have them: every field may be absent, none that JSON would leave out is there. */
export function objectsOf(table: FieldTable): fc.Arbitrary<object> {
  const fields = table.flatMap((field) => (field === undefined ? [] : [[field.name, contentOf(field)] as const]))
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] })
}

function contentOf({ value, shape, isKept }: Field): fc.Arbitrary<unknown> {
  if (shape === 'one') return anyOf(value, isKept)
  if (shape === 'many') return fc.array(anyOf(value, true), { minLength: 1, maxLength: 3 })
  return fc.dictionary(texts, anyOf(value, true), { minKeys: 1, maxKeys: 4 })
}

function anyOf(value: Value, mayBeEmpty: boolean): fc.Arbitrary<unknown> {
  switch (value.kind) {
    case 'message':
      return objectsOf(value.fields)
    case 'quantity':
      return fc.constantFrom('0', '100m', '1Gi', '1e3', '18446744073709551615')
    case 'time':
      return instants.map((seconds) => `${new Date(seconds * 1000).toISOString().slice(0, -5)}Z`)
    case 'number':
      return fc.maxSafeInteger().filter((number) => mayBeEmpty || number !== 0)
    case 'flag':
      return mayBeEmpty ? fc.boolean() : fc.constant(true)
    default:
      return mayBeEmpty ? texts : filled
  }
}

/** What a table names of an object's JSON. */
export function restrict(table: FieldTable, object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = table.flatMap((field) => {
    const content = field === undefined ? undefined : object[field.name]
    return field === undefined || content === undefined || content === null
      ? []
      : [[field.name, restrictContent(field, content)]]
  })
  return Object.fromEntries(entries)
}

function restrictContent({ value, shape }: Field, content: unknown): unknown {
  if (value.kind !== 'message') return content
  const inner = (item: unknown) => restrict(value.fields, item as Record<string, unknown>)
  return shape === 'many' ? (content as unknown[]).map(inner) : inner(content)
}
