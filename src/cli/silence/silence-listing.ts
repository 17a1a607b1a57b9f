import type { Style } from '../output/color.ts'
import type { Listing, ListingColumn } from '../output/listing.ts'
import type { Cell } from '../output/table.ts'
import { localText, type Now, relativeText } from '../output/time.ts'
import type { SilenceRecord } from './silence-record.ts'

export interface SilenceListingOptions {
  readonly now: Now
  /** Undefined: all. */
  readonly namespace: string | undefined
  readonly hasExpired: boolean
}

/** What silences now first, and of that what ends first. */
export function silenceListing(
  records: readonly SilenceRecord[],
  { now, namespace, hasExpired }: SilenceListingOptions,
): Listing<SilenceRecord> {
  const items = records.filter(({ state }) => hasExpired || state !== 'Expired').toSorted(byImportance)
  const where = namespace === undefined ? '' : ` in namespace ${namespace}; -A looks in all`
  return {
    items,
    columns: columnsFor(now, namespace === undefined),
    fields: [
      'namespace',
      'name',
      'state',
      'muted',
      'startsAt',
      'endsAt',
      'matchers',
      'comment',
      'createdBy',
      'problem',
    ],
    emptyText: `Nothing is silenced${where}.`,
    notes: [...problemNotes(items), ...hiddenNotes(records.length - items.length)],
  }
}

function problemNotes(items: readonly SilenceRecord[]): string[] {
  return items.flatMap(({ namespace, name, problem }) =>
    problem === undefined ? [] : [`${namespace}/${name}: ${problem}`],
  )
}

function hiddenNotes(count: number): string[] {
  return count === 0 ? [] : [`${count} more ${count === 1 ? 'is' : 'are'} over: --expired shows them.`]
}

const order = ['Refused', 'Active', 'Pending', 'Expired']

function byImportance(left: SilenceRecord, right: SilenceRecord): number {
  const states = order.indexOf(left.state) - order.indexOf(right.state)
  if (states !== 0) return states
  const ends = Date.parse(left.endsAt) - Date.parse(right.endsAt)
  return left.state === 'Expired' ? -ends : ends
}

function columnsFor(now: Now, hasNamespace: boolean): ListingColumn<SilenceRecord>[] {
  const namespace: ListingColumn<SilenceRecord> = {
    ...{ header: 'NAMESPACE', align: 'left', shrinkTo: 9 },
    cell: ({ namespace: name }) => name,
  }
  return [
    ...(hasNamespace ? [namespace] : []),
    { header: 'NAME', align: 'left', shrinkTo: 16, cell: ({ name }) => name },
    { header: 'STATE', align: 'left', cell: stateCell },
    { header: 'MUTED', align: 'right', cell: ({ muted }) => (muted === undefined ? '?' : String(muted)) },
    { header: 'STARTS', align: 'left', isWide: true, cell: ({ startsAt }) => timeCell(startsAt, now) },
    { header: 'ENDS', align: 'left', cell: ({ endsAt }) => timeCell(endsAt, now) },
    { header: 'ALERTS WITH', align: 'left', shrinkTo: 24, cut: 'end', cell: ({ matchers }) => matchers.join(' ') },
    { header: 'COMMENT', align: 'left', shrinkTo: 12, cut: 'end', dispensable: 1, cell: ({ comment = '' }) => comment },
    { header: 'BY', align: 'left', shrinkTo: 8, isWide: true, dispensable: 2, cell: ({ createdBy = '' }) => createdBy },
  ]
}

const styles: Record<SilenceRecord['state'], Style | undefined> = {
  Refused: 'red',
  Active: 'yellow',
  Pending: undefined,
  Expired: 'dim',
}

function stateCell({ state }: SilenceRecord): Cell {
  const style = styles[state]
  return style === undefined ? state : [{ text: state, style }]
}

function timeCell(at: string, now: Now): Cell {
  const atMs = Date.parse(at)
  return [localText(atMs, now), `(${relativeText(atMs, now.nowMs)})`]
}
