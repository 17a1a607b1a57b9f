import { errors } from 'undici'
import type { Clock } from '../base/clock.ts'
import { errorText, OperatorError } from '../base/errors.ts'
import { errorFromAnswer } from './api-error.ts'
import { type ByteStream, dispatchRequest, readBody } from './byte-stream.ts'
import { CallDeadline, unlessAborted } from './call-deadline.ts'
import type { CredentialSource, Credentials } from './credentials.ts'
import type { ProxyEnvironment } from './proxy.ts'
import { Transport } from './transport.ts'

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** A list stands for a parameter that is given several times. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>
  readonly body?: unknown
  /** Of the body; default `application/json`. */
  readonly contentType?: string
  readonly accept?: string
  /** Asks for a compressed body; the reader never sees the difference. */
  readonly gzip?: boolean
  readonly signal: AbortSignal
  /** `requestJson`: the whole call, default 30 s. `openStream`: until the headers are there, default 30 s. */
  readonly timeoutMs?: number
  /** `openStream`: the longest pause in the body; 0, the default, is for ever. */
  readonly silenceMs?: number
}

/**
 * One API server, spoken to over HTTP/1.1. Refused credentials (401) are read again once, and the request repeated.
 * Errors are `ApiError` for what the server said and `OperatorError` (API_UNREACHABLE, API_TIMEOUT, CREDENTIALS) for what
 * kept it from saying anything; each names method and path. An aborted signal rejects with the signal's reason.
 */
export interface KubeClient {
  readonly server: string
  requestJson<T>(request: ApiRequest): Promise<T>
  /** Resolves for 2xx answers only. The body has no deadline of its own except `silenceMs`. */
  openStream(request: ApiRequest): Promise<ByteStream>
  close(): Promise<void>
}

export interface KubeClientOptions {
  readonly credentials: CredentialSource
  readonly clock: Clock
  readonly userAgent?: string
  readonly proxies?: ProxyEnvironment
  readonly impersonate?: Impersonation
  /** Until a connection stands, TLS included; default 10 s. */
  readonly connectTimeoutMs?: number
}

/** Whose rights every request is judged by; the credentials' own user needs the right to impersonate them. */
export interface Impersonation {
  readonly user: string
  readonly groups: readonly string[]
}

const defaultTimeoutMs = 30_000
const maximumErrorBytes = 64 * 1024
const maximumJsonBytes = 256 * 1024 * 1024

export function createKubeClient(options: KubeClientOptions): KubeClient {
  const transport = new Transport({
    environment: options.proxies ?? {},
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
  })
  const sender = { ...options, transport, userAgent: options.userAgent ?? 'dogwatch' }
  return {
    server: options.credentials.server,
    openStream: (request) => openStream(sender, request),
    requestJson: (request) => requestJson(sender, request),
    close: () => transport.close(),
  }
}

interface Sender extends KubeClientOptions {
  readonly transport: Transport
  readonly userAgent: string
}

async function requestJson<T>(sender: Sender, request: ApiRequest): Promise<T> {
  const deadline = deadlineFor(sender, request)
  try {
    const stream = await openOnce(sender, { ...request, signal: deadline.signal })
    const body = await readBody(stream, maximumJsonBytes)
    return (body.length === 0 ? undefined : JSON.parse(body.toString('utf8'))) as T
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new OperatorError('API_SERVER', `${callOf(request)}: the answer is not JSON`)
  } finally {
    deadline.end()
  }
}

async function openStream(sender: Sender, request: ApiRequest): Promise<ByteStream> {
  const deadline = deadlineFor(sender, request)
  try {
    const stream = await openOnce(sender, { ...request, signal: deadline.signal })
    deadline.met()
    stream.ended.then(
      () => deadline.end(),
      () => {},
    )
    return stream
  } catch (error) {
    deadline.end()
    throw error
  }
}

function deadlineFor(sender: Sender, request: ApiRequest): CallDeadline {
  const afterMs = request.timeoutMs ?? defaultTimeoutMs
  const reason = () => new OperatorError('API_TIMEOUT', `${callOf(request)}: no answer within ${afterMs} ms`)
  return new CallDeadline(request.signal, sender.clock, { afterMs, reason })
}

/** The answer to accepted credentials, if it is a success; what went before is not part of it. */
async function openOnce(sender: Sender, request: ApiRequest): Promise<ByteStream> {
  const credentials = await unlessAborted(sender.credentials.current(), request.signal)
  const first = await send(sender, request, credentials)
  if (first.status !== 401) return accept(request, first)
  await readBody(first, maximumErrorBytes)
  const renewed = await unlessAborted(sender.credentials.renewed(credentials), request.signal)
  return accept(request, await send(sender, request, renewed))
}

async function accept(request: ApiRequest, stream: ByteStream): Promise<ByteStream> {
  if (stream.status < 300) return stream
  const body = await readBody(stream, maximumErrorBytes).catch(() => Buffer.alloc(0))
  const retryAfter = stream.headers['retry-after']
  throw errorFromAnswer(callOf(request), {
    status: stream.status,
    body,
    retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
  })
}

function send(sender: Sender, request: ApiRequest, credentials: Credentials): Promise<ByteStream> {
  const base = new URL(credentials.server)
  const options = {
    origin: base.origin,
    path: `${base.pathname.replace(/\/$/, '')}${request.path}${queryString(request.query)}`,
    method: request.method ?? 'GET',
    headers: headersOf(sender, request, credentials),
    body: request.body === undefined ? null : bodyOf(request.body),
    headersTimeout: 0,
    bodyTimeout: request.silenceMs ?? 0,
  }
  const explain = (error: Error) => explainConnection(sender, request, error)
  return dispatchRequest(sender.transport.dispatcherFor(credentials), options, { signal: request.signal, explain })
}

function headersOf(sender: Sender, request: ApiRequest, credentials: Credentials): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {
    accept: request.accept ?? 'application/json',
    'user-agent': sender.userAgent,
    'accept-encoding': request.gzip === true ? 'gzip' : 'identity',
    ...credentials.headers,
    ...impersonationHeaders(sender.impersonate),
  }
  if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json'
  return headers
}

function impersonationHeaders(impersonate: Impersonation | undefined): Record<string, string | string[]> {
  if (impersonate === undefined) return {}
  const { user, groups } = impersonate
  return { 'Impersonate-User': user, ...(groups.length === 0 ? {} : { 'Impersonate-Group': [...groups] }) }
}

function bodyOf(body: unknown): string | Buffer {
  return typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
}

function queryString(query: ApiRequest['query']): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const entry of [value].flat()) {
      if (entry !== undefined && entry !== '') parameters.append(name, String(entry))
    }
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

function callOf(request: ApiRequest): string {
  return `${request.method ?? 'GET'} ${request.path}`
}

const timeoutErrors = [errors.HeadersTimeoutError, errors.BodyTimeoutError, errors.ConnectTimeoutError]

function explainConnection(sender: Sender, request: ApiRequest, cause: Error): OperatorError {
  if (cause instanceof OperatorError) return cause
  if (isCertificateError(cause)) sender.credentials.invalidate()
  const code = timeoutErrors.some((type) => cause instanceof type) ? 'API_TIMEOUT' : 'API_UNREACHABLE'
  return new OperatorError(code, `${callOf(request)}: ${errorText(cause)}`, { cause })
}

function isCertificateError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /CERT|SELF_SIGNED|ISSUER|VERIFY|ERR_SSL|ERR_TLS/.test(code)
}
