/** docs/operations.md says of options and metrics what the code says. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { operatorOptions } from '../../src/app/options.ts'
import { createProcessMetrics } from '../../src/app/process-metrics.ts'
import { createWorkMetrics } from '../../src/app/work-metrics.ts'
import type { MetricDefinition, Metrics } from '../../src/base/metrics.ts'
import { createPrometheusMetrics } from '../../src/base/prometheus.ts'
import { createReflectorMetrics } from '../../src/kube/reflector-metrics.ts'
import { expectDocumentBlock, markdownTable } from '../support/document-block.ts'

const page = 'docs/operations.md'
const source = join(import.meta.dirname, '../../src')

function code(text: string): string {
  return `\`${text}\``
}

/** Every metric that the operator registers, as it was defined. */
function definedMetrics(): MetricDefinition[] {
  const registry = new Registry()
  const metrics = createPrometheusMetrics(registry)
  const defined: MetricDefinition[] = []
  const noting = <D extends MetricDefinition, M>(create: (definition: D) => M) => {
    return (definition: D): M => {
      defined.push(definition)
      return create(definition)
    }
  }
  const noted: Metrics = {
    counter: noting(metrics.counter),
    gauge: noting(metrics.gauge),
    histogram: noting(metrics.histogram),
  }
  createProcessMetrics(registry, '0')
  createWorkMetrics(noted)
  createReflectorMetrics(noted)
  return defined
}

const buildInfo = { name: 'dogwatch_build_info', help: 'Always 1; the labels say what runs.', labels: 'version, node' }

function labelsText(labels: MetricDefinition['labels'] = {}): string {
  return Object.entries(labels)
    .map(([name, values]) => (values === 'open' || name === 'controller' ? name : `${name}: ${values.join(' ')}`))
    .join('; ')
}

describe('docs/operations.md', () => {
  it('has every option with its variable and default', () => {
    const rows = Object.values(operatorOptions).map(({ flags, env, fallback, description }) => {
      const variables = env.map(code).join(', ')
      return [
        flags === undefined ? '' : code(flags),
        variables,
        fallback === undefined ? '' : code(fallback),
        description,
      ]
    })
    expectDocumentBlock(page, 'options', markdownTable(['Flag', 'Variable', 'Default', 'What it says'], rows))
  })

  it('has every metric with its labels', () => {
    const rows = definedMetrics().map(({ name, help, labels }) => [code(name), labelsText(labels), help])
    rows.push([code(buildInfo.name), buildInfo.labels, buildInfo.help])
    rows.sort(([a = ''], [b = '']) => a.localeCompare(b))
    expectDocumentBlock(page, 'metrics', markdownTable(['Metric', 'Labels', 'What it says'], rows))
  })

  it('has every metric of the source', () => {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
    const named = files.flatMap((path) => {
      const text = readFileSync(join(source, path), 'utf8')
      return [...text.matchAll(/name: '(dogwatch_\w+)'/g)].map(([, name = '']) => name)
    })
    const documented = [...definedMetrics().map(({ name }) => name), buildInfo.name]
    expect(named.sort()).to.deep.equal(documented.sort())
  })
})
