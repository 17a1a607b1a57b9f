/**
 * The report as a table, in the first of these shapes that fits the screen:
 *
 * 1. a line for each object, with a column for each fact, under full headers;
 * 2. the same under short headers, long names cut;
 * 3. a line for each object and resource, which has room for any number of resources;
 * 4. the same with less in it.
 *
 * Without a screen (a pipe, a file) there is room for everything.
 */

import { wholeValue } from '../../model/quantity.ts'
import type { Style } from '../output/color.ts'
import { type Cell, type Column, fitsWidth, type Table } from '../output/table.ts'
import type { CapacityItem, CapacityReport, CapacityView } from './report.ts'
import { amountTextFor, type Fact, factCell, hasFact } from './report-cells.ts'

export interface TableOptions {
  readonly facts: readonly Fact[]
  /** Also what is rarely asked for: number of pods, state, and a pod's node. */
  readonly isWide: boolean
  readonly hasPodCount: boolean
  /** Characters in a line. */
  readonly width?: number | undefined
}

interface Row {
  readonly item: CapacityItem
  readonly depth: number
}

/** A column that says which object a line is about, or something of it that is no resource. */
interface ObjectColumn {
  readonly column: Column
  readonly cell: (row: Row) => Cell
}

export function reportTable(report: CapacityReport, options: TableOptions): Table {
  const rows = rowsOf(report)
  const room = options.width ?? Number.POSITIVE_INFINITY
  const shapes = [
    () => tableByObject(report, rows, { ...options, headers: longHeaders }),
    () => tableByObject(report, rows, { ...options, headers: shortHeaders }),
    () => tableByResource(report, rows, { ...options, facts: withAllocatable(report.view, options.facts) }),
    () => tableByResource(report, rows, options),
  ].slice(report.view === 'cluster' ? 2 : 0)
  for (const shape of shapes.slice(0, -1)) {
    const table = shape()
    if (fitsWidth(table, room)) return table
  }
  return shapes.at(-1)!()
}

/** Where each line has another whole, it is worth a column. */
function withAllocatable(view: CapacityView, facts: readonly Fact[]): readonly Fact[] {
  const isShown = facts.includes('allocatable') || view === 'pods' || view === 'namespaces'
  return isShown ? facts : ['allocatable', ...facts]
}

const longHeaders: Record<Fact, string> = {
  allocatable: 'ALLOCATABLE',
  requests: 'REQUESTS',
  limits: 'LIMITS',
  usage: 'USAGE',
  available: 'AVAILABLE',
}

const shortHeaders: Record<Fact, string> = {
  allocatable: 'ALLOC',
  requests: 'REQ',
  limits: 'LIM',
  usage: 'USE',
  available: 'FREE',
}

function rowsOf({ cluster, items }: CapacityReport): Row[] {
  const total = cluster === undefined ? [] : [{ item: cluster, depth: 0 }]
  return [...total, ...items.flatMap((item) => withChildren(item, 0))]
}

function withChildren(item: CapacityItem, depth: number): Row[] {
  return [{ item, depth }, ...item.children.flatMap((child) => withChildren(child, depth + 1))]
}

function tableByObject(
  report: CapacityReport,
  rows: readonly Row[],
  options: TableOptions & { headers: Record<Fact, string> },
): Table {
  const { before, after } = objectColumns(report.view, rows, options)
  const items = rows.map(({ item }) => item)
  const numbers = report.resources.flatMap((resource) => {
    const text = amountTextFor(resource, items, options.facts)
    const shown = options.facts.filter((fact) => hasFact(fact, resource))
    return shown.map((fact) => ({
      column: { header: `${resourceHeader(resource, options)} ${options.headers[fact]}`, align: 'right' } as const,
      cell: ({ item }: Row) => factCell(fact, { item, resource, text }),
    }))
  })
  return assemble([...before, ...numbers, ...after], rows)
}

function resourceHeader(resource: string, { headers }: { headers: Record<Fact, string> }): string {
  const isShort = headers === shortHeaders
  return isShort && resource === 'memory' ? 'MEM' : resource.toUpperCase()
}

function assemble(columns: readonly ObjectColumn[], rows: readonly Row[]): Table {
  return {
    columns: columns.map(({ column }) => column),
    rows: rows.map((row) => columns.map(({ cell }) => cell(row))),
  }
}

