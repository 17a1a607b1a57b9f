import type { Metrics } from '../../base/metrics.ts'
import type { PolicyReference } from '../../model/alert.ts'
import type { Finding } from './finding.ts'

/** What the capacity watcher counts of its own work. */
export interface CapacityMetrics {
  readonly evaluated: (cause: 'policy' | 'interval', seconds: number) => void
  readonly found: (finding: Finding) => void
  readonly report: (policy: PolicyReference, numbers: { firing: number; unknown: number }) => void
  readonly forget: (policy: PolicyReference) => void
}

const events = ['raise', 'recover', 'close'] as const

export function createCapacityMetrics(metrics: Metrics): CapacityMetrics {
  const findings = metrics.counter({
    name: 'dogwatch_capacity_findings_total',
    help: 'What was found to tell, by what it was.',
    labels: { event: events },
  })
  const durations = metrics.histogram({
    name: 'dogwatch_capacity_evaluation_duration_seconds',
    help: 'How long it took to judge everything of one policy: because the policy changed, or its interval had passed.',
    labels: { cause: ['policy', 'interval'] },
    buckets: [0.0001, 0.001, 0.01, 0.1, 1, 10],
  })
  const labels = { namespace: 'open', policy: 'open' } as const
  const firing = metrics.gauge({ name: 'dogwatch_capacity_firing', help: 'Open alerts of a policy.', labels })
  const unknown = metrics.gauge({
    name: 'dogwatch_capacity_unknown',
    help: 'Numbers of a policy that cannot be had.',
    labels,
  })
  return {
    evaluated: (cause, seconds) => durations.observe({ cause }, seconds),
    found: ({ event }) => findings.add({ event }),
    report: ({ namespace, name }, numbers) => {
      firing.set({ namespace, policy: name }, numbers.firing)
      unknown.set({ namespace, policy: name }, numbers.unknown)
    },
    forget: ({ namespace, name }) => {
      for (const gauge of [firing, unknown]) gauge.forget({ namespace, policy: name })
    },
  }
}
