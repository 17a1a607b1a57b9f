/** A file of manifests as people keep them: several documents, Lists, other kinds between; checked as the API server would. */
import { parseAllDocuments } from 'yaml'
import type { CapacityPolicySpec } from '../../api/capacity-policy.ts'
import { apiGroup } from '../../api/kind.ts'
import { parseManifest } from '../../api/manifest.ts'
import { capacityScopeProblems } from '../../api/scope-rule.ts'
import { errorText, OperatorError } from '../../base/errors.ts'

export interface PolicyManifest {
  readonly namespace: string
  readonly name: string
  readonly spec: CapacityPolicySpec
}

export interface PolicyFile {
  readonly policies: readonly PolicyManifest[]
  /** What else is in the file: `AlertReceiver console`; of Dogwatch's kinds only those that are valid. */
  readonly others: readonly string[]
}

export interface PolicyFileOptions {
  /** For messages. */
  readonly name: string
  /** Of objects that name none. */
  readonly defaultNamespace: string
  readonly systemNamespace: string
}

/** Throws INVALID_INPUT with every problem of every document, each naming document and field. */
export function readPolicyFile(text: string, options: PolicyFileOptions): PolicyFile {
  const policies: PolicyManifest[] = []
  const others: string[] = []
  const problems: string[] = []
  for (const { place, read } of objectsIn(text)) {
    try {
      const policy = readObject(read(), options)
      if (typeof policy === 'string') others.push(policy)
      else policies.push(policy)
    } catch (error) {
      const [head, ...rest] = errorText(error).split('\n')
      problems.push(`${place}: ${head}`, ...rest.map((line) => `  ${line}`))
    }
  }
  if (problems.length > 0) {
    throw new OperatorError('INVALID_INPUT', `${options.name} cannot be used:\n${problems.join('\n')}`)
  }
  if (policies.length === 0) throw new OperatorError('INVALID_INPUT', emptyText(options.name, others))
  return { policies, others }
}

function emptyText(name: string, others: readonly string[]): string {
  const what = others.length === 0 ? 'nothing' : others.join(', ')
  return `${name} holds no CapacityPolicy, but ${what}: a policy begins with apiVersion: ${apiGroup}/v1alpha1 and kind: CapacityPolicy`
}

interface PlacedObject {
  readonly place: string
  /** Throws where there is no object. */
  readonly read: () => Record<string, unknown>
}

function objectsIn(text: string): PlacedObject[] {
  const documents = parseAllDocuments(text)
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document, i) => {
    const place = `document ${i + 1}`
    const [error] = document.errors
    if (error !== undefined) return [unreadable(place, error.message.split('\n')[0]!)]
    return unfold(document.toJS(), place)
  })
}

function unfold(value: unknown, place: string): PlacedObject[] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object' || Array.isArray(value)) {
    return [unreadable(place, 'not an object with apiVersion, kind, metadata and spec')]
  }
  const object = value as Record<string, unknown>
  if (!Array.isArray(object.items) || object.kind !== 'List') return [{ place, read: () => object }]
  return object.items.flatMap((item, i) => unfold(item, `${place}, item ${i + 1}`))
}

function unreadable(place: string, message: string): PlacedObject {
  return {
    place,
    read: () => {
      throw new OperatorError('INVALID_INPUT', message)
    },
  }
}

/** A policy, or the name of something else. */
function readObject(value: Record<string, unknown>, options: PolicyFileOptions): PolicyManifest | string {
  const { apiVersion, kind } = value
  if (typeof apiVersion === 'string' && typeof kind === 'string' && !apiVersion.startsWith(`${apiGroup}/`)) {
    return `${kind} ${nameOf(value)}`
  }
  const manifest = parseManifest(value)
  if (manifest.kind !== 'CapacityPolicy') return `${manifest.kind} ${manifest.metadata.name}`
  const { metadata, spec } = manifest
  const namespace = metadata.namespace ?? options.defaultNamespace
  requireScope(spec, { namespace, name: metadata.name, systemNamespace: options.systemNamespace })
  return { namespace, name: metadata.name, spec }
}

function nameOf({ metadata }: Record<string, unknown>): string {
  const name = (metadata as { name?: unknown } | undefined)?.name
  return typeof name === 'string' ? name : 'without name'
}

function requireScope(
  spec: CapacityPolicySpec,
  place: { namespace: string; name: string; systemNamespace: string },
): void {
  const problems = capacityScopeProblems(spec, place)
  if (problems.length === 0) return
  const texts = problems.map(({ message }) => message).join('\n')
  throw new OperatorError(
    'INVALID_SPEC',
    `CapacityPolicy ${place.namespace}/${place.name} would not be accepted:\n${texts}`,
  )
}
