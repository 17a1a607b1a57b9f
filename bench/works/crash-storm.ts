import { setTimeout as sleep } from 'node:timers/promises'
import { keptCrashes } from '../crash/kept-crashes.ts'
import { applyCrashRoute, untilRouteWorks } from '../crash/route.ts'
import { crashAll, podsOf, type StormSize, startStormCluster } from '../crash/storm-cluster.ts'
import { type ToldWorkloads, toldWorkloads } from '../crash/told-workloads.ts'
import { type Recorder, startRecorder } from '../notify/recorder.ts'
import { OperatorProcess } from '../operator.ts'
import type { BenchContext, Work } from '../work.ts'

const wholeSize: StormSize = { nodes: 20, workloads: 200, podsPerWorkload: 10 }
const quickSize: StormSize = { nodes: 4, workloads: 40, podsPerWorkload: 10 }
const sizeOf = ({ isQuick }: BenchContext): StormSize => (isQuick ? quickSize : wholeSize)
const stormMs = 10_000
const withinMs = 180_000

/** The worst day: everything that needs one database crashes at once. */
export const crashStorm: Work = {
  name: 'crash-storm',
  title: `${podsOf(wholeSize)} pods of ${wholeSize.workloads} workloads crash within ${stormMs / 1000} s, with logs`,
  async run(context) {
    await context.stopBigCluster()
    const size = sizeOf(context)
    const { peakBytes, rssBytes, cpuMs, wroteMs, toldMs, kept, told } = await measure(context)
    const all = podsOf(size)
    return {
      subjects: [
        {
          name: 'dogwatch operator',
          ...{ peakBytes: [peakBytes], rssBytes: [rssBytes], cpuMs: [cpuMs], timesMs: [toldMs] },
          figures: {
            'statuses written in s': wroteMs / 1000,
            messages: told.messages,
            'workloads told': told.workloads,
            'in the history': kept.crashes,
            'with their log': kept.withLog,
          },
        },
      ],
      bars: [
        { what: 'RSS at its highest', unit: 'MB', comparison: '<=', limit: 250, value: peakBytes / 1e6 },
        { what: 'crashes in the history', unit: 'crashes', comparison: '>=', limit: all, value: kept.crashes },
        { what: 'workloads told', unit: 'workloads', comparison: '>=', limit: size.workloads, value: told.workloads },
        { what: 'first messages a workload', unit: 'messages', comparison: '<=', limit: 1, value: told.mostFirst },
      ],
      notes: [
        ...(context.isQuick ? [`${podsOf(size)} pods of ${size.workloads} workloads alone.`] : []),
        `The bundle that ships, on its embedded stores, with a CrashAlertRoute of the default grouping to a webhook. A real API ` +
          'server; the statuses of the pods are written as a kubelet writes them, and kwok gives a log of 4 KB for each. The time ' +
          'is from the first crash until every workload was told and every crash was handed to the history, which is read after ' +
          'the operator has ended.',
      ],
    }
  },
}

async function measure(context: BenchContext) {
  const size = sizeOf(context)
  const cluster = await startStormCluster(size, context.folder)
  const recorder = await startRecorder()
  const operator = new OperatorProcess(context, cluster.kubeconfigPath, ['--allow-local-receivers'])
  try {
    await applyCrashRoute(cluster, recorder.url)
    await operator.untilSynced({ nodes: size.nodes, pods: podsOf(size) })
    await untilRouteWorks(cluster)
    const startMs = performance.now()
    const wroteMs = await crashAll(cluster, size, stormMs)
    await untilDone(operator, recorder, size)
    const toldMs = performance.now() - startMs
    const [memory, cpuMs] = [operator.memory(), operator.cpuMs()]
    await operator.stop()
    const told = toldWorkloads(await recorder.messages())
    return { ...memory, cpuMs, wroteMs, toldMs, told, kept: await keptCrashes(operator.dataDir) }
  } finally {
    await operator.stop()
    await recorder.stop()
    await cluster.stop()
  }
}

/** What did not come in time shows in the figures. */
async function untilDone(operator: OperatorProcess, recorder: Recorder, size: StormSize): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  while (performance.now() < deadlineMs) {
    const told: ToldWorkloads = toldWorkloads(await recorder.messages())
    const shipped = await operator.metric('dogwatch_crash_history_records_total{result="shipped"}')
    if (told.workloads >= size.workloads && shipped >= podsOf(size)) return
    await sleep(500)
  }
}
