import type { Command as Commander } from 'commander'
import { addClusterOptions, type ClusterOptions } from './cluster.ts'

/** How the operator's API is reached: through the API server, or directly. */
export interface ServerOptions extends ClusterOptions {
  readonly serverUrl?: string
  readonly tokenFile?: string
  readonly certificateAuthority?: string
  readonly insecureSkipTlsVerify?: boolean
}

export function addServerOptions(command: Commander): Commander {
  return addClusterOptions(command)
    .optionsGroup('Around the API server, where it does not send requests on:')
    .option('--server-url <url>', "the operator's API itself, such as https://localhost:8443")
    .option('--token-file <file>', 'bearer token of the cluster (kubectl create token); - is stdin')
    .option('--certificate-authority <file>', "certificates that the operator's is checked against")
    .option('--insecure-skip-tls-verify', 'do not check whose certificate it is')
}
