import { join } from 'node:path'
import type { Cluster } from '../../hack/testbed/cluster.ts'
import { allKinds, type KindName, kinds } from '../../src/api/kinds.ts'

export const crdFiles = (Object.keys(kinds) as KindName[]).map((name) =>
  join(import.meta.dirname, '../../crds', `${kinds[name].plural}.yaml`),
)

/** Applies the committed CRDs as people do, and resolves when all are established; gives what kubectl said. */
export async function establishKinds(cluster: Cluster): Promise<{ stdout: string; stderr: string }> {
  const applied = await cluster.kubectl(['apply', ...crdFiles.flatMap((file) => ['-f', file])])
  const names = allKinds.map(({ plural, group }) => `crd/${plural}.${group}`)
  await cluster.mustKubectl(['wait', '--for=condition=Established', '--timeout=30s', ...names])
  return applied
}
