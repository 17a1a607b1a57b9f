/** The testbed as a command: what it is made of is in `parts.ts`, how a cluster runs in `cluster.ts`. */
import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { alertmanagerProgram } from './alertmanager.ts'
import { type Artifact, ensureBuilt, firstTimeText, isBuilt } from './artifact.ts'
import { elasticsearch } from './artifacts/elasticsearch.ts'
import { missingArtifacts } from './binaries.ts'
import { cacheFolder } from './cache.ts'
import { type ClusterOptions, missingForCluster, startCluster } from './cluster.ts'
import { installNodePackages, installServerPackages } from './debian.ts'
import { obstacleToElasticsearch } from './elasticsearch.ts'
import { couldRunNode } from './node-host.ts'
import { parts } from './parts.ts'
import { listClusters, sweep, unregister } from './registry.ts'
import { teardown } from './teardown.ts'

const help = `The real parts of a Kubernetes cluster on a bare machine.

  testbed build [--node]            build what is not in the cache yet and install the Debian packages of servers (as root);
                                    with --node also what a real node needs
  testbed up --dir DIR [FLAGS]      start a control plane; returns when it serves, DIR/kubeconfig is the administrator's
      --node                        a real node: containerd, kubelet, kube-proxy; as root, one at a time on a machine
      --kwok                        pretend every node that is created, and the pods on it
      --metrics                     metrics-server: kubectl top
      --snapshot NAME               start from a copy of that cluster in the cache, without controllers
  testbed down --dir DIR            end it and remove DIR and every other trace
  testbed list                      the clusters of this machine
  testbed help

The cache is \${DOGWATCH_CACHE:-~/.cache/dogwatch}. Programs in KUBEBUILDER_ASSETS are used instead of built ones.
After "up":  export KUBECONFIG=DIR/kubeconfig
Logs of the parts are in DIR/log.
`

class UsageError extends Error {}

const say = (line: string): void => console.error(line)

const optionShapes = {
  dir: { type: 'string' },
  node: { type: 'boolean' },
  kwok: { type: 'boolean' },
  metrics: { type: 'boolean' },
  snapshot: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

function readArguments() {
  try {
    const { positionals, values } = parseArgs({ options: optionShapes, allowPositionals: true })
    return { command: positionals.join(' ') || 'help', values }
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

type Values = ReturnType<typeof readArguments>['values']

function requireDir(values: Values): string {
  if (values.dir === undefined) throw new UsageError('--dir DIR is missing')
  return resolve(values.dir)
}

async function buildAll(wanted: readonly Artifact[]): Promise<void> {
  if (wanted.length > 1) say(`${wanted.length} things to build, ${firstTimeText(wanted)}, in ${cacheFolder()}`)
  for (const artifact of wanted) await ensureBuilt(artifact, say)
}

/** Where no node can run, the rest is still built: tests that need one are skipped with the same reason. */
function isNodeWanted(values: Values): boolean {
  if (values.node !== true) return false
  const ability = couldRunNode()
  if (!ability.ok) say(`Nothing is made ready for a node, as none can run here: ${ability.reason}`)
  return ability.ok
}

/** Where it cannot run, the tests that need it are skipped with the same reason. */
function wantedServers(): Artifact[] {
  if (isBuilt(elasticsearch)) return []
  const obstacle = obstacleToElasticsearch()
  if (obstacle !== undefined) say(`No Elasticsearch for tests: ${obstacle}`)
  return obstacle === undefined ? [elasticsearch] : []
}

async function build(values: Values): Promise<void> {
  const withNode = isNodeWanted(values)
  const programs = missingArtifacts([...Object.values(parts), alertmanagerProgram])
  const wanted = [...programs.filter(({ isNode }) => withNode || isNode !== true), ...wantedServers()]
  if (wanted.length === 0) say(`Everything is built already, in ${cacheFolder()}`)
  await buildAll(wanted)
  await installServerPackages(say)
  if (withNode) await installNodePackages(say)
}

async function up(values: Values): Promise<void> {
  const options: ClusterOptions = {
    dir: requireDir(values),
    detached: true,
    node: values.node ?? false,
    kwok: values.kwok ?? false,
    metricsServer: values.metrics ?? false,
    ...(values.snapshot !== undefined && { snapshot: values.snapshot }),
  }
  await buildAll(missingForCluster(options))
  if (isNodeWanted(values)) await installNodePackages(say)
  const startMs = performance.now()
  const cluster = await startCluster(options)
  say(
    `Ready after ${((performance.now() - startMs) / 1000).toFixed(1)} s. Now: export KUBECONFIG=${cluster.kubeconfigPath}`,
  )
}

async function down(values: Values): Promise<void> {
  const wanted = requireDir(values)
  const dir = existsSync(wanted) ? await realpath(wanted) : wanted
  const living = await sweep(teardown)
  const record = living.find((candidate) => candidate.dir === dir)
  if (record !== undefined) await unregister(record, teardown)
  say(record === undefined ? `No cluster in ${dir}` : `The cluster in ${dir} is gone`)
}

async function list(): Promise<void> {
  for (const { dir, owner, node } of await listClusters()) {
    console.log(
      [dir, owner === null ? 'until down' : `of process ${owner.pid}`, node ? 'with the node' : ''].join('\t'),
    )
  }
}

const commands: Record<string, (values: Values) => Promise<void>> = { build, up, down, list }

async function main(): Promise<void> {
  const { command, values } = readArguments()
  if (command === 'help' || values.help) {
    console.log(help)
    return
  }
  const run = commands[command]
  if (run === undefined) throw new UsageError(`No command "${command}"`)
  await run(values)
}

try {
  await main()
  // Parts run on as children of this process, which need not wait for them.
  process.exit(0)
} catch (error) {
  console.error(`testbed: ${(error as Error).message}`)
  if (error instanceof UsageError) console.error(`\n${help}`)
  process.exit(error instanceof UsageError ? 2 : 1)
}
