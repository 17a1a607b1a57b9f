/** The lines of CrashAlertRoutes as people look them up: whose crashes go where, in the order in which lines are tried. */
import type { CrashAlertRoute } from '../../api/crash-alert-route.ts'
import type { ReceiverUseSpec } from '../../api/receiver-use.ts'
import type { NamespaceFilter } from '../../api/selector.ts'
import { judgeObject, type ObjectState, stateCell, stateNotes } from '../objects/object-state.ts'
import type { Listing, ListingColumn } from '../output/listing.ts'
import { everyNamespace, namespacesText, receiverText } from './line-text.ts'
import { refusalNotes } from './route-standing.ts'

export interface LineRecord {
  readonly namespace: string
  readonly route: string
  /** Absent: where crashes go that no line matches. */
  readonly line?: string
  readonly namespaces: NamespaceFilter
  readonly receivers: readonly ReceiverUseSpec[]
  /** Of the route. */
  readonly state: ObjectState
}

const own = "the operator's console"

export function lineRecords({ metadata, spec, status }: CrashAlertRoute): LineRecord[] {
  const { namespace, name: route } = metadata
  const { state } = judgeObject(status?.conditions)
  const lines = (spec.routes ?? []).map(({ name, namespaces = {}, receivers }) => ({
    line: name,
    namespaces,
    receivers,
  }))
  const others = { namespaces: spec.namespaces ?? {}, receivers: spec.receivers ?? [] }
  return [...lines, others].map((line) => ({ namespace, route, ...line, state }))
}

export function lineListing(routes: readonly CrashAlertRoute[], namespace: string | undefined): Listing<LineRecord> {
  const muted = routes.reduce((sum, { spec }) => sum + (spec.ignore?.length ?? 0), 0)
  const verdicts = routes.map(({ metadata, status }) => ({ ...metadata, ...judgeObject(status?.conditions) }))
  return {
    items: routes.flatMap(lineRecords),
    columns: columnsFor(namespace === undefined),
    fields: [
      ...(['namespace', 'route', 'line'] as const),
      ['namespaces', ({ namespaces }) => namespacesText(namespaces)],
      ['receivers', (record) => receiversOf(record).join(' ')],
      'state',
    ],
    emptyText: emptyText(namespace),
    notes: [...stateNotes(verdicts), ...refusalNotes(routes), ...mutedNote(muted)],
  }
}

export function emptyText(namespace: string | undefined): string {
  return `There are no CrashAlertRoutes${namespace === undefined ? '' : ` in namespace ${namespace}; -A looks in all`}.`
}

function mutedNote(count: number): string[] {
  if (count === 0) return []
  return [
    count === 1
      ? '1 entry keeps crashes untold: --muted shows it.'
      : `${count} entries keep crashes untold: --muted shows them.`,
  ]
}

function receiversOf({ namespace, receivers }: LineRecord): string[] {
  return receivers.map((use) => receiverText(use, namespace))
}

function columnsFor(hasNamespace: boolean): ListingColumn<LineRecord>[] {
  return [
    ...(hasNamespace ? [textColumn('NAMESPACE', ({ namespace }) => namespace)] : []),
    textColumn('ROUTE', ({ route }) => route),
    textColumn('LINE', ({ line = '-' }) => line),
    { ...textColumn('CRASHES OF', crashesOf), shrinkTo: 20, cut: 'end' },
    { ...textColumn('GO TO', (record) => receiversOf(record).join(', ') || own), shrinkTo: 20, cut: 'end' },
    { header: 'STATE', align: 'left', isWide: true, cell: stateCell },
  ]
}

function crashesOf({ line, namespaces }: LineRecord): string {
  const chosen = namespacesText(namespaces)
  if (line !== undefined) return chosen
  return chosen === everyNamespace ? 'all others' : `others: ${chosen}`
}

function textColumn(header: string, cell: (record: LineRecord) => string): ListingColumn<LineRecord> {
  return { header, align: 'left', shrinkTo: 12, cell }
}
