/**
 * What stands before an Elasticsearch in a company: it speaks TLS, asks for credentials and has limits of its own. The server
 * of the tests has none of that.
 */
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAuthority } from '../../hack/testbed/pki.ts'

export interface FrontOptions {
  /** The name in its certificate; absent: it speaks no TLS. */
  readonly tlsHost?: string
}

export interface FrontRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: string
}

export interface FrontAnswer {
  readonly status: number
  readonly body: string
}

export interface ElasticsearchFront {
  readonly url: string
  /** PEM of the authority of its certificate. */
  readonly ca: string
  readonly requests: readonly FrontRequest[]
  /** The only `authorization` that it lets through; undefined: any. */
  authorization: string | undefined
  /** Answers in the server's stead where it gives something. */
  before: (request: FrontRequest) => FrontAnswer | undefined
  /** Changes what the server answered. */
  after: (request: FrontRequest, answer: FrontAnswer) => FrontAnswer
  stop(): Promise<void>
}

/** As Elasticsearch words it, with all that it was sent repeated. */
function refused({ authorization }: FrontRequest): FrontAnswer {
  const reason = `unable to authenticate with ${authorization}`
  return { status: 401, body: JSON.stringify({ error: { type: 'security_exception', reason }, status: 401 }) }
}

export async function startElasticsearchFront(
  serverUrl: string,
  { tlsHost }: FrontOptions = {},
): Promise<ElasticsearchFront> {
  const authority = createAuthority('front-ca')
  const { certificate, key } = authority.issue({ commonName: 'front', hosts: [tlsHost ?? 'localhost'] })
  const server = tlsHost === undefined ? createServer() : createTlsServer({ cert: certificate, key })
  const requests: FrontRequest[] = []
  const front: Omit<ElasticsearchFront, 'url'> = {
    ca: authority.certificate,
    requests,
    authorization: undefined,
    before: () => undefined,
    after: (_request, answer) => answer,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  const answer = async (request: FrontRequest): Promise<FrontAnswer> => {
    if (front.authorization !== undefined && request.authorization !== front.authorization) return refused(request)
    return front.before(request) ?? front.after(request, await pass(serverUrl, request))
  }
  server.on('request', async (incoming: IncomingMessage, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const { method = '', url: path = '', headers } = incoming
    const body = Buffer.concat(chunks).toString('utf8')
    const request = { method, path, authorization: headers.authorization, body }
    requests.push(request)
    const { status, body: text } = await answer(request)
    response.writeHead(status, { 'content-type': 'application/json' }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = tlsHost === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`
  return Object.assign(front, { url })
}

async function pass(serverUrl: string, { method, path, body }: FrontRequest): Promise<FrontAnswer> {
  const type = path.includes('_bulk') ? 'application/x-ndjson' : 'application/json'
  const content = body === '' ? {} : { body, headers: { 'content-type': type } }
  const answer = await fetch(`${serverUrl}${path}`, { method, ...content })
  return { status: answer.status, body: await answer.text() }
}
