/** Stands between a process and a server, and is as broken as a network can be. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import type { Certificate } from '../../../hack/testbed/pki.ts'

export type GateState =
  | 'open'
  /** Nobody listens. */
  | 'closed'
  /** Takes connections and says nothing. */
  | 'silent'
  /** Ends its side of each connection at once, and goes on reading. */
  | 'half-closed'
  /** Breaks each connection at once. */
  | 'reset'
  /** What comes is passed on; of the answer nothing comes back, and the connection ends. */
  | 'answers lost'
  /** The answer begins and breaks off. */
  | 'answers cut'
  /** Answers come three seconds late. */
  | 'slow'

const lateMs = 3_000

export class Gate {
  readonly #target: number
  readonly #sockets = new Set<Socket>()
  #server: Server | TlsServer | undefined
  #state: GateState = 'open'
  #port = 0
  #certificate: Certificate | undefined

  constructor(target: number) {
    this.#target = target
  }

  get port(): number {
    return this.#port
  }

  /** Speaks TLS with this certificate; connections from before end. */
  async present(certificate: Certificate): Promise<void> {
    this.#certificate = certificate
    await this.#close()
    await this.#listen()
  }

  async set(state: GateState): Promise<void> {
    this.#state = state
    await this.#close()
    if (state !== 'closed') await this.#listen()
  }

  async stop(): Promise<void> {
    await this.#close()
  }

  async #listen(): Promise<void> {
    const take = (client: Socket) => this.#take(client)
    const tls = this.#certificate
    const options = { allowHalfOpen: true }
    const server =
      tls === undefined
        ? createServer(options, take)
        : createTlsServer({ ...options, cert: tls.certificate, key: tls.key }, take)
    server.on('tlsClientError', () => undefined)
    // Those too whose handshake does not end.
    server.on('connection', (socket: Socket) => this.#keep(socket))
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as { port: number }).port
    this.#server = server
  }

  #close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => (server === undefined ? resolve() : server.close(() => resolve())))
  }

  #take(client: Socket): void {
    this.#keep(client)
    if (this.#state === 'silent') return
    if (this.#state === 'reset') return void client.resetAndDestroy()
    if (this.#state === 'half-closed') {
      client.resume()
      client.end()
      return
    }
    this.#join(client)
  }

  #join(client: Socket): void {
    const server = this.#keep(connect(this.#target, '127.0.0.1'))
    client.on('data', (chunk) => server.write(chunk))
    client.on('close', () => server.destroy())
    server.on('close', () => client.end())
    server.on('data', (chunk) => this.#answer(client, chunk))
  }

  #answer(client: Socket, chunk: Buffer): void {
    if (this.#state === 'answers lost') client.destroy()
    else if (this.#state === 'answers cut') client.end(chunk.subarray(0, 12))
    else if (this.#state === 'slow') setTimeout(() => client.destroyed || client.write(chunk), lateMs)
    else client.write(chunk)
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    return socket.on('close', () => this.#sockets.delete(socket))
  }
}

export async function startGate(target: number): Promise<Gate> {
  const gate = new Gate(target)
  await gate.set('open')
  return gate
}
