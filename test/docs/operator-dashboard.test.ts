/** The dashboard of Dogwatch itself asks for metrics that there are, by labels that they have. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'

const root = join(import.meta.dirname, '../..')

interface Panel {
  readonly title: string
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[]
}

/** The metrics of docs/operations.md, which is held to the code, and their labels. */
function documentedMetrics(): ReadonlyMap<string, readonly string[]> {
  const page = readFileSync(join(root, 'docs/operations.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `(dogwatch_\w+)` \| ([^|]*)\|/gm)]
  return new Map(rows.map(([, name = '', labels = '']) => [name, labels.match(/\w+(?=:|;|,| *$)/g) ?? []]))
}

describe('config/dashboards/grafana/operator.json', () => {
  const { panels } = JSON.parse(readFileSync(join(root, 'config/dashboards/grafana/operator.json'), 'utf8')) as {
    panels: readonly Panel[]
  }
  const metrics = documentedMetrics()
  /** Of every process, and of what Prometheus adds. */
  const standard = ['process_resident_memory_bytes', 'process_cpu_seconds_total']
  const always = ['le', 'job', 'instance']

  it('names metrics that there are', () => {
    const names = panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(/\b(dogwatch|process)_\w+/g) ?? []),
    )
    expect(names.length).to.be.greaterThan(10)
    const known = [...metrics.keys(), ...standard]
    expect(names.map((name) => name.replace(/_bucket$/, '')).filter((name) => !known.includes(name))).to.deep.equal([])
  })

  it('groups by labels that they have', () => {
    for (const { title, targets } of panels) {
      for (const { expr, legendFormat } of targets) {
        const named = expr.match(/(dogwatch_\w+?)(?=_bucket|\W|$)/)?.[1] ?? ''
        const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(', '))
        const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
        expect([...(metrics.get(named) ?? []), ...always], title).to.include.members([...grouped, ...shown])
      }
    }
  })
})
