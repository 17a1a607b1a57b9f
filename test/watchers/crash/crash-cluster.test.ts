import { expect } from 'chai'
import { CrashCluster } from '../../../src/watchers/crash/crash-cluster.ts'
import { createJobProjection } from '../../../src/watchers/crash/job-facts.ts'
import { podWith } from '../../support/crash-pods.ts'

const shop = 'shop'
const deployment = { namespace: shop, workload: { kind: 'Deployment', name: 'web' } }
const cronJob = { namespace: shop, workload: { kind: 'CronJob', name: 'load' } }
const owner = (kind: string, name: string, apiVersion = 'apps/v1') => ({
  ownerReferences: [{ apiVersion, kind, name, uid: `u-${name}`, controller: true }],
})
const web = (name: string, hash = 'abc') =>
  podWith(
    {},
    {
      metadata: {
        name,
        uid: `u-${name}`,
        labels: { 'pod-template-hash': hash },
        ...owner('ReplicaSet', `web-${hash}`),
      },
    },
  )
const load = podWith({}, { metadata: { name: 'load-1-x', ...owner('Job', 'load-1', 'batch/v1') } })
const loadJob = createJobProjection()({
  metadata: { name: 'load-1', namespace: shop, uid: 'u-load-1', ...owner('CronJob', 'load', 'batch/v1') },
})
const names = (pods: readonly { readonly name: string }[]) => pods.map(({ name }) => name).toSorted()

describe('the pods of the cluster, by workload', () => {
  it('has those of all templates of a workload together, each as it was last', () => {
    const cluster = new CrashCluster()
    for (const pod of [web('a'), web('b'), web('c', 'def'), podWith({}, { metadata: { name: 'alone' } })]) {
      cluster.putPod(pod)
    }
    const later = web('b')
    cluster.putPod(later)
    expect(names(cluster.podsOf(deployment))).to.deep.equal(['a', 'b', 'c'])
    expect(cluster.pod({ namespace: shop, name: 'b' })).to.equal(later)
    expect(names([...cluster.allPods()].map(({ pod }) => pod))).to.deep.equal(['a', 'alone', 'b', 'c'])
  })

  it('forgets the one that goes, and says where it was', () => {
    const cluster = new CrashCluster()
    for (const name of ['a', 'b', 'c']) cluster.putPod(web(name))
    const gone = cluster.removePod({ namespace: shop, name: 'b' })
    expect([gone?.pod.name, gone?.place.workload.name]).to.deep.equal(['b', 'web'])
    expect(names(cluster.podsOf(deployment))).to.deep.equal(['a', 'c'])
    expect(cluster.removePod({ namespace: shop, name: 'b' })).to.equal(undefined)
    expect(cluster.pod({ namespace: shop, name: 'b' })).to.equal(undefined)
    for (const name of ['c', 'a']) cluster.removePod({ namespace: shop, name })
    expect([cluster.podsOf(deployment), [...cluster.allPods()]]).to.deep.equal([[], []])
  })

  it('does not mistake a pod for one of the same name in another namespace', () => {
    const cluster = new CrashCluster()
    cluster.putPod(web('a'))
    cluster.putPod(podWith({}, { metadata: { name: 'a', namespace: 'other' } }))
    cluster.removePod({ namespace: 'other', name: 'a' })
    expect(names(cluster.podsOf(deployment))).to.deep.equal(['a'])
  })

  it('moves all pods of a Job that comes after them', () => {
    const cluster = new CrashCluster()
    for (const name of ['x', 'y', 'z']) cluster.putPod({ ...load, name })
    cluster.putJob(loadJob)
    expect(names(cluster.podsOf(cronJob))).to.deep.equal(['x', 'y', 'z'])
  })

  it('moves a pod when more is known of its owner, and leaves it there when that goes', () => {
    const cluster = new CrashCluster()
    const ofJob = { namespace: shop, workload: { kind: 'Job', name: 'load-1' } }
    cluster.putPod(load)
    expect(names(cluster.podsOf(ofJob))).to.deep.equal(['load-1-x'])
    cluster.putJob(loadJob)
    cluster.putPod(load)
    expect([names(cluster.podsOf(ofJob)), names(cluster.podsOf(cronJob))]).to.deep.equal([[], ['load-1-x']])
    cluster.removeJob(loadJob)
    expect(cluster.removePod(load)?.place.workload.kind).to.equal('CronJob')
  })
})
