import type { Quantity } from '../../model/quantity.ts'
import { formatCsv } from '../output/csv.ts'
import { baseOf, type CapacityItem, type CapacityReport, measures, percentOf } from './report.ts'
import { amountOf } from './report-cells.ts'
import { plainNumber } from './resource-unit.ts'

const identity = ['kind', 'namespace', 'name', 'pod', 'node', 'status', 'podCount', 'samplesMissing'] as const

/** A line for each item and each of its parts. Amounts are plain numbers: cores, bytes, pieces. The columns depend on the resources only. */
export function reportCsv({ items, resources }: CapacityReport): string {
  const headers = [...identity, ...resources.flatMap((resource) => headersOf(resource))]
  return formatCsv(
    headers,
    items.flatMap((item) => rowsOf(item, resources)),
  )
}

function headersOf(resource: string): string[] {
  return [
    `${resource}.allocatable`,
    ...measures.flatMap((measure) => [`${resource}.${measure}`, `${resource}.${measure}.percent`]),
    `${resource}.containersWithoutLimit`,
    `${resource}.available`,
  ]
}

function rowsOf(item: CapacityItem, resources: readonly string[]): string[][] {
  const { kind, namespace = '', name, pod = '', node = '', marks, podCount, usage } = item
  const own = [kind, namespace, name, pod, node, marks.join(' '), numberText(podCount), numberText(usage?.missing)]
  const row = [...own, ...resources.flatMap((resource) => cellsOf(item, resource))]
  return [row, ...item.children.flatMap((child) => rowsOf(child, resources))]
}

function cellsOf(item: CapacityItem, resource: string): string[] {
  return [
    amountText(amountOf(item, 'allocatable', resource)),
    ...measures.flatMap((measure) => {
      const amount = amountOf(item, measure, resource)
      return [amountText(amount), numberText(percentOf(amount, baseOf(item, measure)?.get(resource)))]
    }),
    numberText(item.unlimited.get(resource) ?? 0),
    amountText(amountOf(item, 'available', resource)),
  ]
}

function amountText(amount: Quantity | undefined): string {
  return amount === undefined ? '' : plainNumber(amount)
}

function numberText(value: number | undefined): string {
  return value === undefined ? '' : String(value)
}
