import type { Cluster } from '../hack/testbed/cluster.ts'

const root = new URL('..', import.meta.url).pathname

/** Installs the custom resource definitions and the policies of `examples`. */
export async function installKinds(cluster: Cluster): Promise<void> {
  await cluster.mustKubectl(['apply', '--server-side', '-k', `${root}crds`])
  await cluster.mustKubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'])
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dogwatch-system' } }])
  await cluster.mustKubectl(['apply', '--server-side', '-f', `${root}examples`])
}
