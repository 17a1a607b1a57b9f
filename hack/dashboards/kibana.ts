/**
 * Kibana's "Cluster crashes" as saved objects, in the form that Kibana 8.0 exports, so that every 8.x takes it. The first six
 * panels are those of kubernetes-pod-monitor's dashboard, in their places; the rest is below them.
 */

type Json = Readonly<Record<string, unknown>>

interface SavedObject {
  readonly type: 'index-pattern' | 'visualization' | 'search' | 'dashboard'
  readonly id: string
  readonly attributes: Json
  readonly references: readonly Reference[]
}

interface Reference {
  readonly name: string
  readonly type: string
  readonly id: string
}

/** As Kibana numbers and names what is asked of Elasticsearch. */
interface Aggregation {
  readonly type: string
  readonly schema: string
  readonly params: Json
}

interface Panel {
  readonly id: string
  readonly title: string
  readonly place: readonly [x: number, y: number, w: number, h: number]
  readonly type: 'metric' | 'area' | 'line' | 'histogram' | 'pie' | 'table' | 'horizontal_bar'
  readonly aggregations: readonly Aggregation[]
  readonly params?: Json
}

const version = '8.0.0'
const dataView = 'dogwatch-crashes'
const searchId = 'dogwatch-crash-log'
const dashboardId = 'dogwatch-cluster-crashes'
const columns = 48

const count: Aggregation = { type: 'count', schema: 'metric', params: {} }
const crashes: Aggregation = { type: 'sum', schema: 'metric', params: { field: 'crashes', customLabel: 'Crashes' } }
const last: Aggregation = { type: 'max', schema: 'metric', params: { field: 'created_at', customLabel: 'Last' } }
const restarts: Aggregation = {
  type: 'max',
  schema: 'metric',
  params: { field: 'restart_count', customLabel: 'Most restarts' },
}
const overTime: Aggregation = {
  type: 'date_histogram',
  schema: 'segment',
  params: {
    field: 'created_at',
    interval: 'auto',
    useNormalizedEsInterval: true,
    drop_partials: false,
    min_doc_count: 1,
  },
}

/** The largest groups by the first number of the panel. */
function by(field: string, size: number, schema: 'segment' | 'group' | 'bucket', customLabel: string): Aggregation {
  const params = { field, size, orderBy: '1', order: 'desc', otherBucket: false, missingBucket: false, customLabel }
  return { type: 'terms', schema, params }
}

const pie = { type: 'pie', isDonut: true, addTooltip: true, legendDisplay: 'show', legendPosition: 'right' }
const table = {
  perPage: 20,
  showPartialRows: false,
  showMetricsAtAllLevels: false,
  showToolbar: true,
  totalFunc: 'sum',
}

/** What Kibana needs to draw lines, areas and bars. */
function chart(type: string, mode: 'normal' | 'stacked'): Json {
  const axis = { show: true, style: {}, labels: { show: true, truncate: 100 }, title: {} }
  return {
    type,
    addTooltip: true,
    addLegend: true,
    legendPosition: 'right',
    categoryAxes: [{ ...axis, id: 'CategoryAxis-1', type: 'category', position: 'bottom', scale: { type: 'linear' } }],
    valueAxes: [
      {
        ...axis,
        id: 'ValueAxis-1',
        name: 'LeftAxis-1',
        type: 'value',
        position: 'left',
        scale: { type: 'linear', mode: 'normal' },
      },
    ],
    seriesParams: [
      {
        ...{
          show: true,
          type: type === 'horizontal_bar' ? 'histogram' : type,
          mode,
          data: { id: '1', label: 'Count' },
        },
        ...{ valueAxis: 'ValueAxis-1', drawLinesBetweenPoints: true, showCircles: true, lineWidth: 2 },
      },
    ],
  }
}

const panels: readonly Panel[] = [
  { id: 'total', title: 'Crashes', place: [29, 0, 19, 8], type: 'metric', aggregations: [count] },
  {
    ...{ id: 'over-time', title: 'Crashes over time', place: [0, 25, 24, 20], type: 'area' },
    aggregations: [count, overTime],
    params: chart('area', 'stacked'),
  },
  {
    ...{ id: 'by-namespace', title: 'Crashes by namespace', place: [24, 25, 24, 20], type: 'pie', params: pie },
    aggregations: [count, by('namespace', 100, 'segment', 'Namespace')],
  },
  {
    ...{ id: 'namespaces-over-time', title: 'Crashes over time, by namespace', place: [0, 45, 24, 15], type: 'line' },
    aggregations: [count, overTime, by('namespace', 20, 'group', 'Namespace')],
    params: chart('line', 'normal'),
  },
  {
    ...{ id: 'reasons-over-time', title: 'Why, over time', place: [24, 45, 24, 15], type: 'histogram' },
    aggregations: [crashes, overTime, by('reason', 20, 'group', 'Reason')],
    params: chart('histogram', 'stacked'),
  },
  {
    ...{ id: 'top-workloads', title: 'What crashes most', place: [0, 60, 30, 18], type: 'table', params: table },
    aggregations: [
      crashes,
      restarts,
      last,
      by('workload', 50, 'bucket', 'Workload'),
      by('reason', 5, 'bucket', 'Reason'),
    ],
  },
  {
    ...{ id: 'by-exit-code', title: 'Exit codes', place: [30, 60, 18, 18], type: 'pie', params: pie },
    aggregations: [crashes, by('exit_code', 20, 'segment', 'Exit code')],
  },
  {
    ...{ id: 'by-node', title: 'Crashes by node', place: [0, 78, 24, 16], type: 'horizontal_bar' },
    aggregations: [crashes, by('node', 20, 'segment', 'Node')],
    params: chart('horizontal_bar', 'normal'),
  },
  {
    ...{ id: 'top-images', title: 'Images that crash most', place: [24, 78, 24, 16], type: 'table', params: table },
    aggregations: [crashes, last, by('image', 50, 'bucket', 'Image')],
  },
]

