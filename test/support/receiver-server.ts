/** The other end of a channel that speaks HTTP: it can be made to fail in every way that the channel must tell apart. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface ReceiverAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export type ReceiverFault =
  | ReceiverAnswer
  /** It takes the request and never answers. */
  | 'hang'
  /** It takes the request and closes the connection. */
  | 'close'

export interface ReceiverServer {
  readonly url: string
  /** What came while nothing was wrong. */
  readonly requests: readonly ReceivedRequest[]
  /** What every request meets until it is set to undefined. An answer without body repeats all that was sent. */
  fault: ReceiverFault | undefined
  stop(): Promise<void>
}

export async function startReceiverServer(
  answer: (request: ReceivedRequest) => ReceiverAnswer | Promise<ReceiverAnswer>,
): Promise<ReceiverServer> {
  const requests: ReceivedRequest[] = []
  const state: { fault: ReceiverFault | undefined } = { fault: undefined }
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const { method = '', url = '', headers } = incoming
    const request = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') }
    const { fault } = state
    if (fault === 'hang') return
    if (fault === 'close') return void incoming.socket.destroy()
    if (fault === undefined) requests.push(request)
    const { status, headers: more = {}, body = echoOf(request) } = fault ?? (await answer(request))
    response.writeHead(status, more).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get fault() {
      return state.fault
    },
    set fault(fault) {
      state.fault = fault
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** All that is secret comes back in the answer, as some test servers of receivers do. */
function echoOf({ url, headers, body }: ReceivedRequest): string {
  return JSON.stringify({ url, headers, message: body.slice(0, 200) })
}
