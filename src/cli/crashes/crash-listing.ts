import type { CrashView } from '../../api/http/crash-views.ts'
import type { Listing, ListingColumn } from '../output/listing.ts'
import { plainData } from '../output/plain-data.ts'
import { shortIds } from '../output/short-id.ts'
import { localText, type Now, spanText } from '../output/time.ts'
import type { FoundCrashes } from './crash-source.ts'

/** A beginning of an id of this length is of one crash alone, as good as always. */
export const idLetters = 8

export interface CrashListingOptions {
  readonly now: Now
  /** Undefined: all. */
  readonly namespace: string | undefined
  /** Something other than the namespace narrows the list. */
  readonly isFiltered: boolean
}

/** The newest first. */
export function crashListing(found: FoundCrashes, options: CrashListingOptions): Listing<CrashView> {
  const { crashes } = found
  return {
    items: crashes,
    columns: columnsFor(crashes, options),
    fields: [
      'id',
      'at',
      'namespace',
      ['kind', ({ workload }) => workload.kind],
      ['workload', ({ workload }) => workload.name],
      ['pod', ({ pod }) => pod?.name],
      ['container', ({ container }) => container?.name],
      'node',
      'reason',
      'cause',
      'exitCode',
      'signal',
      'crashes',
      'restartCount',
      ['image', ({ container }) => container?.image],
      'hasLog',
      'snippet',
      'cluster',
    ],
    emptyText: emptyText(options),
    notes: crashNotes(found),
  }
}

export function emptyText({ namespace, isFiltered }: Omit<CrashListingOptions, 'now'>): string {
  const what = isFiltered ? 'No crash that is asked for is known' : 'No crash is known'
  return namespace === undefined ? `${what} that you may see.` : `${what} in namespace ${namespace}; -A looks in all.`
}

const mostNamed = 5

/** What is not shown, and why. */
export function crashNotes({ crashes, hasMore, unsearched }: FoundCrashes): string[] {
  const more = `There are more than these ${crashes.length}: --limit shows more, --since and others find them.`
  return [...(hasMore ? [more] : []), ...unsearchedNotes(unsearched)]
}

export function unsearchedNotes(unsearched: readonly string[]): string[] {
  if (unsearched.length === 0) return []
  const rest = unsearched.length > mostNamed ? ` and ${unsearched.length - mostNamed} more` : ''
  const where = `${unsearched.slice(0, mostNamed).join(', ')}${rest}`
  return [
    `Not searched, as you may not read logs there: ${where}.`,
    `Check with: kubectl auth can-i get pods --subresource=log -n ${unsearched[0]}`,
  ]
}

function columnsFor(
  crashes: readonly CrashView[],
  { now, namespace }: CrashListingOptions,
): ListingColumn<CrashView>[] {
  const ids = shortIds(
    crashes.map(({ id }) => id),
    idLetters,
  )
  return [
    { header: 'ID', align: 'left', cell: ({ id }) => ids.get(id) ?? id },
    { header: 'WHEN', align: 'left', dispensable: 2, cell: ({ at }) => localText(Date.parse(at), now) },
    { header: 'AGO', align: 'right', cell: ({ at }) => spanText(Math.max(0, now.nowMs - Date.parse(at))) },
    {
      ...{ header: 'WORKLOAD', align: 'left', shrinkTo: 20 },
      cell: (crash) => (namespace === undefined ? `${crash.namespace}/${crash.workload.name}` : crash.workload.name),
    },
    {
      header: 'CONTAINER',
      align: 'left',
      dispensable: 3,
      shrinkTo: 10,
      cell: ({ container }) => container?.name ?? '',
    },
    { header: 'KIND', align: 'left', isWide: true, cell: ({ workload }) => workload.kind },
    { header: 'POD', align: 'left', isWide: true, shrinkTo: 16, cell: ({ pod }) => pod?.name ?? '' },
    { header: 'NODE', align: 'left', isWide: true, shrinkTo: 12, cell: ({ node }) => node ?? '' },
    { header: 'RESTARTS', align: 'right', isWide: true, cell: ({ restartCount }) => `${restartCount}` },
    { header: 'REASON', align: 'left', cell: ({ reason }) => [{ text: reason, style: 'red' }] },
    { header: 'WHAT HAPPENED', align: 'left', shrinkTo: 22, cut: 'end', cell: whatHappened },
  ]
}

function whatHappened({ crashes, cause }: CrashView): string {
  return plainData(crashes === 1 ? cause : `${crashes}x ${cause}`)
}
