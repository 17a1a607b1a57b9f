import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { type Artifact, goBuild, goSourceFolder } from '../artifact.ts'

const goModule = 'sigs.k8s.io/kwok'

/** kwok brings no default behaviour along: what nodes and pods do, and what they use, are these files of its sources. */
export const kwokConfigFiles = [
  'stage/node/fast/node-initialize.yaml',
  'stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
  'stage/pod/fast/pod-ready.yaml',
  'stage/pod/fast/pod-complete.yaml',
  'stage/pod/fast/pod-delete.yaml',
  'metrics/usage/usage-from-annotation.yaml',
  'metrics/resource/metrics-resource.yaml',
] as const

export const kwok: Artifact = {
  name: 'kwok',
  version: '0.8.0',
  firstTimeSeconds: 100,
  async build(into) {
    await goBuild({ module: 'kwok', packagePath: `${goModule}/cmd/kwok`, output: join(into, 'kwok') })
    const sources = join(await goSourceFolder('kwok', goModule), 'kustomize')
    for (const file of kwokConfigFiles) await cp(join(sources, file), join(into, file))
  },
}
