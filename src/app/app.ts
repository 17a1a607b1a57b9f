/**
 * The composition root: the only place that knows every part. It reads from top to bottom in the order in which things
 * start; each thing acquired registers its release at once, and releases run backwards.
 *
 * First come the parts that only answer (HTTP), then the API server, then the Lease: whoever holds it judges and tells.
 */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import type { Clock } from '../base/clock.ts'
import { errorText, OperatorError } from '../base/errors.ts'
import { Lifecycle } from '../base/lifecycle.ts'
import type { Logger } from '../base/log.ts'
import { createPrometheusMetrics } from '../base/prometheus.ts'
import { version } from '../base/version.ts'
import type { ListenAddress } from '../http/listen.ts'
import { healthRoute } from '../http/routes/health.ts'
import { createMetricsRoute } from '../http/routes/metrics.ts'
import { createReadyRoute, type ReadinessCheck } from '../http/routes/ready.ts'
import { startHttpServer } from '../http/server.ts'
import { createKubeClient, type KubeClient } from '../kube/client.ts'
import { CredentialSource } from '../kube/credentials.ts'
import { EventRecorder } from '../kube/events.ts'
import { loadKubeConfig } from '../kube/kube-config.ts'
import { acquireLease } from '../kube/lease.ts'
import { firstEpoch } from '../kube/lease-decision.ts'
import { proxyEnvironment } from '../kube/proxy.ts'
import { WatchCache } from '../kube/watch-cache.ts'
import type { LineWriter } from '../notify/channels/console.ts'
import { createOutgoing } from '../notify/outgoing-http.ts'
import { SecretReader } from '../notify/secret-reader.ts'
import type { ApiOptions } from './api.ts'
import { MemoryKeeper } from './memory-keeper.ts'
import { Office, type OfficeOptions } from './office.ts'
import type { OperatorOptions } from './options.ts'
import { createProcessMetrics } from './process-metrics.ts'
import { keepWithinBounds, openStores, readToldRestarts } from './stores.ts'
import { startWork } from './work.ts'
import type { WorkForPeople } from './work-for-people.ts'
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
  const fenced = new AbortController()
  const state: { office?: Office; work?: WorkForPeople } = {}
  const ready = createReadyRoute(readinessOf(options, () => state.office))
  const routes = [healthRoute, ready, createMetricsRoute(registry)]
  const server = await startHttpServer({ listen: options.listen, routes, logger })
  lifecycle.onStop('http server', () => server.close())
  logger.info({ version, port: server.port, namespace: options.namespace, ...scopeOf(options) }, 'Operator is starting')

  const client = connect(options, surroundings)
  lifecycle.onStop('api client', () => client.close())
  const memory = new MemoryKeeper(clock)
  lifecycle.onStop('memory keeper', () => memory.stop())
  const cache = new WatchCache({ client, clock, logger, metrics, onSynced: () => memory.muchHasPassed() })
  lifecycle.onStop('watch cache', () => cache.stop())
  const reporter = { reportingController: 'dogwatch.dev/operator', reportingInstance: identity() }
  const events = new EventRecorder({ client, clock, logger, ...reporter })
  lifecycle.onStop('events', () => events.stop(AbortSignal.timeout(1_000)))

  const secrets = new SecretReader({ client, clock, serviceAccount: `${options.namespace}:dogwatch` })
  lifecycle.onStop('secrets', async () => secrets.stop())
  const { allowLocalReceivers } = options
  const outgoing = createOutgoing({ proxies: proxyEnvironment(surroundings.env), allowLocalReceivers, clock })
  lifecycle.onStop('requests to receivers', () => outgoing.close())
  const channels = {
    ...{ writeLine: surroundings.writeLine, outgoing, allowLocalReceivers, clock },
    receiversFolder: join(options.dataDir, 'receivers'),
    secretsOf: (namespace: string) => secrets.of(namespace),
  }
  const stores = await openStores(options, clock)
  lifecycle.onStop('stores', () => stores.close())
  const { log, crashes } = stores
  const toldRestarts = await readToldRestarts(stores, logger)
  const parts = { options, client, cache, events, log, crashHistory: crashes, toldRestarts }
  const work = { ...parts, metrics: workMetrics, clock, logger, channels }
  const office = new Office({
    acquire: options.lease ? leaseFor(options, surroundings, client) : withoutLease(clock),
    startWork: (mayAct) => {
      const started = startWork({ ...work, mayAct, onFenced: () => onFenced(state.office, fenced) })
      state.work = started.forPeople
      return started
    },
    onChange: (change) => logger.info(`Operator is ${change}`),
  })
  state.office = office
  lifecycle.onStop('work and lease', () => office.close())
  const mayAct = () => office.isHeld && office.isWorking
  const keepers = keepWithinBounds(options, stores, { clock, logger, mayAct })
  lifecycle.onStop('history', () => keepers.stop())
  const api = { options, client, log, crashes, clock, logger, lifecycle, work: () => state.work, isLeading: mayAct }
  if (options.apiListen !== undefined) await serveApi(api, options.apiListen)
  await office.run(AbortSignal.any([signal, fenced.signal]))
  if (fenced.signal.aborted)
    throw new OperatorError('STORE_FENCED', 'another operator took over and writes the notification log')
}

