/** Every panel of the dashboards in config/dashboards, asked of a real Elasticsearch that has crashes as Dogwatch writes them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Elasticsearch, missingForElasticsearch, startElasticsearch } from '../../hack/testbed/elasticsearch.ts'
import { systemClock } from '../../src/base/clock.ts'
import { crashReasonNames } from '../../src/model/crash.ts'
import { defaultIndexPrefix } from '../../src/store/elasticsearch/connection-settings.ts'
import { ElasticsearchHistory } from '../../src/store/elasticsearch/elasticsearch-history.ts'
import { aFullCrash, firstCrashMs, logOf, numberedCrash } from '../support/crash-records.ts'
import {
  grafanaQuestions,
  type KibanaObject,
  kibanaObjects,
  kibanaQuestions,
  type Question,
} from '../support/dashboard-questions.ts'
import { skipUnless } from '../support/skip.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, 'config/dashboards', path), 'utf8')
const kibana = kibanaObjects(read('kibana/crashes.ndjson'))
const grafana = read('grafana/crashes.json')

const hourMs = 60 * 60_000

/** Two days of what happens in a cluster. */
const crashes = [
  aFullCrash(),
  ...Array.from({ length: 60 }, (_, n) =>
    numberedCrash(n, {
      atMs: firstCrashMs + n * hourMs,
      ...{ namespace: ['shop', 'bank'][n % 2]!, cluster: n % 3 === 0 ? undefined : 'blue', node: `node-${n % 4}` },
      ...{ workload: { kind: 'Deployment', namespace: 'shop', name: `w${n % 5}` }, exitCode: [1, 137, 139][n % 3]! },
      ...{ reason: crashReasonNames[n % crashReasonNames.length]!, crashes: 1 + (n % 2), log: logOf(`line of ${n}`) },
    }),
  ),
]

interface Answer {
  readonly hits: { readonly hits: readonly { readonly _source: Record<string, unknown> }[] }
  readonly aggregations?: Record<string, Answered>
}

interface Answered {
  readonly value?: number | null
  readonly buckets?: readonly Record<string, Answered>[]
}

/** Whether each group has a group in it, down to the last, and each number is one. */
function isFilled(answers: Record<string, Answered>): boolean {
  const asked = Object.entries(answers).filter(([, answer]) => typeof answer === 'object' && answer !== null)
  return asked.every(([, { value, buckets }]) => {
    if (buckets !== undefined) return buckets.length > 0 && buckets.every(isFilled)
    return value === undefined || (value !== null && value > 0)
  })
}

describe('dashboards of crashes', function () {
  this.timeout(180_000)
  let server: Elasticsearch
  let mapped: Record<string, { type: string }> = {}

  before(async function () {
    const missing = missingForElasticsearch()
    skipUnless(this, missing === undefined, missing ?? '')
    server = await startElasticsearch()
    const history = new ElasticsearchHistory({ urls: [server.url], indexPrefix: defaultIndexPrefix }, systemClock)
    expect(await history.write(crashes)).to.deep.equal([])
    expect(await history.find({ limit: 100 })).to.have.length(crashes.length)
    await history.close()
    const mappings = await server.request<Record<string, { mappings: { properties: typeof mapped } }>>(
      ...(['GET', `${defaultIndexPrefix}*/_mapping`] as const),
    )
    mapped = Object.values(mappings)[0]!.mappings.properties
  })
  after(async () => server?.stop())

  const ask = (body: object) => server.request<Answer>('POST', `${defaultIndexPrefix}*/_search`, body)

  async function expectAnswer({ panel, fields, body }: Question): Promise<void> {
    expect(Object.keys(mapped), panel).to.include.members([...fields])
    const { hits, aggregations = {} } = await ask(body)
    if (body.aggs === undefined || Object.keys(body.aggs as object).length === 0) {
      const found = body.size === 0 ? await ask({}) : { hits }
      expect(found.hits.hits, panel).not.to.deep.equal([])
      return
    }
    expect(isFilled(aggregations), `${panel}: ${JSON.stringify(aggregations).slice(0, 500)}`).to.equal(true)
  }

  describe('in Kibana', () => {
    const dashboard = kibana.at(-1) as KibanaObject

    it('find something in every panel and control', async () => {
      const questions = kibanaQuestions(kibana)
      expect(questions.length).to.be.greaterThan(14)
      for (const question of questions) await expectAnswer(question)
    })

    it('show the columns of the log table for each crash, newest first', async () => {
      const { body, fields } = kibanaQuestions(kibana).find(({ panel }) => panel.endsWith('crash log'))!
      const { hits } = await ask(body)
      const times = hits.hits.map(({ _source }) => `${_source.created_at}`)
      expect(times).to.deep.equal([...times].sort().reverse())
      const newest = hits.hits[0]?._source ?? {}
      expect(fields.filter((field) => newest[field] === undefined && field !== 'cluster_name')).to.deep.equal([])
    })

    it('are whole: what one refers to is there, before it', () => {
      const known = new Set<string>()
      for (const { type, id, references } of kibana) {
        for (const reference of references) expect(known).to.include(`${reference.type}/${reference.id}`)
        known.add(`${type}/${id}`)
      }
      const panels = JSON.parse(dashboard.attributes.panelsJSON ?? '') as { panelRefName: string; panelIndex: string }[]
      const names = dashboard.references.map(({ name }) => name)
      for (const { panelIndex, panelRefName } of panels) expect(names).to.include(`${panelIndex}:${panelRefName}`)
      const shown = dashboard.references.map(({ id }) => id)
      const hidden = kibana.filter(({ id, type }) => type !== 'dashboard' && !shown.includes(id))
      expect(hidden).to.deep.equal([])
    })

    it('overlap nowhere', () => {
      const places = (JSON.parse(dashboard.attributes.panelsJSON ?? '') as { gridData: Record<string, number> }[]).map(
        ({ gridData }) => gridData as { x: number; y: number; w: number; h: number },
      )
      const taken = new Set<string>()
      for (const { x, y, w, h } of places) {
        expect(x + w).to.be.at.most(48)
        for (let cell = 0; cell < w * h; cell++) {
          const key = `${x + (cell % w)},${y + Math.floor(cell / w)}`
          expect(taken.has(key), key).to.equal(false)
          taken.add(key)
        }
      }
    })
  })

  describe('in Grafana', () => {
    it('find something in every panel and variable', async () => {
      const questions = grafanaQuestions(grafana)
      expect(questions.length).to.be.greaterThan(12)
      for (const question of questions) await expectAnswer(question)
    })

    it('count all when nothing is chosen, those without a cluster too, and else what is chosen', async () => {
      const total = async (chosen: Record<string, string>) => {
        const [question] = grafanaQuestions(grafana, chosen).filter(({ panel }) => panel === 'By namespace')
        const { aggregations } = await ask(question!.body)
        const buckets = (aggregations?.bucket9?.buckets ?? []) as unknown as Record<string, { value: number }>[]
        return buckets.reduce((sum, bucket) => sum + (bucket['1']?.value ?? 0), 0)
      }
      const expected = (is: (crash: (typeof crashes)[number]) => boolean) =>
        crashes.filter(is).reduce((sum, crash) => sum + crash.crashes, 0)
      expect(await total({})).to.equal(expected(() => true))
      expect(await total({ cluster: 'blue' })).to.equal(expected(({ cluster }) => cluster === 'blue'))
      expect(await total({ namespace: 'bank', reason: 'OOMKilled' })).to.equal(
        expected(({ namespace, reason }) => namespace === 'bank' && reason === 'OOMKilled'),
      )
    })
  })
})
