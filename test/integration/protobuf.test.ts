/**
 * The tables of protobuf fields against a real API server: whatever it stores, what is read of its protobuf equals what its
 * JSON says of the same fields. Should a number in a table be wrong, a field would be missing or another.
 */
import { expect } from 'chai'
import { createObjects } from '../../hack/testbed/bulk.ts'
import { type Cluster, missingForCluster, startCluster } from '../../hack/testbed/cluster.ts'
import type { KubeClient } from '../../src/kube/client.ts'
import type { Encoding } from '../../src/kube/encoding.ts'
import { listObjects } from '../../src/kube/list.ts'
import { readFields } from '../../src/kube/protobuf/envelope.ts'
import type { FieldTable } from '../../src/kube/protobuf/field-table.ts'
import { fieldsOf } from '../../src/kube/protobuf/tables.ts'
import { restrict } from '../support/protobuf-objects.ts'
import { skipUnless } from '../support/skip.ts'
import { runtimeClasses, truthPods } from '../support/truth-pods.ts'
import { createLabClient } from '../support/watch-lab.ts'

const signal = AbortSignal.timeout(15 * 60_000)
const namespaces = ['proto-a', 'proto-b']
const core = (resource: string) => ({ group: '', version: 'v1', resource })
const tableOf = (resource: string): FieldTable => fieldsOf(core(resource))!

type Json = Record<string, unknown>

/** Names of fields at any depth, as `status.conditions.type`. */
function pathsOf(table: FieldTable, prefix = ''): string[] {
  return table.flatMap((field) => {
    if (field === undefined) return []
    const path = `${prefix}${field.name}`
    return field.value.kind === 'message' ? [path, ...pathsOf(field.value.fields, `${path}.`)] : [path]
  })
}

function isThere(content: unknown, path: readonly string[]): boolean {
  if (content === undefined || path.length === 0) return content !== undefined
  if (Array.isArray(content)) return content.some((item) => isThere(item, path))
  return isThere((content as Json)[path[0]!], path.slice(1))
}

