import { expect } from 'chai'
import { makeNode, nodeName } from '../../bench/cluster/nodes.ts'
import { makePod, namespaceCount, podPlace, runningStatus } from '../../bench/cluster/pods.ts'

const now = '2026-11-21T10:00:00Z'
const podCount = 50_000

describe('bench cluster', () => {
  it('is the same cluster on every machine', () => {
    expect(makePod(4_711, 5_000)).to.deep.equal(makePod(4_711, 5_000))
    expect(makeNode(42, now)).to.deep.equal(makeNode(42, now))
    expect(runningStatus({ index: 3, now })).to.deep.equal(runningStatus({ index: 3, now }))
  })

  it('has no two pods of one name', () => {
    const keys = new Set<string>()
    const namespaces = new Set<string>()
    for (let index = 0; index < podCount; index++) {
      const { namespace, name } = podPlace(index)
      keys.add(`${namespace}/${name}`)
      namespaces.add(namespace)
    }
    expect(keys.size).to.equal(podCount)
    expect(namespaces.size).to.equal(namespaceCount)
  })

  it('puts each pod where its name says, on a node that is there', () => {
    for (const index of [0, 4_999, 5_000, 49_999]) {
      const { metadata, spec } = makePod(index, 5_000)
      expect({ namespace: metadata.namespace, name: metadata.name }).to.deep.equal(podPlace(index))
      expect(spec.nodeName).to.equal(nodeName(index % 5_000))
      expect(metadata.name.startsWith(metadata.generateName)).to.equal(true)
    }
  })
})
