/** A connection to a mail server, to an address that receivers may have. */
import { connect, isIP, type Socket } from 'node:net'
import { AddressRefused, addressClassOf, guardedLookup } from '../../outgoing-addresses.ts'

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  /** Lets receivers have loopback, link-local and metadata addresses. */
  readonly allowLocalReceivers: boolean
  readonly signal: AbortSignal
}

/**
 * Checks the address in the lookup of the very connection that is made. Rejects with AddressRefused, with the socket's error, or
 * with the signal's reason. The caller destroys the socket.
 */
export function openConnection({ host, port, allowLocalReceivers, signal }: ConnectOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const refused = allowLocalReceivers || isIP(host) === 0 ? undefined : addressClassOf(host)
    if (refused !== undefined) return reject(new AddressRefused(refused))
    if (signal.aborted) return reject(signal.reason)
    const socket = connect({ host, port, ...(allowLocalReceivers ? {} : { lookup: guardedLookup }) })
    const giveUp = () => socket.destroy(new GivenUp())
    signal.addEventListener('abort', giveUp, { once: true })
    const settle = (error?: Error) => {
      signal.removeEventListener('abort', giveUp)
      socket.removeAllListeners()
      // What breaks between here and the first listener must not end the process.
      socket.on('error', () => undefined)
      if (error === undefined) resolve(socket)
      else reject(error)
    }
    socket.once('connect', () => settle())
    socket.once('error', settle)
  })
}

/** The delivery's deadline passed first. */
export class GivenUp extends Error {
  constructor() {
    super('given up')
    this.name = 'GivenUp'
  }
}
