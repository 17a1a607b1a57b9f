/**
 * The composition root: the only place that knows every part. It reads from top to bottom in the order in which things
 * start; each thing acquired registers its release at once, and releases run backwards.
 *
 * First come the parts that only answer (HTTP), then the API server, then the Lease: whoever holds it judges and tells. When
 * the Lease is lost, what judges is stopped and the Lease is waited for again; the process goes on.
 */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import type { Clock } from '../base/clock.ts'
import { Lifecycle } from '../base/lifecycle.ts'
import type { Logger } from '../base/log.ts'
import { createPrometheusMetrics } from '../base/prometheus.ts'
import { version } from '../base/version.ts'
import { healthRoute } from '../http/routes/health.ts'
import { createMetricsRoute } from '../http/routes/metrics.ts'
import { createReadyRoute } from '../http/routes/ready.ts'
import { startHttpServer } from '../http/server.ts'
import { createKubeClient, type KubeClient } from '../kube/client.ts'
import { CredentialSource } from '../kube/credentials.ts'
import { EventRecorder } from '../kube/events.ts'
import { loadKubeConfig } from '../kube/kube-config.ts'
import { acquireLease, type HeldLease } from '../kube/lease.ts'
import { proxyEnvironment } from '../kube/proxy.ts'
import { WatchCache } from '../kube/watch-cache.ts'
import type { LineWriter } from '../notify/channels/console.ts'
import type { OperatorOptions } from './options.ts'
import { createProcessMetrics } from './process-metrics.ts'
import { startWork, type WorkOptions } from './work.ts'
import { createWorkMetrics } from './work-metrics.ts'

export interface Surroundings {
  readonly clock: Clock
  readonly logger: Logger
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where console receivers write. */
  readonly writeLine: LineWriter
}

/** Runs the operator until `signal` is aborted, then ends it cleanly. Rejects when it cannot start. */
export async function runOperator(
  options: OperatorOptions,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  const lifecycle = new Lifecycle(surroundings.logger)
  try {
    await start(options, surroundings, { lifecycle, signal })
  } finally {
    surroundings.logger.info('Operator is ending')
    await lifecycle.stop()
  }
}

interface Run {
  readonly lifecycle: Lifecycle
  readonly signal: AbortSignal
}

async function start(options: OperatorOptions, surroundings: Surroundings, { lifecycle, signal }: Run): Promise<void> {
  const { clock, logger } = surroundings
  const registry = new Registry()
  const metrics = createPrometheusMetrics(registry)
  createProcessMetrics(registry, version)
  const workMetrics = createWorkMetrics(metrics)
  const state = { isInOffice: false, isWorking: false }

  const ready = createReadyRoute([
    { name: 'holds the Lease', isReady: () => state.isInOffice },
    { name: 'has seen every object of its kinds once', isReady: () => state.isWorking },
  ])
  const routes = [healthRoute, ready, createMetricsRoute(registry)]
  const server = await startHttpServer({ listen: options.listen, routes, logger })
  lifecycle.onStop('http server', () => server.close())
  logger.info({ version, port: server.port, namespace: options.namespace, ...scopeOf(options) }, 'Operator is starting')

  const client = connect(options, surroundings)
  lifecycle.onStop('api client', () => client.close())
  const cache = new WatchCache({ client, clock, logger, metrics })
  lifecycle.onStop('watch cache', () => cache.stop())
  const events = new EventRecorder({
    client,
    clock,
    logger,
    reportingController: 'dogwatch.dev/operator',
    reportingInstance: identity(),
  })
  lifecycle.onStop('events', () => events.stop(AbortSignal.timeout(1_000)))

  while (!signal.aborted) {
    const term = new Lifecycle(logger)
    lifecycle.onStop('term of office', () => term.stop())
    const lease = await takeOffice({ options, surroundings, client, term, signal })
    const isOver = AbortSignal.any([signal, ...(lease === undefined ? [] : [lease.lost])])
    state.isInOffice = true
    const receiversFolder = join(options.dataDir, 'receivers')
    const channels = { writeLine: surroundings.writeLine, receiversFolder }
    const parts = { options, client, cache, events, metrics: workMetrics, clock, logger, channels, lifecycle: term }
    await work(parts, isOver, () => {
      state.isWorking = true
    })
    state.isInOffice = false
    state.isWorking = false
    await term.stop()
  }
}

/** Until `isOver`, also while the first state of the cluster is still awaited: it may never come. */
async function work(parts: WorkOptions, isOver: AbortSignal, onWorking: () => void): Promise<void> {
  const over = untilAborted(isOver)
  try {
    await Promise.race([startWork(parts), over])
  } catch (error) {
    if (!isOver.aborted) throw error
  }
  if (isOver.aborted) return
  onWorking()
  parts.logger.info('Operator is working')
  await over
}

function connect(options: OperatorOptions, { clock, env }: Surroundings): KubeClient {
  const source = { kubeconfig: options.kubeconfig, context: options.context }
  const credentials = new CredentialSource(() => loadKubeConfig(source), clock)
  return createKubeClient({ credentials, clock, userAgent: `dogwatch/${version}`, proxies: proxyEnvironment(env) })
}

interface Candidacy {
  readonly options: OperatorOptions
  readonly surroundings: Surroundings
  readonly client: KubeClient
  readonly term: Lifecycle
  readonly signal: AbortSignal
}

/** Waits for the Lease; without it (`--no-lease`) somebody else sees to it that there is one operator. */
async function takeOffice({ options, surroundings, client, term, signal }: Candidacy): Promise<HeldLease | undefined> {
  if (!options.lease) return undefined
  const { clock, logger } = surroundings
  const durationMs = options.leaseDurationMs
  const timing = { durationMs, renewWithinMs: (durationMs * 2) / 3, retryMs: durationMs / 7.5 }
  const place = { namespace: options.namespace, name: 'dogwatch' }
  const lease = await acquireLease({ client, clock, logger, ...place, identity: identity(), timing }, signal)
  term.onStop('lease', () => lease.release(AbortSignal.timeout(1_000)))
  return lease
}

function identity(): string {
  return `${hostname()}_${process.pid}`
}

function scopeOf({ watchNamespace }: OperatorOptions): { watches: string } {
  return { watches: watchNamespace ?? 'the whole cluster' }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
