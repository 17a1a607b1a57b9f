import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cachedFolder, cacheFolder } from './cache.ts'
import { mustRun, runCommand } from './run-command.ts'

/** Something built once into the cache: the files of one or more parts. */
export interface Artifact {
  readonly name: string
  readonly version: string
  /** How long a first build takes on two cores, downloads included. */
  readonly firstTimeSeconds: number
  /** Only a node needs it. */
  readonly isNode?: boolean
  /** Writes the files into the empty folder `into`. */
  build(into: string): Promise<void>
}

const folderName = (artifact: Artifact): string => `${artifact.name}-${artifact.version}`

export const artifactFolder = (artifact: Artifact): string => join(cacheFolder(), folderName(artifact))

export const isBuilt = (artifact: Artifact): boolean => existsSync(artifactFolder(artifact))

/** For people: how long these take when nothing was built before. */
export function firstTimeText(artifacts: readonly Artifact[]): string {
  const seconds = artifacts.reduce((sum, artifact) => sum + artifact.firstTimeSeconds, 0)
  return `about ${seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} on two cores, once`
}

/** Builds what is not in the cache yet; `say` gets a line before a build and one after it. */
export async function ensureBuilt(artifact: Artifact, say: (line: string) => void): Promise<string> {
  return cachedFolder(folderName(artifact), async (folder) => {
    const startMs = performance.now()
    say(`Building ${artifact.name} ${artifact.version} (${firstTimeText([artifact])})`)
    await artifact.build(folder)
    say(`Built ${artifact.name} ${artifact.version} in ${Math.round((performance.now() - startMs) / 1000)} s`)
  })
}

/** The Go module in `go/<name>`, whose go.sum pins every source file of an artifact. */
const goModuleFolder = (name: string): string => fileURLToPath(new URL(`go/${name}`, import.meta.url))

const goEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' })

async function requireGo(): Promise<void> {
  const found = await runCommand('go', ['version']).catch(() => undefined)
  if (found?.code !== 0) throw new Error('Go 1.26 or newer is needed to build the real parts, and "go" is not on PATH')
}

export interface GoProgram {
  /** What to build: a package path, or `.` for the module's own main. */
  readonly packagePath: string
  readonly output: string
  readonly linkerFlags?: string
}

export interface GoBuild extends GoProgram {
  /** The folder under `go/`. */
  readonly module: string
}

export async function goBuild({ module, ...program }: GoBuild): Promise<void> {
  await goBuildIn(goModuleFolder(module), program)
}

/** Builds a program of the module in a folder. */
export async function goBuildIn(folder: string, build: GoProgram): Promise<void> {
  await requireGo()
  const linkerFlags = `-s -w ${build.linkerFlags ?? ''}`.trim()
  const args = ['build', '-trimpath', '-ldflags', linkerFlags, '-o', build.output, build.packagePath]
  await mustRun('go', args, { cwd: folder, env: goEnvironment() })
}

/** The folder in which Go keeps the sources of a module that `go/<module>` requires. */
export async function goSourceFolder(module: string, requirement: string): Promise<string> {
  const options = { cwd: goModuleFolder(module), env: goEnvironment() }
  await mustRun('go', ['mod', 'download', requirement], options)
  const { stdout } = await mustRun('go', ['list', '-m', '-f', '{{.Dir}}', requirement], options)
  return stdout.trim()
}
