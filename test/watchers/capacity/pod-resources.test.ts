import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { formatQuantity } from '../../../src/model/quantity.ts'
import type { ResourceList } from '../../../src/model/resource-list.ts'
import type { PodObject } from '../../../src/watchers/capacity/pod-object.ts'
import { computePod, hasResizeStatus, type ResourceBasis } from '../../../src/watchers/capacity/pod-resources.ts'

interface Row {
  pod: PodObject
  row: { requests: Record<string, string>; limits: Record<string, string> }
  total: { requests: Record<string, string>; limits: Record<string, string> }
}

/** Made by hack/truth/pods from k8s.io/component-helpers. */
const truth = JSON.parse(readFileSync(new URL('../../fixtures/pods/resources.json', import.meta.url), 'utf8')) as Row[]

const texts = (list: ResourceList) => Object.fromEntries([...list].map(([name, q]) => [name, formatQuantity(q)]))

function sides(pod: PodObject, basis: ResourceBasis) {
  return {
    requests: texts(computePod(pod, { side: 'requests', basis }).total),
    limits: texts(computePod(pod, { side: 'limits', basis }).total),
  }
}

describe('pod resources', () => {
  it("counts each recorded pod as upstream's helpers do, with the status", () => {
    expect(truth.length).to.equal(300)
    for (const { pod, row } of truth) expect(sides(pod, 'Status'), pod.metadata.name).to.deep.equal(row)
  })

  it("counts each recorded pod as upstream's helpers do, by its spec", () => {
    for (const { pod, total } of truth) expect(sides(pod, 'Spec'), pod.metadata.name).to.deep.equal(total)
  })

  it('sees where the two bases can differ', () => {
    const differing = truth.filter(({ row, total }) => JSON.stringify(row) !== JSON.stringify(total))
    expect(differing.length).to.be.greaterThan(50)
    for (const { pod } of differing) expect(hasResizeStatus(pod), pod.metadata.name).to.equal(true)
  })
})
