/** A SOCKS5 proxy (RFC 1928, with user and password of RFC 1929 where it is given one), as small as it can be. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface SocksProxy {
  readonly url: string
  /** `host:port` of each connection that was asked for. */
  readonly tunnels: readonly string[]
  stop(): void
}

export interface SocksLogin {
  readonly user: string
  readonly password: string
}

const version = 5
const methods = { none: 0, login: 2, unacceptable: 0xff }
const addressTypes = { ipv4: 1, name: 3 }

export async function startSocksProxy(login?: SocksLogin): Promise<SocksProxy> {
  const tunnels: string[] = []
  const sockets: Socket[] = []
  const server = createServer((client) => {
    sockets.push(client)
    client.on('error', () => {})
    serve(client, { login, tunnels, sockets }).catch(() => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stop = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { url: `socks5://127.0.0.1:${port}`, tunnels, stop }
}

interface Serving {
  readonly login: SocksLogin | undefined
  readonly tunnels: string[]
  readonly sockets: Socket[]
}

async function serve(client: Socket, { login, tunnels, sockets }: Serving): Promise<void> {
  const read = exactly(client)
  const [, methodCount] = await read(2)
  const offered = [...(await read(methodCount!))]
  const method = login === undefined ? methods.none : methods.login
  const isOffered = offered.includes(method)
  client.write(Buffer.from([version, isOffered ? method : methods.unacceptable]))
  if (!isOffered || (login !== undefined && !(await isLetIn(client, read, login)))) return void client.end()
  const [, , , type] = await read(4)
  const host = type === addressTypes.ipv4 ? [...(await read(4))].join('.') : await readText(read)
  const port = (await read(2)).readUInt16BE()
  tunnels.push(`${host}:${port}`)
  const upstream = connect(port, host)
  sockets.push(upstream)
  upstream.on('error', () => client.destroy())
  upstream.once('connect', () => {
    client.write(Buffer.from([version, 0, 0, addressTypes.ipv4, 0, 0, 0, 0, 0, 0]))
    client.pipe(upstream).pipe(client)
  })
}

type Read = (length: number) => Promise<Buffer>

async function readText(read: Read): Promise<string> {
  const [length] = await read(1)
  return (await read(length!)).toString()
}

async function isLetIn(client: Socket, read: Read, { user, password }: SocksLogin): Promise<boolean> {
  await read(1)
  const isKnown = (await readText(read)) === user && (await readText(read)) === password
  client.write(Buffer.from([1, isKnown ? 0 : 1]))
  return isKnown
}

/** Reads just so many bytes; what comes behind them is left for the next. */
function exactly(socket: Socket): Read {
  return async (length) => {
    for (;;) {
      const bytes = length === 0 ? Buffer.alloc(0) : (socket.read(length) as Buffer | null)
      if (bytes !== null) return bytes
      await new Promise<void>((resolve, reject) => {
        socket.once('readable', resolve)
        socket.once('close', () => reject(new Error('closed')))
      })
    }
  }
}
