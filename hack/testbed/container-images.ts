import { join } from 'node:path'
import { artifactFolder } from './artifact.ts'
import { containerd } from './artifacts/containerd.ts'
import { containerdSocket } from './node-host.ts'
import { mustRun } from './run-command.ts'

/** Loads an archive's images into the node. */
export async function importImageArchive(archive: string): Promise<void> {
  const ctr = join(artifactFolder(containerd), 'ctr')
  await mustRun(ctr, ['--address', containerdSocket, '--namespace', 'k8s.io', 'images', 'import', archive])
}
