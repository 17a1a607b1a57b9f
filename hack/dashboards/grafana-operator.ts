/** Dogwatch itself in Grafana, from its own metrics in Prometheus. */
import { type GrafanaPanel, grafanaDashboard, type Json } from './grafana.ts'

const asks = (expr: string, legendFormat = ''): Json => ({ expr, legendFormat })
const bytes = { defaults: { unit: 'bytes' } }
const perSecond = { defaults: { unit: 'ops' } }
const seconds = { defaults: { unit: 's' } }

const panels: readonly GrafanaPanel[] = [
  {
    ...{ title: 'Firing', type: 'stat', width: 4, height: 8 },
    targets: [asks('sum(dogwatch_capacity_firing)')],
  },
  {
    ...{ title: 'Firing, by policy', type: 'timeseries', width: 10, height: 8 },
    targets: [asks('dogwatch_capacity_firing > 0', '{{namespace}}/{{policy}}')],
  },
  {
    ...{ title: 'Deliveries', type: 'timeseries', width: 10, height: 8, fieldConfig: perSecond },
    description: 'Anything but "sent" for long is worth an alert.',
    targets: [asks('sum by (channel, result) (rate(dogwatch_deliveries_total[5m])) > 0', '{{channel}} {{result}}')],
  },
  {
    ...{ title: 'Log degraded, alerts dropped, consumer errors', type: 'stat', width: 8, height: 6 },
    description: 'Each of them is 0 while all is well.',
    targets: [
      asks('max(dogwatch_notification_log_degraded)', 'log degraded'),
      asks('sum(increase(dogwatch_dropped_alerts_total[1h]))', 'dropped in an hour'),
      asks('sum(increase(dogwatch_watch_consumer_errors_total[1h]))', 'consumer errors in an hour'),
    ],
  },
  {
    ...{ title: 'Numbers that cannot be had', type: 'timeseries', width: 8, height: 6 },
    targets: [asks('dogwatch_capacity_unknown > 0', '{{namespace}}/{{policy}}')],
  },
  {
    ...{ title: 'Objects known', type: 'timeseries', width: 8, height: 6 },
    targets: [asks('dogwatch_watch_objects', '{{resource}}')],
  },
  {
    ...{ title: 'Watch events', type: 'timeseries', width: 8, height: 8, fieldConfig: perSecond },
    targets: [asks('sum by (resource) (rate(dogwatch_watch_events_total[5m]))', '{{resource}}')],
  },
  {
    ...{ title: 'Watches ended', type: 'timeseries', width: 8, height: 8 },
    targets: [asks('sum by (cause) (increase(dogwatch_watch_endings_total[1h])) > 0', '{{cause}}')],
  },
  {
    ...{ title: 'Judging a policy, 99 of 100', type: 'timeseries', width: 8, height: 8, fieldConfig: seconds },
    targets: [
      asks(
        'histogram_quantile(0.99, sum by (le, cause) (rate(dogwatch_capacity_evaluation_duration_seconds_bucket[5m])))',
        '{{cause}}',
      ),
    ],
  },
  {
    ...{ title: 'Memory', type: 'timeseries', width: 12, height: 8, fieldConfig: bytes },
    targets: [asks('process_resident_memory_bytes{job=~"$job"}', '{{instance}}')],
  },
  {
    ...{ title: 'CPU', type: 'timeseries', width: 12, height: 8 },
    targets: [asks('rate(process_cpu_seconds_total{job=~"$job"}[5m])', '{{instance}}')],
  },
]

const find = 'label_values(dogwatch_build_info, job)'

export function grafanaOperator(): string {
  return grafanaDashboard({
    uid: 'dogwatch-operator',
    title: 'Dogwatch: the operator',
    description: 'How Dogwatch itself fares: what fires, what was delivered, what it watches and what it costs.',
    from: 'now-6h',
    datasource: { type: 'prometheus', name: 'Prometheus' },
    variables: [
      {
        ...{ name: 'job', label: 'Job', type: 'query', query: find, definition: find, refresh: 2 },
        ...{ multi: true, includeAll: true, allValue: '.*', current: { text: ['All'], value: ['$__all'] } },
      },
    ],
    panels,
  })
}
