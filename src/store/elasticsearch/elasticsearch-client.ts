/**
 * Requests to the servers. Each has a deadline of its own, because the library's ends when an answer begins. After one that
 * did not answer, or refused the credentials, the next call begins with new connections and credentials read anew.
 *
 * The library's transport is used without its client: that insists on Elasticsearch 8, and its thousand calls are not needed.
 * So other versions and OpenSearch are spoken to as well.
 */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { errors, HttpConnection, Transport, WeightedConnectionPool } from '@elastic/elasticsearch'
import type { Clock } from '../../base/clock.ts'
import { within } from '../../base/deadline.ts'
import { type ElasticsearchAuth, type ElasticsearchSettings, readAuth, readAuthorities } from './connection-settings.ts'
import { ElasticsearchAnswer, elasticsearchError } from './elasticsearch-error.ts'

export interface ElasticsearchCall {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Begins with a slash. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly body?: object
  /** Lines of JSON, each without its end: for `_bulk`. */
  readonly lines?: readonly string[]
}

/** Of one call, its second try included. */
const callMs = 30_000
const silentMs = 20_000
const maximumAnswerBytes = 256 * 1024 * 1024
const noAnswer = 'no answer within 30 s'

interface Connections {
  readonly transport: Transport
  readonly agents: readonly (HttpAgent | HttpsAgent)[]
  readonly secrets: readonly string[]
}

export class ElasticsearchClient {
  readonly #settings: ElasticsearchSettings
  readonly #clock: Clock
  #connections: Connections | undefined

  constructor(settings: ElasticsearchSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** For people: where it is. */
  get where(): string {
    return this.#settings.urls.join(', ')
  }

  /** Rejects with `ElasticsearchAnswer` where the server said no, with STORE_UNAVAILABLE where it said nothing. */
  async answer<T>(call: ElasticsearchCall): Promise<T> {
    const connections = this.#open()
    const reason = () => new Error(noAnswer)
    try {
      return await within(send<T>(connections.transport, call), { clock: this.#clock, withinMs: callMs, reason })
    } catch (error) {
      const said = answerOf(error, connections.secrets)
      if (said === undefined || said.status === 401) this.#forget(connections)
      throw said !== undefined && said.status !== 401 ? said : elasticsearchError(said ?? error, this.where)
    }
  }

  /** As `answer`; whatever it is, a failure is STORE_UNAVAILABLE. */
  async request<T>(call: ElasticsearchCall): Promise<T> {
    try {
      return await this.answer<T>(call)
    } catch (error) {
      throw elasticsearchError(error, this.where)
    }
  }

  close(): void {
    if (this.#connections !== undefined) this.#forget(this.#connections)
  }

  #open(): Connections {
    this.#connections ??= connect(this.#settings)
    return this.#connections
  }

  #forget(connections: Connections): void {
    for (const agent of connections.agents) agent.destroy()
    if (this.#connections === connections) this.#connections = undefined
  }
}

function connect(settings: ElasticsearchSettings): Connections {
  const auth = readAuth(settings)
  const ca = readAuthorities(settings)
  const tls = { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) } as const
  const pool = new WeightedConnectionPool({ Connection: HttpConnection, ...(auth === undefined ? {} : { auth }) })
  const agents = settings.urls.map((text) => {
    const url = new URL(text)
    const limits = { keepAlive: true, maxSockets: 4, maxFreeSockets: 2, timeout: silentMs }
    const agent = url.protocol === 'https:' ? new HttpsAgent({ ...limits, ...tls }) : new HttpAgent(limits)
    pool.addConnection({ url, agent: () => agent, timeout: silentMs })
    return agent
  })
  const transport = new Transport({
    connectionPool: pool,
    requestTimeout: silentMs,
    // A connection that the server closed in the moment in which it was used again is not worth an error.
    maxRetries: Math.max(1, settings.urls.length - 1),
    retryBackoff: () => 0,
    maxResponseSize: maximumAnswerBytes,
  })
  return { transport, agents, secrets: secretsOf(auth) }
}

/** In every form in which they are sent. */
function secretsOf(auth: ElasticsearchAuth | undefined): readonly string[] {
  if (auth === undefined) return []
  if ('apiKey' in auth) return [auth.apiKey]
  return [Buffer.from(`${auth.username}:${auth.password}`).toString('base64'), auth.password]
}

function send<T>(transport: Transport, { method, path, query, body, lines }: ElasticsearchCall): Promise<T> {
  const querystring = query === undefined ? {} : { querystring: { ...query } }
  const content = lines === undefined ? (body === undefined ? {} : { body }) : { bulkBody: [...lines] }
  return transport.request<T>({ method, path, ...querystring, ...content })
}

/** Undefined where no server answered. What it says may repeat what it was told. */
function answerOf(error: unknown, secrets: readonly string[]): ElasticsearchAnswer | undefined {
  if (!(error instanceof errors.ResponseError)) return undefined
  const { body, headers, statusCode } = error
  const said = (body as { error?: unknown } | undefined)?.error
  const cause = typeof said === 'object' && said !== null ? said : { reason: String(said ?? '') }
  const text = secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), JSON.stringify(cause))
  const seconds = Number(headers?.['retry-after'])
  return new ElasticsearchAnswer(statusCode ?? 0, JSON.parse(text), seconds > 0 ? seconds * 1000 : undefined)
}
