/** fastify as the API needs it: without its validators and loggers, with limits, and with an end. */
import type { AddressInfo } from 'node:net'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { errorText, OperatorError } from '../base/errors.ts'
import type { HttpServer, ListenAddress } from './listen.ts'

const unused = () => () => () => {
  throw new Error('schemas are checked by zod')
}

/** What comes in is checked by zod; these two would load compilers of their own. */
const compilersFactory = { buildValidator: unused, buildSerializer: unused }

export const serverOptions = {
  logger: false,
  schemaController: { compilersFactory },
  requestTimeout: 10_000,
  connectionTimeout: 60_000,
  keepAliveTimeout: 75_000,
  bodyLimit: 64 * 1024,
  routerOptions: { maxParamLength: 253 },
  return503OnClosing: true,
  forceCloseConnections: true,
} as const satisfies FastifyServerOptions

/** Rejects with INVALID_OPTION when the address cannot be had; `flag` is the option to change. */
export async function listen(app: FastifyInstance, address: ListenAddress, flag: string): Promise<HttpServer> {
  const { host, port } = address
  try {
    await app.listen({ port, host: host ?? '::' }).catch((error: unknown) => onIPv4(app, address, error))
  } catch (cause) {
    const message = `Cannot listen on ${host ?? ''}:${port}: ${errorText(cause)}. Choose another address with ${flag}`
    throw new OperatorError('INVALID_OPTION', message)
  }
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() }
}

/** Where a machine has no IPv6 there is no `::`. */
async function onIPv4(app: FastifyInstance, { host, port }: ListenAddress, error: unknown): Promise<void> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (host !== undefined || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw error
  await app.listen({ port, host: '0.0.0.0' })
}
