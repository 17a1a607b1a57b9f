import { readFileSync } from 'node:fs'
import type { Cluster, KubeConfig } from '@kubernetes/client-node'

/** What client-node leaves out of a kubeconfig's cluster, by the members' own names. */
export interface ClusterEntry {
  readonly extensions?: readonly { readonly name?: string; readonly extension?: unknown }[] | null
  readonly 'disable-compression'?: boolean
}

/** A cluster with what else the kubeconfig says of it. */
export type DescribedCluster = Cluster & { readonly entry?: ClusterEntry }

interface ExecEntry {
  readonly apiVersion?: string
  readonly provideClusterInfo?: boolean
  env?: { name: string; value: string }[] | null
}

const infoVariable = 'KUBERNETES_EXEC_INFO'

/**
 * Exec plug-ins expect an ExecCredential of client.authentication.k8s.io in their environment, with the cluster in it where
 * they ask for that; client-node does not set it. Throws where the file of the cluster's authority cannot be read.
 */
export function describeClusterToPlugins(config: KubeConfig): void {
  const exec: ExecEntry | null | undefined = config.getCurrentUser()?.exec
  if (exec == null) return
  const cluster = exec.provideClusterInfo === true ? { cluster: describe(config.getCurrentCluster()!) } : {}
  const info = {
    apiVersion: exec.apiVersion ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, ...cluster },
  }
  const others = (exec.env ?? []).filter(({ name }) => name !== infoVariable)
  exec.env = [...others, { name: infoVariable, value: JSON.stringify(info) }]
}

/** What plug-ins read from a kubeconfig's cluster themselves is in the extension of this name. */
const execExtension = 'client.authentication.k8s.io/exec'

/** JSON leaves out what is undefined. */
function describe({ server, tlsServerName, skipTLSVerify, caData, caFile, proxyUrl, entry }: DescribedCluster): object {
  return {
    server,
    'tls-server-name': tlsServerName,
    'insecure-skip-tls-verify': skipTLSVerify || undefined,
    'certificate-authority-data': caData ?? (caFile == null ? undefined : readFileSync(caFile).toString('base64')),
    'proxy-url': proxyUrl,
    'disable-compression': entry?.['disable-compression'] || undefined,
    config: entry?.extensions?.find(({ name }) => name === execExtension)?.extension,
  }
}
