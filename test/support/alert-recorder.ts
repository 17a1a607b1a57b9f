/** A receiver of webhooks that writes down every message, and answers at its own pace. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Message } from '../../src/model/message.ts'

export interface Recorded {
  /** The header Idempotency-Key. */
  readonly key: string
  readonly message: Message
  readonly atMs: number
}

export class AlertRecorder {
  readonly recorded: Recorded[] = []
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<AlertRecorder> {
    const server = createServer()
    const recorder = new AlertRecorder(server)
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const message = JSON.parse(Buffer.concat(chunks).toString()) as Message
        recorder.recorded.push({ key: `${request.headers['idempotency-key']}`, message, atMs: performance.now() })
        setTimeout(() => response.writeHead(204).end(), Math.random() * 30)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return recorder
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** What a receiver that honours the key has heard: each key once, the first of it. */
  once(): Recorded[] {
    const known = new Set<string>()
    return this.recorded.filter(({ key }) => !known.has(key) && known.add(key))
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
