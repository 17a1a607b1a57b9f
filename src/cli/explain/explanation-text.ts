import { type Quantity, zeroQuantity } from '../../model/quantity.ts'
import type { ResourceList } from '../../model/resource-list.ts'
import { percentOf } from '../capacity/report.ts'
import { type AmountText, chooseAmountText } from '../capacity/resource-unit.ts'
import { type Paint, plainPaint } from '../output/color.ts'
import { type Cell, type Column, formatTable } from '../output/table.ts'
import type { Explanation, Part, PodExplanation, SumExplanation } from './explanation.ts'
import { type Derivation, inTotals } from './pod-steps.ts'

export interface ExplanationTextOptions {
  readonly resources: readonly string[]
  readonly paint?: Paint
  readonly width?: number | undefined
}

export function explanationText(explanation: Explanation, options: ExplanationTextOptions): string {
  const text = explanation.kind === 'Pod' ? podText(explanation, options) : sumText(explanation, options)
  const notes = explanation.notes.map((note) => `${note}\n`).join('')
  return notes === '' ? text : `${text}\n${notes}`
}

function podText(explanation: PodExplanation, { paint = plainPaint }: ExplanationTextOptions): string {
  const { namespace, name, node } = explanation
  const columns: Column[] = [
    { header: 'RESOURCE', align: 'left' },
    { header: 'STEP', align: 'left' },
    { header: 'AMOUNT', align: 'right' },
    { header: 'HOW', align: 'left' },
  ]
  const rows = explanation.derivations.flatMap((derivation) => derivationRows(derivation, explanation))
  const place = node === undefined ? '' : ` on node ${node}`
  return `Pod ${namespace}/${name}${place}\n\n${formatTable({ columns, rows }, { paint })}`
}

function derivationRows({ resource, side, steps, total }: Derivation, { allocatable }: PodExplanation): Cell[][] {
  const text = chooseAmountText(resource, [total, ...steps.map(({ amount }) => amount)])
  const isNone = side === 'limits' && total.nano === 0n
  const whole = allocatable?.get(resource)
  const percent = percentOf(total, whole)
  const share = percent === undefined || isNone ? '' : `${Math.trunc(percent)}% of the node's ${text(whole!)}`
  const rows: Cell[][] = steps.map(({ what, amount, how }) => [what, text(amount), how])
  const result: Cell[] = [
    [{ text: '= counts', style: 'bold' }],
    [{ text: isNone ? 'none' : text(total), style: 'bold' }],
    share,
  ]
  const end = steps.at(-1)?.what === inTotals ? -1 : rows.length
  return rows.toSpliced(end, 0, result).map((row, i) => [i === 0 ? `${resource} ${side}` : '', ...row])
}

function sumText(explanation: SumExplanation, options: ExplanationTextOptions): string {
  const { resources, paint = plainPaint, width } = options
  const { kind, name, partKind, parts } = explanation
  const count = parts.length === 1 ? `1 ${partKind}` : `${parts.length} ${partKind}s`
  const title = kind === 'Cluster' ? 'The cluster' : `${kind === 'NodePool' ? 'Pool' : kind} ${name}`
  const numbers = resources.flatMap((resource) => sideColumns(resource, explanation))
  const columns: Column[] = [
    { header: partKind.toUpperCase(), align: 'left', shrinkTo: 16 },
    ...numbers.map(({ header }) => ({ header, align: 'right' }) as const),
    { header: 'WITH', align: 'left' },
  ]
  const rows = [
    ...parts.map((part) => [part.name, ...numbers.map(({ part: cell }) => cell(part)), part.why]),
    ['= sum', ...numbers.map(({ sum }) => sum)],
    ...(explanation.allocatable === undefined ? [] : [['of allocatable', ...numbers.map(({ of }) => of)]]),
    ...(explanation.allocatable === undefined ? [] : [['percent', ...numbers.map(({ percent }) => percent)]]),
  ]
  const table = formatTable({ columns, rows }, { paint, ...(width === undefined ? {} : { width }) })
  return `${title} is the sum of ${count}\n\n${table}`
}

interface SideColumn {
  readonly header: string
  readonly part: (part: Part) => Cell
  readonly sum: Cell
  readonly of: Cell
  readonly percent: Cell
}

function sideColumns(resource: string, { parts, sum, allocatable }: SumExplanation): SideColumn[] {
  const whole = allocatable?.get(resource)
  const all = [sum, ...parts].flatMap(({ requests, limits }) => [requests.get(resource), limits.get(resource), whole])
  const text = chooseAmountText(
    resource,
    all.filter((amount) => amount !== undefined),
  )
  return (['requests', 'limits'] as const).map((side) => {
    const amountIn = (list: ResourceList): Quantity => list.get(resource) ?? zeroQuantity
    const percent = percentOf(amountIn(sum[side]), whole)
    const cell = (counted: Pick<Part, 'requests' | 'limits' | 'unlimited'>) =>
      amountCell(text, amountIn(counted[side]), side === 'limits' ? (counted.unlimited.get(resource) ?? 0) : 0)
    return {
      header: `${resource === 'memory' ? 'MEM' : resource.toUpperCase()} ${side === 'requests' ? 'REQ' : 'LIM'}`,
      part: cell,
      sum: cell(sum),
      of: [whole === undefined ? '' : text(whole), ''],
      percent: [percent === undefined ? '' : `${Math.trunc(percent)}%`, ''],
    }
  })
}

function amountCell(text: AmountText, amount: Quantity, unlimited: number): Cell {
  if (unlimited === 0) return [text(amount), '']
  return [amount.nano === 0n ? 'none' : text(amount), `+${unlimited}`]
}