const logColumns = [
  ...['namespace', 'container_name', 'pod_name', 'restart_count', 'logs', 'termination_state', 'cluster_name'],
  ...['reason', 'exit_code', 'workload', 'node'],
]

const controls: readonly (readonly [field: string, title: string])[] = [
  ['namespace', 'Namespace'],
  ['container_name', 'Container name'],
  ['cluster_name', 'Cluster name'],
  ['reason', 'Reason'],
  ['workload', 'Workload'],
]

const sourceIndex = 'kibanaSavedObjectMeta.searchSourceJSON.index'
const noQuery = { query: { query: '', language: 'kuery' }, filter: [] }
const toDataView = (name: string): Reference => ({ name, type: 'index-pattern', id: dataView })

function visualization({ id, title, type, aggregations, params = {} }: Panel): SavedObject {
  const aggs = aggregations.map((aggregation, index) => ({ id: `${index + 1}`, enabled: true, ...aggregation }))
  return {
    type: 'visualization',
    id: `dogwatch-crashes-${id}`,
    attributes: {
      title: `Dogwatch: ${title}`,
      description: '',
      uiStateJSON: '{}',
      version: 1,
      visState: JSON.stringify({ title, type, aggs, params }),
      kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify({ ...noQuery, indexRefName: sourceIndex }) },
    },
    references: [toDataView(sourceIndex)],
  }
}

const logTable: SavedObject = {
  type: 'search',
  id: searchId,
  attributes: {
    ...{ title: 'Dogwatch: crash log', description: 'Newest first', hits: 0, version: 1 },
    ...{ columns: logColumns, sort: [['created_at', 'desc']] },
    kibanaSavedObjectMeta: {
      searchSourceJSON: JSON.stringify({ ...noQuery, highlightAll: true, version: true, indexRefName: sourceIndex }),
    },
  },
  references: [toDataView(sourceIndex)],
}

function controlGroup(): Json {
  const entries = controls.map(([fieldName, title], order) => {
    const explicitInput = { id: fieldName, fieldName, title, enhancements: {} }
    return [fieldName, { order, width: 'medium', grow: true, type: 'optionsListControl', explicitInput }]
  })
  return {
    chainingSystem: 'HIERARCHICAL',
    controlStyle: 'oneLine',
    ignoreParentSettingsJSON: JSON.stringify({
      ...{ ignoreFilters: false, ignoreQuery: false, ignoreTimerange: false, ignoreValidations: false },
    }),
    panelsJSON: JSON.stringify(Object.fromEntries(entries)),
  }
}

/** The controls stand above all panels in Kibana 8.3 and newer; their old place is left to what the dashboard is. */
const intro: Panel['place'] = [0, 0, 29, 8]
const logPlace: Panel['place'] = [0, 8, columns, 17]

const introText = `### Cluster crashes
Each line is one container that ended, or one trouble of a pod. \`reason\` is proven, not guessed; \`crashes\` counts those that came and went between two looks, too.
Search in \`logs\`: \`logs : "connection refused"\`. One crash with all that is known: \`dogwatch crashes show ID\`.`

const introduction: SavedObject = {
  type: 'visualization',
  id: 'dogwatch-crashes-introduction',
  attributes: {
    ...{ title: 'Dogwatch: about crashes', description: '', uiStateJSON: '{}', version: 1 },
    visState: JSON.stringify({ title: '', type: 'markdown', aggs: [], params: { fontSize: 12, markdown: introText } }),
    kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify(noQuery) },
  },
  references: [],
}

function dashboard(): SavedObject {
  const shown = [
    { object: introduction, place: intro },
    { object: logTable, place: logPlace, title: 'Crash log' },
    ...panels.map((panel) => ({ object: visualization(panel), place: panel.place, title: panel.title })),
  ]
  const placed = shown.map(({ place: [x, y, w, h], object: { type }, title }, index) => ({
    ...{ version, type, panelIndex: `${index}`, panelRefName: `panel_${index}` },
    ...{ gridData: { x, y, w, h, i: `${index}` }, embeddableConfig: { enhancements: {} }, ...(title ? { title } : {}) },
  }))
  return {
    type: 'dashboard',
    id: dashboardId,
    attributes: {
      ...{ title: 'Dogwatch: cluster crashes', description: 'Who crashed, why, since when, with the log', version: 1 },
      ...{ timeRestore: true, timeFrom: 'now-7d', timeTo: 'now', hits: 0 },
      optionsJSON: JSON.stringify({ useMargins: true, syncColors: true, hidePanelTitles: false }),
      panelsJSON: JSON.stringify(placed),
      controlGroupInput: controlGroup(),
      kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify(noQuery) },
    },
    references: [
      ...shown.map(({ object }, index) => ({ name: `${index}:panel_${index}`, type: object.type, id: object.id })),
      ...controls.map(([field]) => toDataView(`controlGroup_${field}:optionsListDataView`)),
    ],
  }
}

/** One object a line, each after those that it refers to. `indexPrefix`: of the daily indices. */
export function kibanaDashboard(indexPrefix: string): string {
  const pattern: SavedObject = {
    type: 'index-pattern',
    id: dataView,
    attributes: { title: `${indexPrefix}*`, timeFieldName: 'created_at', fields: '[]' },
    references: [],
  }
  const objects = [pattern, introduction, logTable, ...panels.map(visualization), dashboard()]
  return objects
    .map((object) => ({ ...object, coreMigrationVersion: version, migrationVersion: { [object.type]: version } }))
    .map((object) => `${JSON.stringify(object)}\n`)
    .join('')
}
