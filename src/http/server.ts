/** The operator's own HTTP server: a few paths that are read by probes and Prometheus. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorText, OperatorError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { HttpServer, ListenAddress } from './listen.ts'
import { type Answer, type Route, textAnswer } from './route.ts'

export interface HttpServerOptions {
  readonly listen: ListenAddress
  readonly routes: readonly Route[]
  readonly logger: Logger
}

/** Rejects with INVALID_OPTION when the address cannot be had. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 8_192 },
    (request, response) => {
      void serve(options, request, response)
    },
  )
  const { host, port } = options.listen
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `Cannot listen on ${host ?? ''}:${port}: ${errorText(cause)}. Choose another address with --listen`
      reject(new OperatorError('INVALID_OPTION', message))
    })
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function serve(options: HttpServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await answerTo(options, request)
  response.writeHead(answer.status, { 'content-type': answer.contentType, 'x-content-type-options': 'nosniff' })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

async function answerTo({ routes, logger }: HttpServerOptions, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '/').split('?')[0]
  const route = routes.find((candidate) => candidate.path === path)
  if (route === undefined) return textAnswer(404, `not found; there is ${routes.map((known) => known.path).join(', ')}`)
  if (request.method !== 'GET' && request.method !== 'HEAD') return textAnswer(405, 'only GET is served here')
  try {
    return await route.answer()
  } catch (error) {
    logger.error({ path, error: errorText(error) }, 'Request failed')
    return textAnswer(500, 'internal error; the log says more')
  }
}
