import type { CrashTopRowView } from '../../api/http/crash-views.ts'
import type { CrashTopKey } from '../../store/crash-history.ts'
import type { Listing } from '../output/listing.ts'
import { localText, type Now, relativeText } from '../output/time.ts'
import { emptyText, unsearchedNotes } from './crash-listing.ts'
import type { FoundTop } from './crash-source.ts'

export interface TopListingOptions {
  readonly now: Now
  readonly by: CrashTopKey
  readonly namespace: string | undefined
  /** Such as `since Nov 24 13:40`. */
  readonly span: string
}

/** What crashes most first. */
export function topListing(
  { rows, unsearched }: FoundTop,
  { now, by, namespace, span }: TopListingOptions,
): Listing<CrashTopRowView> {
  const time = (at: string) => localText(Date.parse(at), now)
  return {
    items: rows,
    columns: [
      { header: 'CRASHES', align: 'right', cell: ({ crashes }) => `${crashes}` },
      { header: by.toUpperCase(), align: 'left', shrinkTo: 24, cell: ({ value }) => value },
      { header: 'FIRST', align: 'left', dispensable: 1, cell: ({ firstAt }) => time(firstAt) },
      {
        header: 'LAST',
        align: 'left',
        cell: ({ lastAt }) => [time(lastAt), `(${relativeText(Date.parse(lastAt), now.nowMs)})`],
      },
    ],
    fields: [[by, ({ value }) => value], 'crashes', 'firstAt', 'lastAt'],
    emptyText: emptyText({ namespace, isFiltered: true }),
    notes: [`Crashes ${span}.`, ...unsearchedNotes(unsearched)],
  }
}
