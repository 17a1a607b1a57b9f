/** Who makes a request. There are two ways to prove it: a bearer token, and the API server in front. */
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { bearerToken } from './identity/bearer-token.ts'
import type { Caller } from './identity/caller.ts'
import { callerFromHeaders, isFrontProxy } from './identity/front-proxy.ts'
import type { FrontProxySource } from './identity/front-proxy-settings.ts'
import { Problem } from './problem.ts'
import { RateLimit } from './rate-limit.ts'

export interface AuthenticatorOptions {
  readonly clock: Clock
  readonly tokens: { callerOf(token: string): Promise<Caller | undefined> }
  readonly frontProxy: FrontProxySource
}

const callerRate = { burst: 100, intervalMs: 50 }
/** Of one address, before it is known who asks: each new token costs the API server a request. */
const addressRate = { burst: 200, intervalMs: 20 }

export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #callers: RateLimit
  readonly #addresses: RateLimit

  constructor(options: AuthenticatorOptions) {
    this.#options = options
    this.#callers = new RateLimit({ clock: options.clock, ...callerRate })
    this.#addresses = new RateLimit({ clock: options.clock, ...addressRate })
  }

  /** Rejects with a Problem: unauthenticated, tooManyRequests, or unavailable where the API server cannot be asked. */
  async callerOf(request: IncomingMessage): Promise<Caller> {
    const caller = (await this.#fromProxy(request)) ?? (await this.#fromToken(request))
    this.#callers.take(caller.username)
    return caller
  }

  /** Headers that name a caller count on the API server's own connections only; from anybody else they are not even looked at. */
  async #fromProxy({ socket, headersDistinct }: IncomingMessage): Promise<Caller | undefined> {
    const certificate = (socket as Partial<TLSSocket>).getPeerX509Certificate?.()
    if (certificate === undefined) return undefined
    const settings = await this.#options.frontProxy.current()
    if (settings === undefined || !isFrontProxy(certificate, settings, this.#options.clock.nowMs())) return undefined
    return callerFromHeaders(headersDistinct, settings)
  }

  async #fromToken({ headers, socket }: IncomingMessage): Promise<Caller> {
    this.#addresses.take(socket.remoteAddress ?? '')
    const token = bearerToken(headers.authorization)
    if (token === undefined) throw new Problem('unauthenticated', howToCome)
    const caller = await this.#options.tokens.callerOf(token)
    if (caller === undefined) throw new Problem('unauthenticated', `the API server does not know this token: ${renew}`)
    return caller
  }
}

const howToCome =
  'send a bearer token of the cluster (Authorization: Bearer ...), or ask through the API server: kubectl get --raw'
const renew = 'it is wrong or has expired; make a new one, for example with kubectl create token'
