/** A real SMTP server (smtp-server) that keeps what it took, read back by postal-mime. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly isEncrypted: boolean
  readonly user: string | undefined
  readonly raw: string
  readonly mail: Email
}

export const mailUser = { user: 'dogwatch@example.com', pass: 'correct horse' }

export class MailServer {
  readonly received: ReceivedMail[] = []
  /** What the server says to a recipient, a sender or a message, instead of taking it. */
  readonly refusals: {
    recipient?: string
    sender?: boolean
    data?: boolean
    login?: boolean
    code: number
    text: string
  }[] = []
  /** Takes the next message and never says so. */
  isSilentAfterNext = false
  readonly #server: SMTPServer

  constructor(options: SMTPServerOptions) {
    this.#server = new SMTPServer({
      ...{ authOptional: true, logger: false, closeTimeout: 100, disableReverseLookup: true },
      ...options,
      onAuth: ({ username, password }, _session, done) => {
        const refusal = this.refusals.find(({ login }) => login === true)
        if (refusal !== undefined) return done(errorOf(refusal))
        if (username === mailUser.user && password === mailUser.pass) return done(null, { user: username })
        return done(errorOf({ code: 535, text: `5.7.8 bad credentials for ${password}` }))
      },
      onMailFrom: (_address, _session, done) => {
        const refusal = this.refusals.find(({ sender }) => sender === true)
        return done(refusal === undefined ? null : errorOf(refusal))
      },
      onRcptTo: ({ address }, _session, done) => {
        const refusal = this.refusals.find(({ recipient }) => recipient === address)
        return done(refusal === undefined ? null : errorOf(refusal))
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', async () => {
          const refusal = this.refusals.find(({ data }) => data === true)
          if (refusal !== undefined) return done(errorOf(refusal))
          const raw = Buffer.concat(chunks).toString('utf8')
          const { mailFrom, rcptTo } = session.envelope
          this.received.push({
            ...{ from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address) },
            ...{ isEncrypted: session.secure, user: session.user as string | undefined, raw },
            mail: await PostalMime.parse(raw),
          })
          if (this.isSilentAfterNext) this.isSilentAfterNext = false
          else done()
        })
      },
    })
    this.#server.on('error', () => undefined)
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get port(): number {
    return (this.#server.server.address() as { port: number }).port
  }

  get openConnections(): number {
    return this.#server.connections.size
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

function errorOf({ code, text }: { code: number; text: string }): Error {
  return Object.assign(new Error(text), { responseCode: code })
}

/** Stands before a mail server and breaks off, or falls silent, once a client has sent `after`. */
export class BreakingProxy {
  readonly #sockets = new Set<Socket>()
  readonly #server: Server

  constructor(targetPort: number, after: string, how: 'break' | 'silence') {
    this.#server = createServer((client) => {
      const target = connect(targetPort, '127.0.0.1')
      let isBroken = false
      for (const socket of [client, target]) {
        this.#sockets.add(socket)
        socket.on('error', () => undefined)
      }
      target.on('data', (chunk) => isBroken || client.write(chunk))
      target.on('close', () => isBroken || client.destroy())
      client.on('close', () => target.destroy())
      client.on('data', (chunk) => {
        target.write(chunk)
        if (!chunk.toString('latin1').includes(after)) return
        isBroken = true
        if (how === 'break') setTimeout(() => client.destroy(), 50)
      })
    })
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
