/** A server that gives the answers of the operator's API, checked against the same schemas, and keeps what it was asked. */

import type { z } from 'zod'
import { type AlertDetailView, alertDetailView, alertPageView } from '../../src/api/http/alert-views.ts'
import { aggregatedRoot } from '../../src/api/http/paths.ts'
import { receiverListView, receiverTestView } from '../../src/api/http/receiver-views.ts'
import { startTestServer, type TestServer } from './test-server.ts'

export interface OperatorAnswers {
  alerts: AlertDetailView[]
  receivers: z.input<typeof receiverListView>['receivers']
  test: z.input<typeof receiverTestView>
  /** Every request is refused with this instead: the API server's words. */
  refusal?: { readonly status: number; readonly body: string }
}

export interface OperatorApiServer extends TestServer {
  readonly asked: string[]
  /** A kubeconfig for it. */
  readonly kubeconfig: string
}

export async function startOperatorApi(answers: OperatorAnswers): Promise<OperatorApiServer> {
  const asked: string[] = []
  const server = await startTestServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    asked.push(`${request.method} ${decodeURIComponent(`${url.pathname}${url.search}`)}`)
    const { status, body } = answers.refusal ?? answer(request.method ?? '', url, answers)
    request.resume()
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  return { ...server, asked, kubeconfig: kubeconfigFor(server.url) }
}

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'token' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'payments' } }],
    'current-context': 'x',
  })
}

function answer(method: string, url: URL, answers: OperatorAnswers): { status: number; body: string } {
  const path = url.pathname.slice(aggregatedRoot.length)
  const [, id, verb] = /^\/alerts\/([^/]+)(\/acknowledge)?$/.exec(path) ?? []
  if (path === '/alerts') return found(alertPageView.parse(pageOf(url, answers)))
  if (path === '/receivers') return found(receiverListView.parse({ receivers: answers.receivers }))
  if (method === 'POST' && path.endsWith('/test')) return found(receiverTestView.parse(answers.test))
  const alert = answers.alerts.find((one) => one.id === id)
  if (alert === undefined)
    return refused(404, `there is no alert ${id} that you may see; ids are in the list of alerts`)
  if (verb === undefined) return found(alertDetailView.parse(alert))
  if (alert.endedAt !== undefined) return refused(409, `alert ${id} is over: there is nothing to look after`)
  alert.acknowledged = { by: 'ada@example.com', at: '2026-12-01T12:39:00.000Z' }
  return found(alertDetailView.parse(alert))
}

function pageOf(url: URL, { alerts }: OperatorAnswers): z.input<typeof alertPageView> {
  const state = url.searchParams.get('state')
  const matching = alerts.filter(({ endedAt }) => state === 'all' || (endedAt === undefined) === (state === 'firing'))
  const from = Number(url.searchParams.get('cursor') ?? 0)
  const end = from + Number(url.searchParams.get('limit'))
  return { alerts: matching.slice(from, end), ...(end < matching.length ? { next: String(end) } : {}) }
}

function found(value: unknown) {
  return { status: 200, body: JSON.stringify(value) }
}

function refused(code: number, message: string) {
  return { status: code, body: JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message }) }
}
