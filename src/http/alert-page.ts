/**
 * One page of the alerts that a caller may see, newest first. Open ones come from memory where this process leads, so that
 * they can be asked for while the log is gone; everything else from the log, some records at a time until the page is full.
 */
import type { Severity } from '../model/alert.ts'
import type { AlertQuery, AlertRecord, NotificationLog } from '../store/notification-log.ts'

export interface AlertFilter {
  readonly state: 'firing' | 'ended' | 'all'
  readonly labels: Readonly<Record<string, string>>
  readonly namespace: string | undefined
  readonly severity: Severity | undefined
  readonly policy: { readonly namespace: string; readonly name: string } | undefined
}

/** Where a page ended. */
export interface Position {
  readonly startedMs: number
  readonly id: string
}

export interface AlertPageSource {
  /** The open alerts as they are at this moment; undefined where another process leads. */
  openAlerts(): readonly AlertRecord[] | undefined
  readonly history: Pick<NotificationLog, 'alerts'>
}

export interface AlertPageRequest {
  readonly filter: AlertFilter
  readonly limit: number
  readonly after: Position | undefined
  readonly isVisible: (record: AlertRecord) => Promise<boolean>
}

export interface AlertPage {
  readonly records: readonly AlertRecord[]
  /** Absent: there is no more. */
  readonly next?: Position
}

const recordsAtOnce = 500
/** For a caller who may see little of a long history a page may be short, or empty, and still not the last. */
const mostRounds = 20

export async function readAlertPage(source: AlertPageSource, request: AlertPageRequest): Promise<AlertPage> {
  const open = source.openAlerts()
  if (request.filter.state !== 'firing' || open === undefined) return readHistory(source, request, open)
  const sorted = open.toSorted(newestFirst).filter((record) => isAfter(record, request.after))
  return takeVisible(sorted, request, true)
}

async function readHistory(
  { history }: AlertPageSource,
  request: AlertPageRequest,
  open: readonly AlertRecord[] = [],
): Promise<AlertPage> {
  const fresh = new Map(open.map((record) => [record.id, record]))
  const found: AlertRecord[] = []
  let { after } = request
  for (let round = 0; round < mostRounds; round += 1) {
    // Whoever sees all has his page in the first round.
    const atOnce = round === 0 ? request.limit + 1 : recordsAtOnce
    const read = await history.alerts({ ...queryOf(request.filter, after), limit: atOnce })
    const isEnd = read.length < atOnce
    const current = read.map((record) => fresh.get(record.id) ?? record)
    const page = await takeVisible(current, { ...request, limit: request.limit - found.length }, isEnd)
    found.push(...page.records)
    after = page.next
    if (after === undefined || found.length >= request.limit) break
  }
  return { records: found, ...(after === undefined ? {} : { next: after }) }
}

/** `isEnd`: nothing comes after these. */
async function takeVisible(
  records: readonly AlertRecord[],
  { filter, limit, isVisible }: AlertPageRequest,
  isEnd: boolean,
): Promise<AlertPage> {
  const taken: AlertRecord[] = []
  for (const [index, record] of records.entries()) {
    if (!matches(record, filter) || !(await isVisible(record))) continue
    taken.push(record)
    const isLast = isEnd && index === records.length - 1
    if (taken.length >= limit) return { records: taken, ...(isLast ? {} : { next: positionOf(record) }) }
  }
  const last = records.at(-1)
  return { records: taken, ...(isEnd || last === undefined ? {} : { next: positionOf(last) }) }
}

function queryOf(filter: AlertFilter, after: Position | undefined): Omit<AlertQuery, 'limit'> {
  const { state, labels, namespace, policy } = filter
  return {
    ...(state === 'all' ? {} : { state }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(namespace === undefined ? {} : { namespaces: [namespace] }),
    ...(policy === undefined ? {} : { policy }),
    ...(after === undefined ? {} : { afterId: after.id }),
  }
}

export function matches({ alert, endedMs }: AlertRecord, filter: AlertFilter): boolean {
  const { state, labels, namespace, severity, policy } = filter
  const isState = state === 'all' || (state === 'ended') === (endedMs !== undefined)
  const hasLabels = Object.entries(labels).every(([name, value]) => alert.labels[name] === value)
  const isOfPolicy =
    policy === undefined || (alert.policy.namespace === policy.namespace && alert.policy.name === policy.name)
  const isOfNamespace = namespace === undefined || namespace === (alert.labels.namespace ?? alert.object.namespace)
  return isState && hasLabels && isOfPolicy && isOfNamespace && (severity ?? alert.severity) === alert.severity
}

function newestFirst(left: AlertRecord, right: AlertRecord): number {
  if (left.startedMs !== right.startedMs) return right.startedMs - left.startedMs
  if (left.id === right.id) return 0
  return left.id < right.id ? 1 : -1
}

function isAfter(record: AlertRecord, after: Position | undefined): boolean {
  return after === undefined || newestFirst({ ...record, ...after }, record) < 0
}

function positionOf({ startedMs, id }: AlertRecord): Position {
  return { startedMs, id }
}
