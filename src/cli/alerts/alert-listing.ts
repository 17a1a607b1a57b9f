import type { AlertView } from '../../api/http/alert-views.ts'
import type { Severity } from '../../model/alert.ts'
import type { Style } from '../output/color.ts'
import type { Listing, ListingColumn } from '../output/listing.ts'
import { shortIds } from '../output/short-id.ts'
import { localText, type Now, spanText } from '../output/time.ts'

export const severityStyles: Record<Severity, Style> = { info: 'dim', warning: 'yellow', critical: 'red' }
const severityOrder: Record<Severity, number> = { critical: 0, warning: 1, info: 2 }

export interface AlertListingOptions {
  readonly now: Now
  readonly state: 'firing' | 'ended' | 'all'
  /** There are more than were read. */
  readonly hasMore: boolean
  /** Something narrows the list. */
  readonly isFiltered: boolean
}

/** What fires: the most severe first, of these the newest. History: the newest first. */
export function alertListing(
  alerts: readonly AlertView[],
  { now, state, hasMore, isFiltered }: AlertListingOptions,
): Listing<AlertView> {
  const items = state === 'firing' ? alerts.toSorted(bySeverity) : [...alerts]
  const what = state === 'firing' ? 'Nothing fires' : 'No alert is known'
  return {
    items,
    columns: columnsFor(items, { now, state }),
    fields: [
      'id',
      'state',
      'severity',
      'startedAt',
      'endedAt',
      'title',
      ['namespace', ({ object }) => object.namespace],
      ['kind', ({ object }) => object.kind],
      ['name', ({ object }) => object.name],
      ['policy', ({ policy }) => `${policy.namespace}/${policy.name}`],
      'rule',
      ['acknowledgedBy', ({ acknowledged }) => acknowledged?.by],
      ['labels', ({ labels }) => Object.entries(labels).map(([name, value]) => `${name}=${value}`)],
    ],
    emptyText: isFiltered ? `${what} that is asked for.` : `${what} that you may see.`,
    notes: hasMore ? [`There are more than these ${items.length}: --limit shows more, filters find them.`] : [],
  }
}

function bySeverity(left: AlertView, right: AlertView): number {
  const severity = severityOrder[left.severity] - severityOrder[right.severity]
  return severity === 0 ? Date.parse(right.startedAt) - Date.parse(left.startedAt) : severity
}

function columnsFor(
  items: readonly AlertView[],
  { now, state }: Pick<AlertListingOptions, 'now' | 'state'>,
): ListingColumn<AlertView>[] {
  const ids = shortIds(items.map(({ id }) => id))
  const hasAcknowledged = items.some(({ acknowledged }) => acknowledged !== undefined)
  const stateColumn: ListingColumn<AlertView> = { header: 'STATE', align: 'left', cell: (alert) => alert.state }
  const acknowledged: ListingColumn<AlertView> = {
    ...{ header: 'TAKEN BY', align: 'left', shrinkTo: 8, cut: 'end' },
    cell: (alert) => alert.acknowledged?.by ?? '',
  }
  return [
    { header: 'ID', align: 'left', cell: ({ id }) => ids.get(id) ?? id },
    {
      header: 'SEVERITY',
      align: 'left',
      cell: ({ severity }) => [{ text: severity, style: severityStyles[severity] }],
    },
    ...(state === 'firing' ? [] : [stateColumn]),
    { header: 'SINCE', align: 'left', dispensable: 1, cell: ({ startedAt }) => localText(Date.parse(startedAt), now) },
    { header: state === 'firing' ? 'FOR' : 'LASTED', align: 'right', cell: (alert) => lasting(alert, now.nowMs) },
    { header: 'ALERT', align: 'left', shrinkTo: 40, cut: 'end', cell: ({ title }) => title },
    ...(hasAcknowledged ? [acknowledged] : []),
    { header: 'POLICY', align: 'left', isWide: true, cell: ({ policy }) => `${policy.namespace}/${policy.name}` },
    { header: 'RULE', align: 'left', isWide: true, cell: ({ rule }) => rule },
  ]
}

function lasting({ startedAt, endedAt }: AlertView, nowMs: number): string {
  const endMs = endedAt === undefined ? nowMs : Date.parse(endedAt)
  return spanText(Math.max(0, endMs - Date.parse(startedAt)))
}
