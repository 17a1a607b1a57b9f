/** Crashes on their way to the history, as the work of a leader. */
import { crashAlertRoute } from '../api/crash-alert-route.ts'
import type { Kind } from '../api/kind.ts'
import type { Pipeline } from '../notify/pipeline.ts'
import { CrashShipper } from '../store/crash-shipper.ts'
import type { WorkOptions } from './work.ts'

export interface ShippingSurroundings {
  readonly pipeline: Pick<Pipeline, 'postOutbox' | 'endOutbox'>
  /** Has the status of every object of a kind looked at again. */
  readonly refreshAll: (kind: Kind) => void
}

export function createCrashShipper(
  { log, crashHistory, options, clock, logger, metrics }: WorkOptions,
  { pipeline, refreshAll }: ShippingSurroundings,
): CrashShipper {
  return new CrashShipper({
    ...{ log, history: crashHistory, outbox: pipeline, clock, logger, metrics: metrics.crashHistory },
    // As much as retention lets it take from the history of alerts.
    mostOutboxBytes: options.historyMaxBytes / 2,
    onProblem: () => refreshAll(crashAlertRoute),
  })
}
