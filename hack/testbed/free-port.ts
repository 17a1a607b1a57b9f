import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the range from which the kernel takes outgoing ports, and below that of the clusters: it is still free after a restart. */
const ports = { first: 15_000, end: 20_000 }

/** A port of the loopback address on which nothing listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(ports.first, ports.end)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(true))
    })
    server.close()
    if (isFree) return port
  }
}
