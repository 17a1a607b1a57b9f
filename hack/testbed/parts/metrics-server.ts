import { metricsServer as artifact } from '../artifacts/metrics-server.ts'
import type { Part, PartContext } from '../part.ts'

/** The API server finds it by a Service that names a host, as a loopback address is refused as an endpoint. */
const aggregation = ({ ports }: PartContext) => [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'metrics-server', namespace: 'kube-system' },
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port: ports.metricsServer }] },
  },
  {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { name: 'metrics-server', namespace: 'kube-system', port: ports.metricsServer },
    },
  },
]

/**
 * Samples of every node, each 10 s: of the real node's kubelet and of kwok's pretended ones. Ready means that the API is
 * there; `kubectl top` shows something after two samples.
 */
export const metricsServer: Part = {
  name: 'metrics-server',
  binary: 'metrics-server',
  artifact,
  isWanted: (choice) => choice.metricsServer,
  prepare: async (context) => void (await context.apply(aggregation(context))),
  args: ({ files, ports }) =>
    [
      ['--kubeconfig', files.kubeconfig],
      ['--authentication-kubeconfig', files.kubeconfig],
      ['--authorization-kubeconfig', files.kubeconfig],
      ['--bind-address', '127.0.0.1'],
      ['--secure-port', String(ports.metricsServer)],
      ['--cert-dir', files.config('metrics-server')],
      ['--kubelet-insecure-tls'],
      ['--kubelet-use-node-status-port'],
      ['--kubelet-preferred-address-types', 'InternalIP'],
      ['--kubelet-request-timeout', '5s'],
      ['--metric-resolution', '10s'],
    ].flat(),
  isReady: async ({ address, get, ports }) =>
    (await get(`https://${address}:${ports.api}/apis/metrics.k8s.io/v1beta1`)).status === 200,
}
