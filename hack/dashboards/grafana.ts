/** What Grafana's dashboards share: their frame, and panels one below the other. */

export type Json = Readonly<Record<string, unknown>>

export interface GrafanaPanel {
  readonly title: string
  readonly type: 'stat' | 'timeseries' | 'piechart' | 'barchart' | 'table' | 'logs'
  /** Of 24 columns. */
  readonly width: number
  readonly height: number
  readonly description?: string
  readonly targets: readonly Json[]
  readonly options?: Json
  readonly fieldConfig?: Json
}

export interface GrafanaDashboard {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly from: string
  /** Asked for when the dashboard is imported. */
  readonly datasource: { readonly type: 'elasticsearch' | 'prometheus'; readonly name: string }
  readonly variables: readonly Json[]
  readonly panels: readonly GrafanaPanel[]
}

const columns = 24

/** From left to right, in rows as high as their highest panel. */
function placed(panels: readonly GrafanaPanel[]): Json[] {
  let [x, y, rowHeight] = [0, 0, 0]
  return panels.map(({ width: w, height: h, ...panel }, index) => {
    if (x + w > columns) {
      y += rowHeight
      x = 0
      rowHeight = 0
    }
    const gridPos = { x, y, w, h }
    x += w
    rowHeight = Math.max(rowHeight, h)
    return { id: index + 1, gridPos, ...panel }
  })
}

export function grafanaDashboard(dashboard: GrafanaDashboard): string {
  const { datasource, panels, variables, from, ...head } = dashboard
  const input = { name: 'DATASOURCE', label: datasource.name, type: 'datasource', pluginId: datasource.type }
  const source = { type: datasource.type, uid: `\${${input.name}}` }
  const ofSource = (target: Json, index: number) => ({
    refId: String.fromCharCode(65 + index),
    datasource: source,
    ...target,
  })
  const object = {
    __inputs: [{ ...input, description: '', pluginName: datasource.name }],
    __requires: [
      { type: 'grafana', id: 'grafana', name: 'Grafana', version: '10.0.0' },
      { type: 'datasource', id: datasource.type, name: datasource.name, version: '1.0.0' },
    ],
    ...{ ...head, tags: ['dogwatch'], schemaVersion: 38, version: 1, editable: true, refresh: '1m' },
    time: { from, to: 'now' },
    templating: { list: variables.map((variable) => ({ ...variable, datasource: source })) },
    panels: placed(panels).map((panel) => ({
      ...panel,
      datasource: source,
      targets: (panel.targets as readonly Json[]).map(ofSource),
    })),
  }
  return `${JSON.stringify(object, null, 2)}\n`
}
