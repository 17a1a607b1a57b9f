/**
 * Everything that can happen to a pod, on a real kubelet: what is told of it, and when nothing is. All cases run at the same time on
 * one node. That nothing is told of one is only believed when a crash that came later was.
 */
import { expect } from 'chai'
import { type Cluster, startCluster } from '../../hack/testbed/cluster.ts'
import { canRunNode } from '../../hack/testbed/node-host.ts'
import { type CrashCase, crashCases, followers, markerPod, namespaceOf, silentCases } from '../support/crash-cases.ts'
import { CrashWitness, type Witnessed } from '../support/crash-witness.ts'
import { eventually } from '../support/eventually.ts'
import { skipUnless } from '../support/skip.ts'

const allCases = [...crashCases, ...silentCases]
const markerNamespace = 'case-marker'

const wordsOf = ({ reason, container }: Witnessed): string =>
  container === undefined ? reason : `${reason} of ${container.name}`

const lineOf = (sighting: Witnessed): string => `${wordsOf(sighting)}: ${sighting.cause}`
/** That a pod has no node for some seconds is nothing to tell. */
const isMore = ({ reason }: Witnessed): boolean => reason !== 'Unschedulable'

describe('crashes on a real node', function () {
  this.timeout(240_000)
  let cluster: Cluster
  let witness: CrashWitness
  let acts: Map<CrashCase, Promise<void>>

  before(async function () {
    const ability = canRunNode()
    skipUnless(this, ability.ok, ability.ok ? '' : ability.reason)
    cluster = await startCluster({ node: true })
    await offerSeat()
    witness = new CrashWitness(cluster.kubeconfigPath)
    await applyAll()
    acts = new Map(allCases.map((one) => [one, one.act?.(cluster, namespaceOf(one)) ?? Promise.resolve()]))
    for (const act of acts.values()) act.catch(() => {})
  })

  after(async () => {
    await witness?.stop()
    await cluster?.stop()
  })

  /** Something of which the node has one, so that two pods compete for it. */
  async function offerSeat(): Promise<void> {
    const body = JSON.stringify({ status: { capacity: { 'example.com/seat': '1' } } })
    const headers = { 'content-type': 'application/merge-patch+json' }
    const { status } = await cluster.request('/api/v1/nodes/node-1/status', { method: 'PATCH', headers, body })
    expect(status).to.equal(200)
  }

  async function applyAll(): Promise<void> {
    const namespaces = [...allCases.map(namespaceOf), markerNamespace]
    await cluster.apply(
      namespaces.flatMap((name) => [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } },
      ]),
    )
    await cluster.apply(
      allCases.flatMap((one) =>
        one.objects.map((object) => {
          const { metadata } = object as { metadata: object }
          return { ...object, metadata: { namespace: namespaceOf(one), ...metadata } }
        }),
      ),
    )
  }

  for (const one of crashCases) {
    it(`tells ${one.name} as ${one.told.join(' and ')}`, async () => {
      await acts.get(one)
      const seen = () => witness.in(namespaceOf(one))
      const podsOf = (words: string) => new Set(seen().flatMap((one) => (wordsOf(one) === words ? [one.uid] : [])))
      const isTold = () => one.told.every((words) => podsOf(words).size >= (one.pods ?? 1))
      await eventually(`${one.name} to be told as ${one.told}`, isTold, 120_000, seen)
      const told = seen().filter((sighting) => one.told.includes(wordsOf(sighting)))
      for (const { workload } of told) expect(`${workload.kind}/${workload.name}`).to.equal(one.workload ?? 'Pod/crash')
      if (one.words !== undefined) expect(told.map(({ cause }) => cause).join('\n')).to.match(one.words)
    })
  }

  it('tells nothing of what is no crash, although it tells of one that came later', async () => {
    for (const one of silentCases) await acts.get(one)
    await cluster.apply([{ ...markerPod, metadata: { name: 'crash', namespace: markerNamespace } }])
    await eventually('the crash that came later', () => witness.in(markerNamespace).length > 0)
    const told = silentCases.map((one) => [one.name, witness.in(namespaceOf(one)).filter(isMore).map(lineOf)])
    expect(told).to.deep.equal(silentCases.map(({ name }) => [name, []]))
  })

  it('has told of the others nothing but what they are', () => {
    const others = crashCases.flatMap((one) => {
      const isOther = (sighting: Witnessed) =>
        isMore(sighting) && !one.told.includes(wordsOf(sighting)) && !followers.includes(sighting.reason)
      return witness
        .in(namespaceOf(one))
        .filter(isOther)
        .map((sighting) => `${one.name}: ${lineOf(sighting)}`)
    })
    expect(others).to.deep.equal([])
  })

  it('has counted every restart', async () => {
    const { items } = JSON.parse(await cluster.mustKubectl(['get', 'pods', '-A', '-o', 'json']))
    for (const { metadata, status } of items) {
      for (const { name, restartCount } of status.containerStatuses ?? []) {
        const told = witness.in(metadata.namespace).filter((one) => !one.isTrouble && one.uid === metadata.uid)
        const runs = told.filter((one) => one.container?.name === name && one.exitCode !== undefined)
        const counted = runs.reduce((sum, { crashes }) => sum + crashes, 0)
        expect(counted, `${metadata.namespace}/${metadata.name} ${name}`).to.be.within(restartCount, restartCount + 1)
      }
    }
  })

  it('takes a kubelet that starts again for no crash of the pods on it', async () => {
    const steady = () => witness.in(namespaceOf(crashCases[0]!)).length
    await cluster.part('kubelet').restart()
    const before = steady()
    await eventually('crashes told of after the restart', () => steady() > before, 120_000)
    const others = silentCases.flatMap((one) => witness.in(namespaceOf(one)).filter(isMore).map(lineOf))
    expect(others).to.deep.equal([])
  })

  it('has told nothing twice, and would not if it started again', async () => {
    await witness.whenSynced()
    const told = witness.crashKeys
    expect(told.length).to.equal(new Set(told).size)
    const next = new CrashWitness(cluster.kubeconfigPath, witness.memories)
    try {
      await next.whenSynced()
      expect(next.crashKeys.filter((key) => told.includes(key))).to.deep.equal([])
    } finally {
      await next.stop()
    }
  })
})
