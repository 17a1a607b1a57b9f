/**
 * The API for people, over TLS. A request passes: limits, who asks (authenticator.ts), what it says (the route's schemas),
 * whether this process can do it (only the one that leads changes anything), and the route, which asks for the caller's rights.
 *
 * Every route is there twice: at `/api/v1` for those who come directly, and at `/apis/api.dogwatch.dev/v1alpha1` for those
 * whom the API server sends on (discovery.ts). Errors are in the words of the way that was taken (problem.ts).
 */
import type { Server } from 'node:https'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { z } from 'zod'
import { aggregatedRoot } from '../api/http/paths.ts'
import type { Clock } from '../base/clock.ts'
import { errorText } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { escapedJson } from '../model/harmless-text.ts'
import type { AccessReviewer } from './access.ts'
import type { AnyApiRoute } from './api-route.ts'
import type { Authenticator } from './authenticator.ts'
import { discoveryDocuments, wantsAggregatedDiscovery } from './discovery.ts'
import { listen, serverOptions } from './fastify-app.ts'
import type { Caller } from './identity/caller.ts'
import type { HttpServer, ListenAddress } from './listen.ts'
import { buildOpenApi } from './openapi.ts'
import { kubernetesStatus, Problem, problemDetails, problemOf } from './problem.ts'
import { TextDownload } from './text-download.ts'
import type { ServingCertificate } from './tls/self-signed.ts'

/** Who leads: whoever holds the Lease. */
export interface Leadership {
  isLeading(): boolean
  /** The name of the process that does; undefined where none does. */
  leader(signal: AbortSignal): Promise<string | undefined>
}

export interface ApiServerOptions<Parts> {
  readonly listen: ListenAddress
  readonly certificate: ServingCertificate
  readonly routes: readonly AnyApiRoute<Parts>[]
  readonly parts: Parts
  readonly authenticator: Authenticator
  readonly access: Pick<AccessReviewer, 'accessOf'>
  readonly leadership: Leadership
  /** Serves GET where a route at the root asks for POST. */
  readonly allowsGetAtRoot: boolean
  readonly clock: Clock
  readonly logger: Logger
}

export interface ApiServer extends HttpServer {
  /** New connections get this certificate. */
  exchange(certificate: ServingCertificate): void
}

export const directRoot = '/api/v1'
/** Longer than the one try of a delivery. */
const deadlineMs = 15_000
/** Tokens with many groups are long. */
const maxHeaderSize = 32 * 1024
const mostConnections = 512

/** Rejects with INVALID_OPTION when the address cannot be had. */
export async function startApiServer<Parts>(options: ApiServerOptions<Parts>): Promise<ApiServer> {
  const app = createApiApp(options)
  const server = app.server as Server
  server.maxConnections = mostConnections
  const { port, close } = await listen(app, options.listen, '--api-listen')
  return { port, close, exchange: ({ certificate, key }) => server.setSecureContext({ cert: certificate, key }) }
}

/** The application without its port, as tests want it. */
export function createApiApp<Parts>(options: ApiServerOptions<Parts>): FastifyInstance {
  const { certificate, key } = options.certificate
  const tls = { cert: certificate, key, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' as const }
  const app = fastify({ ...serverOptions, https: { ...tls, maxHeaderSize } }) as unknown as FastifyInstance
  app.removeAllContentTypeParsers()
  const parse = async (_request: FastifyRequest, text: string) => parseBody(text)
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, parse)
  // `kubectl create --raw` does not say what it sends.
  app.addContentTypeParser<string>('*', { parseAs: 'string' }, async (request: FastifyRequest, text: string) => {
    if (request.headers['content-type'] === undefined) return parseBody(text)
    throw new Problem('unsupportedMediaType', 'send JSON, with content-type: application/json')
  })
  app.setReplySerializer((answer) => escapedJson(JSON.stringify(answer)))
  app.addHook('onRequest', async (_request, reply) => void reply.headers(safeHeaders))
  app.setErrorHandler((error, request, reply) => refuse(options, { error, request, reply }))
  app.setNotFoundHandler((request, reply) => refuse(options, { error: unknownPath(request), request, reply }))
  addDocuments(app, options)
  for (const route of options.routes) addRoute(app, route, options)
  return app
}

const safeHeaders = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }

function parseBody(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem('invalid', 'the body is not JSON')
  }
}

function unknownPath({ method, url }: FastifyRequest): Problem {
  return new Problem('notFound', `there is no ${method} ${url.split('?')[0]}; what there is stands in /openapi.json`)
}

