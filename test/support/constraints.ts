/** All that a CRD's schema forbids, as a flat list: one entry for each keyword of each field. */
import type { StructuralSchema } from '../../src/api/crd/structural.ts'
import { structuralSchema } from '../../src/api/crd/structural.ts'
import type { Kind } from '../../src/api/kind.ts'
import type { CelValidation } from '../../src/api/schema.ts'

export interface Constraint {
  readonly kind: string
  /** Members by name; `[]` an entry of a list, `[*]` a value of a map. */
  readonly path: readonly string[]
  readonly keyword: string
  readonly value: unknown
  readonly schema: StructuralSchema
}

const valueKeywords = [
  ...['enum', 'format', 'minimum', 'maximum', 'minLength', 'maxLength', 'pattern'],
  ...['minItems', 'maxItems', 'maxProperties', 'x-kubernetes-list-map-keys', 'default'],
] as const satisfies readonly (keyof StructuralSchema)[]

export function constraintsOf(kind: Kind): Constraint[] {
  const spec = walk(kind.kind, ['spec'], structuralSchema(kind.spec))
  return [...spec, ...walk(kind.kind, ['status'], structuralSchema(kind.status))]
}

/** `CapacityPolicy spec.rules[].above maximum 10000`. */
export function constraintLine({ kind, path, keyword, value }: Constraint): string {
  const words = typeof value === 'string' ? value : JSON.stringify(value)
  return `${kind} ${path.join('.').replaceAll('.[', '[')} ${keyword} ${words}`
}

export function ruleOf({ keyword, value }: Constraint): CelValidation | undefined {
  return keyword === 'rule' ? (value as CelValidation) : undefined
}

function walk(kind: string, path: readonly string[], schema: StructuralSchema): Constraint[] {
  const make = (keyword: string, value: unknown): Constraint => ({ kind, path, keyword, value, schema })
  return [
    make('type', schema.type ?? 'int-or-string'),
    ...valueKeywords
      .filter((keyword) => schema[keyword] !== undefined)
      .map((keyword) => make(keyword, schema[keyword])),
    ...(schema['x-kubernetes-list-type'] === 'set' ? [make('x-kubernetes-list-type', 'set')] : []),
    ...(schema.required ?? []).map((member) => make('required', member)),
    ...(schema['x-kubernetes-validations'] ?? []).map((validation) => make('rule', validation)),
    ...children(schema).flatMap(([name, child]) => walk(kind, [...path, name], child)),
  ]
}

function children(schema: StructuralSchema): [string, StructuralSchema][] {
  if (schema.items !== undefined) return [['[]', schema.items]]
  if (schema.additionalProperties !== undefined) return [['[*]', schema.additionalProperties]]
  return Object.entries(schema.properties ?? {})
}
