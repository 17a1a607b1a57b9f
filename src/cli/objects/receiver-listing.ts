import type { AlertReceiver } from '../../api/alert-receiver.ts'
import type { Listing, ListingColumn } from '../output/listing.ts'
import type { Cell } from '../output/table.ts'
import { localText, type Now, relativeText } from '../output/time.ts'
import { byState, judgeObject, type ObjectVerdict, stateCell, stateNotes } from './object-state.ts'

export interface ReceiverRecord extends ObjectVerdict {
  readonly namespace: string
  readonly name: string
  readonly channel?: string
  /** Policies that name it. */
  readonly usedBy?: number
  /** RFC 3339; at most five minutes old. */
  readonly lastDeliveryAt?: string
}

export function receiverRecord({ metadata, status }: AlertReceiver): ReceiverRecord {
  const { channel, usedBy, lastDeliveryTime } = status ?? {}
  return {
    ...{ namespace: metadata.namespace, name: metadata.name },
    ...judgeObject(status?.conditions),
    ...(channel === undefined ? {} : { channel }),
    ...(usedBy === undefined ? {} : { usedBy }),
    ...(lastDeliveryTime === undefined ? {} : { lastDeliveryAt: lastDeliveryTime }),
  }
}

export function receiverListing(
  records: readonly ReceiverRecord[],
  { now, namespace }: { now: Now; namespace: string | undefined },
): Listing<ReceiverRecord> {
  const items = records.toSorted(byState)
  const where = namespace === undefined ? '' : ` in namespace ${namespace}; -A looks in all`
  return {
    items,
    columns: columnsFor(now, namespace === undefined),
    fields: ['namespace', 'name', 'state', 'reason', 'message', 'channel', 'usedBy', 'lastDeliveryAt'],
    emptyText: `There are no receivers${where}.`,
    notes: stateNotes(items),
  }
}

function columnsFor(now: Now, hasNamespace: boolean): ListingColumn<ReceiverRecord>[] {
  const namespaceColumn: ListingColumn<ReceiverRecord> = {
    ...{ header: 'NAMESPACE', align: 'left', shrinkTo: 12 },
    cell: ({ namespace }) => namespace,
  }
  return [
    ...(hasNamespace ? [namespaceColumn] : []),
    { header: 'NAME', align: 'left', shrinkTo: 12, cell: ({ name }) => name },
    { header: 'STATE', align: 'left', cell: stateCell },
    { header: 'CHANNEL', align: 'left', cell: ({ channel = '' }) => channel },
    { header: 'LAST DELIVERY', align: 'left', cell: ({ lastDeliveryAt }) => deliveryCell(lastDeliveryAt, now) },
    { header: 'USED BY', align: 'right', cell: ({ usedBy }) => policiesText(usedBy) },
    { header: 'REASON', align: 'left', isWide: true, cell: ({ reason }) => reason },
  ]
}

function policiesText(usedBy: number | undefined): string {
  if (usedBy === undefined) return ''
  return usedBy === 1 ? '1 policy' : `${usedBy} policies`
}

function deliveryCell(at: string | undefined, now: Now): Cell {
  if (at === undefined) return ['none']
  return [localText(Date.parse(at), now), `(${relativeText(Date.parse(at), now.nowMs)})`]
}
