import { join } from 'node:path'
import { type Artifact, goBuild } from '../artifact.ts'

export const containerdBinaries = ['containerd', 'containerd-shim-runc-v2', 'ctr'] as const

export const containerd: Artifact = {
  name: 'containerd',
  version: '2.3.7',
  firstTimeSeconds: 75,
  isNode: true,
  async build(into) {
    for (const binary of containerdBinaries) {
      const packagePath = `github.com/containerd/containerd/v2/cmd/${binary}`
      await goBuild({ module: 'containerd', packagePath, output: join(into, binary) })
    }
  },
}
