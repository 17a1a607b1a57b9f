import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Artifact, goBuild } from '../artifact.ts'

const version = '1.36.3'

export const kubernetesBinaries = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
] as const

/** Without these flags the server calls itself v0.0.0-master, which clients that compare versions choke on. */
const versionFlags = Object.entries({ gitVersion: `v${version}`, gitMajor: '1', gitMinor: '36' })
  .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
  .join(' ')

/** All of Kubernetes in one file: linked once, it is a third of the size and time of six. Its name selects the program. */
export const kubernetes: Artifact = {
  name: 'kubernetes',
  version,
  firstTimeSeconds: 300,
  async build(into) {
    const output = join(into, 'kubernetes')
    await goBuild({ module: 'kubernetes', packagePath: '.', output, linkerFlags: versionFlags })
    for (const binary of kubernetesBinaries) await symlink('kubernetes', join(into, binary))
  },
}
