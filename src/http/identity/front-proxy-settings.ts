/** What the API server says of itself as a proxy: the ConfigMap `extension-apiserver-authentication`. */
import { X509Certificate } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { errorText } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { ShortMemory } from '../../base/short-memory.ts'
import type { KubeClient } from '../../kube/client.ts'

export interface FrontProxySettings {
  /** Who signs the proxy's client certificate. */
  readonly authorities: readonly X509Certificate[]
  /** Common names that the certificate may carry; empty: any. */
  readonly allowedNames: readonly string[]
  /** Names of headers, in lower case. */
  readonly usernameHeaders: readonly string[]
  readonly uidHeaders: readonly string[]
  readonly groupHeaders: readonly string[]
  readonly extraHeaderPrefixes: readonly string[]
}

/** Undefined where the API server is no front proxy. Throws where the ConfigMap holds something else than it must. */
export function parseFrontProxySettings(data: Readonly<Record<string, string>>): FrontProxySettings | undefined {
  const bundle = data['requestheader-client-ca-file'] ?? ''
  const authorities = (bundle.match(pemCertificate) ?? []).map((pem) => new X509Certificate(pem))
  if (authorities.length === 0) return undefined
  const headers = (name: string) => names(data[`requestheader-${name}`]).map((header) => header.toLowerCase())
  return {
    authorities,
    allowedNames: names(data['requestheader-allowed-names']),
    usernameHeaders: headers('username-headers'),
    uidHeaders: headers('uid-headers'),
    groupHeaders: headers('group-headers'),
    extraHeaderPrefixes: headers('extra-headers-prefix'),
  }
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

function names(json: string | undefined): string[] {
  const parsed: unknown = json === undefined || json === '' ? [] : JSON.parse(json)
  if (!Array.isArray(parsed) || parsed.some((name) => typeof name !== 'string')) throw new Error('not a list of names')
  return parsed
}

export interface FrontProxySource {
  current(): Promise<FrontProxySettings | undefined>
}

const keepMs = 30_000
const readTimeoutMs = 5_000
const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication'

/** Reads it again when it is needed and older than half a minute; where it cannot be read, what was read last counts. */
export class FrontProxyReader implements FrontProxySource {
  readonly #client: KubeClient
  readonly #logger: Logger
  readonly #reads: ShortMemory<FrontProxySettings | undefined>
  #last: FrontProxySettings | undefined

  constructor({ client, clock, logger }: { client: KubeClient; clock: Clock; logger: Logger }) {
    this.#client = client
    this.#logger = logger
    this.#reads = new ShortMemory({ clock, keepMs, most: 1 })
  }

  current(): Promise<FrontProxySettings | undefined> {
    return this.#reads.get('', () => this.#read())
  }

  async #read(): Promise<FrontProxySettings | undefined> {
    try {
      const signal = new AbortController().signal
      const request = { path, signal, timeoutMs: readTimeoutMs }
      const { data = {} } = await this.#client.requestJson<{ data?: Record<string, string> }>(request)
      this.#last = parseFrontProxySettings(data)
    } catch (error) {
      const fields = { component: 'api', error: errorText(error) }
      this.#logger.warn(fields, 'Who the API server is as a proxy cannot be read; what was read last counts')
    }
    return this.#last
  }
}
