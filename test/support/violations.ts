/** Makes, for any constraint of a schema, an object that breaks it and nothing before it. */
import { type KindName, kinds } from '../../src/api/kinds.ts'
import { type Constraint, constraintsOf, ruleOf } from './constraints.ts'
import { ruleViolations, type Sample, samples } from './kind-samples.ts'

export interface Violation {
  readonly kind: KindName
  readonly sample: Sample
  /** The field that the answer must blame. */
  readonly field: string
  /** What the answer must say of it. */
  readonly says: string
}

// biome-ignore lint/suspicious/noExplicitAny: walks values of any shape
type Any = any

interface Place {
  readonly holder: Any
  readonly key: string | number
  readonly field: string
}

/** Every violation of a constraint: one, or for a rule all that are written for it. */
export function violationsOf(constraint: Constraint): Violation[] {
  return ruleOf(constraint) === undefined ? [plainViolation(constraint)] : writtenViolations(constraint)
}

function writtenViolations(constraint: Constraint): Violation[] {
  const written = ruleViolations.filter(
    ({ kind, message, field }) =>
      kind === constraint.kind && message === ruleOf(constraint)?.message && field.startsWith(fieldOf(constraint)),
  )
  return written.map(({ kind, message, field, sample: index = 0, breaks }) => {
    const sample = samples[kind]()[index]!
    breaks(sample)
    return { kind, sample, field, says: message }
  })
}

const fieldOf = ({ path }: Constraint) => path.join('.').replaceAll('.[]', '[0]')

function plainViolation(constraint: Constraint): Violation {
  const kind = constraint.kind as KindName
  for (const sample of samples[kind]()) {
    const place = find(sample, constraint.path)
    if (place !== undefined) return { kind, sample, ...breakAt(place, constraint) }
  }
  throw new Error(`No sample of ${kind} has the field ${constraint.path.join('.')}: add one to kind-samples.ts`)
}

function find(sample: Sample, path: readonly string[]): Place | undefined {
  let place: Place = { holder: { sample }, key: 'sample', field: '' }
  for (const step of path) {
    const holder = place.holder[place.key]
    if (holder === undefined) return undefined
    if (step === '[]') place = { holder, key: 0, field: `${place.field}[0]` }
    else {
      const key = step === '[*]' ? (Object.keys(holder)[0] ?? '') : step
      place = { holder, key, field: place.field === '' ? key : `${place.field}.${key}` }
    }
  }
  return place.holder[place.key] === undefined ? undefined : place
}

type Blame = Pick<Violation, 'field' | 'says'>

function breakAt({ holder, key, field }: Place, constraint: Constraint): Blame {
  const { keyword, value, schema } = constraint
  const set = (broken: unknown, says: string, blamed = field): Blame => {
    holder[key] = broken
    return { field: blamed, says }
  }
  const current = holder[key]
  const makers: Record<string, () => Blame> = {
    type: () => set(value === 'object' || value === 'array' ? 'x' : {}, `must be of type ${typeWords(constraint)}`),
    enum: () => set('NoSuchValue', 'Unsupported value: "NoSuchValue"'),
    format: () => set('yesterday', `must be of type ${value}`),
    minimum: () => set(Number(value) - 1, `greater than or equal to ${value}`),
    maximum: () => set(Number(value) + 1, `less than or equal to ${value}`),
    minLength: () => set('1'.repeat(Number(value) - 1), `at least ${value} chars long`),
    maxLength: () => set('1'.repeat(Number(value) + 1), `more than ${value} bytes`),
    pattern: () => set('!'.repeat(schema.minLength ?? 1), 'should match'),
    minItems: () => set(current.slice(0, Number(value) - 1), `at least ${value} items`),
    maxItems: () => set(entries(current, Number(value) + 1), `at most ${value} items`),
    maxProperties: () => set(members(current, Number(value) + 1), `at most ${value} items`),
    required: () => set(without(current, String(value)), 'Required value', `${field}.${value}`),
    'x-kubernetes-list-map-keys': () => set([current[0], current[0]], 'Duplicate value', `${field}[1]`),
    'x-kubernetes-list-type': () => set([current[0], current[0]], 'Duplicate value', `${field}[1]`),
  }
  return makers[keyword]!()
}

/** How the API server names a type; of a text with a format it names the format. */
function typeWords({ value, schema }: Constraint): string {
  return value === 'int-or-string' ? 'integer,string' : (schema.format ?? String(value))
}

/** A list of `length` entries like the first, told apart by name where they have one. */
function entries(list: Any[], length: number): Any[] {
  const vary = (entry: Any, index: number) => {
    if (typeof entry === 'string') return `${entry}${index}`
    if (typeof entry === 'number') return index
    return 'name' in entry ? { ...entry, name: `${entry.name}-${index}` } : entry
  }
  return Array.from({ length }, (_, index) => vary(list[0], index))
}

function members(map: Record<string, string>, size: number): Record<string, string> {
  const value = Object.values(map)[0] ?? ''
  return Object.fromEntries(Array.from({ length: size }, (_, index) => [`k${index}`, value]))
}

function without(object: Record<string, unknown>, member: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== member))
}

/** The constraints of a kind that forbid something; a default does not. */
export function breakable(kind: KindName): Constraint[] {
  return constraintsOf(kinds[kind]).filter(({ keyword }) => keyword !== 'default')
}
