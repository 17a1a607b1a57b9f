import { createHash } from 'node:crypto'
import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import type { Clock } from '../base/clock.ts'
import { errorText, OperatorError } from '../base/errors.ts'

/** What one request needs to be let in. Never logged, never put into an error. */
export interface Credentials {
  readonly server: string
  readonly proxyUrl: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsMaterial
  /** Equal where server, proxy and TLS material are equal: connections made with them can be used again. */
  readonly connectionIdentity: string
}

export interface TlsMaterial {
  readonly ca?: Buffer | string
  readonly cert?: Buffer | string
  readonly key?: Buffer | string
  readonly passphrase?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

/** Files are read again this often, so that what is rotated or exchanged in them is picked up before the old one ends. */
const rereadEveryMs = 60_000

export interface CredentialSourceOptions {
  /** Told once of a kubeconfig that could be read and now cannot: the one that was read last goes on being used. */
  readonly onUnreadable?: (problem: unknown) => void
}

/**
 * Hands out current credentials. client-node reads certificate and token files and runs exec plug-ins; this decides when:
 * every minute, and at once when the server refused what was handed out or a handshake failed. The kubeconfig itself is
 * loaded anew at the same times, for the authority and the server's address may have changed. What plug-ins answered is
 * kept as long as the kubeconfig says the same and the answer is not refused.
 */
export class CredentialSource {
  readonly #load: (context: string | undefined) => KubeConfig
  readonly #clock: Clock
  readonly #onUnreadable: (problem: unknown) => void
  #config: KubeConfig
  /** As it was loaded: client-node puts refreshed tokens into its own. */
  #content: string
  #current: Promise<Credentials> | undefined
  #readAtMs: number | undefined
  #isUnreadable = false

  /**
   * `load` reads the kubeconfig from its source each time it is called: first for the context that it finds, then for that one,
   * whatever the kubeconfig's current context is by then.
   */
  constructor(
    load: (context: string | undefined) => KubeConfig,
    clock: Clock,
    { onUnreadable = () => {} }: CredentialSourceOptions = {},
  ) {
    this.#load = load
    this.#clock = clock
    this.#onUnreadable = onUnreadable
    this.#config = load(undefined)
    this.#content = contentOf(this.#config)
  }

  get server(): string {
    return this.#config.getCurrentCluster()!.server
  }

  current(): Promise<Credentials> {
    if (this.#readAtMs === undefined) return this.#read()
    const isOld = this.#clock.monotonicMs() - this.#readAtMs > rereadEveryMs
    if (this.#current !== undefined && !isOld) return this.#current
    const loaded = this.#reload()
    if (loaded !== undefined && contentOf(loaded) !== this.#content) this.#adopt(loaded)
    return this.#read()
  }

  /** Credentials read after `refused` was refused; everything cached below, exec plug-ins' answers too, is forgotten. */
  async renewed(refused: Credentials): Promise<Credentials> {
    const asked = this.current()
    const current = await asked
    if (current !== refused) return current
    const byAnother = this.#current
    if (byAnother !== undefined && byAnother !== asked) return byAnother
    this.#adopt(this.#reload() ?? withoutAnswers(this.#config))
    return this.#read()
  }

  /** The next request reads again: a handshake failed, perhaps because the CA was exchanged. */
  invalidate(): void {
    this.#current = undefined
  }

  #adopt(config: KubeConfig): void {
    this.#config = config
    this.#content = contentOf(config)
  }

  /** Undefined where it cannot be read now, or does not know the context any more. */
  #reload(): KubeConfig | undefined {
    try {
      const loaded = this.#load(this.#config.getCurrentContext())
      this.#isUnreadable = false
      return loaded
    } catch (problem) {
      if (!this.#isUnreadable) this.#onUnreadable(problem)
      this.#isUnreadable = true
      return undefined
    }
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

function contentOf({ clusters, users, contexts }: KubeConfig): string {
  return JSON.stringify([clusters, users, contexts])
}

/** client-node keeps what plug-ins answered beside the configuration. */
function withoutAnswers(config: KubeConfig): KubeConfig {
  const copy = new KubeConfig()
  copy.loadFromOptions({ ...config })
  return copy
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
  const { server, proxyUrl } = cluster
  return {
    server,
    proxyUrl,
    headers: headersFrom(options),
    tls,
    connectionIdentity: identityOf({ server, proxyUrl, tls }),
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

function identityOf({ server, proxyUrl, tls }: Pick<Credentials, 'server' | 'proxyUrl' | 'tls'>): string {
  const hash = createHash('sha256')
  for (const value of [server, tls.ca, tls.cert, tls.key, tls.passphrase, tls.servername, proxyUrl]) {
    hash.update(value ?? '').update('\0')
  }
  return hash.update(String(tls.rejectUnauthorized)).digest('base64')
}
