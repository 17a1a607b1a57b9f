/**
 * A test that is killed while its cluster runs: starts one, says what it is, and waits for its end.
 * `node test/support/doomed-cluster.ts [--node]` prints `{"dir": ..., "pids": [...]}`.
 */

import { startCluster } from '../../hack/testbed/cluster.ts'
import { busyboxImage } from '../../hack/testbed/images.ts'

const node = process.argv.includes('--node')
const cluster = await startCluster({ node, controllers: node })
if (node) {
  const main = { name: 'main', image: busyboxImage, imagePullPolicy: 'Never', command: ['sleep', '3600'] }
  const spec = { containers: [{ ...main, ports: [{ containerPort: 80, hostPort: 8765 }] }] }
  await cluster.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'doomed', namespace: 'default' }, spec }])
  await cluster.mustKubectl(['wait', '--for=condition=Ready', 'pod/doomed', '--timeout=90s'])
}
console.log(JSON.stringify({ dir: cluster.dir, pids: cluster.parts.map((part) => part.pid) }))
setInterval(() => undefined, 1000)
