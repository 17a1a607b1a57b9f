/**
 * A proxy between a client and a cluster's API server that does to chosen requests what a bad network or a busy server
 * would do. It ends TLS (with a certificate of the cluster's own CA) to act on the decrypted bytes.
 *
 * The server still sees who asks: a bearer token is passed on as it is, and a client certificate, which cannot be, as the
 * user and groups that an aggregating front proxy would name.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Agent, createServer as createHttpsServer, request as requestHttps, type Server } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Cluster } from './cluster.ts'
import { type Answer, type ClientConnection, type FaultAction, unauthorized } from './faults.ts'

export interface ProxiedRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** What the client was answered; undefined until then. */
  status: number | undefined
  /** A fault was applied to it. */
  isFaulted: boolean
}

export interface Fault {
  /** Every request when absent. */
  readonly matches?: (request: ProxiedRequest) => boolean
  /** How many requests it hits; all of them when absent. */
  readonly times?: number
  readonly action: FaultAction
}

/** What happens to new connections: served, taken and never answered, or closed at once. */
export type ConnectionMode = 'serve' | 'ignore' | 'refuse'

interface ActiveFault extends Fault {
  left: number
}

/** Requests for a watch of this resource, as `pods`. */
export const watchOf =
  (resource: string) =>
  ({ url }: ProxiedRequest): boolean =>
    isCollection(url, resource) && isWatch(url)

/** Requests for a list of this resource. */
export const listOf =
  (resource: string) =>
  ({ method, url }: ProxiedRequest): boolean =>
    method === 'GET' && isCollection(url, resource) && !isWatch(url)

const isWatch = (url: string): boolean => /[?&]watch=(1|true)\b/.test(url)

const isCollection = (url: string, resource: string): boolean => url.split('?')[0]!.endsWith(`/${resource}`)

export class FaultProxy {
  /** `https://127.0.0.1:port`, with a certificate of the cluster's CA. */
  readonly url: string
  /** Every request so far, the oldest first. */
  readonly requests: ProxiedRequest[] = []
  readonly #front: TcpServer
  readonly #server: Server
  readonly #upstream: Upstream
  readonly #connections = new Set<Socket>()
  #faults: ActiveFault[] = []
  #mode: ConnectionMode = 'serve'

  constructor(servers: { front: TcpServer; server: Server }, upstream: Upstream) {
    this.#front = servers.front
    this.#server = servers.server
    this.#upstream = upstream
    this.url = `https://127.0.0.1:${(this.#front.address() as AddressInfo).port}`
    this.#front.on('connection', (socket) => this.#accept(socket))
    this.#server.on('request', (request, response) => void this.#handle(request, response))
  }

  /** Applies to matching requests from now on; of several that match, the one added first. */
  fault(fault: Fault): void {
    this.#faults.push({ ...fault, left: fault.times ?? Number.POSITIVE_INFINITY })
  }

  /** Forgets all faults and serves connections again; a stalled exchange stays stalled. */
  clear(): void {
    this.#faults = []
    this.#mode = 'serve'
  }

  setConnections(mode: ConnectionMode): void {
    this.#mode = mode
  }

