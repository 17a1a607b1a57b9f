/** The reference page of a kind, in Markdown, from the same schema as its CRD. */
import { stringify } from 'yaml'
import type { Kind, PrinterColumn } from '../kind.ts'
import { type StructuralSchema, structuralSchema } from './structural.ts'

interface Section {
  path: string
  schema: StructuralSchema
}

export function renderReference(kind: Kind): string {
  const spec = { path: 'spec', schema: structuralSchema(kind.spec) }
  const status = { path: 'status', schema: structuralSchema(kind.status) }
  const parts = [
    `# ${kind.kind}`,
    kind.description,
    facts(kind),
    example(kind),
    ...[...sections(spec), ...sections(status)].map(renderSection),
    selectorNote,
    '## Rules across fields',
    'The API server refuses an object that breaks one of these, with this text.',
    rules(spec).join('\n'),
    '## Columns',
    kind.columns.map(renderColumn).join('\n'),
  ]
  return `${parts.join('\n\n')}\n`
}

const selectorNote =
  '**Label selector**: as everywhere in Kubernetes, `matchLabels` and `matchExpressions` (`key`, `operator` In, NotIn, Exists or DoesNotExist, `values`). `{}` selects everything. It is replaced as a whole.'

function facts(kind: Kind): string {
  const names = [kind.plural, kind.singular, ...kind.shortNames].map((name) => `\`${name}\``).join(', ')
  const all = kind.categories.map((category) => `\`kubectl get ${category} -A\``).join(', ')
  return `API \`${kind.group}/${kind.version}\`, in a namespace. Names for kubectl: ${names}; ${all} lists it with the other kinds.`
}

function example(kind: Kind): string {
  const object = {
    apiVersion: `${kind.group}/${kind.version}`,
    kind: kind.kind,
    metadata: { name: 'example', namespace: 'dogwatch-system' },
    spec: kind.example,
  }
  return `\`\`\`yaml\n${stringify(object, { lineWidth: 0 })}\`\`\``
}

/** An object and every object below it, each with its path. */
function sections({ path, schema }: Section): Section[] {
  const members = Object.entries(schema.properties ?? {})
  const below = members.flatMap(([name, member]) => innerObjects({ path: `${path}.${name}`, schema: member }))
  return [{ path, schema }, ...below.flatMap(sections)]
}

function innerObjects({ path, schema }: Section): Section[] {
  if (isSelector(schema)) return []
  if (schema.items !== undefined) return innerObjects({ path: `${path}[]`, schema: schema.items })
  return schema.properties === undefined ? [] : [{ path, schema }]
}

function isSelector(schema: StructuralSchema): boolean {
  return schema['x-kubernetes-map-type'] === 'atomic'
}

function renderSection({ path, schema }: Section): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, member]) =>
    row([
      `\`${name}\`${schema.required?.includes(name) === true ? ' (required)' : ''}`,
      typeName(member),
      member.default === undefined ? '' : `\`${JSON.stringify(member.default)}\``,
      bounds(member).join('; '),
      member.description ?? '',
    ]),
  )
  const head = [row(['Field', 'Type', 'Default', 'Bounds', 'What it says']), row(Array(5).fill('---'))]
  return [
    `## ${path}`,
    ...(schema.description === undefined ? [] : [schema.description]),
    [...head, ...rows].join('\n'),
  ].join('\n\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function typeName(schema: StructuralSchema): string {
  if (isSelector(schema)) return 'label selector'
  if (schema['x-kubernetes-int-or-string'] === true) return 'integer or string'
  if (schema.items !== undefined) return `${listWord(schema)} of ${typeName(schema.items)}`
  if (schema.additionalProperties !== undefined) return `map of ${typeName(schema.additionalProperties)}`
  return schema.format === 'date-time' ? 'time' : (schema.type ?? '')
}

function listWord(schema: StructuralSchema): string {
  const keys = schema['x-kubernetes-list-map-keys']
  if (keys !== undefined) return `list by ${keys.join(', ')}`
  return schema['x-kubernetes-list-type'] === 'set' ? 'set' : 'list'
}

function bounds(schema: StructuralSchema): string[] {
  const item = schema.items ?? schema.additionalProperties
  const own = [...values(schema), ...sizes(schema)]
  if (item === undefined || item.properties !== undefined) return own
  return [...own, ...bounds(item).map((bound) => `each: ${bound}`)]
}

/** What a value may be. A field with a rule of its own is told by the rule's words, not by its pattern. */
function values(schema: StructuralSchema): string[] {
  const words = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message)
  if (words.length > 0) return words
  const choices = schema.enum?.map((value) => `\`${value}\``).join(', ')
  const length = range(schema.minLength, schema.maxLength, 'characters')
  const pattern = schema.pattern === undefined ? undefined : `\`${schema.pattern}\``
  return [choices, range(schema.minimum, schema.maximum, ''), length, pattern].filter((bound) => bound !== undefined)
}

function sizes({ minItems, maxItems, maxProperties }: StructuralSchema): string[] {
  const bounds = [range(minItems, maxItems, 'entries'), range(undefined, maxProperties, 'entries')]
  return bounds.filter((bound) => bound !== undefined)
}

function range(min: number | undefined, max: number | undefined, unit: string): string | undefined {
  if (min === undefined && max === undefined) return undefined
  const words = min === undefined ? `at most ${max}` : max === undefined ? `at least ${min}` : `${min} to ${max}`
  return unit === '' ? words : `${words} ${unit}`
}

/** The rules of objects; those of a single field stand among its bounds. */
function rules(root: Section): string[] {
  return sections(root).flatMap(({ path, schema }) =>
    (schema['x-kubernetes-validations'] ?? []).map(
      ({ message, fieldPath }) => `- \`${path}${fieldPath ?? ''}\`: ${message}.`,
    ),
  )
}

function renderColumn({ name, description, priority }: PrinterColumn): string {
  return `- **${name}**: ${description}${priority === 1 ? ' With `-o wide`.' : ''}`
}