/** Of several replicas the ones that stand by are ready too: to take over. */
function readinessOf({ replicas }: OperatorOptions, office: () => Office | undefined): ReadinessCheck[] {
  const seen = 'has seen every object of its kinds once'
  if (replicas > 1) return [{ name: seen, isReady: () => office()?.hasSeen === true }]
  return [
    { name: 'holds the Lease', isReady: () => office()?.isHeld === true },
    { name: seen, isReady: () => office()?.isWorking === true },
  ]
}

/** What serves it is loaded only here: an operator without an API does without its memory. */
async function serveApi(options: ApiOptions, listen: ListenAddress): Promise<void> {
  const { startApi } = await import('./api.ts')
  await startApi(options, listen)
}

function connect({ kubeconfig, context }: OperatorOptions, { clock, env, logger }: Surroundings): KubeClient {
  const load = (known = context) => loadKubeConfig({ kubeconfig, context: known })
  const onUnreadable = (problem: unknown) =>
    logger.warn({ error: errorText(problem) }, 'Kubeconfig cannot be read again; the old one goes on being used')
  const credentials = new CredentialSource(load, clock, { onUnreadable })
  return createKubeClient({ credentials, clock, userAgent: `dogwatch/${version}`, proxies: proxyEnvironment(env) })
}

function leaseFor(
  options: OperatorOptions,
  { clock, logger }: Surroundings,
  client: KubeClient,
): OfficeOptions['acquire'] {
  const durationMs = options.leaseDurationMs
  const timing = { durationMs, renewWithinMs: (durationMs * 2) / 3, retryMs: durationMs / 7.5 }
  const place = { namespace: options.namespace, name: 'dogwatch' }
  const lease = { client, clock, logger, ...place, identity: identity(), timing }
  return (onHeldByOther, signal) => acquireLease({ ...lease, onHeldByOther }, signal)
}

/** Who slept through its Lease stands by; who holds the Lease and may not write has no business here. */
function onFenced(office: Office | undefined, fenced: AbortController): void {
  if (office?.isHeld === true) fenced.abort()
  else void office?.fenced()
}

/** With `--no-lease` somebody else sees to it that there is one operator. */
function withoutLease(clock: Clock): OfficeOptions['acquire'] {
  const never = new AbortController()
  return async () => ({
    epoch: firstEpoch(clock.nowMs()),
    lost: never.signal,
    isHeld: () => true,
    release: async () => {},
  })
}

function identity(): string {
  return `${hostname()}_${process.pid}`
}

function scopeOf({ watchNamespace }: OperatorOptions): { watches: string } {
  return { watches: watchNamespace ?? 'the whole cluster' }
}
