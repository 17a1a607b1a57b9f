/** The crash history in Grafana, from Elasticsearch. */
import { type GrafanaPanel, grafanaDashboard, type Json } from './grafana.ts'

const timeField = 'created_at'

/** Written for Lucene's query language. A crash may have no cluster's name: it is shown as long as nobody chose one. */
const query = 'namespace:$namespace AND reason:$reason AND workload:$workload AND (cluster_name:$cluster)'

const all = { text: ['All'], value: ['$__all'] }

function variable(name: string, field: string, label: string, allValue: string): Json {
  const find = JSON.stringify({ find: 'terms', field, size: 1000 })
  const choice = { type: 'query', multi: true, includeAll: true, allValue, current: all, refresh: 2, sort: 1 }
  return { name, label, query: find, definition: find, ...choice }
}

type Metric = readonly [type: 'sum' | 'max', field: string]
const crashes: Metric = ['sum', 'crashes']

function metricsOf(metrics: readonly Metric[]): Json[] {
  return metrics.map(([type, field], index) => ({ id: `${index + 1}`, type, field }))
}

const overTime = (id: string): Json => {
  return { id, type: 'date_histogram', field: timeField, settings: { interval: 'auto', min_doc_count: '0' } }
}

/** The groups with the most crashes. */
function by(field: string, size: number, id = '9'): Json {
  const settings = { size: `${size}`, order: 'desc', orderBy: '1', min_doc_count: '1' }
  return { id, type: 'terms', field, settings }
}

const asks = (bucketAggs: readonly Json[], ...metrics: readonly Metric[]): Json => {
  return { query, timeField, metrics: metricsOf(metrics), bucketAggs }
}

const stacked = { defaults: { custom: { drawStyle: 'bars', fillOpacity: 60, stacking: { mode: 'normal' } } } }
const sumOfAll = { reduceOptions: { calcs: ['sum'], fields: '', values: false } }
const eachValue = { reduceOptions: { calcs: [], fields: '', values: true } }

const panels: readonly GrafanaPanel[] = [
  {
    ...{ title: 'Crashes', type: 'stat', width: 4, height: 8, options: sumOfAll },
    targets: [asks([overTime('8')], crashes)],
  },
  {
    ...{ title: 'Why, over time', type: 'timeseries', width: 12, height: 8, fieldConfig: stacked },
    targets: [asks([by('reason', 20), overTime('8')], crashes)],
  },
  {
    ...{ title: 'By namespace', type: 'piechart', width: 8, height: 8, options: eachValue },
    targets: [asks([by('namespace', 100)], crashes)],
  },
  {
    ...{ title: 'What crashes most', type: 'table', width: 16, height: 10 },
    targets: [asks([by('workload', 50)], crashes, ['max', 'restart_count'], ['max', timeField])],
  },
  {
    ...{ title: 'Exit codes', type: 'piechart', width: 8, height: 10, options: eachValue },
    targets: [asks([by('exit_code', 20)], crashes)],
  },
  {
    ...{ title: 'By namespace, over time', type: 'timeseries', width: 12, height: 8 },
    targets: [asks([by('namespace', 20), overTime('8')], crashes)],
  },
  { ...{ title: 'By node', type: 'table', width: 6, height: 8 }, targets: [asks([by('node', 20)], crashes)] },
  { ...{ title: 'By image', type: 'table', width: 6, height: 8 }, targets: [asks([by('image', 20)], crashes)] },
  {
    ...{ title: 'Crash log', type: 'logs', width: 24, height: 16 },
    description: 'Needs "logs" as the message field in the data source\'s settings.',
    options: { showTime: true, wrapLogMessage: true, enableLogDetails: true, sortOrder: 'Descending' },
    targets: [{ query, timeField, metrics: [{ id: '1', type: 'logs', settings: { limit: '200' } }], bucketAggs: [] }],
  },
]

export function grafanaCrashes(): string {
  return grafanaDashboard({
    uid: 'dogwatch-crashes',
    title: 'Dogwatch: cluster crashes',
    description: 'Who crashed, why, since when, with the log. From the crash history in Elasticsearch.',
    from: 'now-7d',
    datasource: { type: 'elasticsearch', name: 'Elasticsearch' },
    variables: [
      variable('cluster', 'cluster_name', 'Cluster', '* OR (*:* AND NOT _exists_:cluster_name)'),
      variable('namespace', 'namespace', 'Namespace', '*'),
      variable('reason', 'reason', 'Reason', '*'),
      variable('workload', 'workload', 'Workload', '*'),
    ],
    panels,
  })
}
