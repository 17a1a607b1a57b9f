import { join } from 'node:path'
import { type Artifact, goBuild } from '../artifact.ts'

export const etcd: Artifact = {
  name: 'etcd',
  version: '3.6.16',
  firstTimeSeconds: 40,
  build: (into) => goBuild({ module: 'etcd', packagePath: '.', output: join(into, 'etcd') }),
}
