/** A list of things in every format: what a program reads is the things themselves, what a person reads is made from them. */
import type { OutputFormat } from '../options/output.ts'
import { type Paint, plainPaint } from './color.ts'
import { formatCsv } from './csv.ts'
import { formatDocument } from './document.ts'
import { type Cell, type Column, fitsWidth, formatTable, type Table } from './table.ts'

export interface ListingColumn<T> extends Column {
  readonly cell: (item: T) => Cell
  /** Only with `-o wide`. */
  readonly isWide?: boolean
  /** Where the table does not fit, columns with a number go, the highest first. */
  readonly dispensable?: number
}

type CsvField<T> = (keyof T & string) | readonly [header: string, value: (item: T) => unknown]

export interface Listing<T extends object> {
  /** Plain data. */
  readonly items: readonly T[]
  readonly columns: readonly ListingColumn<T>[]
  /** The columns of CSV, in this order, the same whatever the items have: members, or a name and how it is made. */
  readonly fields: readonly CsvField<T>[]
  /** In place of a table without rows: what is not there, and what to do. */
  readonly emptyText: string
  /** Sentences below a table, the most important first. */
  readonly notes: readonly string[]
}

export interface ListingOptions {
  readonly paint?: Paint
  readonly width: number | undefined
}

export async function formatListing<T extends object>(
  listing: Listing<T>,
  output: OutputFormat,
  options: ListingOptions,
): Promise<string> {
  const { items, fields } = listing
  if (output === 'json' || output === 'yaml') return formatDocument({ items }, output)
  if (output === 'csv') {
    const headers = fields.map((field) => (typeof field === 'object' ? field[0] : field))
    const cellOf = (item: T, field: CsvField<T>) => (typeof field === 'object' ? field[1](item) : item[field])
    return formatCsv(
      headers,
      items.map((item) => fields.map((field) => csvValue(cellOf(item, field)))),
    )
  }
  return listingText(listing, output === 'wide', options)
}

/** A list of texts is one cell, with blanks between. */
function csvValue(value: unknown): string {
  if (value === undefined) return ''
  return Array.isArray(value) ? value.join(' ') : String(value)
}

function listingText<T extends object>(
  listing: Listing<T>,
  isWide: boolean,
  { paint = plainPaint, width }: ListingOptions,
): string {
  const { items, emptyText, notes } = listing
  const table = tableOf(listing, { isWide, width })
  const head =
    items.length === 0 ? `${emptyText}\n` : formatTable(table, { paint, ...(width === undefined ? {} : { width }) })
  const tail = notes.map((note) => `${note}\n`).join('')
  return tail === '' ? head : `${head}\n${tail}`
}

function tableOf<T extends object>(
  { items, columns }: Listing<T>,
  { isWide, width }: { isWide: boolean; width: number | undefined },
): Table {
  const shown = columns.filter((column) => isWide || column.isWide !== true)
  const ranks = [...new Set(shown.map(({ dispensable = 0 }) => dispensable))].sort((a, b) => b - a)
  const tables = ranks.map((rank) => {
    const kept = shown.filter(({ dispensable = 0 }) => dispensable <= rank)
    return { columns: kept, rows: items.map((item) => kept.map(({ cell }) => cell(item))) }
  })
  return tables.find((table) => fitsWidth(table, width ?? Number.POSITIVE_INFINITY)) ?? tables.at(-1)!
}
