import type { Cluster } from '../../hack/testbed/cluster.ts'
import { BulkClient } from './bulk-client.ts'
import { makeNode } from './nodes.ts'
import { makePod, namespaceCount, namespaceName, podPlace, runningStatus } from './pods.ts'

export interface ClusterSize {
  readonly nodes: number
  readonly pods: number
}

/** Writes the big cluster's objects into an empty one that has no controllers: they stay as they are written. */
export async function fillCluster(cluster: Cluster, size: ClusterSize): Promise<void> {
  const client = new BulkClient(cluster)
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  try {
    await client.forEach(namespaceCount, (index) => createNamespace(client, namespaceName(index)))
    await client.forEach(size.nodes, (index) => createNode(client, index, now))
    await client.forEach(size.pods, (index) => createPod(client, index, { nodeCount: size.nodes, now }))
  } finally {
    await client.close()
  }
}

/** With the service account that a controller would make: without it pods are refused. */
async function createNamespace(client: BulkClient, name: string): Promise<void> {
  await client.send({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } })
  const path = `/api/v1/namespaces/${name}/serviceaccounts`
  await client.send({ method: 'POST', path, body: { metadata: { name: 'default' } } })
}

async function createNode(client: BulkClient, index: number, now: string): Promise<void> {
  await client.send({ method: 'POST', path: '/api/v1/nodes', body: makeNode(index, now), fieldManager: 'kubelet' })
}

interface PodOptions {
  readonly nodeCount: number
  readonly now: string
}

async function createPod(client: BulkClient, index: number, { nodeCount, now }: PodOptions): Promise<void> {
  const { namespace, name } = podPlace(index)
  const path = `/api/v1/namespaces/${namespace}/pods`
  const body = makePod(index, nodeCount)
  await client.send({ method: 'POST', path, body, fieldManager: 'kube-controller-manager' })
  const status = runningStatus({ index, now })
  await client.send({ method: 'PATCH', path: `${path}/${name}/status`, body: status, fieldManager: 'kubelet' })
}
