/**
 * Tables that say which fields of a protobuf message are read, under which name JSON has them, and how. What a table does
 * not name is skipped unread. Field numbers are those of the API's published .proto files, and never change.
 */

export type ScalarKind = 'text' | 'word' | 'number' | 'flag'

/** How one value is written. */
export type Value =
  | { readonly kind: ScalarKind }
  /** As they are, a view of the message's bytes. */
  | { readonly kind: 'bytes' }
  /** `metav1.Time`, in JSON a text in seconds: `2026-01-31T12:00:00Z`. */
  | { readonly kind: 'time' }
  /** `resource.Quantity`, in JSON its text. */
  | { readonly kind: 'quantity' }
  | { readonly kind: 'message'; readonly fields: FieldTable }

export interface Field {
  readonly name: string
  readonly value: Value
  readonly shape: 'one' | 'many' | 'map'
  /** JSON writes it also where it is empty: a pointer, or a field without `omitempty`. */
  readonly isKept: boolean
}

/** By field number; holes are skipped. */
export type FieldTable = readonly (Field | undefined)[]

/** `{ 1: text('name') }`: the numbers of the .proto file, in any order. */
export function fieldTable(fields: Readonly<Record<number, Field>>): FieldTable {
  const table: (Field | undefined)[] = new Array(Math.max(...Object.keys(fields).map(Number)) + 1).fill(undefined)
  for (const [number, field] of Object.entries(fields)) table[Number(number)] = field
  return table
}

const one = (name: string, value: Value, isKept = false): Field => ({ name, value, shape: 'one', isKept })

/** A text that is mostly another one in each object. */
export const text = (name: string): Field => one(name, { kind: 'text' })
/** A text out of few, kept once in memory for all objects. */
export const word = (name: string): Field => one(name, { kind: 'word' })
export const number = (name: string): Field => one(name, { kind: 'number' })
export const flag = (name: string): Field => one(name, { kind: 'flag' })
export const bytes = (name: string): Field => one(name, { kind: 'bytes' })
export const time = (name: string): Field => one(name, { kind: 'time' })
export const message = (name: string, fields: FieldTable): Field => one(name, { kind: 'message', fields })

/** The same field where JSON writes it even when it is empty. */
export const kept = (field: Field): Field => ({ ...field, isKept: true })
/** Any number of the same. */
export const many = (field: Field): Field => ({ ...field, shape: 'many' })
/** From text to the same. */
export const map = (field: Field): Field => ({ ...field, shape: 'map' })
export const quantities = (name: string): Field => map(one(name, { kind: 'quantity' }))
