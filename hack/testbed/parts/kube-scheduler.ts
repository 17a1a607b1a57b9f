import { kubernetes } from '../artifacts/kubernetes.ts'
import type { Part } from '../part.ts'

export const kubeScheduler: Part = {
  name: 'kube-scheduler',
  binary: 'kube-scheduler',
  artifact: kubernetes,
  isWanted: ({ controllers }) => controllers,
  args: ({ files, ports }) =>
    [
      ['--kubeconfig', files.kubeconfig],
      ['--authentication-kubeconfig', files.kubeconfig],
      ['--authorization-kubeconfig', files.kubeconfig],
      ['--bind-address', '127.0.0.1'],
      ['--secure-port', String(ports.scheduler)],
      ['--kube-api-qps', '500'],
      ['--kube-api-burst', '1000'],
      ['--leader-elect=false'],
    ].flat(),
  isReady: async ({ get, ports }) => (await get(`https://127.0.0.1:${ports.scheduler}/readyz`)).status === 200,
}
