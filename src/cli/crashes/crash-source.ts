/** Crashes from the operator's API. */
import {
  type CrashLogView,
  type CrashTopRowView,
  type CrashView,
  crashLogView,
  crashPageView,
  crashTopView,
  crashView,
} from '../../api/http/crash-views.ts'
import { hasCode } from '../../base/errors.ts'
import type { CrashTopKey } from '../../store/crash-history.ts'
import type { CrashFilterOptions } from '../options/crash-filter.ts'
import { pastMomentMs } from '../options/moment.ts'
import type { Now } from '../output/time.ts'
import type { OperatorApi } from '../sources/operator-api.ts'
import { readPages } from '../sources/pages.ts'

/** As the API takes it. */
export interface CrashQuery {
  readonly [name: string]: string | readonly string[] | undefined
  /** Undefined: all that one may see. */
  readonly namespace?: string | undefined
  readonly q?: string | undefined
}

export interface FoundCrashes {
  readonly crashes: readonly CrashView[]
  readonly hasMore: boolean
  /** Namespaces where the words were not looked for. */
  readonly unsearched: readonly string[]
}

/** Throws INVALID_OPTION for a time that is none. Without a kubeconfig no namespace is meant unless one is named. */
export function crashQueryOf(options: CrashFilterOptions, api: OperatorApi, now: Now): CrashQuery {
  const { since, until, reason, workload, pod, container, node, allNamespaces = false } = options
  const timeOf = (name: string, text: string | undefined) =>
    text === undefined ? undefined : new Date(pastMomentMs(name, text, now)).toISOString()
  const namespace = allNamespaces ? undefined : (options.namespace ?? api.namespace)
  const [from, to] = [timeOf('--since', since), timeOf('--until', until)]
  return { from, to, namespace, workload, pod, container, node, reason }
}

/** At most `limit`, the newest first. */
export async function readCrashes(api: OperatorApi, query: CrashQuery, limit: number): Promise<FoundCrashes> {
  const unsearched = new Set<string>()
  const read = (page: object) => api.get('/crashes', crashPageView, { ...query, ...page })
  const { items, hasMore } = await readPages(limit, read, ({ crashes, unsearched: left = [] }) => {
    for (const namespace of left) unsearched.add(namespace)
    return crashes
  })
  return { crashes: items, hasMore, unsearched: [...unsearched] }
}

/** By its id or the beginning of it. */
export function readCrash(api: OperatorApi, id: string): Promise<CrashView> {
  return api.get(`/crashes/${encodeURIComponent(id)}`, crashView)
}

export function readCrashLog(api: OperatorApi, id: string): Promise<CrashLogView> {
  return api.get(`/crashes/${encodeURIComponent(id)}/logs`, crashLogView)
}

/** The log, or undefined where the person may not read it. */
export async function tryReadCrashLog(api: OperatorApi, id: string): Promise<CrashLogView | undefined> {
  try {
    return await readCrashLog(api, id)
  } catch (error) {
    if (hasCode(error, 'API_FORBIDDEN')) return undefined
    throw error
  }
}

export interface FoundTop {
  readonly rows: readonly CrashTopRowView[]
  readonly unsearched: readonly string[]
}

export async function readTop(api: OperatorApi, by: CrashTopKey, query: CrashQuery, limit: number): Promise<FoundTop> {
  const { rows, unsearched = [] } = await api.get('/crashes/top', crashTopView, {
    ...query,
    by,
    limit,
  })
  return { rows, unsearched }
}
