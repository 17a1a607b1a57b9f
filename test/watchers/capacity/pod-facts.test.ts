import { expect } from 'chai'
import { formatQuantity } from '../../../src/model/quantity.ts'
import type { ResourceList } from '../../../src/model/resource-list.ts'
import { amountsWithStatus, createPodProjection, isTerminated } from '../../../src/watchers/capacity/pod-facts.ts'
import type { PodObject } from '../../../src/watchers/capacity/pod-object.ts'

const texts = (list: ResourceList) => Object.fromEntries([...list].map(([name, q]) => [name, formatQuantity(q)]))

const web = (name: string): PodObject => ({
  metadata: {
    name,
    namespace: 'shop',
    uid: `uid-${name}`,
    labels: { app: 'web', 'pod-template-hash': '7d9f' },
    ownerReferences: [
      { kind: 'Other', name: 'not-the-controller' },
      { kind: 'ReplicaSet', name: 'web-7d9f', controller: true },
    ],
  },
  spec: {
    nodeName: 'node-1',
    containers: [
      { name: 'app', resources: { requests: { cpu: '250m', memory: '1Gi' }, limits: { memory: '2Gi' } } },
      { name: 'proxy', resources: { limits: { cpu: '0', memory: '0' } } },
    ],
    initContainers: [{ name: 'setup' }, { name: 'mesh', restartPolicy: 'Always' }],
  },
  status: { phase: 'Running' },
})

describe('pod facts', () => {
  const project = createPodProjection()

  it('keep who, where, whose and how much', () => {
    const pod = project(web('web-1'))
    expect({ ...pod, resources: undefined }).to.deep.equal({
      key: 'shop/web-1',
      namespace: 'shop',
      name: 'web-1',
      uid: 'uid-web-1',
      nodeName: 'node-1',
      phase: 'Running',
      isDeleting: false,
      owner: { kind: 'Deployment', name: 'web' },
      resources: undefined,
      labels: undefined,
      unreadable: undefined,
    })
    expect(texts(pod.resources.requests)).to.deep.equal({ cpu: '250m', memory: '1Gi' })
    expect(texts(pod.resources.limits)).to.deep.equal({ memory: '2Gi', cpu: '0' })
  })

  it('name the running containers without a limit; a limit of 0 is none, a setup container is no matter', () => {
    expect(Object.fromEntries(project(web('web-1')).resources.unbounded)).to.deep.equal({
      cpu: ['app', 'proxy', 'mesh'],
      memory: ['proxy', 'mesh'],
    })
  })

  it('take a pod-level limit as a limit of all containers', () => {
    const pod = web('web-1')
    const limited = project({ ...pod, spec: { ...pod.spec, resources: { limits: { cpu: '2' } } } })
    expect([...limited.resources.unbounded.keys()]).to.deep.equal(['memory'])
  })

  it('share what equal pods have in common', () => {
    const [one, two] = [project(web('web-1')), project(JSON.parse(JSON.stringify(web('web-2'))) as PodObject)]
    expect(one.resources).to.equal(two.resources)
    expect(one.owner).to.equal(two.owner)
  })

  it('hold a resize apart from the spec, and only while it makes a difference', () => {
    const pod = web('web-1')
    const status = (cpu: string): PodObject => ({
      ...pod,
      status: {
        phase: 'Running',
        containerStatuses: [
          { name: 'app', resources: { requests: { cpu, memory: '1Gi' }, limits: { memory: '2Gi' } } },
        ],
      },
    })
    expect(project(status('250m')).resources.resizing).to.equal(undefined)
    const shrinking = project(status('1'))
    expect(texts(shrinking.resources.requests).cpu).to.equal('250m')
    expect(texts(amountsWithStatus(shrinking).requests).cpu).to.equal('1')
  })

  it('say what could not be read, and count it as nothing', () => {
    const pod = project({
      metadata: { name: 'odd' },
      spec: { containers: [{ name: 'app', resources: { requests: { cpu: '1e400', memory: '1Gi' } } }] },
    })
    expect(pod.unreadable).to.equal('1e400')
    expect(texts(pod.resources.requests)).to.deep.equal({ cpu: '0', memory: '1Gi' })
  })

  it('leave the owner as it is where it is no Deployment', () => {
    const owned = (kind: string, name: string): PodObject => ({
      metadata: {
        name: 'p',
        labels: { 'pod-template-hash': 'x' },
        ownerReferences: [{ kind, name, controller: true }],
      },
    })
    expect(project(owned('StatefulSet', 'db')).owner).to.deep.equal({ kind: 'StatefulSet', name: 'db' })
    expect(project(owned('ReplicaSet', 'handmade')).owner).to.deep.equal({ kind: 'ReplicaSet', name: 'handmade' })
    expect(project({ metadata: { name: 'p' } }).owner).to.equal(undefined)
  })

  it('know which pods hold nothing any more', () => {
    const phase = (text: string) => isTerminated(project({ metadata: { name: 'p' }, status: { phase: text } }))
    expect(['Pending', 'Running', 'Unknown', 'Succeeded', 'Failed'].map(phase)).to.deep.equal([
      false,
      false,
      false,
      true,
      true,
    ])
  })
})
