import { join } from 'node:path'
import { type Artifact, goBuild } from '../artifact.ts'

export const metricsServer: Artifact = {
  name: 'metrics-server',
  version: '0.9.0',
  firstTimeSeconds: 100,
  build: (into) =>
    goBuild({
      module: 'metrics-server',
      packagePath: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
      output: join(into, 'metrics-server'),
    }),
}
