import { join } from 'node:path'
import { kwok as artifact, kwokConfigFiles } from '../artifacts/kwok.ts'
import type { Part, PartContext } from '../part.ts'

/** Beside a real node, kwok must leave that one alone. */
function managedNodes({ options }: PartContext): string[] {
  return options.node ? ['--manage-nodes-with-annotation-selector', 'kwok.x-k8s.io/node=fake'] : ['--manage-all-nodes']
}

/** Pretends the nodes: it keeps their leases, sets pods Running, and serves a kubelet's metrics for them. */
export const kwok: Part = {
  name: 'kwok',
  binary: 'kwok',
  artifact,
  isWanted: (choice) => choice.kwok,
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
    ].flat()
  },
  isReady: async ({ get, ports }) => (await get(`https://127.0.0.1:${ports.kwok}/healthz`)).status === 200,
}
