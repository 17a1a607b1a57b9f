/**
 * A receiver in a process of its own: it notes when each message was there as a whole, and gives them all back. Whatever is
 * posted to `/hanging` is never answered.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nowNs } from '../notify/put-times.ts'
import type { RecordedMessage } from '../notify/recorder.ts'
import { sayPhase } from './phases.ts'

interface Message {
  readonly path: string
  readonly atNs: bigint
  readonly body: Buffer
}

const messages: Message[] = []

const server = createServer((request, response) => {
  if (request.method === 'POST') void take(request, response)
  else if (request.url === '/count') response.end(String(messages.length))
  else response.end(messages.map(lineOf).join(''))
})
server.listen(0, '127.0.0.1', () => sayPhase('listening', { port: (server.address() as AddressInfo).port }))
process.once('SIGTERM', () => process.exit(0))

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk)
  } catch {
    return
  }
  const message = { path: request.url ?? '', atNs: nowNs(), body: Buffer.concat(chunks) }
  messages.push(message)
  if (message.path !== '/hanging') response.end()
}

function lineOf({ path, atNs, body }: Message): string {
  const line: RecordedMessage = { path, atNs: String(atNs), body: body.toString() }
  return `${JSON.stringify(line)}\n`
}
