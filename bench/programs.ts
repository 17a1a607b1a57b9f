/** The programs that are compared, built for this run or taken from the cache. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { binaryPath, kubectlProgram } from '../hack/testbed/binaries.ts'
import { cachedFolder } from '../hack/testbed/cache.ts'
import { mustRun } from '../hack/testbed/run-command.ts'
import type { Programs } from './work.ts'

const root = new URL('..', import.meta.url).pathname
const peersSource = join(root, 'bench/peers')

export async function buildPrograms(folder: string, say: (line: string) => void): Promise<Programs> {
  const peers = await ensurePeers(say)
  const dogwatch = join(folder, 'dogwatch.mjs')
  const watchCache = join(folder, 'watch-cache.mjs')
  const pipeline = join(folder, 'pipeline.mjs')
  const bundle = (...args: string[]) => mustRun(process.execPath, [join(root, 'hack/bundle.ts'), ...args])
  await bundle('--out', dogwatch)
  await bundle('--out', watchCache, '--entry', join(root, 'bench/consumers/watch-cache.ts'))
  await bundle('--out', pipeline, '--entry', join(root, 'bench/consumers/pipeline.ts'))
  return {
    measure: join(peers, 'measure'),
    informer: join(peers, 'informer'),
    replay: join(peers, 'replay'),
    kubectl: binaryPath(kubectlProgram),
    dogwatch,
    watchCache,
    pipeline,
  }
}

/** Bundles find the Node of this run by their first line. */
export const programEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
}

/** With what the image sets beside the path. */
export const shippedEnvironment: NodeJS.ProcessEnv = { ...programEnvironment, ...imageSettings() }

function imageSettings(): NodeJS.ProcessEnv {
  const settings = readFileSync(join(root, 'Dockerfile'), 'utf8').matchAll(/\b(MALLOC_\w+)=(\S+)/g)
  return Object.fromEntries([...settings].map(([, name = '', value]) => [name, value]))
}

/** Built once for each state of their source, with the Go toolchain of this machine. */
function ensurePeers(say: (line: string) => void): Promise<string> {
  return cachedFolder(`peers-${sourceVersion(peersSource)}`, async (output) => {
    say('Building the programs to compare with (Go, about 2 min on two cores, once)')
    const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', `${output}/`, './cmd/...']
    await mustRun('go', args, { cwd: peersSource, env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' } })
  })
}

function sourceVersion(folder: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const path = join(folder, name)
    if (statSync(path).isFile()) hash.update(name).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 12)
}

/** The version of a Go module that the peers are built with. */
export function peerModuleVersion(module: string): string {
  const text = readFileSync(join(peersSource, 'go.mod'), 'utf8')
  return new RegExp(`${module.replaceAll('.', '\\.')} (v\\S+)`).exec(text)?.[1] ?? 'unknown'
}
