import { randomUUID } from 'node:crypto'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClusterFiles, type KubeconfigUser, kubeconfigText } from './cluster-files.ts'
import type { CertificateAuthority } from './pki.ts'

export interface UserOptions {
  readonly user: string
  readonly groups?: readonly string[]
  /** From now on; ten years when absent. */
  readonly validSeconds?: number
}

/** Paths of PEM files. */
export interface ClientCertificate {
  readonly certificate: string
  readonly key: string
}

/** Who a kubeconfig is for: a new certificate for a user, or a token, or a file that holds a token. */
export type KubeconfigFor = (UserOptions | { readonly token: string } | { readonly tokenFile: string }) & {
  /** `https://host:port`, as a fault proxy's; the API server's own when absent. */
  readonly server?: string
}

async function writePrivate(path: string, text: string): Promise<string> {
  await writeFile(path, text)
  await chmod(path, 0o600)
  return path
}

async function newUserFile(files: ClusterFiles): Promise<string> {
  const folder = join(files.dir, 'users')
  await mkdir(folder, { recursive: true })
  return join(folder, randomUUID())
}

export async function issueClientCertificate(
  files: ClusterFiles,
  authority: CertificateAuthority,
  options: UserOptions,
): Promise<ClientCertificate> {
  const { user, groups = [], validSeconds } = options
  const issued = authority.issue({
    commonName: user,
    organizations: groups,
    ...(validSeconds !== undefined && { validSeconds }),
  })
  const file = await newUserFile(files)
  return {
    certificate: await writePrivate(`${file}.crt`, issued.certificate),
    key: await writePrivate(`${file}.key`, issued.key),
  }
}

async function kubeconfigUser(
  files: ClusterFiles,
  authority: CertificateAuthority,
  options: KubeconfigFor,
): Promise<KubeconfigUser> {
  if ('token' in options) return { token: options.token }
  if ('tokenFile' in options) return { tokenFile: options.tokenFile }
  return { certificate: await issueClientCertificate(files, authority, options) }
}

/** Writes a kubeconfig and gives its path. */
export async function writeKubeconfigFor(
  files: ClusterFiles,
  authority: CertificateAuthority,
  options: KubeconfigFor & { readonly server: string },
): Promise<string> {
  const user = await kubeconfigUser(files, authority, options)
  const text = kubeconfigText({ server: options.server, authority: files.pki.authority, user })
  return writePrivate(`${await newUserFile(files)}.kubeconfig`, text)
}
