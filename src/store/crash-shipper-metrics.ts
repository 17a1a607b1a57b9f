import type { Metrics } from '../base/metrics.ts'

export interface CrashShipperMetrics {
  waiting(records: number): void
  /** `refused`: the history will never take them. `lost`: there was no room for them while it was away. */
  ended(result: 'shipped' | 'refused' | 'lost', records: number): void
  degraded(isDegraded: boolean): void
}

export function createCrashShipperMetrics(metrics: Metrics): CrashShipperMetrics {
  const waiting = metrics.gauge({
    name: 'dogwatch_crash_history_waiting',
    help: 'Crashes in memory that the crash history does not have yet.',
  })
  const ended = metrics.counter({
    name: 'dogwatch_crash_history_records_total',
    help: 'Crashes that were given to the crash history, by what became of them.',
    labels: { result: ['shipped', 'refused', 'lost'] },
  })
  const degraded = metrics.gauge({
    name: 'dogwatch_crash_history_degraded',
    help: '1 while the crash history cannot be written.',
  })
  return {
    waiting: (records) => waiting.set({}, records),
    ended: (result, records) => ended.add({ result }, records),
    degraded: (isDegraded) => degraded.set({}, isDegraded ? 1 : 0),
  }
}
