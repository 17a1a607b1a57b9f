import { createHash } from 'node:crypto'
import type { RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import type { Clock } from '../base/clock.ts'
import { errorText, OperatorError } from '../base/errors.ts'

/** What one request needs to be let in. Never logged, never put into an error. */
export interface Credentials {
  readonly server: string
  readonly proxyUrl: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsMaterial
  /** Equal for equal TLS material: connections made with it can be used again. */
  readonly tlsIdentity: string
}

export interface TlsMaterial {
  readonly ca?: Buffer | string
  readonly cert?: Buffer | string
  readonly key?: Buffer | string
  readonly passphrase?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

/** Files are read again this often, so that a rotated token or certificate is picked up before the old one ends. */
const rereadEveryMs = 60_000

/**
 * Hands out current credentials. client-node reads kubeconfigs, certificate and token files and runs exec plug-ins; this
 * decides when: every minute, and at once when the server refused what was handed out.
 */
export class CredentialSource {
  readonly #load: () => KubeConfig
  readonly #clock: Clock
  #config: KubeConfig
  #current: Promise<Credentials> | undefined
  #readAtMs = 0

  /** `load` reads the kubeconfig from its source each time it is called. */
  constructor(load: () => KubeConfig, clock: Clock) {
    this.#load = load
    this.#clock = clock
    this.#config = load()
  }

  get server(): string {
    return this.#config.getCurrentCluster()!.server
  }

  current(): Promise<Credentials> {
    const isOld = this.#clock.monotonicMs() - this.#readAtMs > rereadEveryMs
    if (this.#current === undefined || isOld) return this.#read()
    return this.#current
  }

  /** Credentials read after `refused` was refused; everything cached below, exec plug-ins' answers too, is forgotten. */
  async renewed(refused: Credentials): Promise<Credentials> {
    const current = await this.current()
    if (current !== refused) return current
    this.#config = this.#load()
    return this.#read()
  }

  /** The next request reads again: a handshake failed, perhaps because the CA was exchanged. */
  invalidate(): void {
    this.#current = undefined
  }

  #read(): Promise<Credentials> {
    const reading = readCredentials(this.#config)
    this.#current = reading
    this.#readAtMs = this.#clock.monotonicMs()
    reading.catch(() => {
      if (this.#current === reading) this.#current = undefined
    })
    return reading
  }
}

async function readCredentials(config: KubeConfig): Promise<Credentials> {
  const cluster = config.getCurrentCluster()!
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (cause) {
    const user = config.getCurrentUser()?.name ?? ''
    throw new OperatorError('CREDENTIALS', `cannot get credentials of kubeconfig user "${user}": ${errorText(cause)}`, {
      cause,
    })
  }
  const tls = tlsMaterial(options)
  const proxyUrl = cluster.proxyUrl
  return {
    server: cluster.server,
    proxyUrl,
    headers: headersFrom(options),
    tls,
    tlsIdentity: identityOf(tls, proxyUrl),
  }
}

function tlsMaterial(options: RequestOptions): TlsMaterial {
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = options
  const given = { ca, cert, key, passphrase, servername, rejectUnauthorized }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value != null)) as TlsMaterial
}

function headersFrom(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value).trim()
  if (options.auth != null) headers.Authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`
  return headers
}

function identityOf(tls: TlsMaterial, proxyUrl: string | undefined): string {
  const hash = createHash('sha256')
  for (const value of [tls.ca, tls.cert, tls.key, tls.passphrase, tls.servername, proxyUrl]) {
    hash.update(value ?? '').update('\0')
  }
  return hash.update(String(tls.rejectUnauthorized)).digest('base64')
}
