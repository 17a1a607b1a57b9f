import {
  Counter as PrometheusCounter,
  Gauge as PrometheusGauge,
  Histogram as PrometheusHistogram,
  type Registry,
} from 'prom-client'
import type { Labels, MetricDefinition, Metrics, Series } from './metrics.ts'

/** Metrics in a prom-client registry, which whoever serves `/metrics` prints. */
export function createPrometheusMetrics(registry: Registry): Metrics {
  const base = (definition: MetricDefinition) => ({
    name: definition.name,
    help: definition.help,
    labelNames: Object.keys(definition.labels ?? {}),
    registers: [registry],
  })
  return {
    counter(definition) {
      const metric = new PrometheusCounter(base(definition))
      const series = seriesOf(
        definition,
        (labels) => metric.inc(labels, 0),
        (labels) => metric.remove(labels),
      )
      return { ...series, add: (labels = {}, amount = 1) => metric.inc(labels, amount) }
    },
    gauge(definition) {
      const metric = new PrometheusGauge(base(definition))
      const series = seriesOf(
        definition,
        (labels) => metric.set(labels, 0),
        (labels) => metric.remove(labels),
      )
      return { ...series, set: (labels, value) => metric.set(labels, value) }
    },
    histogram(definition) {
      const metric = new PrometheusHistogram({ ...base(definition), buckets: [...definition.buckets] })
      const series = seriesOf(
        definition,
        (labels) => metric.zero(labels),
        (labels) => metric.remove(labels),
      )
      return { ...series, observe: (labels, value) => metric.observe(labels, value) }
    },
  }
}

/** Starts the closed series at once; the open ones when their values are known. */
function seriesOf(
  definition: MetricDefinition,
  start: (labels: Record<string, string>) => void,
  forget: (labels: Record<string, string>) => void,
): Series {
  const labels = definition.labels ?? {}
  const closed = Object.entries(labels).filter((entry): entry is [string, readonly string[]] => entry[1] !== 'open')
  const combinations = combine(closed)
  const isOpen = closed.length < Object.keys(labels).length
  if (!isOpen) for (const combination of combinations) start(combination)
  return {
    start: (open: Labels) => {
      for (const combination of combinations) start({ ...combination, ...open })
    },
    forget: (open: Labels) => {
      for (const combination of combinations) forget({ ...combination, ...open })
    },
  }
}

function combine(labels: readonly (readonly [string, readonly string[]])[]): Record<string, string>[] {
  return labels.reduce<Record<string, string>[]>(
    (combinations, [name, values]) =>
      combinations.flatMap((known) => values.map((value) => ({ ...known, [name]: value }))),
    [{}],
  )
}
