/**
 * Tables of text. A cell is a list of parts, and the same part of every row of a column is as wide: `850m`, `5%` and `+2`
 * stand below each other although they are one column to the reader.
 */
import { plainLine } from '../../model/harmless-text.ts'
import { type Paint, plainPaint, type Style } from './color.ts'

export interface Part {
  readonly text: string
  readonly style?: Style
}

/** A text is a cell of one part. */
export type Cell = string | readonly (string | Part)[]

export interface Column {
  readonly header: string
  /** Numbers stand right. */
  readonly align: 'left' | 'right'
  /** May be cut in the middle, down to this width, when the table is too wide. */
  readonly shrinkTo?: number
  /** Where it is cut; a name in its middle, which is the default, a sentence at its end. */
  readonly cut?: 'middle' | 'end'
}

export interface Table {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
}

interface Layout {
  readonly column: Column
  readonly partWidths: readonly number[]
  readonly width: number
}

const gap = '  '

/** Lines without trailing blanks, each ended by a newline. `width` is the room there is, in characters. */
export function formatTable(table: Table, options: { paint?: Paint; width?: number } = {}): string {
  const paint = options.paint ?? plainPaint
  const layouts = shrink(layOut(table), options.width)
  const header = layouts.map((layout) => paint('bold', pad(layout.column.header, layout.width, layout.column.align)))
  const rows = table.rows.map((row) => layouts.map((layout, i) => formatCell(row[i] ?? '', layout, paint)))
  return [header, ...rows].map((cells) => `${joinCells(cells)}\n`).join('')
}

/** Whether the table fits without cutting anything below what its columns allow. */
export function fitsWidth(table: Table, width: number): boolean {
  return widthOf(shrink(layOut(table), width)) <= width
}

function layOut({ columns, rows }: Table): Layout[] {
  return columns.map((column, i) => {
    const partWidths = widestParts(rows.map((row) => partsOf(row[i] ?? '')))
    return { column, partWidths, width: Math.max(column.header.length, joinedWidth(partWidths)) }
  })
}

function widestParts(cells: readonly (readonly Part[])[]): number[] {
  const widths: number[] = []
  for (const parts of cells) {
    for (const [i, { text }] of parts.entries()) widths[i] = Math.max(widths[i] ?? 0, text.length)
  }
  return widths
}

/** Parts that are empty in every row take no room. */
function joinedWidth(partWidths: readonly number[]): number {
  const used = partWidths.filter((width) => width > 0)
  return used.reduce((sum, width) => sum + width, 0) + Math.max(0, used.length - 1)
}

function widthOf(layouts: readonly Layout[]): number {
  return layouts.reduce((sum, { width }) => sum + width, 0) + gap.length * Math.max(0, layouts.length - 1)
}

/** Takes what is too much from the columns that allow it: from names before sentences, from the widest first. */
function shrink(layouts: readonly Layout[], room: number | undefined): Layout[] {
  let excess = room === undefined ? 0 : widthOf(layouts) - room
  const widths = layouts.map(({ width }) => width)
  const rankOf = (i: number) => (layouts[i]!.column.cut === 'end' ? 1 : 0)
  const order = layouts.map((_, i) => i).sort((a, b) => rankOf(a) - rankOf(b) || widths[b]! - widths[a]!)
  for (const i of order) {
    const least = Math.max(layouts[i]!.column.shrinkTo ?? Number.POSITIVE_INFINITY, layouts[i]!.column.header.length)
    const taken = Math.max(0, Math.min(excess, widths[i]! - least))
    widths[i]! -= taken
    excess -= taken
  }
  return layouts.map((layout, i) => ({ ...layout, width: widths[i]! }))
}

function formatCell(cell: Cell, { column, partWidths, width }: Layout, paint: Paint): string {
  const parts = partsOf(cell)
  const whole = joinedWidth(partWidths)
  if (whole > width) return cutText(parts.map(({ text }) => text).join(' '), width, column.cut)
  const shown = partWidths
    .map((partWidth, i) => ({ part: parts[i] ?? { text: '' }, partWidth }))
    .filter(({ partWidth }) => partWidth > 0)
    .map(({ part, partWidth }) => paintPadded(part, { width: partWidth, align: column.align, paint }))
  const blank = ' '.repeat(width - whole)
  return column.align === 'left' ? shown.join(' ') + blank : blank + shown.join(' ')
}

function paintPadded(
  part: Part,
  { width, align, paint }: { width: number; align: Column['align']; paint: Paint },
): string {
  if (part.style === undefined) return pad(part.text, width, align)
  const blank = ' '.repeat(width - part.text.length)
  const painted = paint(part.style, part.text)
  return align === 'left' ? painted + blank : blank + painted
}

function pad(text: string, width: number, align: Column['align']): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width)
}

function cutText(text: string, width: number, cut: Column['cut']): string {
  if (cut !== 'end') return cutMiddle(text, width)
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1).trimEnd()}…`.padEnd(width)
}

/** Cuts a host's domain first; else keeps both ends, because names of one kind differ in the end as in the beginning. */
function cutMiddle(text: string, width: number): string {
  if (text.length <= width) return text.padEnd(width)
  const dot = text.indexOf('.')
  if (dot > 0 && dot < width) return `${text.slice(0, dot)}…`.padEnd(width)
  const tail = Math.floor((width - 1) / 2)
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`
}

function partsOf(cell: Cell): Part[] {
  const parts = typeof cell === 'string' ? [cell] : cell
  return parts.map((part) => {
    const { text, ...style } = typeof part === 'string' ? { text: part } : part
    return { text: plainLine(text), ...style }
  })
}

function joinCells(cells: readonly string[]): string {
  return cells.join(gap).trimEnd()
}
