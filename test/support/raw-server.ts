/** A server that speaks bytes: for answers, and silences, that no HTTP server gives. */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

export interface RawServer {
  readonly port: number
  /** Whole requests that came, head and body as text; more than one on one connection are one text. */
  readonly requests: readonly string[]
  stop(): Promise<void>
}

export interface RawServerOptions {
  /** Called for each chunk that came, with all that came on its connection. */
  readonly answer?: (socket: Socket, soFar: string) => void
  readonly accept?: (socket: Socket) => void
  /** PEM; absent: no TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string }
}

export async function startRawServer({ answer, accept, tls }: RawServerOptions): Promise<RawServer> {
  const sockets = new Set<Socket>()
  const requests: string[] = []
  const take = (socket: Socket) => {
    const place = requests.push('') - 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    socket.on('data', (chunk) => {
      requests[place] += chunk.toString('latin1')
      answer?.(socket, requests[place] ?? '')
    })
    accept?.(socket)
  }
  const server = tls === undefined ? createServer(take) : createTlsServer({ cert: tls.certificate, key: tls.key }, take)
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
