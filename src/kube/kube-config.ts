import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { type Cluster, KubeConfig, loadYaml, type User } from '@kubernetes/client-node'
import { errorText, OperatorError } from '../base/errors.ts'
import { type ClusterEntry, type DescribedCluster, describeClusterToPlugins } from './exec-info.ts'

/** Where the cluster and the credentials come from. */
export interface KubeConfigSource {
  /** One file, or several as in KUBECONFIG. Absent: ~/.kube/config, then the pod's own service account. */
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
}

/** Reads the configuration afresh. Throws INVALID_OPTION for an unknown context and CREDENTIALS for an unreadable file. */
export function loadKubeConfig(source: KubeConfigSource = {}): KubeConfig {
  const config = new KubeConfig()
  const files = filesOf(source)
  try {
    if (files.length === 0) config.loadFromCluster()
    for (const file of files) merge(config, loadFile(file))
  } catch (cause) {
    throw new OperatorError('CREDENTIALS', `cannot read ${files.join(', ')}: ${errorText(cause)}`, { cause })
  }
  if (source.context !== undefined) selectContext(config, source.context)
  requireCluster(config, files)
  try {
    describeClusterToPlugins(config)
  } catch (cause) {
    throw new OperatorError('CREDENTIALS', `cannot describe the cluster to its exec plug-in: ${errorText(cause)}`, {
      cause,
    })
  }
  return config
}

/** The namespace that the current context names, or `default`. */
export function currentNamespace(config: KubeConfig): string {
  return config.getContextObject(config.getCurrentContext())?.namespace ?? 'default'
}

/** As kubectl: of several files those that exist count. None at all: the service account. */
function filesOf({ kubeconfig }: KubeConfigSource): string[] {
  if (kubeconfig === undefined || kubeconfig === '') {
    const own = join(homedir(), '.kube', 'config')
    return existsSync(own) ? [own] : []
  }
  const named = kubeconfig.split(delimiter).filter((file) => file !== '')
  const existing = named.filter((file) => existsSync(file))
  return existing.length === 0 ? named : existing
}

function loadFile(file: string): KubeConfig {
  const config = new KubeConfig()
  const text = readFileSync(file, 'utf8')
  const folder = dirname(resolve(file))
  config.loadFromString(text)
  config.makePathsAbsolute(folder)
  for (const user of config.users) resolveUserPaths(user, folder)
  const document = loadYaml<KubeConfigDocument | null>(text)
  useTokenFiles(config, document, folder)
  config.clusters = config.clusters.map((cluster) => describedBy(document, cluster))
  return config
}

/** Of two entries with one name the first counts, and so does the first current context. */
function merge(into: KubeConfig, from: KubeConfig): void {
  const isNew =
    <T extends { name: string }>(known: readonly T[]) =>
    ({ name }: T) =>
      known.every((entry) => entry.name !== name)
  into.clusters.push(...from.clusters.filter(isNew(into.clusters)))
  into.users.push(...from.users.filter(isNew(into.users)))
  into.contexts.push(...from.contexts.filter(isNew(into.contexts)))
  into.currentContext ??= from.currentContext
}

function resolveUserPaths(user: User, folder: string): void {
  const exec: { command?: string } | null = user.exec
  if (exec?.command?.includes('/') === true) exec.command = resolve(folder, exec.command)
}

/** What client-node does not read. */
interface KubeConfigDocument {
  readonly users?: readonly { readonly name?: string; readonly user?: { readonly tokenFile?: string } | null }[] | null
  readonly clusters?: readonly { readonly name?: string; readonly cluster?: ClusterEntry | null }[] | null
}

function describedBy(document: KubeConfigDocument | null, cluster: Cluster): DescribedCluster {
  const entry = document?.clusters?.find(({ name }) => name === cluster.name)?.cluster
  return entry == null ? cluster : { ...cluster, entry }
}

/** client-node does not know `tokenFile`, which is read again as it rotates and goes before a `token`. */
function useTokenFiles(config: KubeConfig, document: KubeConfigDocument | null, folder: string): void {
  config.users = config.users.map((known) => {
    const tokenFile = document?.users?.find(({ name }) => name === known.name)?.user?.tokenFile
    if (tokenFile === undefined || tokenFile === '') return known
    const { token: _replaced, ...user } = known
    return { ...user, authProvider: { name: 'tokenFile', config: { tokenFile: resolve(folder, tokenFile) } } }
  })
}

function selectContext(config: KubeConfig, context: string): void {
  const known = config.getContexts().map(({ name }) => name)
  if (!known.includes(context)) {
    throw new OperatorError('INVALID_OPTION', `no context "${context}" in the kubeconfig; it has: ${known.join(', ')}`)
  }
  config.setCurrentContext(context)
}

function requireCluster(config: KubeConfig, files: readonly string[]): void {
  const server = config.getCurrentCluster()?.server
  const hasServer = server !== undefined && !server.includes('undefined')
  if (hasServer) return
  const problem =
    files.length === 0
      ? 'there is no ~/.kube/config and this is not a pod: name a kubeconfig'
      : `${files.join(', ')} has no current context with a cluster: set one with \`kubectl config use-context\``
  throw new OperatorError('CREDENTIALS', problem)
}
