/** What dashboards ask of Elasticsearch, as the programs that show them would ask it. */

type Json = Record<string, unknown>

export interface Question {
  /** For people: the dashboard's panel. */
  readonly panel: string
  /** Every field that it names. */
  readonly fields: readonly string[]
  readonly body: Json
}

export interface KibanaObject {
  readonly type: string
  readonly id: string
  readonly attributes: Record<string, string> & Json
  readonly references: readonly { readonly name: string; readonly type: string; readonly id: string }[]
}

interface KibanaAggregation {
  readonly id: string
  readonly type: string
  readonly schema: string
  readonly params: Json & { readonly field?: string }
}

export function kibanaObjects(text: string): readonly KibanaObject[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as KibanaObject)
}

export function kibanaQuestions(objects: readonly KibanaObject[]): readonly Question[] {
  return objects.flatMap((object) => {
    if (object.type === 'visualization') return visualizationQuestion(object)
    if (object.type === 'search') return [searchQuestion(object)]
    return object.type === 'dashboard' ? controlQuestions(object) : []
  })
}

function visualizationQuestion({ attributes }: KibanaObject): Question[] {
  const { aggs, title } = JSON.parse(attributes.visState ?? '') as { aggs: KibanaAggregation[]; title: string }
  if (aggs.length === 0) return []
  const metrics = aggs.filter(({ schema }) => schema === 'metric')
  const buckets = aggs.filter(({ schema }) => schema !== 'metric')
  const inner = Object.fromEntries(
    metrics
      .filter(({ type }) => type !== 'count')
      .map(({ id, type, params }) => [id, { [type]: { field: params.field } }]),
  )
  const isCounted = (id: unknown) => metrics.some((metric) => metric.id === id && metric.type === 'count')
  const asked = buckets.reduceRight<Json>((below, { id, type, params }) => {
    const { field, size, orderBy, order } = params
    const order1 = { [isCounted(orderBy) ? '_count' : `${orderBy}`]: order }
    const own = type === 'terms' ? { terms: { field, size, order: order1 } } : dates(type, field)
    return { ...inner, [`bucket${id}`]: { ...own, aggs: below } }
  }, inner)
  return [{ panel: title, fields: aggs.flatMap(({ params }) => params.field ?? []), body: { size: 0, aggs: asked } }]
}

function dates(type: string, field: string | undefined): Json {
  if (type !== 'date_histogram') throw new Error(`nothing is known of ${type}`)
  return { date_histogram: { field, fixed_interval: '3h', min_doc_count: 1 } }
}

function searchQuestion({ attributes }: KibanaObject): Question {
  const { title, columns, sort } = attributes as unknown as { title: string; columns: string[]; sort: string[][] }
  const fields = [...columns, ...sort.map(([field = '']) => field)]
  return { panel: title, fields, body: { size: 50, sort: sort.map(([field = '', order]) => ({ [field]: order })) } }
}

function controlQuestions({ attributes }: KibanaObject): Question[] {
  const { panelsJSON } = attributes.controlGroupInput as unknown as { panelsJSON: string }
  const panels = JSON.parse(panelsJSON) as Record<string, { explicitInput: { fieldName: string } }>
  return Object.values(panels).map(({ explicitInput: { fieldName } }) =>
    termsQuestion(`control ${fieldName}`, fieldName),
  )
}

function termsQuestion(panel: string, field: string): Question {
  return { panel, fields: [field], body: { size: 0, aggs: { bucket: { terms: { field, size: 100 } } } } }
}

interface GrafanaTarget {
  readonly query: string
  readonly timeField: string
  readonly metrics: readonly { readonly id: string; readonly type: string; readonly field?: string }[]
  readonly bucketAggs: readonly {
    readonly id: string
    readonly type: string
    readonly field: string
    readonly settings: Json
  }[]
}

interface GrafanaObject {
  readonly panels: readonly { readonly title: string; readonly targets: readonly GrafanaTarget[] }[]
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string; readonly allValue: string }[]
  }
}

/** `chosen`: values of variables; of the others everything is chosen, as when the dashboard is opened. */
export function grafanaQuestions(text: string, chosen: Readonly<Record<string, string>> = {}): readonly Question[] {
  const { panels, templating } = JSON.parse(text) as GrafanaObject
  const chosenOf = (name: string) => {
    const variable = templating.list.find((candidate) => candidate.name === name)
    if (variable === undefined) throw new Error(`there is no variable ${name}`)
    return chosen[name] === undefined ? variable.allValue : `"${chosen[name]}"`
  }
  const ofVariables = templating.list.map(({ name, query }) => {
    return termsQuestion(`variable ${name}`, (JSON.parse(query) as { field: string }).field)
  })
  const ofPanels = panels.flatMap(({ title, targets }) => {
    return targets.map((target) => {
      const query = target.query.replaceAll(/\$(\w+)/g, (_, name: string) => chosenOf(name))
      return grafanaQuestion(title, target, query)
    })
  })
  return [...ofVariables, ...ofPanels]
}

function grafanaQuestion(
  panel: string,
  { query, timeField, metrics, bucketAggs }: GrafanaTarget,
  lucene: string,
): Question {
  const filter = [{ query_string: { query: lucene, analyze_wildcard: true } }, { exists: { field: timeField } }]
  const inQuery = [...query.matchAll(/(\w+):\$/g), ...lucene.matchAll(/_exists_:(\w+)/g)].map(([, field = '']) => field)
  const numbers = metrics.filter(({ field }) => field !== undefined)
  const inner = Object.fromEntries(numbers.map(({ id, type, field }) => [id, { [type]: { field } }]))
  const asked = bucketAggs.reduceRight<Json>((below, { id, type, field, settings }) => {
    const { size, order, orderBy } = settings
    const own = type === 'terms' ? { terms: { field, size, order: { [`${orderBy}`]: order } } } : dates(type, field)
    return { ...inner, [`bucket${id}`]: { ...own, aggs: below } }
  }, inner)
  const named = [...metrics, ...bucketAggs].flatMap(({ field }) => field ?? [])
  const body = bucketAggs.length === 0 ? { size: 200, sort: [{ [timeField]: 'desc' }] } : { size: 0, aggs: asked }
  return { panel, fields: [timeField, ...inQuery, ...named], body: { ...body, query: { bool: { filter } } } }
}
