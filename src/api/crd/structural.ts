/**
 * From a zod schema to the structural schema that a CRD needs. What cannot be said structurally raises an error here
 * and not, quietly, in a cluster.
 */
import { z } from 'zod'
import type { CelValidation } from '../schema.ts'

/** The part of a CRD's openAPIV3Schema that Dogwatch's kinds use. */
export interface StructuralSchema {
  type?: string
  description?: string
  default?: unknown
  enum?: string[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  minItems?: number
  maxItems?: number
  maxProperties?: number
  items?: StructuralSchema
  properties?: Record<string, StructuralSchema>
  required?: string[]
  additionalProperties?: StructuralSchema
  'x-kubernetes-int-or-string'?: true
  'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic'
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-map-type'?: 'atomic'
  'x-kubernetes-validations'?: CelValidation[]
}

type Json = Record<string, unknown>

/** In the order in which they are written. */
const plainKeywords = [
  ...['description', 'type', 'default', 'enum', 'format', 'minimum', 'maximum', 'minLength', 'maxLength', 'pattern'],
  ...['minItems', 'maxItems', 'maxProperties', 'required'],
]
const intOrStringKeywords = ['description', 'default', 'maxLength', 'pattern']
const unionKeywords = ['oneOf', 'anyOf', 'allOf', 'not', '$ref']

/** The structural schema of a zod schema as users write it: a member with a default is optional. */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    cycles: 'throw',
    unrepresentable: 'throw',
  })
  return structural(json as Json, '')
}

/** As {@link structuralSchema}, from JSON Schema of the OpenAPI 3.0 dialect; `path` is for messages. */
export function structural(json: Json, path: string): StructuralSchema {
  if (json['x-kubernetes-int-or-string'] === true) {
    const { anyOf: _, ...written } = json
    return keywords(written, intOrStringKeywords, path)
  }
  const union = unionKeywords.find((keyword) => keyword in json)
  if (union !== undefined) {
    throw new Error(`${path}: ${union} is not structural: use optional members and a rule that says which may be set`)
  }
  const { properties: _properties, items: _items, additionalProperties: _additional, ...own } = json
  return { ...keywords(own, plainKeywords, path), ...children(json, path) }
}

/** The node's own keywords in written order; one that has no place in a CRD is an error, because it would be lost. */
function keywords(json: Json, allowed: readonly string[], path: string): StructuralSchema {
  const kept = Object.keys(json).filter((key) => !isNoise(json, key))
  const extensions = kept.filter((key) => key.startsWith('x-kubernetes-'))
  const stray = kept.find((key) => !allowed.includes(key) && !extensions.includes(key))
  if (stray !== undefined) throw new Error(`${path}: the keyword ${stray} has no place in a CRD`)
  const ordered = [...allowed.filter((key) => kept.includes(key)), ...extensions]
  return Object.fromEntries(ordered.map((key) => [key, json[key]])) as StructuralSchema
}

/** What zod adds and the API server either forbids or says by itself: its bounds of safe integers, its date pattern. */
function isNoise(json: Json, key: string): boolean {
  if (key === 'minimum') return json[key] === Number.MIN_SAFE_INTEGER
  if (key === 'maximum') return json[key] === Number.MAX_SAFE_INTEGER
  return key === 'pattern' && json.format !== undefined
}

function children(json: Json, path: string): StructuralSchema {
  const { properties, items, additionalProperties } = json as Record<string, Json | undefined>
  if (properties !== undefined) {
    const members = Object.entries(properties) as [string, Json][]
    if (members.length === 0) return {}
    return { properties: Object.fromEntries(members.map(([key, value]) => [key, structural(value, `${path}.${key}`)])) }
  }
  if (items !== undefined) return { items: structural(items, `${path}[]`) }
  if (additionalProperties !== undefined)
    return { additionalProperties: structural(additionalProperties, `${path}[*]`) }
  return {}
}