  /** Breaks every connection that is open now. */
  cutConnections(): void {
    for (const socket of this.#connections) socket.destroy()
  }

  async stop(): Promise<void> {
    this.cutConnections()
    this.#upstream.asFrontProxy.destroy()
    this.#upstream.asCaller.destroy()
    await new Promise((resolve) => this.#front.close(resolve))
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.once('close', () => this.#connections.delete(socket))
    if (this.#mode === 'refuse') socket.destroy()
    if (this.#mode === 'serve') this.#server.emit('connection', socket)
  }

  #takeFault(request: ProxiedRequest): FaultAction | undefined {
    const found = this.#faults.find((fault) => fault.left > 0 && (fault.matches?.(request) ?? true))
    if (found === undefined) return undefined
    found.left -= 1
    request.isFaulted = true
    return found.action
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = incoming
    const request: ProxiedRequest = { method, url, headers, status: undefined, isFaulted: false }
    this.requests.push(request)
    try {
      await this.#exchange(request, incoming, response)
    } catch {
      // Either side broke the connection; the client shall see a broken one, too.
      response.destroy()
    }
  }

  async #exchange(request: ProxiedRequest, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const action = this.#takeFault(request)
    const client = clientConnection(response)
    const given = (await action?.before?.(client)) ?? refusedCertificate(incoming)
    if (given !== undefined) return sendAnswer(request, response, given)
    const answered = await forward(incoming, response, this.#upstream)
    request.status = answered.statusCode
    response.writeHead(answered.statusCode ?? 502, withoutHopHeaders(answered.headers))
    response.flushHeaders()
    const body = action?.body === undefined ? answered : action.body(answered, client)
    for await (const chunk of body) if (!response.write(chunk)) await once(response, 'drain')
    response.end()
  }
}

function clientConnection(response: ServerResponse): ClientConnection {
  const closed = new Promise<void>((resolve) => response.once('close', resolve))
  return {
    closed,
    async cut() {
      // A response hands what was written to its socket at the end of the turn.
      await new Promise(setImmediate)
      response.socket?.destroySoon()
      await closed
    },
  }
}

function sendAnswer(request: ProxiedRequest, response: ServerResponse, given: Answer): void {
  request.status = given.status
  response.writeHead(given.status, { ...given.headers })
  response.end(given.body)
}

/** A certificate that is expired or of another CA ends a TLS handshake with the API server with 401, so it does here. */
function refusedCertificate(incoming: IncomingMessage): Answer | undefined {
  const socket = incoming.socket as TLSSocket
  const hasCertificate = Object.keys(socket.getPeerCertificate()).length > 0
  if (!hasCertificate || socket.authorized) return undefined
  return unauthorized(`Unauthorized: ${socket.authorizationError}`)
}

interface Upstream {
  readonly server: string
  /** For callers whom the headers name. */
  readonly asFrontProxy: Agent
  /** For callers who bring a token, or nothing. */
  readonly asCaller: Agent
}

const hopHeaders = new Set(['connection', 'transfer-encoding', 'keep-alive', 'upgrade'])

const withoutHopHeaders = (headers: IncomingHttpHeaders): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hopHeaders.has(name)))

/** The caller's identity as a front proxy says it; undefined when there is no client certificate. */
function certificateIdentity(incoming: IncomingMessage): OutgoingHttpHeaders | undefined {
  const { subject } = (incoming.socket as TLSSocket).getPeerCertificate()
  if (subject === undefined || incoming.headers.authorization !== undefined) return undefined
  const groups = [subject.O ?? []].flat()
  return { 'x-remote-user': subject.CN, ...(groups.length > 0 && { 'x-remote-group': groups }) }
}

function forward(incoming: IncomingMessage, response: ServerResponse, upstream: Upstream): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const identity = certificateIdentity(incoming)
    const request = requestHttps(`${upstream.server}${incoming.url}`, {
      method: incoming.method,
      agent: identity === undefined ? upstream.asCaller : upstream.asFrontProxy,
      headers: { ...withoutHopHeaders(incoming.headers), ...identity },
    })
    request.once('response', resolve)
    request.on('error', reject)
    response.once('close', () => request.destroy())
    incoming.pipe(request)
  })
}

/** Starts a proxy in front of the cluster's API server; the caller stops it. */
export async function startFaultProxy(cluster: Cluster): Promise<FaultProxy> {
  const { authority, frontProxy } = cluster.files.pki
  const ca = readFileSync(authority)
  const own = cluster.authority.issue({ commonName: 'fault-proxy', hosts: ['127.0.0.1', 'localhost'] })
  const server = createHttpsServer({
    cert: own.certificate,
    key: own.key,
    ca,
    requestCert: true,
    rejectUnauthorized: false,
    keepAliveTimeout: 60_000,
  })
  const certificate = { cert: readFileSync(frontProxy.certificate), key: readFileSync(frontProxy.key) }
  const asFrontProxy = new Agent({ keepAlive: true, ca, ...certificate })
  const asCaller = new Agent({ keepAlive: true, ca })
  const front = createTcpServer()
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  return new FaultProxy({ front, server }, { server: cluster.server, asFrontProxy, asCaller })
}
