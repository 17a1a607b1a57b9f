import { dirname, resolve } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { errorText, OperatorError } from '../base/errors.ts'

/** Where the cluster and the credentials come from. All absent: KUBECONFIG, then ~/.kube/config, then the pod's own account. */
export interface KubeConfigSource {
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
}

/** Reads the configuration afresh. Throws INVALID_OPTION for an unknown context and CREDENTIALS for an unreadable file. */
export function loadKubeConfig(source: KubeConfigSource = {}): KubeConfig {
  const config = new KubeConfig()
  try {
    if (source.kubeconfig === undefined) config.loadFromDefault()
    else loadFile(config, source.kubeconfig)
  } catch (cause) {
    const where = source.kubeconfig ?? 'the default kubeconfig'
    throw new OperatorError('CREDENTIALS', `cannot read ${where}: ${errorText(cause)}`, { cause })
  }
  if (source.context !== undefined) selectContext(config, source.context)
  requireCluster(config)
  describeClusterToPlugins(config)
  return config
}

/** The namespace that the current context names, or `default`. */
export function currentNamespace(config: KubeConfig): string {
  return config.getContextObject(config.getCurrentContext())?.namespace ?? 'default'
}

function loadFile(config: KubeConfig, file: string): void {
  config.loadFromFile(file)
  const folder = dirname(resolve(file))
  for (const user of config.users) {
    const settings: { tokenFile?: string } | undefined = user.authProvider?.config
    if (settings?.tokenFile !== undefined) settings.tokenFile = resolve(folder, settings.tokenFile)
    const exec: { command?: string } | undefined = user.exec
    if (exec?.command?.includes('/') === true) exec.command = resolve(folder, exec.command)
  }
}

function selectContext(config: KubeConfig, context: string): void {
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name)
    throw new OperatorError('INVALID_OPTION', `no context "${context}" in the kubeconfig; it has: ${known.join(', ')}`)
  }
  config.setCurrentContext(context)
}

function requireCluster(config: KubeConfig): void {
  if (config.getCurrentCluster() !== null) return
  throw new OperatorError(
    'CREDENTIALS',
    'the kubeconfig has no current context with a cluster: set one with `kubectl config use-context` or pass --context',
  )
}

/** Exec plug-ins expect KUBERNETES_EXEC_INFO (client.authentication.k8s.io ExecCredential); client-node does not set it. */
function describeClusterToPlugins(config: KubeConfig): void {
  const exec: { apiVersion?: string; env?: { name: string; value: string }[] | null } | undefined =
    config.getCurrentUser()?.exec
  if (exec == null) return
  const info = {
    apiVersion: exec.apiVersion ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false },
  }
  const others = (exec.env ?? []).filter(({ name }) => name !== 'KUBERNETES_EXEC_INFO')
  exec.env = [...others, { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }]
}
