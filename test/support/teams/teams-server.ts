/**
 * A server that keeps the contract of a Teams workflow's webhook, because there is none to run. Sources, read 2026-11-21:
 * - https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using: message with attachments,
 *   Adaptive Cards only
 * - https://learn.microsoft.com/connectors/teams/: 28 KB, "Request Entity too large"
 * - https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook: four requests a second
 * - https://learn.microsoft.com/azure/connectors/connectors-native-reqres: 202 for what is accepted, errors as {error: {code, message}}
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cardProblem } from './adaptive-card.ts'

// biome-ignore lint/suspicious/noExplicitAny: what comes over the wire has no type
type Json = any

const path = '/workflows/0123456789/triggers/manual/paths/invoke'
const signature = 'sigSIGsigSIG'
const longestBytes = 28 * 1024
const mostInOneSecond = 4

export class TeamsServer {
  /** Cards that were posted. */
  readonly cards: Json[] = []
  /** The next answers, instead of what would be answered. */
  readonly faults: { status: number; code?: string; headers?: Readonly<Record<string, string>>; cut?: boolean }[] = []
  /** What every request meets until it is set to undefined. */
  fault: { status: number; headers?: Readonly<Record<string, string>> } | 'hang' | 'close' | undefined
  isOn = true
  readonly #arrivals: number[] = []
  readonly #server = createServer((request, response) => this.#handle(request, response))

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}${path}?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${signature}`
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const fault = this.faults.shift() ?? this.#lasting()
    if (fault === 'hang') return
    if (fault?.cut === true) return void request.socket.destroy()
    const refuse = (status: number, code: string, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify({ error: { code, message: 'as documented' } }))
    }
    if (fault !== undefined) return refuse(fault.status, fault.code ?? 'Error', fault.headers)
    const problem = this.#problem(request, Buffer.concat(chunks))
    if (problem !== undefined) return refuse(problem.status, problem.code, problem.headers)
    response.writeHead(202, { 'x-ms-workflow-run-id': '085' })
    response.end()
  }

  #lasting(): TeamsServer['faults'][number] | 'hang' | undefined {
    return this.fault === 'close' ? { status: 0, cut: true } : this.fault
  }

  #problem(
    request: IncomingMessage,
    body: Buffer,
  ): { status: number; code: string; headers?: Record<string, string> } | undefined {
    const url = new URL(request.url ?? '', 'http://localhost')
    if (url.pathname !== path) return { status: 404, code: 'WorkflowNotFound' }
    if (url.searchParams.get('sig') !== signature) return { status: 401, code: 'AuthorizationFailed' }
    if (!this.isOn) return { status: 400, code: 'WorkflowTriggerIsNotEnabled' }
    if (request.headers['content-type'] !== 'application/json') return { status: 415, code: 'UnsupportedMediaType' }
    if (body.length > longestBytes) return { status: 413, code: 'RequestEntityTooLarge' }
    if (this.#isTooFast()) return { status: 429, code: 'TooManyRequests', headers: { 'retry-after': '1' } }
    const problem = this.#take(body)
    return problem === undefined
      ? undefined
      : { status: 400, code: `InvalidCard${problem.replaceAll(/[^A-Za-z]/g, '')}` }
  }

  #isTooFast(): boolean {
    const nowMs = Date.now()
    this.#arrivals.push(nowMs)
    return this.#arrivals.filter((atMs) => atMs > nowMs - 1_000).length > mostInOneSecond
  }

  #take(body: Buffer): string | undefined {
    const { type, attachments } = JSON.parse(body.toString('utf8')) as Json
    if (type !== 'message' || !Array.isArray(attachments) || attachments.length !== 1) return 'no message with a card'
    const [{ contentType, content }] = attachments
    if (contentType !== 'application/vnd.microsoft.card.adaptive') return 'only adaptive cards'
    const problem = cardProblem(content)
    if (problem === undefined) this.cards.push(content)
    return problem
  }
}
