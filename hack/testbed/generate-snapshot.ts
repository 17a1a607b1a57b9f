import { join } from 'node:path'
import { cachedFolder } from './cache.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { cachedSnapshotName } from './etcd-data.ts'
import { mustRun } from './run-command.ts'

/**
 * Makes a cluster once and keeps its data in the cache, for `startCluster({ snapshot: name })`. `fill` gets etcd and an
 * API server without controllers, so that what it writes stays as written.
 */
export async function generateSnapshot(name: string, fill: (cluster: Cluster) => Promise<void>): Promise<void> {
  await cachedFolder(cachedSnapshotName(name), async (folder) => {
    const cluster = await startCluster({ controllers: false })
    try {
      await fill(cluster)
      await cluster.part('kube-apiserver').kill()
      await cluster.part('etcd').kill('SIGTERM')
      await mustRun('cp', ['--archive', '--reflink=auto', cluster.files.etcdData, join(folder, 'etcd')])
    } finally {
      await cluster.stop()
    }
  })
}
