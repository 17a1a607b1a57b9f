import { allKinds } from '../api/kinds.ts'
import type { Metrics } from '../base/metrics.ts'
import { type Outcome, outcomes } from '../controller/result.ts'
import { createPipelineMetrics, type PipelineMetrics } from '../notify/pipeline-metrics.ts'
import { type CrashShipperMetrics, createCrashShipperMetrics } from '../store/crash-shipper-metrics.ts'
import { type CapacityMetrics, createCapacityMetrics } from '../watchers/capacity/capacity-metrics.ts'
import { type CrashMetrics, createCrashMetrics } from '../watchers/crash/crash-metrics.ts'

/** What the operator counts of its own work. */
export interface WorkMetrics {
  readonly reconciled: (controller: string, outcome: Outcome, durationMs: number) => void
  readonly pipeline: PipelineMetrics
  readonly capacity: CapacityMetrics
  readonly crashes: CrashMetrics
  readonly crashHistory: CrashShipperMetrics
}

export function createWorkMetrics(metrics: Metrics): WorkMetrics {
  const controller = allKinds.map(({ plural, group }) => `${plural}.${group}`)
  const reconciles = metrics.counter({
    name: 'dogwatch_reconcile_total',
    help: 'Reconciles, by kind and how they ended.',
    labels: { controller, outcome: outcomes },
  })
  const durations = metrics.histogram({
    name: 'dogwatch_reconcile_duration_seconds',
    help: 'How long a reconcile took.',
    labels: { controller },
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
  })
  return {
    reconciled: (name, outcome, durationMs) => {
      reconciles.add({ controller: name, outcome })
      durations.observe({ controller: name }, durationMs / 1_000)
    },
    pipeline: createPipelineMetrics(metrics),
    capacity: createCapacityMetrics(metrics),
    crashes: createCrashMetrics(metrics),
    crashHistory: createCrashShipperMetrics(metrics),
  }
}
