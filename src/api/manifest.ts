/** Objects that never met the API server (files, previews), held against the same schema as there. */
import { OperatorError } from '../base/errors.ts'
import { type StructuralSchema, structuralSchema } from './crd/structural.ts'
import { apiGroup, apiVersion, type SpecOf } from './kind.ts'
import { type KindName, kinds } from './kinds.ts'

type ManifestOf<Name extends KindName> = {
  kind: Name
  metadata: { name: string; namespace?: string }
  /** Defaults filled in, as the API server would. */
  spec: SpecOf<(typeof kinds)[Name]>
}

/** A checked object of one of the kinds; `kind` tells which. */
export type Manifest = { [Name in KindName]: ManifestOf<Name> }[KindName]

/** Raises INVALID_SPEC with one line for each problem, each naming its field. */
export function parseManifest(value: unknown): Manifest {
  const { apiVersion: version, kind: kindName, metadata, spec } = asRecord(value)
  if (version !== `${apiGroup}/${apiVersion}` || !isKindName(kindName)) {
    throw new OperatorError(
      'INVALID_SPEC',
      `${String(version)} ${String(kindName)} is none of Dogwatch's kinds: write apiVersion ${apiGroup}/${apiVersion} and one of ${Object.keys(kinds).join(', ')}`,
    )
  }
  const { name, namespace } = asRecord(metadata)
  const parsed = kinds[kindName].spec.safeParse(spec)
  const problems = [
    ...(typeof name === 'string' && name !== '' ? [] : ['metadata.name: give the object a name']),
    ...unknownFields(structuralSchema(kinds[kindName].spec), spec, 'spec'),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${fieldPath(['spec', ...path])}: ${message}`),
  ]
  if (problems.length > 0) {
    throw new OperatorError(
      'INVALID_SPEC',
      `${kindName} ${typeof name === 'string' ? name : 'without name'} cannot be used:\n${problems.join('\n')}`,
    )
  }
  const where = typeof namespace === 'string' ? { namespace } : {}
  return { kind: kindName, metadata: { name, ...where }, spec: parsed.data } as Manifest
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function isKindName(name: unknown): name is KindName {
  return typeof name === 'string' && Object.hasOwn(kinds, name)
}

/** Members that the schema does not have: the API server would drop them, and with them what somebody meant. */
function unknownFields(schema: StructuralSchema, value: unknown, path: string): string[] {
  if (schema.items !== undefined) {
    const entries = Array.isArray(value) ? value : []
    return entries.flatMap((entry, index) => unknownFields(schema.items!, entry, `${path}[${index}]`))
  }
  if (schema.type !== 'object' || schema.additionalProperties !== undefined) return []
  return Object.entries(asRecord(value)).flatMap(([key, member]) => {
    const known = schema.properties?.[key]
    return known === undefined ? [`${path}.${key}: unknown field`] : unknownFields(known, member, `${path}.${key}`)
  })
}

function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`))
    .join('')
}
