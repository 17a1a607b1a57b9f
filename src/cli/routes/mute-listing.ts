/** What CrashAlertRoutes keep untold. */
import type { CrashAlertRoute } from '../../api/crash-alert-route.ts'
import type { Listing, ListingColumn } from '../output/listing.ts'
import type { IgnoreEntry } from './edits.ts'
import { emptyText } from './line-listing.ts'
import { refusalNotes } from './route-standing.ts'

export interface MuteRecord {
  readonly namespace: string
  readonly route: string
  readonly ignore: IgnoreEntry
}

export function muteListing(routes: readonly CrashAlertRoute[], namespace: string | undefined): Listing<MuteRecord> {
  const items = routes.flatMap(({ metadata, spec }) =>
    (spec.ignore ?? []).map((ignore) => ({ namespace: metadata.namespace, route: metadata.name, ignore })),
  )
  return {
    items,
    columns: columnsFor(namespace === undefined),
    fields: [
      ...(['namespace', 'route'] as const),
      ['ofNamespace', ({ ignore }) => ignore.namespace],
      ['pod', ({ ignore }) => ignore.pod],
      ['container', ({ ignore }) => ignore.container],
      ['reason', ({ ignore }) => ignore.reason],
      ['exitCodes', ({ ignore }) => ignore.exitCodes],
    ],
    emptyText:
      routes.length === 0 ? emptyText(namespace) : 'Nothing is muted: every crash that a route selects is told.',
    notes: refusalNotes(routes),
  }
}

function columnsFor(hasNamespace: boolean): ListingColumn<MuteRecord>[] {
  const column = (header: string, cell: (record: MuteRecord) => string): ListingColumn<MuteRecord> => ({
    ...{ header, align: 'left', shrinkTo: 12, cell },
  })
  return [
    ...(hasNamespace ? [column('NAMESPACE', ({ namespace }) => namespace)] : []),
    column('ROUTE', ({ route }) => route),
    column('OF NAMESPACE', ({ ignore }) => ignore.namespace ?? '*'),
    column('POD', ({ ignore }) => ignore.pod ?? '*'),
    column('CONTAINER', ({ ignore }) => ignore.container ?? '*'),
    column('REASON', ({ ignore }) => ignore.reason ?? 'any'),
    column('EXIT CODE', ({ ignore: { exitCodes } }) =>
      exitCodes === undefined ? 'any' : exitCodes.join(', ') || 'none',
    ),
  ]
}
