#!/usr/bin/env node
/**
 * The notification pipeline as the operator has it: the real log on disk, the real webhook channel. It feeds itself with the
 * alerts of its plan, and says when they are put and when the log and every healthy receiver have them.
 */
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { OperatorError } from '../../src/base/errors.ts'
import { spareMemory } from '../../src/base/heap.ts'
import { createLogger } from '../../src/base/log.ts'
import { noMetrics } from '../../src/base/metrics.ts'
import { createNotifier } from '../../src/notify/channels/channels.ts'
import type { Notifier } from '../../src/notify/notifier.ts'
import { createOutgoing } from '../../src/notify/outgoing-http.ts'
import { Pipeline } from '../../src/notify/pipeline.ts'
import { createPipelineMetrics } from '../../src/notify/pipeline-metrics.ts'
import { atAnyHour, Receivers } from '../../src/notify/receivers.ts'
import { openNotificationLog } from '../../src/store/open-notification-log.ts'
import { benchAlert, benchRoute } from '../notify/alerts.ts'
import { feedAsFastAsWritten, feedAtRate } from '../notify/feed.ts'
import { type PipelinePlan, readPlan } from '../notify/plans.ts'
import { PutTimes } from '../notify/put-times.ts'
import { cpuMs } from './arrivals.ts'
import { sayPhase, whenTold } from './phases.ts'
import { ToldCounts } from './told-counts.ts'

spareMemory()

const namespace = 'bench'
const epoch = 1
const plan = readPlan<PipelinePlan>()
const { alerts, groups, alertsPerSecond, waitMs, intervalMs } = plan
const logger = createLogger('warn', process.stderr)
const clock = systemClock
const log = await openNotificationLog({ engine: 'sqlite', folder: plan.dataFolder })
const outgoing = createOutgoing({ proxies: {}, allowLocalReceivers: true, clock })
const receivers = new Receivers()
const told = new ToldCounts(plan.healthy, alerts)
let troubles = 0

const surroundings = {
  ...{
    outgoing,
    clock,
    allowLocalReceivers: true,
    writeLine: () => undefined,
    receiversFolder: join(plan.dataFolder, 'receivers'),
  },
  secretsOf: () => ({
    read: () => Promise.reject(new OperatorError('SECRET_UNAVAILABLE', 'there are none here')),
    refused: () => undefined,
  }),
}

for (const [name, url] of Object.entries(plan.receivers)) {
  const notifier: Notifier = createNotifier({ webhook: { url } }, { namespace, name }, surroundings)
  const shape = { namespace, name, version: '1', channel: 'webhook' } as const
  receivers.set({ ...shape, notifier: told.counting(name, notifier), hours: atAnyHour, isSharedWith: () => true })
}

const pipeline = new Pipeline({
  ...{ log, receivers, clock, logger, clusterName: 'bench', ownConsole: { namespace, name: 'operator-console' } },
  metrics: createPipelineMetrics(noMetrics),
  mayTell: () => true,
  isSilenced: () => false,
  describe: (alert) => alert,
  onTold: () => undefined,
  onLateStart: () => undefined,
  unshipped: () => [],
  onDegraded: () => {
    troubles += 1
  },
  onFenced: () => {
    troubles += 1
  },
})
await pipeline.lead(epoch)
pipeline.open()

const route = Object.keys(plan.receivers).map((name) => ({ namespace, name }))
const times = new PutTimes(alerts)
const put = (index: number): void => {
  const alert = benchAlert(index, groups)
  times.note(index)
  pipeline.put(alert, benchRoute(alert, route, { waitMs, intervalMs }))
}
const written = (): Promise<void> => log.write([], epoch)

// The product's timers keep no process alive; its HTTP server does.
const alive = setInterval(() => undefined, 60_000)
sayPhase('ready')
await whenTold()
const startMs = performance.now()
const startCpuMs = cpuMs()
if (alertsPerSecond > 0) await feedAtRate(alerts, alertsPerSecond, put)
else await feedAsFastAsWritten(alerts, put, written)
sayPhase('put', { ms: performance.now() - startMs })
await told.all
await written()
sayPhase('told', { ms: performance.now() - startMs, workCpuMs: cpuMs() - startCpuMs, troubles })
await times.save(plan.timesFile)
sayPhase('saved')
clearInterval(alive)
await pipeline.follow()
await outgoing.close()
await log.close()
