import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici'
import { OperatorError } from '../base/errors.ts'
import type { Credentials } from './credentials.ts'
import { type ProxyEnvironment, proxyFor } from './proxy.ts'

export interface TransportOptions {
  readonly environment: ProxyEnvironment
  readonly connectTimeoutMs: number
}

/**
 * How long a connection is kept that nobody uses: so that whoever asks at once after a crash need not make one first. Shorter than
 * servers and load balancers usually keep them: one that closes just as it is used breaks the request.
 */
const keepAliveMs = 30_000

/**
 * Connections for the current credentials. HTTP/1.1 without pipelining and without a limit of sockets: a watch owns its
 * connection, so that one blocked stream cannot hold up another as it could behind HTTP/2's shared window. When certificates
 * or the server's address change, new requests use new connections and the old ones close as their requests end.
 */
export class Transport {
  readonly #options: TransportOptions
  #dispatcher: Dispatcher | undefined
  #identity: string | undefined

  constructor(options: TransportOptions) {
    this.#options = options
  }

  dispatcherFor(credentials: Credentials): Dispatcher {
    if (this.#dispatcher !== undefined && this.#identity === credentials.connectionIdentity) return this.#dispatcher
    const previous = this.#dispatcher
    this.#dispatcher = createDispatcher(credentials, this.#options)
    this.#identity = credentials.connectionIdentity
    previous?.close().catch(() => {})
    return this.#dispatcher
  }

  async close(): Promise<void> {
    await this.#dispatcher?.destroy()
  }
}

function createDispatcher(credentials: Credentials, options: TransportOptions): Dispatcher {
  const { environment, connectTimeoutMs } = options
  const proxy = credentials.proxyUrl ?? proxyFor(new URL(credentials.server), environment)
  const tls = {
    ...credentials.tls,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    timeout: connectTimeoutMs,
    allowH2: false,
  }
  const shared = { allowH2: false, pipelining: 1, keepAliveTimeout: keepAliveMs, bodyTimeout: 0 }
  if (proxy === undefined) return new Agent({ ...shared, connect: tls })
  if (!/^(https?|socks5?):\/\//.test(proxy)) {
    const scheme = proxy.split(':')[0]
    throw new OperatorError(
      'INVALID_OPTION',
      `proxy-url: "${scheme}" proxies are not supported: use http, https or socks5`,
    )
  }
  // ProxyAgent would do, but gives the proxy user and password as they are escaped in the URL.
  if (proxy.startsWith('socks'))
    return new Socks5ProxyAgent(proxy, { requestTls: tls, connectTimeout: connectTimeoutMs })
  return new ProxyAgent({ ...shared, uri: proxy, requestTls: tls })
}
