import { type Quantity, zeroQuantity } from '../../model/quantity.ts'
import type { Style } from '../output/color.ts'
import type { Cell, Part } from '../output/table.ts'
import { baseOf, type CapacityItem, type Measure, percentOf } from './report.ts'
import { type AmountText, chooseAmountText } from './resource-unit.ts'

/** What a table can say about one resource of an item. */
export const facts = ['allocatable', 'requests', 'limits', 'usage', 'available'] as const
export type Fact = (typeof facts)[number]

/** One amount of an item; undefined where it is not known. What nobody requests or limits is zero. */
export function amountOf(item: CapacityItem, fact: Fact, resource: string): Quantity | undefined {
  if (fact === 'usage') return item.usage?.amounts?.get(resource)
  const amount = item[fact]?.get(resource)
  return amount ?? (fact === 'requests' || fact === 'limits' ? zeroQuantity : undefined)
}

/** The metrics API knows two resources; pods are counted, and have no limit. */
export function hasFact(fact: Fact, resource: string): boolean {
  if (fact === 'usage') return resource === 'cpu' || resource === 'memory'
  return fact !== 'limits' || resource !== 'pods'
}

/** The way to write a resource in a table of these items. */
export function amountTextFor(resource: string, items: readonly CapacityItem[], shown: readonly Fact[]): AmountText {
  const amounts = items.flatMap((item) => shown.map((fact) => amountOf(item, fact, resource)))
  return chooseAmountText(
    resource,
    amounts.filter((amount) => amount !== undefined),
  )
}

export interface CellSubject {
  readonly item: CapacityItem
  readonly resource: string
  readonly text: AmountText
}

/** The cell for one fact: an amount, its percent, and what is not in it (`+2`: containers without limit, `?1`: no sample). */
export function factCell(fact: Fact, subject: CellSubject): Cell {
  if (!hasFact(fact, subject.resource)) return ''
  const amount = amountOf(subject.item, fact, subject.resource)
  if (fact === 'usage') return usageCell(subject, amount)
  if (amount === undefined || (fact === 'allocatable' && isPart(subject.item))) return ''
  if (fact === 'limits') return limitsCell(subject, amount)
  return fact === 'requests' ? amountCell(fact, subject, amount) : subject.text(amount)
}

/** What its node has is said in the node's line. */
function isPart({ kind }: CapacityItem): boolean {
  return kind === 'Pod' || kind === 'Container'
}

function limitsCell(subject: CellSubject, amount: Quantity): Cell {
  const { item, resource } = subject
  const unlimited = item.unlimited.get(resource) ?? 0
  const more = unlimited === 0 || item.kind === 'Container' ? '' : `+${unlimited}`
  if (amount.nano === 0n && unlimited > 0) return ['none', '', more]
  if (amount.nano === 0n && item.kind === 'Container') return ['-', '', '']
  return [...amountCell('limits', subject, amount), more]
}

function usageCell(subject: CellSubject, amount: Quantity | undefined): Cell {
  const missing = subject.item.usage?.missing ?? 0
  if (amount === undefined) return [missing === 0 ? '-' : { text: 'unknown', style: 'dim' }, '', '']
  return [...amountCell('usage', subject, amount), missing === 0 ? '' : `?${missing}`]
}

function amountCell(measure: Measure, { item, resource, text }: CellSubject, amount: Quantity): Part[] {
  const percent = percentOf(amount, baseOf(item, measure)?.get(resource))
  if (percent === undefined) return [{ text: text(amount) }, { text: '' }]
  const style = styleOf(measure, percent)
  const shown = `${Math.trunc(percent)}%`
  return [{ text: text(amount) }, style === undefined ? { text: shown } : { text: shown, style }]
}

/** Limits may well add up to more than there is; requests and use may not. */
function styleOf(measure: Measure, percent: number): Style | undefined {
  if (measure === 'limits') return percent > 100 ? 'yellow' : undefined
  if (percent >= 90) return 'red'
  return percent >= 75 ? 'yellow' : undefined
}
