import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { OperatorError } from '../base/errors.ts'
import type { Credentials } from './credentials.ts'
import { type ProxyEnvironment, proxyFor } from './proxy.ts'

/**
 * Connections for the current credentials. HTTP/1.1 without pipelining and without a limit of sockets: a watch owns its
 * connection, so that one blocked stream cannot hold up another as it could behind HTTP/2's shared window. When
 * certificates change, new requests use new connections and the old ones close as their requests end.
 */
export class Transport {
  readonly #environment: ProxyEnvironment
  #dispatcher: Dispatcher | undefined
  #identity: string | undefined

  constructor(environment: ProxyEnvironment) {
    this.#environment = environment
  }

  dispatcherFor(credentials: Credentials): Dispatcher {
    if (this.#dispatcher !== undefined && this.#identity === credentials.tlsIdentity) return this.#dispatcher
    const previous = this.#dispatcher
    this.#dispatcher = createDispatcher(credentials, this.#environment)
    this.#identity = credentials.tlsIdentity
    previous?.close().catch(() => {})
    return this.#dispatcher
  }

  async close(): Promise<void> {
    await this.#dispatcher?.destroy()
  }
}

function createDispatcher(credentials: Credentials, environment: ProxyEnvironment): Dispatcher {
  const proxy = credentials.proxyUrl ?? proxyFor(new URL(credentials.server), environment)
  const tls = { ...credentials.tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 10_000, allowH2: false }
  const options = { allowH2: false, pipelining: 1, keepAliveTimeout: 15_000, bodyTimeout: 0 }
  if (proxy === undefined) return new Agent({ ...options, connect: tls })
  if (!/^(https?|socks5?):\/\//.test(proxy)) {
    const scheme = proxy.split(':')[0]
    throw new OperatorError(
      'INVALID_OPTION',
      `proxy-url: "${scheme}" proxies are not supported: use http, https or socks5`,
    )
  }
  return new ProxyAgent({ ...options, uri: proxy, requestTls: tls })
}
