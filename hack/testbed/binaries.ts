import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Artifact, artifactFolder, isBuilt } from './artifact.ts'
import { kubernetes } from './artifacts/kubernetes.ts'

/** What a person has already, in the places where Kubernetes' own test environments look for it. */
function ownBinary(name: string): string | undefined {
  const variable = `TEST_ASSET_${name.toUpperCase().replaceAll('-', '_')}`
  const folder = process.env.KUBEBUILDER_ASSETS
  const candidates = [process.env[variable], folder === undefined ? undefined : join(folder, name)]
  return candidates.find((path) => path !== undefined && existsSync(path))
}

interface Program {
  readonly binary: string
  readonly artifact: Artifact
}

export const kubectlProgram: Program = { binary: 'kubectl', artifact: kubernetes }

/** The path of a program: `TEST_ASSET_<NAME>`, else in `KUBEBUILDER_ASSETS`, else built in the cache. */
export const binaryPath = ({ binary, artifact }: Program): string =>
  ownBinary(binary) ?? join(artifactFolder(artifact), binary)

/** What has to be built before these programs run. */
export function missingArtifacts(programs: readonly Program[]): Artifact[] {
  const needed = programs.filter(({ binary }) => ownBinary(binary) === undefined).map(({ artifact }) => artifact)
  return [...new Set(needed)].filter((artifact) => !isBuilt(artifact))
}