/** What anybody may read: it says nothing of the cluster. */
function addDocuments(app: FastifyInstance, { routes }: ApiServerOptions<unknown>): void {
  const openApi = JSON.stringify(buildOpenApi(routes))
  app.get('/openapi.json', async (_request, reply) => reply.type('application/json').send(openApi))
  for (const [path, document] of Object.entries(discoveryDocuments)) {
    app.get(path, async ({ headers }) => {
      if (wantsAggregatedDiscovery(headers.accept)) throw new Problem('notAcceptable', 'ask for each group by itself')
      return document
    })
  }
}

function addRoute<Parts>(app: FastifyInstance, route: AnyApiRoute<Parts>, options: ApiServerOptions<Parts>): void {
  const callers = new WeakMap<FastifyRequest, Caller>()
  const { method, path, isAlsoAtRoot = false } = route
  const shared = {
    onRequest: async (request: FastifyRequest) => {
      callers.set(request, await options.authenticator.callerOf(request.raw))
    },
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const answered = await answer(route, options, { request, caller: callers.get(request) as Caller })
      return answered instanceof TextDownload ? reply.headers(answered.headers).send(answered.text) : answered
    },
    onResponse: async (request: FastifyRequest, reply: FastifyReply) => {
      if (route.method === 'POST') report(options.logger, { request, reply, caller: callers.get(request) })
    },
  }
  for (const root of [directRoot, aggregatedRoot, ...(isAlsoAtRoot ? [''] : [])]) {
    const isGetToo = method === 'POST' && root === '' && options.allowsGetAtRoot
    app.route({ ...shared, method: isGetToo ? ['GET', 'POST'] : method, url: `${root}${path}` })
  }
}

interface Question {
  readonly request: FastifyRequest
  readonly caller: Caller
}

async function answer<Parts>(
  route: AnyApiRoute<Parts>,
  options: ApiServerOptions<Parts>,
  { request, caller }: Question,
): Promise<unknown> {
  const { clock, access, parts } = options
  const deadline = new AbortController()
  const tooLate = () => new Problem('unavailable', `no answer within ${deadlineMs / 1_000} s; try again`, 1_000)
  const timer = clock.after(deadlineMs, () => deadline.abort(tooLate()))
  try {
    const input = {
      params: checked(route.params, request.params, 'the path'),
      query: checked(route.query, request.query, 'the query'),
      body: checked(route.body, request.body ?? {}, 'the body'),
    }
    if (route.needsLeader) await requireLeader(options.leadership, deadline.signal)
    const context = { caller, access: access.accessOf(caller), parts, nowMs: clock.nowMs(), signal: deadline.signal }
    const answered = await unlessLate(route.handle(input, context), deadline.signal)
    return answered instanceof TextDownload ? answered : route.answer.parse(answered)
  } finally {
    timer.cancel()
  }
}

function unlessLate<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return Promise.race([work, late])
}

function checked(schema: z.ZodType, value: unknown, where: string): unknown {
  const { success, data, error } = schema.safeParse(value)
  if (success) return data
  throw new Problem('invalid', `${where}: ${z.prettifyError(error).replaceAll(/\s*\n\s*/g, ' ')}`)
}

async function requireLeader(leadership: Leadership, signal: AbortSignal): Promise<void> {
  if (leadership.isLeading()) return
  const leader = await leadership.leader(signal)
  const who = leader === undefined ? 'none leads at the moment' : `${leader} leads`
  throw new Problem('standby', `this process stands by: ${who}; ask that one, or try again`, 2_000)
}

interface Failure {
  readonly error: unknown
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

function refuse(
  { logger }: Pick<ApiServerOptions<unknown>, 'logger'>,
  { error, request, reply }: Failure,
): FastifyReply {
  const path = request.url.split('?')[0] ?? ''
  const known = problemOf(error)
  if (known === undefined) {
    logger.error({ component: 'api', method: request.method, path, error: errorText(error) }, 'Request failed')
  }
  const problem = known ?? new Problem('internal', 'the log of the operator says more')
  const { contentType, body } = path.startsWith('/apis') ? kubernetesStatus(problem) : problemDetails(problem)
  if (problem.problem === 'unauthenticated') reply.header('www-authenticate', 'Bearer realm="dogwatch"')
  if (problem.retryAfterMs !== undefined)
    reply.header('retry-after', Math.max(1, Math.ceil(problem.retryAfterMs / 1_000)))
  return reply.code(problem.status).type(contentType).send(JSON.stringify(body))
}

interface Change {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly caller: Caller | undefined
}

/** Whoever changes something stands in the log. */
function report(logger: Logger, { request, reply, caller }: Change): void {
  const fields = { user: caller?.username, via: caller?.via, method: request.method, status: reply.statusCode }
  logger.info({ component: 'api', ...fields, path: request.url.split('?')[0] }, 'A caller asked for a change')
}
