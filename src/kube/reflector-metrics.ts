import type { Counter, Gauge, Labels, Metrics } from '../base/metrics.ts'
import { causes } from './reflector-moves.ts'

/** Each carries `resource`, the selection that is watched; configuration sets how many there are. */
export interface ReflectorMetrics {
  readonly objects: Gauge
  readonly syncs: Counter
  readonly endings: Counter
  readonly events: Counter
  readonly bytes: Counter
  readonly consumerErrors: Counter
  start(open: Labels): void
  forget(open: Labels): void
}

export function createReflectorMetrics(metrics: Metrics): ReflectorMetrics {
  const objects = metrics.gauge({
    name: 'dogwatch_watch_objects',
    help: 'Objects known from the API server.',
    labels: { resource: 'open' },
  })
  const syncs = metrics.counter({
    name: 'dogwatch_watch_syncs_total',
    help: 'Complete states taken over from the API server, the first included.',
    labels: { resource: 'open' },
  })
  const endings = metrics.counter({
    name: 'dogwatch_watch_endings_total',
    help: 'Watches and lists that ended, by cause.',
    labels: { resource: 'open', cause: causes },
  })
  const events = metrics.counter({
    name: 'dogwatch_watch_events_total',
    help: 'Events of live watches; `repeat` were known already.',
    labels: { resource: 'open', type: ['ADDED', 'MODIFIED', 'DELETED', 'repeat'] },
  })
  const bytes = metrics.counter({
    name: 'dogwatch_watch_received_bytes_total',
    help: 'Bytes received in watches, after decompression.',
    labels: { resource: 'open' },
  })
  const consumerErrors = metrics.counter({
    name: 'dogwatch_watch_consumer_errors_total',
    help: 'Errors thrown by consumers of the watch cache: a defect of Dogwatch.',
    labels: { consumer: 'open' },
  })
  const series = [objects, syncs, endings, events, bytes]
  return {
    ...{ objects, syncs, endings, events, bytes, consumerErrors },
    start: (open) => {
      for (const metric of series) metric.start(open)
    },
    forget: (open) => {
      for (const metric of series) metric.forget(open)
    },
  }
}
