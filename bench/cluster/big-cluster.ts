import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { generateSnapshot } from '../../hack/testbed/generate-snapshot.ts'
import { type ClusterSize, fillCluster } from './fill.ts'

const generatorFiles = ['fill.ts', 'nodes.ts', 'pods.ts', 'random.ts']

/** Another generator makes another cluster: its name says which one. */
function generatorVersion(): string {
  const hash = createHash('sha256')
  for (const file of generatorFiles) hash.update(readFileSync(new URL(file, import.meta.url)))
  return hash.digest('hex').slice(0, 8)
}

export const bigClusterName = ({ nodes, pods }: ClusterSize): string =>
  `bench-${nodes}-nodes-${pods}-pods-${generatorVersion()}`

/** Makes the big cluster once, about 2,000 requests for each 1,000 pods; gives the name for `startCluster({ snapshot })`. */
export async function ensureBigCluster(size: ClusterSize): Promise<string> {
  const name = bigClusterName(size)
  await generateSnapshot(name, (cluster) => fillCluster(cluster, size))
  return name
}
