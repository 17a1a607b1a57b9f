/**
 * The one sender of requests to receivers. Each request is made once, over HTTP/1.1; deadlines are the caller's signal, but
 * for the connection, which has its own. Addresses are checked in the lookup of the very connection that is made, so a name
 * that changes its address between check and use (DNS rebinding) gains nothing.
 *
 * Through a proxy it is the proxy that looks the name up: then it is checked here beforehand as far as DNS here knows it.
 */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { Agent, buildConnector, type Dispatcher, ProxyAgent } from 'undici'
import type { Clock } from '../base/clock.ts'
import { version } from '../base/version.ts'
import { type ProxyEnvironment, proxyFor } from '../kube/proxy.ts'
import type { Outgoing, OutgoingAnswer, OutgoingRequest } from './outgoing.ts'
import { AddressRefused, addressClassOf, guardedLookup } from './outgoing-addresses.ts'
import { ExchangeBroken, type Exchanged, exchange } from './outgoing-exchange.ts'
import { connectionFailure, givenUp, OutgoingError, retryAfterOf, unusable } from './outgoing-failures.ts'

export interface OutgoingOptions {
  readonly proxies: ProxyEnvironment
  /** Lets receivers have loopback, link-local, metadata, multicast and unspecified addresses. */
  readonly allowLocalReceivers: boolean
  readonly clock: Clock
}

const connectTimeoutMs = 5_000
/** Shorter than servers keep an idle connection: one that closes just as it is used leaves open whether the request came. */
const keepAliveMs = 2_000
const mostRedirects = 3
/** Pools of connections kept, one for each authority and proxy. */
const mostPools = 16

export function createOutgoing(options: OutgoingOptions): Outgoing & { close(): Promise<void> } {
  const pools = new Pools(options)
  return {
    send: (request) => follow(request, { options, pools }, mostRedirects),
    close: () => pools.close(),
  }
}

interface Sender {
  readonly options: OutgoingOptions
  readonly pools: Pools
}

async function follow(request: OutgoingRequest, sender: Sender, redirectsLeft: number): Promise<OutgoingAnswer> {
  const url = parseUrl(request.url)
  const answer = await sendOnce(request, url, sender)
  const next = request.method === 'GET' && redirectsLeft > 0 ? redirectWithinHost(answer, url) : undefined
  return next === undefined ? answer : follow({ ...request, url: next }, sender, redirectsLeft - 1)
}

/** The target of a redirect that leaves neither the host nor, once there, TLS. */
function redirectWithinHost({ status, headers }: OutgoingAnswer, url: URL): string | undefined {
  const { location } = headers
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined
  if (!URL.canParse(location, url.href)) return undefined
  const target = new URL(location, url.href)
  const isSameOrigin = target.origin === url.origin
  const isUpgrade = target.protocol === 'https:' && target.hostname === url.hostname && url.port === ''
  if (!isSameOrigin && !isUpgrade) return undefined
  target.username = url.username
  target.password = url.password
  return target.href
}

/** Throws without the text: it may be a secret. */
function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url
  throw new OutgoingError(unusable('the url is not one: write it as https://host/path'))
}

async function sendOnce(request: OutgoingRequest, url: URL, sender: Sender): Promise<OutgoingAnswer> {
  const { clock } = sender.options
  const proxy = proxyFor(url, sender.options.proxies)
  try {
    if (!sender.options.allowLocalReceivers && proxy !== undefined) await checkBeforeProxy(url.hostname)
    const dispatcher = sender.pools.get(proxy, request.authorities)
    const { signal, longestAnswerBytes } = request
    const answer = await exchange({ dispatcher, request: requestOf(request, url), clock, signal, longestAnswerBytes })
    return answerOf(answer, url.origin, clock.nowMs())
  } catch (error) {
    throw explained(error, url.origin)
  }
}

