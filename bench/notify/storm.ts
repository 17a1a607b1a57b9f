/** Many alerts at once, with one of the receivers hanging. */
import type { BenchContext } from '../work.ts'
import { groupName } from './alerts.ts'
import { type RecordedMessage, type Recorder, startRecorder } from './recorder.ts'
import { runPipeline } from './run-feed.ts'

export const stormAlerts = 10_000
export const stormSeconds = 10
export const stormGroups = 100
export const stormWaitMs = 1_000
export const stormIntervalMs = 5_000
const healthy = ['first', 'second']

export interface Storm {
  readonly cpuMs: number
  readonly rssBytes: number
  readonly peakBytes: number
  /** Of each group at each healthy receiver: from its first alert to its first message. */
  readonly firstWordsMs: readonly number[]
  /** From the last alert until every healthy receiver knew of all. */
  readonly restMs: number
}

export async function measureStorm(context: BenchContext): Promise<Storm> {
  const recorder = await startRecorder()
  try {
    return await storm(context, recorder)
  } finally {
    await recorder.stop()
  }
}

async function storm(context: BenchContext, recorder: Recorder): Promise<Storm> {
  const receivers = Object.fromEntries([...healthy, 'hanging'].map((name) => [name, `${recorder.url}/${name}`]))
  const run = await runPipeline(context, {
    ...{ alerts: stormAlerts, groups: stormGroups, alertsPerSecond: stormAlerts / stormSeconds },
    ...{ waitMs: stormWaitMs, intervalMs: stormIntervalMs, receivers, healthy },
  })
  const messages = await recorder.messages()
  if (!messages.some(({ path }) => path === '/hanging')) throw new Error('the receiver that hangs was never asked')
  return {
    cpuMs: Number(run.told.workCpuMs),
    rssBytes: run.rssBytes,
    peakBytes: run.peakBytes,
    firstWordsMs: healthy.flatMap((name) => firstWordsMs(messages, `/${name}`, run.putNs)),
    restMs: Number(run.told.ms) - Number(run.put.ms),
  }
}

/** A group that was never told of counts without end. */
function firstWordsMs(messages: readonly RecordedMessage[], path: string, putNs: readonly bigint[]): number[] {
  const firstNs = new Map<string, bigint>()
  for (const message of messages.filter((one) => one.path === path)) {
    for (const group of groupsOf(message)) if (!firstNs.has(group)) firstNs.set(group, BigInt(message.atNs))
  }
  return putNs.slice(0, stormGroups).map((atNs, index) => {
    const toldNs = firstNs.get(groupName(index, stormGroups))
    return toldNs === undefined ? Number.POSITIVE_INFINITY : Number(toldNs - atNs) / 1e6
  })
}

interface Payload {
  readonly firing: readonly { readonly labels: Readonly<Record<string, string>> }[]
}

function groupsOf({ body }: RecordedMessage): Set<string> {
  const { firing } = JSON.parse(body) as Payload
  return new Set(firing.map(({ labels }) => labels.group ?? ''))
}
