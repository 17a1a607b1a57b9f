import { type Paint, plainPaint } from '../output/color.ts'
import { formatTable } from '../output/table.ts'
import type { CapacityItem, CapacityReport } from './report.ts'
import { amountTextFor } from './report-cells.ts'
import { reportTable, type TableOptions } from './report-table.ts'

/** The report for people: what is counted where that is not everything, the table, and what its marks mean. */
export function reportText(report: CapacityReport, options: TableOptions & { paint?: Paint }): string {
  const { paint = plainPaint, width } = options
  const table = formatTable(reportTable(report, options), { paint, ...(width === undefined ? {} : { width }) })
  const notes = [...unscheduledNote(report), ...nodeNote(report), ...legend(report, options), ...report.warnings]
  return [lines(report.basis), table, lines(notes)].filter((part) => part !== '').join('\n')
}

function lines(sentences: readonly string[]): string {
  return sentences.map((sentence) => `${sentence}\n`).join('')
}

function unscheduledNote({ unscheduled: { pods, requests }, resources }: CapacityReport): string[] {
  if (pods.length === 0) return []
  const amounts = resources
    .filter((name) => requests.has(name))
    .map((name) => `${name} ${amountTextFor(name, pods, ['requests'])(requests.get(name)!)}`)
  const wants = amounts.length === 0 ? '' : `, requesting ${amounts.join(', ')}`
  return [
    pods.length === 1
      ? `Not counted: 1 pod waits for a node${wants}.`
      : `Not counted: ${pods.length} pods wait for a node${wants}.`,
  ]
}

/** Room on a node that takes no new pods is room that nobody can have. */
function nodeNote({ items }: CapacityReport): string[] {
  const nodes = items.filter(({ kind }) => kind === 'Node')
  const count = nodes.filter(({ marks }) => marks.length > 0).length
  if (count === 0 || nodes.length === 1) return []
  const which = count === 1 ? '1 node takes' : `${count} nodes take`
  return [`${which} no new pods (NotReady or Cordoned), but count like all others.`]
}

function legend(report: CapacityReport, { facts }: TableOptions): string[] {
  const items = [...(report.cluster === undefined ? [] : [report.cluster]), ...allItems(report.items)]
  const isUnlimited = report.resources.some((name) => items.some(({ unlimited }) => (unlimited.get(name) ?? 0) > 0))
  const isMissing = items.some(({ usage }) => usage !== undefined && usage.missing > 0)
  return [
    ...(facts.includes('limits') && isUnlimited
      ? ['+N: N containers have no limit, so the sum of limits is a lower bound.']
      : []),
    ...(facts.includes('usage') && isMissing
      ? ['?N: N samples are missing or old, so usage is a lower bound; unknown: all are.']
      : []),
  ]
}

function allItems(items: readonly CapacityItem[]): CapacityItem[] {
  return items.flatMap((item) => [item, ...allItems(item.children)])
}