describe('protobuf of the built-in kinds on a real API server', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let client: KubeClient

  before(async function () {
    const isBuilt = missingForCluster({ controllers: false }).length === 0
    skipUnless(this, isBuilt, 'the control plane is not built: hack/testbed/testbed build')
    cluster = await startCluster({ controllers: false })
    client = createLabClient(cluster.kubeconfigPath)
    await createSurroundings()
    await createPods()
  })

  after(async () => {
    await client?.close()
    await cluster?.stop()
  })

  async function patch(path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/merge-patch+json' }
    const { status, body: text } = await cluster.request(path, { method: 'PATCH', headers, body: JSON.stringify(body) })
    if (status >= 300) throw new Error(`PATCH ${path}: ${status} ${text}`)
  }

  async function createSurroundings(): Promise<void> {
    await cluster.apply([
      ...namespaces.flatMap((namespace) => [
        {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: namespace, labels: { team: 'a' }, finalizers: ['example.com/keep'] },
        },
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } },
      ]),
      ...runtimeClasses.map(({ name, podFixed }) => ({
        ...{ apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler: name },
        overhead: { podFixed },
      })),
      {
        ...{ apiVersion: 'v1', kind: 'Node' },
        metadata: { name: 'node-1', annotations: { note: 'äöü 漢字 🐕 "\\' }, labels: { zone: 'a', empty: '' } },
        spec: {
          unschedulable: true,
          taints: [
            { key: 'dedicated', value: 'x', effect: 'NoSchedule' },
            { key: 'bare', effect: 'NoExecute' },
          ],
        },
      },
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-2', finalizers: ['example.com/keep'] } },
      {
        ...{ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'all', namespace: namespaces[0] } },
        spec: { hard: { 'requests.cpu': '1.5', pods: '1e3', 'limits.memory': '3Gi' } },
      },
      {
        ...{ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'some', namespace: namespaces[1] } },
        spec: {
          hard: { pods: '10' },
          scopes: ['NotTerminating'],
          scopeSelector: {
            matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['low', 'high'] }],
          },
        },
      },
    ])
    const conditions = [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'x' }]
    const amounts = { cpu: '3.92', memory: '15e9', 'example.com/gpu': '0' }
    await patch('/api/v1/nodes/node-1/status', { status: { capacity: amounts, allocatable: amounts, conditions } })
    const used = { 'requests.cpu': '100m', pods: '0' }
    const path = `/api/v1/namespaces/${namespaces[0]}/resourcequotas/all/status`
    await patch(path, { status: { hard: { pods: '1e3' }, used } })
  }

  async function createPods(): Promise<void> {
    for (const { object, status, isDeleted } of truthPods(200, namespaces, ['node-1', 'node-2'])) {
      const { name, namespace } = object.metadata
      const path = `/api/v1/namespaces/${namespace}/pods`
      await createObjects(cluster, path, [{ apiVersion: 'v1', kind: 'Pod', ...object }])
      await patch(`${path}/${name}/status`, { status })
      if (isDeleted) await cluster.request(`${path}/${name}`, { method: 'DELETE' })
    }
    const owned = {
      labels: { app: 'web', 'pod-template-hash': '5d' },
      finalizers: ['example.com/keep'],
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d', uid: 'u-1', controller: true },
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'u-2', controller: false, blockOwnerDeletion: false },
      ],
    }
    const pod = {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { ...owned, name: 'owned' } },
      spec: {
        containers: [{ name: 'app', image: 'x', restartPolicy: 'Never' }],
        schedulingGates: [{ name: 'example.com/wait' }],
      },
    }
    await createObjects(cluster, `/api/v1/namespaces/${namespaces[0]}/pods`, [pod])
    await createCrashedPod()
    const level = { resources: { requests: { cpu: '1' }, limits: { cpu: '2' } }, allocatedResources: { cpu: '500m' } }
    await patch(`/api/v1/namespaces/${namespaces[0]}/pods/owned/status`, { status: level })
  }

  /** With every state that a container can be in. */
  async function createCrashedPod(): Promise<void> {
    const path = `/api/v1/namespaces/${namespaces[0]}/pods`
    const containers = ['waits', 'runs', 'ended'].map((name) => ({ name, image: 'shop/web:1' }))
    const initContainers = containers.map((container) => ({ ...container, name: `init-${container.name}` }))
    const spec = { containers, initContainers, restartPolicy: 'Never', activeDeadlineSeconds: 30 }
    await createObjects(cluster, path, [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'crashed' }, spec }])
    const time = '2026-03-01T12:00:00Z'
    const terminated = {
      ...{ exitCode: 137, signal: 9, reason: 'Error', message: 'äöü 漢字 🐕', containerID: 'containerd://abc' },
      ...{ startedAt: time, finishedAt: '2026-03-01T12:00:07Z' },
    }
    const state = [
      { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
      { running: { startedAt: time } },
      { terminated },
    ]
    const statusOf = (container: object, i: number) => {
      const lastState = { terminated: i === 1 ? { exitCode: 0, reason: 'Completed' } : terminated }
      return { ...container, imageID: '', ready: i === 1, restartCount: i, state: state[i], lastState }
    }
    const statuses = {
      containerStatuses: containers.map(statusOf),
      initContainerStatuses: initContainers.map(statusOf),
    }
    const condition = { type: 'Ready', status: 'False', reason: 'x', message: 'y', lastTransitionTime: time }
    const status = { phase: 'Running', reason: 'Evicted', message: 'why', startTime: time, conditions: [condition] }
    await patch(`${path}/crashed/status`, { status: { ...status, ...statuses } })
  }

  async function list(resource: string, content: 'whole' | 'fields', limit?: number) {
    const objects: Json[] = []
    const encodings = new Set<Encoding>()
    const take = (bytes: Buffer, encoding: Encoding) => {
      encodings.add(encoding)
      const isJson = encoding === 'json'
      objects.push((isJson ? JSON.parse(bytes.toString()) : readFields(bytes, tableOf(resource))) as Json)
    }
    let next: string | undefined
    do {
      const query = { type: core(resource), content, limit, continue: next } as Parameters<typeof listObjects>[1]
      next = (await listObjects(client, query, take, signal)).continue
    } while (next !== undefined)
    return { objects, encodings: [...encodings] }
  }

  for (const resource of ['pods', 'nodes', 'namespaces', 'resourcequotas']) {
    it(`reads of ${resource} what their JSON says, whole and in pages`, async () => {
      const whole = await list(resource, 'whole')
      expect(whole.encodings).to.deep.equal(['json'])
      const expected = whole.objects.map((object) => restrict(tableOf(resource), object))
      expect(expected.length).to.be.greaterThan(1)
      for (const limit of [undefined, 3]) {
        const fields = await list(resource, 'fields', limit)
        expect(fields.encodings).to.deep.equal(['protobuf'])
        expect(fields.objects).to.deep.equal(expected)
      }
    })

    it(`has ${resource} with every field of the table, so that no wrong number goes unseen`, async () => {
      const { objects } = await list(resource, 'whole')
      const own = pathsOf(tableOf(resource)).filter((path) => resource === 'pods' || !path.startsWith('metadata'))
      const unseen = own.filter((path) => {
        return !objects.some((object) => isThere(object, path.split('.')))
      })
      expect(unseen).to.deep.equal([])
    })
  }

  it('reads kinds without a table as JSON', async () => {
    const { objects, encodings } = await list('serviceaccounts', 'fields')
    expect(encodings).to.deep.equal(['json'])
    expect(objects.length).to.be.greaterThan(0)
  })

  it('gives a refusal the words of its Status', async () => {
    const query = { type: core('pods'), content: 'fields', continue: 'nonsense' } as const
    const error = await listObjects(client, query, () => {}, signal).catch((cause: Error) => cause)
    expect(String(error)).to.match(/400 (?!no explanation).*continue key/)
  })
})
