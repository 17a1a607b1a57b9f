/** How long an alert is under way that need not wait for others: through Dogwatch, and through Alertmanager. */
import { startAlertmanager } from '../../hack/testbed/alertmanager.ts'
import type { BenchContext } from '../work.ts'
import { namedAlerts } from './alerts.ts'
import { type RecordedMessage, type Recorder, startRecorder } from './recorder.ts'
import { feedAlertmanager, runPipeline } from './run-feed.ts'

/** Below the rate that a webhook is sent to at most. */
export const latencyAlertsPerSecond = 40
const arriveWithinMs = 30_000

/** By alert, milliseconds from when it was handed over until a message that names it was there. */
export type Latencies = readonly number[]

export async function measureDogwatch(context: BenchContext, seconds: number): Promise<Latencies> {
  return withRecorder(async (recorder) => {
    const alerts = seconds * latencyAlertsPerSecond
    const { putNs } = await runPipeline(context, {
      ...{ alerts, groups: alerts, alertsPerSecond: latencyAlertsPerSecond, waitMs: 0, intervalMs: 0 },
      ...{ receivers: { recorder: `${recorder.url}/` }, healthy: ['recorder'] },
    })
    return latenciesOf(putNs, await recorder.messages())
  })
}

/** Every alert a group of its own there too. */
export async function measureAlertmanager(context: BenchContext, seconds: number): Promise<Latencies> {
  return withRecorder(async (recorder) => {
    const alerts = seconds * latencyAlertsPerSecond
    const alertmanager = await startAlertmanager({ config: configuration(recorder.url) })
    try {
      const plan = { alerts, groups: alerts, alertsPerSecond: latencyAlertsPerSecond, url: alertmanager.url }
      const putNs = await feedAlertmanager(context, plan)
      await recorder.untilCount(alerts, arriveWithinMs)
      return latenciesOf(putNs, await recorder.messages())
    } finally {
      await alertmanager.stop()
    }
  })
}

function configuration(recorderUrl: string): object {
  const times = { group_wait: '0s', group_interval: '5m', repeat_interval: '4h' }
  return {
    route: { receiver: 'recorder', group_by: ['...'], ...times },
    receivers: [{ name: 'recorder', webhook_configs: [{ url: `${recorderUrl}/` }] }],
  }
}

async function withRecorder<T>(work: (recorder: Recorder) => Promise<T>): Promise<T> {
  const recorder = await startRecorder()
  try {
    return await work(recorder)
  } finally {
    await recorder.stop()
  }
}

function latenciesOf(putNs: readonly bigint[], messages: readonly RecordedMessage[]): Latencies {
  const toldNs = new Map<number, bigint>()
  for (const { atNs, body } of messages) {
    for (const index of namedAlerts(body)) if (!toldNs.has(index)) toldNs.set(index, BigInt(atNs))
  }
  return putNs.map((atNs, index) => {
    const arrivedNs = toldNs.get(index)
    return arrivedNs === undefined ? Number.POSITIVE_INFINITY : Number(arrivedNs - atNs) / 1e6
  })
}
