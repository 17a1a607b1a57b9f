/** New alerts as fast as they are written down and told. */
import type { BenchContext } from '../work.ts'
import { startRecorder } from './recorder.ts'
import { runPipeline } from './run-feed.ts'

export const throughputGroups = 100

const names = ['first', 'second']

export interface Throughput {
  readonly alertsPerSecond: number
  readonly wallMs: number
  /** Until all were handed over, two batches before the log had them. */
  readonly putMs: number
  readonly cpuMs: number
  readonly peakBytes: number
}

export const throughputAlerts = (isQuick: boolean): number => (isQuick ? 20_000 : 50_000)

export async function measureThroughput(context: BenchContext): Promise<Throughput> {
  const alerts = throughputAlerts(context.isQuick)
  const recorder = await startRecorder()
  try {
    const receivers = Object.fromEntries(names.map((name) => [name, `${recorder.url}/${name}`]))
    const { put, told, peakBytes } = await runPipeline(context, {
      ...{ alerts, groups: throughputGroups, alertsPerSecond: 0, receivers, healthy: names },
      ...{ waitMs: 0, intervalMs: 0 },
    })
    const wallMs = Number(told.ms)
    const cpuMs = Number(told.workCpuMs)
    return { alertsPerSecond: (alerts * 1000) / wallMs, wallMs, putMs: Number(put.ms), cpuMs, peakBytes }
  } finally {
    await recorder.stop()
  }
}
