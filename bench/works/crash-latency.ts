import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster, startCluster } from '../../hack/testbed/cluster.ts'
import { canRunNode } from '../../hack/testbed/node-host.ts'
import { type CrashTimes, crashOneByOne } from '../crash/real-crashes.ts'
import { applyCrashRoute, untilRouteWorks } from '../crash/route.ts'
import { installKinds } from '../kinds.ts'
import { startRecorder } from '../notify/recorder.ts'
import { OperatorProcess } from '../operator.ts'
import { percentile } from '../report.ts'
import type { BenchContext, Work, WorkResult } from '../work.ts'

const atOnce = 20

/** From a container's last breath to the message, and how much of that is ours. */
export const crashLatency: Work = {
  name: 'crash-latency',
  title: 'From the death of a container on a real kubelet to the message with its log',
  async run(context) {
    await context.stopBigCluster()
    const ability = canRunNode()
    if (!ability.ok) return { subjects: [], bars: [], notes: [`Not measured here: ${ability.reason}.`] }
    return resultOf(await measure(context))
  },
}

async function measure(context: BenchContext): Promise<CrashTimes[]> {
  const cluster = await startCluster({ node: true, auditLog: true })
  const recorder = await startRecorder()
  let operator: OperatorProcess | undefined
  try {
    await installKinds(cluster)
    await applyCrashRoute(cluster, recorder.url, { wait: '0s', interval: '0s' })
    operator = new OperatorProcess(context, cluster.kubeconfigPath, ['--allow-local-receivers'])
    await operator.untilSynced({ nodes: 1, pods: 0 })
    await untilRouteWorks(cluster)
    await untilAccount(cluster)
    return await crashOneByOne({ cluster, recorder, crashes: context.isQuick ? 40 : 200, atOnce })
  } finally {
    await operator?.stop()
    await recorder.stop()
    await cluster.stop()
  }
}

/** Pods are refused until the controller manager has made the namespace's account. */
async function untilAccount(cluster: Cluster): Promise<void> {
  await cluster.mustKubectl(['wait', '--for=create', 'serviceaccount/default', '-n', 'default', '--timeout=60s'])
  await sleep(1_000)
}

function resultOf(times: readonly CrashTimes[]): WorkResult {
  const parts = {
    'death to message': times.map(({ diedMs, arrivedMs }) => arrivedMs - diedMs),
    'of that, kubelet until its status is at the API server': times.map(({ diedMs, knownMs }) => knownMs - diedMs),
    'of that, Dogwatch': times.map(({ knownMs, arrivedMs }) => arrivedMs - knownMs),
    'of that, until the log is asked for': times.map(({ knownMs, askedMs }) => askedMs - knownMs),
    'of that, the API server and the kubelet with the log': times.map(
      ({ askedMs, answeredMs }) => answeredMs - askedMs,
    ),
    'of that, from the log to the message': times.map(({ answeredMs, arrivedMs }) => arrivedMs - answeredMs),
  }
  const ours = percentile(parts['of that, Dogwatch'], 99)
  const withLog = times.filter(({ hasLog }) => hasLog).length
  return {
    subjects: Object.entries(parts).map(([name, values]) => ({ name, figures: distribution(values) })),
    bars: [
      { what: 'Dogwatch p99', unit: 'ms', comparison: '<=', limit: 250, value: ours },
      { what: 'messages with the log', unit: 'messages', comparison: '>=', limit: times.length, value: withLog },
    ],
    notes: [
      `${times.length} crashes of as many pods, ${atOnce} pods alive at a time, told one by one without a wait (\`grouping.wait: 0s\`). ` +
        'A container dies when it has written its last line, by the time that the container runtime gives that line; its ' +
        "status is known when the API server has answered the kubelet's write, by its audit log; the message has arrived when the " +
        'receiver, another process, has all of it. Dogwatch meanwhile reads the log and Events, writes the record and the alert to ' +
        'the disk, and sends.',
    ],
  }
}

function distribution(timesMs: readonly number[]): Record<string, number> {
  const at = (percent: number) => percentile(timesMs, percent)
  return { 'p50 ms': at(50), 'p99 ms': at(99), 'max ms': at(100) }
}
