/** An API server with a pod or some and a kubelet behind it, for answers that no real kubelet can be made to give on demand. */
import type { ServerResponse } from 'node:http'
import { KubeConfig } from '@kubernetes/client-node'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts'
import { CredentialSource } from '../../src/kube/credentials.ts'
import { startTestServer } from './test-server.ts'

export interface LogCall {
  readonly container: string
  readonly previous: boolean
  readonly tailLines: number
}

export interface PretendedKubelet {
  readonly client: KubeClient
  readonly logCalls: readonly LogCall[]
  /** Paths that were asked for, with their queries. */
  readonly asked: readonly string[]
  stop(): Promise<void>
}

export interface PretendedKubeletOptions {
  /** Of the client; default the system's. */
  readonly clock?: Clock
  /** The pod of a namespace and name at this moment; undefined: it is gone. */
  readonly pod: (namespace: string, name: string) => object | undefined
  readonly log?: (call: LogCall, response: ServerResponse) => void
  /** All other paths; gives the answer's body, undefined for 404. Absent: lists are empty, and all that is well. */
  readonly other?: (path: string) => object | undefined
}

export async function startPretendedKubelet(options: PretendedKubeletOptions): Promise<PretendedKubelet> {
  const otherOf = options.other ?? (() => ({ items: [] }))
  const logCalls: LogCall[] = []
  const asked: string[] = []
  const server = await startTestServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    asked.push(request.url ?? '')
    if (url.pathname.endsWith('/log')) {
      const call = callOf(url.searchParams)
      logCalls.push(call)
      return options.log === undefined ? answer(response, undefined) : options.log(call, response)
    }
    const [isPod, namespace = '', name = ''] =
      /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)$/.exec(url.pathname) ?? []
    answer(response, isPod ? options.pod(namespace, name) : otherOf(`${url.pathname}${url.search}`))
  })
  const client = clientOf(server.url, options.clock ?? systemClock)
  const stop = async () => {
    await client.close()
    await server.stop()
  }
  return { client, logCalls, asked, stop }
}

function clientOf(server: string, clock: Clock): KubeClient {
  const load = () => {
    const config = new KubeConfig()
    config.loadFromOptions({
      clusters: [{ name: 'c', server, skipTLSVerify: true }],
      users: [{ name: 'u' }],
      contexts: [{ name: 'c', cluster: 'c', user: 'u' }],
      currentContext: 'c',
    })
    return config
  }
  return createKubeClient({ credentials: new CredentialSource(load, clock), clock })
}

function callOf(query: URLSearchParams): LogCall {
  return {
    container: query.get('container') ?? '',
    previous: query.get('previous') === 'true',
    tailLines: Number(query.get('tailLines')),
  }
}

function answer(response: ServerResponse, body: object | undefined): void {
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body ?? { kind: 'Status', code: 404, reason: 'NotFound', message: 'not found' }))
}

/** As the kubelet answers what it cannot do. */
export function refuse(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ kind: 'Status', code, message }))
}
