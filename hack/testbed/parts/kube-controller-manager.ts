import { kubernetes } from '../artifacts/kubernetes.ts'
import type { Part } from '../part.ts'

export const kubeControllerManager: Part = {
  name: 'kube-controller-manager',
  binary: 'kube-controller-manager',
  artifact: kubernetes,
  isWanted: ({ controllers }) => controllers,
  args: ({ files, ports }) =>
    [
      ['--kubeconfig', files.kubeconfig],
      ['--authentication-kubeconfig', files.kubeconfig],
      ['--authorization-kubeconfig', files.kubeconfig],
      ['--bind-address', '127.0.0.1'],
      ['--secure-port', String(ports.controllerManager)],
      ['--root-ca-file', files.pki.authority],
      ['--service-account-private-key-file', files.pki.serviceAccountKey],
      ['--use-service-account-credentials'],
      ['--kube-api-qps', '500'],
      ['--kube-api-burst', '1000'],
      ['--leader-elect=false'],
    ].flat(),
  // Pods are refused until it has made the namespace's service account.
  isReady: async ({ address, get, ports }) => {
    const urls = [
      `https://127.0.0.1:${ports.controllerManager}/healthz`,
      `https://${address}:${ports.api}/api/v1/namespaces/default/serviceaccounts/default`,
    ]
    const answers = await Promise.all(urls.map(get))
    return answers.every(({ status }) => status === 200)
  },
}
