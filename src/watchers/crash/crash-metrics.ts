import type { Metrics } from '../../base/metrics.ts'
import { type CrashReason, type CrashRecord, crashReasonNames } from '../../model/crash.ts'

/** What the crash watcher counts of its own work. */
export interface CrashMetrics {
  readonly crashed: (record: Pick<CrashRecord, 'reason' | 'crashes' | 'atMs' | 'seenMs'>) => void
}

export function createCrashMetrics(metrics: Metrics): CrashMetrics {
  const crashes = metrics.counter({
    name: 'dogwatch_crashes_total',
    help: 'Crashes that some CrashAlertRoute selects, by their reason. A crash loop counts by its runs.',
    labels: { reason: crashReasonNames as readonly [CrashReason, ...CrashReason[]] },
  })
  return { crashed: ({ reason, crashes: count }) => crashes.add({ reason }, count) }
}
