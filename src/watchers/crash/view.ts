/** What people are shown of one CrashAlertRoute: the numbers of its status. */
import type { CrashAlertRouteStatus } from '../../api/crash-alert-route.ts'
import type { CrashIncidentStatus } from '../../api/crash-route-status.ts'

export interface CrashView {
  /** What has to be seen before anything is told; empty once it is. */
  readonly waitingFor: readonly string[]
  /** Absent until the first state was seen. */
  readonly report?: CrashReport
  /** What is not as it should be; absent when all is. */
  readonly gap?: CrashGap
}

export interface CrashGap {
  /** One word in CamelCase, such as HistoryUnavailable. */
  readonly reason: string
  /** In words, with what to do. */
  readonly message: string
}

export interface CrashReport {
  /** Namespaces that the route selects. */
  readonly namespaces: number
  /** Incidents open now, and how many of them were told, and are held back. */
  readonly open: number
  readonly told: number
  readonly muted: number
  /** The newest first; may be more than a status holds. */
  readonly incidents: readonly CrashIncidentStatus[]
  /** The last crash that the route selects, told or not. */
  readonly lastCrash?: NonNullable<CrashAlertRouteStatus['lastCrash']>
  /** Open incidents whose last log could not be had. */
  readonly logsMissing: number
}