function answerOf(answer: Exchanged, origin: string, nowMs: number): OutgoingAnswer {
  const retryAfterMs = retryAfterOf(answer.headers['retry-after'], nowMs)
  return { ...answer, origin, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

function requestOf({ method, headers = {}, body }: OutgoingRequest, url: URL): Dispatcher.DispatchOptions {
  const bad = Object.entries(headers).find(([, value]) => /[^\t\x20-\x7e\x80-\xff]/.test(value))
  if (bad !== undefined) {
    const advice = 'HTTP does not allow: look for a line break or an accent in its Secret'
    throw new OutgoingError(unusable(`the header ${bad[0]} has a character that ${advice}`))
  }
  return {
    ...{ origin: url.origin, path: url.pathname + url.search, method, body: body ?? null },
    headers: { 'user-agent': `dogwatch/${version}`, ...basicAuth(url), ...inLowerCase(headers) },
    headersTimeout: 0,
    bodyTimeout: 0,
  }
}

/** Two spellings of one name would be sent as two. */
function inLowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function basicAuth({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

function explained(error: unknown, origin: string): OutgoingError {
  if (error instanceof OutgoingError) return error
  const { isWritten, cause } = error instanceof ExchangeBroken ? error : { isWritten: false, cause: error }
  if (cause instanceof AddressRefused) {
    const advice = 'no receiver may have one, unless the operator runs with --allow-local-receivers'
    return new OutgoingError(unusable(`${origin} is at ${cause.message}: ${advice}`))
  }
  if ((cause as { code?: unknown } | undefined)?.code === 'UND_ERR_INVALID_ARG') {
    return new OutgoingError(unusable(`${origin} cannot be asked so: HTTP allows no such header or path`))
  }
  return new OutgoingError(
    cause === undefined ? givenUp(origin, isWritten) : connectionFailure(origin, cause, isWritten),
  )
}

function checkLiteral(hostname: string): void {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  const refused = isIP(bare) === 0 ? undefined : addressClassOf(bare)
  if (refused !== undefined) throw new AddressRefused(refused)
}

/** A name that only the proxy can look up is the proxy's to judge. */
async function checkBeforeProxy(hostname: string): Promise<void> {
  checkLiteral(hostname)
  await new Promise<void>((resolve, reject) => {
    guardedLookup(hostname, {}, (error) => (error instanceof AddressRefused ? reject(error) : resolve()))
  })
}

/** Connections, by what they trust and by which proxy they go. */
class Pools {
  readonly #options: OutgoingOptions
  readonly #pools = new Map<string, Dispatcher>()

  constructor(options: OutgoingOptions) {
    this.#options = options
  }

  get(proxy: string | undefined, authorities: string | undefined): Dispatcher {
    const key = `${proxy ?? ''} ${authorities ?? ''}`
    const pool = this.#pools.get(key) ?? createPool(this.#options, proxy, authorities)
    this.#pools.delete(key)
    this.#pools.set(key, pool)
    for (const [oldest, old] of this.#pools) {
      if (this.#pools.size <= mostPools) break
      this.#pools.delete(oldest)
      old.close().catch(() => undefined)
    }
    return pool
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()))
    this.#pools.clear()
  }
}

function createPool(
  { allowLocalReceivers }: OutgoingOptions,
  proxy: string | undefined,
  authorities: string | undefined,
): Dispatcher {
  const trust = authorities === undefined ? {} : { ca: checkedAuthorities(authorities) }
  const tls = { ...trust, timeout: connectTimeoutMs, allowH2: false }
  const shared = { allowH2: false, pipelining: 1, keepAliveTimeout: keepAliveMs, keepAliveMaxTimeout: keepAliveMs }
  if (proxy !== undefined) {
    return new ProxyAgent({ ...shared, uri: proxy, requestTls: tls, connectTimeout: connectTimeoutMs })
  }
  if (allowLocalReceivers) return new Agent({ ...shared, connect: tls })
  const connect = buildConnector({ ...tls, lookup: guardedLookup } as buildConnector.BuildOptions)
  return new Agent({ ...shared, connect: guardedConnect(connect) })
}

/** Lookups are not made for what is an address already. */
function guardedConnect(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    try {
      checkLiteral(options.hostname)
    } catch (error) {
      return callback(error as Error, null)
    }
    return connect(options, callback)
  }
}

function checkedAuthorities(pem: string): string {
  try {
    new X509Certificate(pem)
    return pem
  } catch {
    throw new OutgoingError(unusable('the bundle of authorities that the receiver names is no PEM certificate'))
  }
}
