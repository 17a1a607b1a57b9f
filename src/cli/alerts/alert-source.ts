/** Alerts from the operator's API: pages of them, and one by the beginning of its id. */
import { type AlertDetailView, type AlertView, alertDetailView, alertPageView } from '../../api/http/alert-views.ts'
import { hasCode, OperatorError } from '../../base/errors.ts'
import type { ApiRequest } from '../../kube/client.ts'
import { shortIds } from '../output/short-id.ts'
import type { OperatorApi } from '../sources/operator-api.ts'
import { readPages } from '../sources/pages.ts'

export interface AlertQuery {
  readonly state: 'firing' | 'ended' | 'all'
  readonly namespace?: string | undefined
  readonly severity?: string | undefined
  readonly policy?: string | undefined
  readonly label?: readonly string[] | undefined
}

export interface FoundAlerts {
  readonly alerts: readonly AlertView[]
  readonly hasMore: boolean
}

/** At most `limit`, the newest first. */
export async function readAlerts(api: OperatorApi, query: AlertQuery, limit: number): Promise<FoundAlerts> {
  const read = (page: object) => api.get('/alerts', alertPageView, { ...query, ...page } satisfies ApiRequest['query'])
  const { items, hasMore } = await readPages(limit, read, ({ alerts }) => alerts)
  return { alerts: items, hasMore }
}

/** How far back an alert is looked for by the beginning of its id. */
const mostSearched = 5_000

/** Of those that fire first, then of all. Throws INVALID_INPUT where none or several are meant. */
export async function findAlert(api: OperatorApi, prefix: string): Promise<AlertView> {
  for (const state of ['firing', 'all'] as const) {
    const { alerts } = await readAlerts(api, { state }, mostSearched)
    const found = alerts.filter(({ id }) => id.startsWith(prefix))
    if (found.length === 1) return found[0]!
    if (found.length > 1) throw ambiguous(prefix, found)
  }
  const message = `there is no alert "${prefix}" that you may see: \`alerts --state all\` shows those that there are`
  throw new OperatorError('INVALID_INPUT', message)
}

function ambiguous(prefix: string, found: readonly AlertView[]): OperatorError {
  const ids = shortIds(found.map(({ id }) => id))
  const shown = found.slice(0, 5).map(({ id, title }) => `\n  ${ids.get(id)}  ${title}`)
  const rest = found.length > shown.length ? `\n  and ${found.length - shown.length} more` : ''
  return new OperatorError('INVALID_INPUT', `${found.length} alerts begin with "${prefix}":${shown.join('')}${rest}`)
}

/** The alert that is meant, with its deliveries. A whole id is asked for at once. */
export async function readAlert(api: OperatorApi, prefix: string): Promise<AlertDetailView> {
  const read = (id: string) => api.get(`/alerts/${encodeURIComponent(id)}`, alertDetailView)
  try {
    return await read(prefix)
  } catch (error) {
    if (!hasCode(error, 'API_NOT_FOUND') || !isFromOperator(error)) throw error
    return read((await findAlert(api, prefix)).id)
  }
}

function isFromOperator(error: Error): boolean {
  return error.message.includes('there is no alert')
}
