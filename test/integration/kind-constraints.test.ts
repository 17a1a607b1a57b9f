/**
 * Every constraint of every schema, one at a time, on a real API server: an object that breaks it is refused, and the
 * answer blames the field. Files that never meet an API server are held to the same by `parseManifest`.
 */
import { expect } from 'chai'
import { type Cluster, startCluster } from '../../hack/testbed/cluster.ts'
import { capacityMeasures, capacityScopes } from '../../src/api/capacity-rule.ts'
import { apiGroup, apiVersion } from '../../src/api/kind.ts'
import { type KindName, kinds } from '../../src/api/kinds.ts'
import { parseManifest } from '../../src/api/manifest.ts'
import { establishKinds } from '../support/cluster-kinds.ts'
import { constraintLine } from '../support/constraints.ts'
import { samples } from '../support/kind-samples.ts'
import { breakable, type Violation, violationsOf } from '../support/violations.ts'

interface Answer {
  readonly status: number
  readonly causes: readonly { field: string; message: string }[]
}

const kindNames = Object.keys(kinds) as KindName[]

describe('constraints on a real API server', () => {
  let cluster: Cluster

  before(async function () {
    this.timeout(180_000)
    cluster = await startCluster({ controllers: false })
    await establishKinds(cluster)
    for (const kind of kindNames) await send('POST', kind, '', manifest(kind, samples[kind]()[0]!))
  })

  after(async function () {
    this.timeout(180_000)
    await cluster?.stop()
  })

  async function send(method: string, kind: KindName, rest: string, body: object): Promise<Answer> {
    const path = `/apis/${apiGroup}/${apiVersion}/namespaces/default/${kinds[kind].plural}${rest}`
    const headers = { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }
    const answer = await cluster.request(path, { method, headers, body })
    return { status: answer.status, causes: JSON.parse(answer.body).details?.causes ?? [] }
  }

  /** A broken spec is created, a broken status is written over the status of the object that is there. */
  function attempt({ kind, sample, field }: Violation): Promise<Answer> {
    if (field.startsWith('status')) {
      return send('PATCH', kind, '/sample/status?dryRun=All', { status: sample.status })
    }
    return send('POST', kind, '?dryRun=All', manifest(kind, sample, 'broken'))
  }

  for (const kind of kindNames) {
    describe(kind, () => {
      it('takes every sample as it is', async () => {
        for (const sample of samples[kind]()) {
          expect(await send('POST', kind, '?dryRun=All', manifest(kind, sample, 'whole'))).to.have.property(
            'status',
            201,
          )
          const { status } = sample
          expect(await send('PATCH', kind, '/sample/status?dryRun=All', { status })).to.have.property('status', 200)
        }
      })

      for (const constraint of breakable(kind)) {
        it(constraintLine(constraint), async () => {
          const violations = violationsOf(constraint)
          expect(violations, 'no violation is written for this rule: add one to kind-samples.ts').not.to.have.length(0)
          for (const violation of violations) {
            const { status, causes } = await attempt(violation)
            expect(status).to.equal(422)
            const blamed = causes.filter(({ field }) => field === violation.field).map(({ message }) => message)
            expect(blamed.join('\n'), JSON.stringify(causes)).to.include(violation.says)
            if (violation.field.startsWith('spec')) {
              const offline = () => parseManifest(manifest(kind, violation.sample))
              expect(offline).to.throw(withoutIndex(violation.field))
            }
          }
        })
      }
    })
  }

  it('and files judge every combination of scope, measure and thresholds alike', async function () {
    this.timeout(180_000)
    const rules = everyRule()
    for (let from = 0; from < rules.length; from += 60) {
      const sample = { spec: { pool: { label: 'pool' }, rules: rules.slice(from, from + 60) } }
      const { causes } = await send('POST', 'CapacityPolicy', '?dryRun=All', manifest('CapacityPolicy', sample, 'all'))
      const offline = kinds.CapacityPolicy.spec.safeParse(sample.spec).error?.issues ?? []
      const refused = causes.map(({ field, message }) => `${field}: ${message.replace(/^Invalid value: /, '')}`)
      const refusedOffline = offline.map(({ path: [list, index, member], message }) => {
        return `spec.${String(list)}[${String(index)}].${String(member)}: ${message}`
      })
      expect(refused).to.have.members(refusedOffline)
      expect(refused.length).to.be.greaterThan(30)
    }
  })
})

function everyRule(): object[] {
  const some = <T>(key: string, values: readonly T[]) =>
    values.map((value) => (value === undefined ? {} : { [key]: value }))
  const choices = [
    some('scope', capacityScopes),
    some('measure', capacityMeasures),
    some('resource', [undefined, 'cpu', 'nvidia.com/gpu', 'pods']),
    some('above', [undefined, 80]),
    some('clear', [undefined, 80, 81]),
    some('nodes', [undefined, 1]),
  ]
  const product = choices.reduce<object[]>(
    (made, next) => made.flatMap((object) => next.map((part) => ({ ...object, ...part }))),
    [{}],
  )
  return product.map((rule, index) => ({ name: `rule-${index}`, ...rule }))
}

function manifest(kind: KindName, { spec }: { spec: unknown }, name = 'sample') {
  return { apiVersion: `${apiGroup}/${apiVersion}`, kind, metadata: { name }, spec }
}

/** Repeated entries are blamed on the list by one side and on the second entry by the other. */
function withoutIndex(field: string): string {
  return field.replace(/\[1\]$/, '')
}
