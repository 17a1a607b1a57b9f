/**
 * The words that kinds are written in. Each returns a zod schema that says the same thing twice from one place: to
 * TypeScript and `safeParse` here, and, through `crd/structural.ts`, to the API server.
 *
 * A check across fields is written with `rule()`, never with `refine()`: zod drops refinements from its JSON, and then the
 * API server would not know of them. Every text, list and map has an upper bound, because the API server prices CEL rules by
 * the largest object that the schema lets in.
 */
import { z } from 'zod'
import { alertLabels } from '../model/alert-labels.ts'
import { byteCount, byteSizePattern } from './byte-size.ts'
import { durationPattern, tryDurationMs } from './duration.ts'

export interface Rule<T> {
  /** The condition in CEL, for the API server; `self` is the value. */
  cel: string
  /** The same condition for values that never met the API server: files, previews. */
  holds: (value: T) => boolean
  /** What to do, in words. */
  message: string
  /** The member to blame, as a path below the value: `.above`. */
  fieldPath?: string
}

/** A structural schema's `x-kubernetes-validations` entry. */
export interface CelValidation {
  rule: string
  message: string
  fieldPath?: string
}

const validationsKey = 'x-kubernetes-validations'

/** Adds a condition to a schema, in CEL for the API server and in code for everybody else. */
export function rule<S extends z.ZodType>(schema: S, { cel, holds, message, fieldPath }: Rule<z.output<S>>): S {
  const earlier = (schema.meta()?.[validationsKey] ?? []) as CelValidation[]
  const validation: CelValidation = { rule: cel, message, ...(fieldPath === undefined ? {} : { fieldPath }) }
  const path = fieldPath?.split('.').slice(1) ?? []
  return schema.refine(holds, { message, path }).meta({ [validationsKey]: [...earlier, validation] }) as S
}

/** Text of at most `max` characters, not empty. */
export function text(max: number): z.ZodString {
  return z.string().min(1).max(max)
}

/** Text of at most `max` characters that matches a pattern which RE2 and JavaScript read alike. */
export function patternText(pattern: RegExp, max: number): z.ZodString {
  return z.string().regex(pattern, { abort: true }).max(max)
}

/** RFC 1123 label: namespaces, rule names. */
export const dnsLabel = () => patternText(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 63)

/** RFC 1123 subdomain: the names of most objects. */
export const dnsSubdomain = () => patternText(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, 253)

const qualifiedName = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/

/** A label's key or a resource's name: an optional DNS prefix, a slash, a name. */
export const qualifiedKey = () => patternText(qualifiedName, 317)

/** RFC 3339. */
export const timestamp = () => z.iso.datetime({ offset: true })

/** A whole number that only the operator writes. */
export const count = () => z.int().min(0)

/** A duration text within bounds, both inclusive. */
export function duration(bounds: { min: string; max: string }): z.ZodString {
  const [minMs, maxMs] = [tryDurationMs(bounds.min) ?? 0, tryDurationMs(bounds.max) ?? 0]
  return rule(z.string().min(2).max(18).regex(durationPattern, { abort: true }), {
    cel: `duration(self) >= duration('${bounds.min}') && duration(self) <= duration('${bounds.max}')`,
    holds: (value) => (tryDurationMs(value) ?? -1) >= minMs && (tryDurationMs(value) ?? -1) <= maxMs,
    message: `use a duration from ${bounds.min} to ${bounds.max}, such as 45s or 1h30m`,
  })
}

/** A number of bytes within bounds, both inclusive: `10Mi`, or a plain number. */
export function byteSize(bounds: { min: string; max: string }) {
  const isInside = (value: number | string): boolean =>
    byteSizePattern.test(String(value)) &&
    byteCount(value) >= byteCount(bounds.min) &&
    byteCount(value) <= byteCount(bounds.max)
  const written = z
    .union([z.int(), z.string().regex(byteSizePattern)])
    .meta({ 'x-kubernetes-int-or-string': true, pattern: byteSizePattern.source, maxLength: 14 })
  return rule(written, {
    cel: `quantity(string(self)).compareTo(quantity('${bounds.min}')) >= 0 && quantity(string(self)).compareTo(quantity('${bounds.max}')) <= 0`,
    holds: isInside,
    message: `use a size from ${bounds.min} to ${bounds.max}`,
  })
}

/** A list that two managers can share by server-side apply: entries are told apart by `keys`. */
export function listMap<S extends z.ZodObject>(entry: S, keys: readonly (keyof S['shape'] & string)[]): z.ZodArray<S> {
  const unique = (entries: z.output<S>[]): boolean =>
    new Set(entries.map((item) => JSON.stringify(keys.map((key) => (item as Record<string, unknown>)[key])))).size ===
    entries.length
  return z
    .array(entry)
    .refine(unique, { message: `two entries have the same ${keys.join(' and ')}` })
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [...keys] })
}

/** A list without repetitions. */
export function set<S extends z.ZodType>(entry: S): z.ZodArray<S> {
  const unique = (entries: z.output<S>[]): boolean => new Set(entries).size === entries.length
  return z.array(entry).refine(unique, { message: 'an entry is repeated' }).meta({ 'x-kubernetes-list-type': 'set' })
}

/** A list whose order counts: it is replaced as a whole. */
export function orderedList<S extends z.ZodType>(entry: S): z.ZodArray<S> {
  return z.array(entry).meta({ 'x-kubernetes-list-type': 'atomic' })
}

/** A map from text to text with at most `max` entries. */
export function textMap(value: z.ZodString, max: number) {
  return z
    .record(z.string(), value)
    .refine((map) => Object.keys(map).length <= max, { message: `at most ${max} entries` })
    .meta({ maxProperties: max })
}

const alertLabelName = '^[a-zA-Z_][a-zA-Z0-9_]{0,62}$'
const reservedLabels = Object.keys(alertLabels).sort()

/** Labels that go into every message: names that Prometheus and Alertmanager accept, none that Dogwatch sets. */
export function labels() {
  const named = rule(textMap(z.string().max(256), 32), {
    cel: `self.all(name, name.matches('${alertLabelName}'))`,
    holds: (value) => Object.keys(value).every((name) => new RegExp(alertLabelName).test(name)),
    message: 'name labels with letters, digits and underscores only, at most 63, the first not a digit',
  })
  return rule(named, {
    cel: `self.all(name, !(name in ${celList(reservedLabels)}))`,
    holds: (value) => Object.keys(value).every((name) => !reservedLabels.includes(name)),
    message: `choose other label names: Dogwatch itself sets ${reservedLabels.join(', ')}`,
  })
}

/** A list of texts as CEL writes it. */
export function celList(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`
}
