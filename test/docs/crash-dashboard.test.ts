/** What whoever comes from kubernetes-pod-monitor looks for in Kibana: the six panels of its dashboard, each with what it asks. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { type KibanaObject, kibanaObjects } from '../support/dashboard-questions.ts'

const file = join(import.meta.dirname, '../../config/dashboards/kibana/crashes.ndjson')
const objects = kibanaObjects(readFileSync(file, 'utf8'))
const dashboard = objects.find(({ type }) => type === 'dashboard')!

interface Placed {
  readonly panelIndex: string
  readonly panelRefName: string
  readonly title?: string
}

interface Asked {
  readonly type: string
  readonly schema: string
  readonly params: { readonly field?: string; readonly size?: number }
}

/** In one line: how it is drawn, and what is asked of which field. */
function drawingOf({ type, attributes }: KibanaObject): string {
  if (type === 'search') {
    const { columns, sort } = attributes as unknown as { columns: string[]; sort: string[][] }
    return `table of ${columns.slice(0, 7).join(', ')}, by ${sort.flat().join(' ')}`
  }
  const state = JSON.parse(attributes.visState ?? '') as { type: string; aggs: Asked[] }
  const asked = state.aggs.map(({ type: kind, schema, params: { field, size } }) =>
    [`${schema}:`, kind, field, size].filter((part) => part !== undefined).join(' '),
  )
  return [state.type, ...asked].join(', ')
}

/** By the title that people see. */
function shownPanels(): Record<string, string> {
  const placed = JSON.parse(dashboard.attributes.panelsJSON ?? '') as Placed[]
  const shown = placed.map(({ panelIndex, panelRefName, title = '' }) => {
    const reference = dashboard.references.find(({ name }) => name === `${panelIndex}:${panelRefName}`)
    const object = objects.find(({ type, id }) => type === reference?.type && id === reference.id)
    return [title, object === undefined ? 'nothing' : drawingOf(object)] as const
  })
  return Object.fromEntries(shown)
}

describe('the dashboard of crashes in Kibana', () => {
  it('has the controls of kubernetes-pod-monitor', () => {
    const { panelsJSON } = dashboard.attributes.controlGroupInput as unknown as { panelsJSON: string }
    const controls = Object.values(JSON.parse(panelsJSON) as Record<string, { explicitInput: Record<string, string> }>)
    expect(controls.map(({ explicitInput: { fieldName, title } }) => `${title}: ${fieldName}`)).to.include.members([
      ...['Namespace: namespace', 'Container name: container_name', 'Cluster name: cluster_name'],
    ])
  })

  it('has the other five of its panels, under these titles, asking the same', () => {
    const table = 'namespace, container_name, pod_name, restart_count, logs, termination_state, cluster_name'
    expect(shownPanels()).to.include({
      Crashes: 'metric, metric: count',
      'Crash log': `table of ${table}, by created_at desc`,
      'Crashes over time': 'area, metric: count, segment: date_histogram created_at',
      'Crashes by namespace': 'pie, metric: count, segment: terms namespace 100',
      'Crashes over time, by namespace':
        'line, metric: count, segment: date_histogram created_at, group: terms namespace 20',
    })
  })

  it('asks its questions of the days that Dogwatch writes', () => {
    const pattern = objects.find(({ type }) => type === 'index-pattern')
    expect(pattern?.attributes).to.include({ title: 'k8s-crash-monitor-*', timeFieldName: 'created_at' })
    const asked = objects.flatMap(({ references }) => references.filter(({ type }) => type === 'index-pattern'))
    expect(new Set(asked.map(({ id }) => id))).to.deep.equal(new Set([pattern?.id]))
  })
})
