import { InvalidArgumentError } from 'commander'
import { type LabelSelectorRequirement, type Labels, matchesLabelSelector } from '../../model/label-selector.ts'

/** A selector as kubectl's `-l` takes it; `text` is what the API server is sent. */
export interface LabelQuery {
  readonly text: string
  readonly requirements: readonly LabelSelectorRequirement[]
}

const key = '(?:[a-z0-9][-a-z0-9.]*/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?'
const value = '(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?'

const setShape = new RegExp(String.raw`^(${key})\s+(in|notin)\s*\(([^()]*)\)$`)
const equalityShape = new RegExp(String.raw`^(${key})\s*(==|=|!=)\s*(${value})$`)
const existenceShape = new RegExp(String.raw`^(!?)\s*(${key})$`)
const valueShape = new RegExp(`^${value}$`)

/** Reads `app=web,tier!=cache,env in (a,b),!canary`; an empty text selects everything. */
export function parseLabelQuery(text: string): LabelQuery {
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim())
  return { text, requirements: text.trim() === '' ? [] : parts.map(parseRequirement) }
}

/** Judges as the API server does. */
export function matchesLabelQuery({ requirements }: LabelQuery, labels: Labels = {}): boolean {
  return matchesLabelSelector({ matchExpressions: requirements }, labels)
}

function parseRequirement(text: string): LabelSelectorRequirement {
  const requirement = parseSet(text) ?? parseEquality(text) ?? parseExistence(text)
  if (requirement !== undefined) return requirement
  throw new InvalidArgumentError(
    `"${text}" is not a label condition: write key=value, key!=value, key, !key, "key in (a,b)" or "key notin (a,b)".`,
  )
}

function parseSet(text: string): LabelSelectorRequirement | undefined {
  const match = setShape.exec(text)
  if (match === null) return undefined
  const values = match[3]!.split(',').map((item) => item.trim())
  if (!values.every((item) => valueShape.test(item))) return undefined
  return { key: match[1]!, operator: match[2] === 'in' ? 'In' : 'NotIn', values }
}

function parseEquality(text: string): LabelSelectorRequirement | undefined {
  const match = equalityShape.exec(text)
  if (match === null) return undefined
  return { key: match[1]!, operator: match[2] === '!=' ? 'NotIn' : 'In', values: [match[3]!] }
}

function parseExistence(text: string): LabelSelectorRequirement | undefined {
  const match = existenceShape.exec(text)
  if (match === null) return undefined
  return { key: match[2]!, operator: match[1] === '!' ? 'DoesNotExist' : 'Exists' }
}
