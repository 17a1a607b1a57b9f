import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kwok as artifact, kwokConfigFiles } from '../artifacts/kwok.ts'
import type { KwokLogs, Part, PartContext } from '../part.ts'

/** Beside a real node, kwok must leave that one alone. */
function managedNodes({ options }: PartContext): string[] {
  return options.node ? ['--manage-nodes-with-annotation-selector', 'kwok.x-k8s.io/node=fake'] : ['--manage-all-nodes']
}

const logsFile = ({ files }: PartContext) => join(files.dir, 'kwok-logs.json')

/** The first one that is for a pod's namespace counts. */
function clusterLogs({ namespace, file, previousFile }: KwokLogs, index: number): object {
  const selector = namespace === undefined ? {} : { selector: { matchNamespaces: [namespace] } }
  const logs = [{ logsFile: file, previousLogsFile: previousFile }]
  const apiVersion = 'kwok.x-k8s.io/v1alpha1'
  return { apiVersion, kind: 'ClusterLogs', metadata: { name: `logs-${index}` }, spec: { ...selector, logs } }
}

/** Pretends the nodes: it keeps their leases, sets pods Running, and serves a kubelet's metrics for them. */
export const kwok: Part = {
  name: 'kwok',
  binary: 'kwok',
  artifact,
  isWanted: (choice) => choice.kwok,
  prepare: async (context) => {
    const ordered = context.options.kwokLogs.toSorted(
      (a, b) => Number(a.namespace === undefined) - Number(b.namespace === undefined),
    )
    // YAML takes one document after the other, and JSON for each.
    await writeFile(
      logsFile(context),
      ordered.map((logs, index) => JSON.stringify(clusterLogs(logs, index))).join('\n---\n'),
    )
  },
  args: (context) => {
    const { artifactFolder, files, ports } = context
    return [
      ['--kubeconfig', files.kubeconfig],
      ['--server-address', `127.0.0.1:${ports.kwok}`],
      ['--node-ip', '127.0.0.1'],
      ['--node-port', String(ports.kwok)],
      ['--tls-cert-file', files.pki.server.certificate],
      ['--tls-private-key-file', files.pki.server.key],
      ['--node-lease-duration-seconds', '40'],
      managedNodes(context),
      kwokConfigFiles.flatMap((file) => ['--config', join(artifactFolder(artifact), file)]),
      context.options.kwokLogs.length > 0 ? ['--config', logsFile(context)] : [],
    ].flat()
  },
  isReady: async ({ get, ports }) => (await get(`https://127.0.0.1:${ports.kwok}/healthz`)).status === 200,
}
