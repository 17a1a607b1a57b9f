import { InvalidArgumentError } from 'commander'
import { compareQuantities } from '../../model/quantity.ts'
import { baseOf, type CapacityItem, type Measure, measures, percentOf } from './report.ts'
import { amountOf, type Fact, facts } from './report-cells.ts'

export interface SortKey {
  readonly by: 'name' | 'pods' | { readonly resource: string; readonly fact: Fact; readonly isPercent: boolean }
  readonly isDescending: boolean
}

const shape = new RegExp(`^(.+)\\.(${facts.join('|')})(\\.percent)?$`)

/** Reads `name`, `pods`, `cpu.requests`, `memory.usage.percent`, each with `:asc` or `:desc`; numbers fall, names rise. */
export function parseSortKey(text: string): SortKey {
  const [, key, direction] = /^(.*?)(?::(asc|desc))?$/.exec(text)!
  if (key === 'name') return { by: 'name', isDescending: direction === 'desc' }
  const isDescending = direction !== 'asc'
  if (key === 'pods') return { by: 'pods', isDescending }
  const [, resource, fact, percent] = shape.exec(key!) ?? []
  const isPercent = percent !== undefined
  if (resource === undefined || (isPercent && !measures.includes(fact as Measure))) {
    throw new InvalidArgumentError(
      `"${text}" is nothing to sort by: write name, pods, or RESOURCE.${facts.join('|')}, such as cpu.requests, with .percent behind requests, limits or usage if you like, and :asc or :desc behind the key.`,
    )
  }
  return { by: { resource, fact: fact as Fact, isPercent }, isDescending }
}

/** As it is written, without the direction. */
export function sortKeyText({ by }: SortKey): string {
  if (typeof by === 'string') return by
  return `${by.resource}.${by.fact}${by.isPercent ? '.percent' : ''}`
}

/** Sorted copies, children too. What is not known comes last whatever the direction; equals are sorted by name. */
export function sortItems(items: readonly CapacityItem[], key: SortKey): CapacityItem[] {
  const compare = comparison(key)
  return items
    .map((item) => (item.children.length === 0 ? item : { ...item, children: sortItems(item.children, key) }))
    .sort(compare)
}

type Comparison = (left: CapacityItem, right: CapacityItem) => number

function comparison({ by, isDescending }: SortKey): Comparison {
  const sign = isDescending ? -1 : 1
  if (by === 'name') return (left, right) => sign * compareNames(left, right)
  if (by === 'pods')
    return knownFirst(
      ({ podCount }) => podCount,
      (a, b) => sign * (a - b),
    )
  const { resource, fact, isPercent } = by
  if (!isPercent)
    return knownFirst(
      (item) => amountOf(item, fact, resource),
      (a, b) => sign * compareQuantities(a, b),
    )
  return knownFirst(
    (item) => percentOf(amountOf(item, fact, resource), baseOf(item, fact as Measure)?.get(resource)),
    (a, b) => sign * (a - b),
  )
}

function knownFirst<T>(value: (item: CapacityItem) => T | undefined, compare: (a: T, b: T) => number): Comparison {
  return (left, right) => {
    const [a, b] = [value(left), value(right)]
    if (a === undefined || b === undefined) {
      return Number(a === undefined) - Number(b === undefined) || compareNames(left, right)
    }
    return compare(a, b) || compareNames(left, right)
  }
}

/** By the bytes of the names, as the API server lists them. */
function compareNames(left: CapacityItem, right: CapacityItem): number {
  return compareTexts(left.namespace ?? '', right.namespace ?? '') || compareTexts(left.name, right.name)
}

function compareTexts(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
