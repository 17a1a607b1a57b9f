import { createServer, type Server, type Socket } from 'node:net'
import { expect } from 'chai'
import { Agent } from 'undici'
import { dispatchRequest } from '../../src/kube/byte-stream.ts'

describe('dispatchRequest', () => {
  let server: Server
  let dispatcher: Agent
  const sockets: Socket[] = []

  before(async () => {
    server = createServer((socket) => void sockets.push(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    dispatcher = new Agent({ connect: { timeout: 600_000 } })
  })

  after(async () => {
    await dispatcher.destroy()
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  it('lets the caller go at once who gives up while the connection is being made', async () => {
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const abort = new AbortController()
    const options = { origin: `https://127.0.0.1:${port}`, path: '/', method: 'GET' } as const
    const request = dispatchRequest(dispatcher, options, { signal: abort.signal, explain: (error) => error })
    while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve))
    abort.abort(new Error('given up'))
    const outcome = await request.then(
      () => 'an answer',
      (error: Error) => error.message,
    )
    expect(outcome).to.equal('given up')
  })
})
