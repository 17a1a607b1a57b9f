import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CertificateAuthority } from './pki.ts'
import { createSigningKeys } from './pki.ts'

export type ClusterFiles = ReturnType<typeof clusterFiles>

/** Where everything of a cluster lies; all of it under `dir`. */
export function clusterFiles(dir: string) {
  const pki = (name: string) => join(dir, 'pki', name)
  return {
    dir,
    logFolder: join(dir, 'log'),
    log: (part: string) => join(dir, 'log', `${part}.log`),
    auditLog: join(dir, 'log', 'audit.jsonl'),
    config: (name: string) => join(dir, 'config', name),
    etcdData: join(dir, 'etcd'),
    snapshots: join(dir, 'snapshots'),
    kubeconfig: join(dir, 'kubeconfig'),
    nodeKubeconfig: join(dir, 'config', 'node.kubeconfig'),
    /** The kubelet runs the pods whose manifests lie here, without the API server. */
    staticPods: join(dir, 'config', 'static-pods'),
    podLogs: join(dir, 'pod-logs'),
    pki: {
      authority: pki('ca.crt'),
      authorityKey: pki('ca.key'),
      server: { certificate: pki('apiserver.crt'), key: pki('apiserver.key') },
      admin: { certificate: pki('admin.crt'), key: pki('admin.key') },
      frontProxy: { certificate: pki('front-proxy.crt'), key: pki('front-proxy.key') },
      node: { certificate: pki('node.crt'), key: pki('node.key') },
      serviceAccountKey: pki('service-account.key'),
      serviceAccountPublicKey: pki('service-account.pub'),
    },
  } as const
}

export const nodeName = 'node-1'
/** The pod bridge's address: a kubelet refuses a loopback address, so a cluster with a node lives here. */
export const nodeAddress = '10.244.0.1'

const serverHosts = [
  '127.0.0.1',
  nodeAddress,
  '10.96.0.1',
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
]

const certificateRequests = {
  server: { commonName: 'kube-apiserver', hosts: serverHosts },
  admin: { commonName: 'admin', organizations: ['system:masters'] },
  frontProxy: { commonName: 'front-proxy-client' },
  node: {
    commonName: `system:node:${nodeName}`,
    organizations: ['system:nodes'],
    hosts: [nodeName, nodeAddress],
  },
} as const

async function writeKey(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o600)
}

async function writePki(files: ClusterFiles, authority: CertificateAuthority): Promise<void> {
  await writeFile(files.pki.authority, authority.certificate)
  await writeKey(files.pki.authorityKey, authority.key)
  for (const name of ['server', 'admin', 'frontProxy', 'node'] as const) {
    const issued = authority.issue(certificateRequests[name])
    await writeFile(files.pki[name].certificate, issued.certificate)
    await writeKey(files.pki[name].key, issued.key)
  }
  const signing = createSigningKeys()
  await writeKey(files.pki.serviceAccountKey, signing.privateKey)
  await writeFile(files.pki.serviceAccountPublicKey, signing.publicKey)
}

export interface KubeconfigUser {
  /** Paths of PEM files. */
  readonly certificate?: { readonly certificate: string; readonly key: string }
  readonly token?: string
  readonly tokenFile?: string
}

export interface KubeconfigOptions {
  readonly server: string
  /** Path of the CA's PEM file. */
  readonly authority: string
  readonly user: KubeconfigUser
}

/** A kubeconfig file's text (JSON, which is YAML). */
export function kubeconfigText({ server, authority, user }: KubeconfigOptions): string {
  const credentials = {
    ...(user.certificate && {
      'client-certificate': user.certificate.certificate,
      'client-key': user.certificate.key,
    }),
    ...(user.token !== undefined && { token: user.token }),
    ...(user.tokenFile !== undefined && { tokenFile: user.tokenFile }),
  }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'testbed',
    contexts: [{ name: 'testbed', context: { cluster: 'testbed', user: 'testbed' } }],
    clusters: [{ name: 'testbed', cluster: { server, 'certificate-authority': authority } }],
    users: [{ name: 'testbed', user: credentials }],
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}

/** Makes the folders, certificates and kubeconfigs of a new cluster. */
export async function writeClusterFiles(
  files: ClusterFiles,
  authority: CertificateAuthority,
  server: string,
): Promise<void> {
  for (const folder of ['pki', 'log', 'config']) await mkdir(join(files.dir, folder), { recursive: true })
  await writePki(files, authority)
  const kubeconfig = (certificate: KubeconfigUser['certificate']) =>
    kubeconfigText({ server, authority: files.pki.authority, user: { certificate: certificate! } })
  await writeKey(files.kubeconfig, kubeconfig(files.pki.admin))
  await writeKey(files.nodeKubeconfig, kubeconfig(files.pki.node))
}
