import { kubernetes } from '../artifacts/kubernetes.ts'
import { nodeName } from '../cluster-files.ts'
import { podNetwork } from '../node-host.ts'
import type { Part } from '../part.ts'

/** Makes Services reachable from pods, the API server's own among them. */
export const kubeProxy: Part = {
  name: 'kube-proxy',
  binary: 'kube-proxy',
  artifact: kubernetes,
  isWanted: ({ node }) => node,
  isNode: true,
  args: ({ address, files, ports }) =>
    [
      ['--kubeconfig', files.kubeconfig],
      ['--proxy-mode', 'iptables'],
      ['--cluster-cidr', podNetwork],
      ['--hostname-override', nodeName],
      ['--bind-address', address],
      ['--metrics-bind-address', `127.0.0.1:${ports.kubeProxyMetrics}`],
      ['--healthz-bind-address', `127.0.0.1:${ports.kubeProxyHealth}`],
      ['--conntrack-max-per-core', '0'],
      ['--iptables-localhost-nodeports=false'],
    ].flat(),
  isReady: async ({ get, ports }) => (await get(`http://127.0.0.1:${ports.kubeProxyHealth}/healthz`)).status === 200,
}
