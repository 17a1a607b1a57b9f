import type { Listing, ListingColumn } from '../output/listing.ts'
import { byState, judgeObject, type ObjectVerdict, stateCell, stateNotes } from './object-state.ts'
import type { PolicyObject } from './policy-object.ts'

export interface PolicyRecord extends ObjectVerdict {
  readonly namespace: string
  readonly name: string
  readonly kind: string
  readonly severity?: string
  readonly suspended: boolean
  /** Open alerts. */
  readonly firing?: number
  /** Numbers that cannot be had. */
  readonly unknown?: number
}

export function policyRecord({ kind, metadata, spec, status }: PolicyObject): PolicyRecord {
  const { unknown } = status ?? {}
  const firing = status?.firing ?? status?.open
  return {
    ...{ namespace: metadata.namespace, name: metadata.name, kind, suspended: spec.suspend === true },
    ...judgeObject(status?.conditions),
    ...(spec.severity === undefined ? {} : { severity: spec.severity }),
    ...(firing === undefined ? {} : { firing }),
    ...(unknown === undefined ? {} : { unknown }),
  }
}

/** What needs somebody first, then what fires most. */
export function policyListing(records: readonly PolicyRecord[], namespace: string | undefined): Listing<PolicyRecord> {
  const items = records.toSorted((left, right) => byState(left, right) || (right.firing ?? 0) - (left.firing ?? 0))
  const where = namespace === undefined ? '' : ` in namespace ${namespace}; -A looks in all`
  return {
    items,
    columns: columnsFor(items, namespace === undefined),
    fields: ['namespace', 'name', 'kind', 'state', 'reason', 'message', 'suspended', 'severity', 'firing', 'unknown'],
    emptyText: `There are no policies${where}.`,
    notes: stateNotes(items),
  }
}

function columnsFor(items: readonly PolicyRecord[], hasNamespace: boolean): ListingColumn<PolicyRecord>[] {
  const hasKinds = new Set(items.map(({ kind }) => kind)).size > 1
  const isUnknown = items.some(({ unknown = 0 }) => unknown > 0)
  return [
    ...(hasNamespace ? [textColumn('NAMESPACE', ({ namespace }) => namespace)] : []),
    textColumn('NAME', ({ name }) => name),
    { ...textColumn('KIND', ({ kind }) => kind), isWide: !hasKinds },
    { header: 'STATE', align: 'left', cell: stateCell },
    { header: 'FIRING', align: 'right', cell: ({ firing }) => firingCell(firing) },
    { header: 'UNKNOWN', align: 'right', isWide: !isUnknown, cell: ({ unknown }) => String(unknown ?? '') },
    { header: 'SEVERITY', align: 'left', cell: ({ severity = '' }) => severity },
    { header: 'REASON', align: 'left', isWide: true, cell: ({ reason }) => reason },
  ]
}

function firingCell(firing: number | undefined) {
  if (firing === undefined) return ''
  return firing === 0 ? '0' : [{ text: String(firing), style: 'bold' as const }]
}

function textColumn(header: string, cell: (record: PolicyRecord) => string): ListingColumn<PolicyRecord> {
  return { header, align: 'left', shrinkTo: Math.max(12, header.length), cell }
}
