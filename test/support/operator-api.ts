/** A server that gives the answers of the operator's API, checked against the same schemas, and keeps what it was asked. */

import type { z } from 'zod'
import {
  type AlertDetailView,
  alertDetailView,
  alertPageView,
  type DeliveryView,
} from '../../src/api/http/alert-views.ts'
import { receiverListView, receiverTestView } from '../../src/api/http/object-views.ts'
import { aggregatedRoot } from '../../src/api/http/paths.ts'
import type { CrashRecord } from '../../src/model/crash.ts'
import { ApiWorld } from './api-world.ts'
import { startTestServer, type TestServer } from './test-server.ts'

export interface OperatorAnswers {
  alerts: AlertDetailView[]
  receivers: z.input<typeof receiverListView>['receivers']
  test: z.input<typeof receiverTestView>
  /** Shown by the API's own routes. */
  crashes?: readonly CrashRecord[]
  /** What the caller may do with pods, as `rightText` writes it; absent: all. */
  rights?: readonly string[]
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
  const server = await startTestServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    asked.push(`${request.method} ${decodeURIComponent(`${url.pathname}${url.search}`)}`)
    const isOfCrashes = url.pathname.startsWith(`${aggregatedRoot}/crashes`)
    const served = isOfCrashes ? await answerOfCrashes(url, answers) : answer(request.method ?? '', url, answers)
    const { status, body } = answers.refusal ?? served
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

async function answerOfCrashes(url: URL, { crashes = [], rights }: OperatorAnswers) {
  const world = new ApiWorld()
  await world.crashes.write(crashes)
  const headers = world.user('caller', ...(rights ?? ['get pods */*', 'get pods/log */*']))
  const app = world.app()
  const { statusCode, body } = await app.inject({ url: `${url.pathname}${url.search}`, headers })
  await app.close()
  return { status: statusCode, body }
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

const delivery = (intendedAt: string, receiver: string, more: Partial<DeliveryView> = {}): DeliveryView => ({
  ...{ id: intendedAt, receiver: { namespace: 'dogwatch-system', name: receiver }, reason: 'first', state: 'sent' },
  ...{ intendedAt, endedAt: intendedAt, tries: 1 },
  ...more,
})

export const sampleAlert = (id: string, title: string, more: Partial<AlertDetailView> = {}): AlertDetailView => ({
  ...{ id, state: 'firing', severity: 'warning', title, lines: [], labels: {} },
  policy: { kind: 'CapacityPolicy', namespace: 'dogwatch-system', name: 'node-overcommit' },
  ...{ rule: 'cpu-requests', object: { kind: 'Node', name: 'worker-a1' } },
  ...{ startedAt: '2026-12-01T12:05:00.000Z', deliveries: [] },
  ...more,
})

const failure = { reason: 'auth', message: '535 5.7.8 the server refused the user name or password' }

/** Three that fire, one of them taken, and one that is over; told in all ways, and not at all. */
export const sampleAlerts = (): AlertDetailView[] => [
  sampleAlert('3f9c1a77-0001', 'Node worker-a1: cpu requests at 96.2% of allocatable, above 80%', {
    severity: 'critical',
    lines: [
      '3.85 of 4 cpu; threshold 80%, over at 75%',
      'since 2026-12-01T12:05:00.000Z',
      'biggest: payments/api-7c9d-1 2, web/shop-6f-2 0.25',
      'next: kubectl describe node worker-a1; dogwatch capacity --explain node/worker-a1',
    ],
    labels: { team: 'platform', node: 'worker-a1' },
    runbookURL: 'https://runbooks.example/cpu',
    clusterName: 'eu-west',
    deliveries: [
      delivery('2026-12-01T12:35:00.000Z', 'oncall', {
        reason: 'repeat',
        receiver: { namespace: 'dogwatch-system', name: 'oncall', slackChannel: '#capacity' },
      }),
      delivery('2026-12-01T12:05:20.000Z', 'mail', { state: 'failed', tries: 4, failure }),
      delivery('2026-12-01T12:05:10.000Z', 'oncall', { endedAt: '2026-12-01T12:05:40.000Z', tries: 2 }),
      delivery('2026-12-01T12:05:05.000Z', 'pager', {
        state: 'intended',
        endedAt: undefined,
        tries: 3,
        failure: { reason: 'timeout', message: 'no answer within 10 s' },
      }),
    ],
  }),
  sampleAlert('3f9c1a99-0002', 'Pod payments/ledger-0: memory use at 83% of its limit, above 80%', {
    startedAt: '2026-12-01T12:39:10.000Z',
    object: { kind: 'Pod', namespace: 'payments', name: 'ledger-0' },
    acknowledged: { by: 'ada@example.com', at: '2026-12-01T12:39:30.000Z', comment: 'adding a node' },
  }),
  sampleAlert('a1b2c3d4-0003', 'NodePool small: memory requests do not fit without its largest node, 6.81Gi too much', {
    severity: 'critical',
    startedAt: '2026-11-30T09:00:00.000Z',
    policy: { kind: 'CapacityPolicy', namespace: 'dogwatch-system', name: 'n-plus-1' },
  }),
  sampleAlert('77aa55cc-0004', 'Node worker-b1: memory requests at 81% of allocatable, above 80%', {
    ...{ state: 'resolved', startedAt: '2026-11-30T08:00:00.000Z', endedAt: '2026-11-30T09:30:00.000Z' },
    deliveries: [delivery('2026-11-30T09:30:00.000Z', 'oncall', { reason: 'resolved' })],
  }),
]