/** The object is named in the first of its lines only; the lines below belong to it. */
function tableByResource(report: CapacityReport, rows: readonly Row[], options: TableOptions): Table {
  const { before, after } = objectColumns(report.view, rows, options)
  const named = report.view === 'cluster' ? [] : before
  const shown = options.facts
  const items = rows.map(({ item }) => item)
  const texts = report.resources.map((resource) => amountTextFor(resource, items, shown))
  const lines = rows.flatMap((row) =>
    report.resources.map((resource, i) => [
      ...named.map(({ cell }) => (i === 0 ? cell(row) : '')),
      resource,
      ...shown.map((fact) => factCell(fact, { item: row.item, resource, text: texts[i]! })),
      ...after.map(({ cell }) => (i === 0 ? cell(row) : '')),
    ]),
  )
  const columns: Column[] = [
    ...named.map(({ column }) => column),
    { header: 'RESOURCE', align: 'left' },
    ...shown.map((fact) => ({ header: longHeaders[fact], align: 'right' }) as const),
    ...after.map(({ column }) => column),
  ]
  return { columns, rows: lines }
}

/** A name that is cut further cannot be told from others. */
const leastNameWidth = 16

const nameHeaders: Record<CapacityView, string> = {
  nodes: 'NODE',
  pods: 'POD',
  namespaces: 'NAMESPACE',
  pools: 'POOL',
  cluster: 'CLUSTER',
}

function objectColumns(view: CapacityView, rows: readonly Row[], { isWide, hasPodCount }: TableOptions) {
  const before: ObjectColumn[] = [
    ...(view === 'pods' ? [textColumn('NAMESPACE', namespaceOf)] : []),
    {
      column: { header: nameHeaders[view], align: 'left', shrinkTo: leastNameWidth },
      cell: (row) => nameOf(row, view),
    },
    ...(view === 'pools' ? [numberColumn('NODES', ({ nodeCount }) => nodeCount)] : []),
  ]
  const isUnusual = rows.some(({ item }) => item.marks.length > 0 && item.kind !== 'Container')
  const after: ObjectColumn[] = [
    ...(isWide || hasPodCount ? [{ column: { header: 'PODS', align: 'right' } as const, cell: podCountCell }] : []),
    ...(isWide && view === 'pods' ? [textColumn('NODE', ({ node }) => node ?? '')] : []),
    ...(isUnusual ? [{ column: { header: 'STATUS', align: 'left' } as const, cell: statusCell }] : []),
  ]
  return { before, after }
}

function textColumn(header: string, text: (item: CapacityItem) => string): ObjectColumn {
  return { column: { header, align: 'left', shrinkTo: leastNameWidth }, cell: ({ item }) => text(item) }
}

function numberColumn(header: string, value: (item: CapacityItem) => number | undefined): ObjectColumn {
  return { column: { header, align: 'right' }, cell: ({ item }) => String(value(item) ?? '') }
}

function namespaceOf({ kind, namespace }: CapacityItem): string {
  if (kind === 'Cluster') return '*'
  return kind === 'Pod' ? (namespace ?? '') : ''
}

function nameOf({ item, depth }: Row, view: CapacityView): string {
  if (item.kind === 'Cluster') return '*'
  const isInAnotherNamespace = item.kind === 'Pod' && (view === 'nodes' || view === 'pools')
  const role = item.kind === 'Container' && item.marks.length > 0 ? ` (${item.marks.join(', ')})` : ''
  return `${'  '.repeat(depth)}${isInAnotherNamespace ? `${item.namespace}/` : ''}${item.name}${role}`
}

function podCountCell({ item }: Row): Cell {
  if (item.podCount === undefined) return ''
  const room = item.allocatable?.get('pods')
  return room === undefined ? `${item.podCount}` : `${item.podCount}/${wholeValue(room)}`
}

const worrying: Partial<Record<string, Style>> = { NotReady: 'red', Cordoned: 'yellow' }

function statusCell({ item }: Row): Cell {
  const worst = item.marks.map((mark) => worrying[mark]).find((style) => style !== undefined)
  const text = item.kind === 'Container' ? '' : item.marks.join(',')
  return worst === undefined ? text : [{ text, style: worst }]
}
