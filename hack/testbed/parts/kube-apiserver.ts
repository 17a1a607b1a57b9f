import { writeFile } from 'node:fs/promises'
import { kubernetes } from '../artifacts/kubernetes.ts'
import type { Part, PartContext } from '../part.ts'

const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    // What a kubelet says of a pod, so that its writes can be told from each other.
    { level: 'Request', verbs: ['patch'], resources: [{ group: '', resources: ['pods/status'] }] },
    { level: 'Metadata' },
  ],
}

const auditPolicyFile = ({ files }: PartContext): string => files.config('audit-policy.json')

function auditFlags(context: PartContext): string[] {
  if (!context.options.auditLog) return []
  return ['--audit-policy-file', auditPolicyFile(context), '--audit-log-path', context.files.auditLog]
}

/** What lets an API be aggregated: one in a pod through kube-proxy, one of this machine by a Service of type ExternalName. */
function aggregationFlags({ files: { pki } }: PartContext): string[] {
  return [
    ['--requestheader-client-ca-file', pki.authority],
    ['--requestheader-allowed-names', 'front-proxy-client'],
    ['--requestheader-extra-headers-prefix', 'X-Remote-Extra-'],
    ['--requestheader-group-headers', 'X-Remote-Group'],
    ['--requestheader-username-headers', 'X-Remote-User'],
    ['--proxy-client-cert-file', pki.frontProxy.certificate],
    ['--proxy-client-key-file', pki.frontProxy.key],
  ].flat()
}

/** Loopback is refused as a Service's endpoint, so `default/kubernetes` has endpoints only where a node can use them. */
function endpointFlags({ options, address }: PartContext): string[] {
  return options.node ? ['--advertise-address', address] : ['--endpoint-reconciler-type', 'none']
}

/** The Node authorizer reads every pod before the server is ready: it is there where a node is. */
function authorizationFlags({ options }: PartContext): string[] {
  return ['--authorization-mode', options.node ? 'Node,RBAC' : 'RBAC']
}

export const kubeApiserver: Part = {
  name: 'kube-apiserver',
  binary: 'kube-apiserver',
  artifact: kubernetes,
  isWanted: () => true,
  isFirst: true,
  readyWithinMs: 90_000,
  async prepare(context) {
    await writeFile(auditPolicyFile(context), JSON.stringify(auditPolicy))
  },
  args: (context) => {
    const { address, files, options, ports } = context
    return [
      ['--etcd-servers', `http://127.0.0.1:${ports.etcdClient}`],
      ['--bind-address', address],
      ['--secure-port', String(ports.api)],
      ['--tls-cert-file', files.pki.server.certificate],
      ['--tls-private-key-file', files.pki.server.key],
      ['--client-ca-file', files.pki.authority],
      ['--service-account-key-file', files.pki.serviceAccountPublicKey],
      ['--service-account-signing-key-file', files.pki.serviceAccountKey],
      ['--service-account-issuer', 'https://kubernetes.default.svc'],
      ['--service-cluster-ip-range', '10.96.0.0/16'],
      authorizationFlags(context),
      ['--allow-privileged=true'],
      ['--kubelet-client-certificate', files.pki.admin.certificate],
      ['--kubelet-client-key', files.pki.admin.key],
      ['--kubelet-certificate-authority', files.pki.authority],
      ['--kubelet-preferred-address-types', 'InternalIP'],
      options.compactionInterval === undefined ? [] : ['--etcd-compaction-interval', options.compactionInterval],
      endpointFlags(context),
      aggregationFlags(context),
      auditFlags(context),
      options.apiServerFlags,
    ].flat()
  },
  isReady: async ({ address, get, ports }) => (await get(`https://${address}:${ports.api}/readyz`)).status === 200,
}
