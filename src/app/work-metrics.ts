import { allKinds } from '../api/kinds.ts'
import type { Metrics } from '../base/metrics.ts'
import { type Outcome, outcomes } from '../controller/result.ts'
import { type DeliveryFailure, deliveryFailures } from '../notify/notifier.ts'
import { type CapacityMetrics, createCapacityMetrics } from '../watchers/capacity/capacity-metrics.ts'

/** What the operator counts of its own work. */
export interface WorkMetrics {
  readonly reconciled: (controller: string, outcome: Outcome, durationMs: number) => void
  readonly delivered: (result: 'sent' | DeliveryFailure) => void
  readonly capacity: CapacityMetrics
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
  const deliveries = metrics.counter({
    name: 'dogwatch_deliveries_total',
    help: 'Messages to receivers, by what became of them after the last try.',
    labels: { result: ['sent', ...deliveryFailures] },
  })
  return {
    reconciled: (name, outcome, durationMs) => {
      reconciles.add({ controller: name, outcome })
      durations.observe({ controller: name }, durationMs / 1_000)
    },
    delivered: (result) => deliveries.add({ result }),
    capacity: createCapacityMetrics(metrics),
  }
}
