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

/** Pods alive at a time: a machine with time to spare, and one that has none, where all wait for the processor and the disk. */
const [calm, crowded] = [4, 20]
const [crashes, quickCrashes] = [200, 20]

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

interface Measured {
  readonly calm: readonly CrashTimes[]
  readonly crowded: readonly CrashTimes[]
}

async function measure(context: BenchContext): Promise<Measured> {
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
    const count = context.isQuick ? quickCrashes : crashes
    const first = await crashOneByOne({ cluster, recorder, prefix: 'calm', crashes: count, atOnce: calm })
    if (context.isQuick) return { calm: first, crowded: [] }
    const second = await crashOneByOne({ cluster, recorder, prefix: 'crowded', crashes: count, atOnce: crowded })
    return { calm: first, crowded: second }
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

const ours = ({ knownMs, arrivedMs }: CrashTimes): number => arrivedMs - knownMs

/** What each part of the way is called, and how long it took. */
const parts: Readonly<Record<string, (times: CrashTimes) => number>> = {
  'death to message': ({ diedMs, arrivedMs }) => arrivedMs - diedMs,
  'of that, kubelet until its status is at the API server': ({ diedMs, knownMs }) => knownMs - diedMs,
  'of that, Dogwatch': ours,
  "of Dogwatch's, until the log is asked for": ({ knownMs, askedMs }) => askedMs - knownMs,
  "of Dogwatch's, the API server and the kubelet with the log": ({ askedMs, answeredMs }) => answeredMs - askedMs,
  "of Dogwatch's, from the log to the message": ({ answeredMs, arrivedMs }) => arrivedMs - answeredMs,
}

function resultOf({ calm: first, crowded: second }: Measured): WorkResult {
  const withLog = first.filter(({ hasLog }) => hasLog).length
  return {
    subjects: [...subjectsOf(first, calm), ...(second.length === 0 ? [] : subjectsOf(second, crowded))],
    bars: [
      {
        what: `Dogwatch p99, ${calm} pods alive`,
        unit: 'ms',
        comparison: '<=',
        limit: 250,
        value: p99(first.map(ours)),
      },
      { what: 'messages with the log', unit: 'messages', comparison: '>=', limit: first.length, value: withLog },
    ],
    notes: [
      `${first.length} crashes of as many pods, told one by one without a wait (\`grouping.wait: 0s\`). A container dies when it has ` +
        'written its last line, by the time that the container runtime gives that line; its status is known when the API server ' +
        "has answered the kubelet's write, by its audit log; the message has arrived when the receiver, another process, has all " +
        'of it. Dogwatch meanwhile reads the log and Events, writes the record and the alert to the disk, and sends.',
      `With ${crowded} pods alive the two cores have no time to spare: starting and removing pods takes all of it, and every ` +
        'request and every write waits. No bar is set for that; it stands beside.',
    ],
  }
}

function subjectsOf(times: readonly CrashTimes[], alive: number): WorkResult['subjects'] {
  return Object.entries(parts).map(([name, part]) => ({
    name: `${alive} pods alive: ${name}`,
    figures: distribution(times.map(part)),
  }))
}

const p99 = (timesMs: readonly number[]): number => percentile(timesMs, 99)

function distribution(timesMs: readonly number[]): Record<string, number> {
  return { 'p50 ms': percentile(timesMs, 50), 'p99 ms': p99(timesMs), 'max ms': percentile(timesMs, 100) }
}
