import type { Cluster } from '../testbed/cluster.ts'

const namespace = 'dogwatch-system'
const name = 'dogwatch-api'

/** Makes the API server send people's requests on to the operator of this machine: a kubeconfig is all that they need then. */
export async function sendToApi(cluster: Cluster, port: number): Promise<void> {
  const version = { group: 'api.dogwatch.dev', version: 'v1alpha1', groupPriorityMinimum: 100, versionPriority: 100 }
  await cluster.apply([
    {
      ...{ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace } },
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
    },
    {
      ...{ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService' },
      metadata: { name: `${version.version}.${version.group}` },
      spec: { ...version, insecureSkipTLSVerify: true, service: { name, namespace, port } },
    },
  ])
}
