import { loadavg } from 'node:os'
import { measureDisk } from '../notify/disk.ts'
import { type Latencies, latencyAlertsPerSecond, measureAlertmanager, measureDogwatch } from '../notify/latency.ts'
import {
  measureStorm,
  type Storm,
  stormAlerts,
  stormGroups,
  stormIntervalMs,
  stormSeconds,
  stormWaitMs,
} from '../notify/storm.ts'
import { measureThroughput, type Throughput, throughputAlerts, throughputGroups } from '../notify/throughput.ts'
import { median, percentile } from '../report.ts'
import type { Bar, BenchContext, Subject, Work } from '../work.ts'

interface Measured {
  readonly storms: readonly Storm[]
  readonly throughputs: readonly Throughput[]
  readonly dogwatch: Latencies
  readonly alertmanager: Latencies
  readonly diskMs: readonly number[]
  /** Of one minute: before and after. */
  readonly loads: readonly [number, number]
}

/** Whether alerts arrive in time on the worst day. */
export const notify: Work = {
  name: 'notify',
  title: 'Alerts through the pipeline: a storm with one receiver hanging, throughput, added latency',
  async run(context) {
    await context.stopBigCluster()
    const measured = await measure(context)
    return { subjects: subjectsOf(measured), bars: barsOf(measured), notes: notesOf(context, measured) }
  },
}

async function measure(context: BenchContext): Promise<Measured> {
  const load = () => loadavg()[0] ?? 0
  const [rounds, seconds] = context.isQuick ? [1, 5] : [3, 15]
  const loadBefore = load()
  const storms: Storm[] = []
  const throughputs: Throughput[] = []
  const dogwatch: number[] = []
  const alertmanager: number[] = []
  const diskMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    storms.push(await measureStorm(context))
    throughputs.push(await measureThroughput(context))
    dogwatch.push(...(await measureDogwatch(context, seconds)))
    alertmanager.push(...(await measureAlertmanager(context, seconds)))
    diskMs.push(...(await measureDisk(context.folder, seconds, latencyAlertsPerSecond)))
  }
  return { storms, throughputs, dogwatch, alertmanager, diskMs, loads: [loadBefore, load()] }
}

function subjectsOf({ storms, throughputs, dogwatch, alertmanager, diskMs }: Measured): Subject[] {
  return [
    stormSubject(storms),
    {
      name: 'throughput',
      timesMs: throughputs.map(({ wallMs }) => wallMs),
      cpuMs: throughputs.map(({ cpuMs }) => cpuMs),
      peakBytes: throughputs.map(({ peakBytes }) => peakBytes),
      figures: { 'all put after s': median(throughputs.map(({ putMs }) => putMs)) / 1000 },
    },
    { name: 'one alert through Dogwatch', figures: distribution(dogwatch) },
    { name: 'one alert through Alertmanager', figures: distribution(alertmanager) },
    { name: 'one write to the disk alone', figures: distribution(diskMs) },
  ]
}

function stormSubject(storms: readonly Storm[]): Subject {
  const firstWordsMs = storms.flatMap((storm) => storm.firstWordsMs)
  return {
    name: 'storm',
    cpuMs: storms.map(({ cpuMs }) => cpuMs),
    peakBytes: storms.map(({ peakBytes }) => peakBytes),
    rssBytes: storms.map(({ rssBytes }) => rssBytes),
    figures: {
      'first word p50 ms': percentile(firstWordsMs, 50),
      'max ms': percentile(firstWordsMs, 100),
      'all told after the last alert s': median(storms.map(({ restMs }) => restMs)) / 1000,
    },
  }
}

function distribution(timesMs: readonly number[]): Record<string, number> {
  const at = (percent: number) => percentile(timesMs, percent)
  return { 'p50 ms': at(50), 'p99 ms': at(99), 'max ms': at(100) }
}

function barsOf({ storms, throughputs, dogwatch }: Measured): Bar[] {
  const peakBytes = Math.max(...storms.map((storm) => storm.peakBytes))
  const latestMs = Math.max(...storms.flatMap(({ firstWordsMs }) => firstWordsMs))
  const perSecond = median(throughputs.map(({ alertsPerSecond }) => alertsPerSecond))
  const lastGroup = { what: 'storm: the last group told', unit: 'ms', limit: stormWaitMs + 1_000 } as const
  return [
    { what: 'storm: RSS at its highest', unit: 'MB', comparison: '<=', limit: 200, value: peakBytes / 1e6 },
    { ...lastGroup, comparison: '<=', value: latestMs },
    { what: 'throughput', unit: 'alerts/s', comparison: '>=', limit: 5_000, value: perSecond },
    { what: 'added latency p99', unit: 'ms', comparison: '<=', limit: 20, value: percentile(dogwatch, 99) },
  ]
}

function notesOf({ isQuick }: BenchContext, { dogwatch, alertmanager, loads }: Measured): string[] {
  const ratio = (percent: number) => (percentile(dogwatch, percent) / percentile(alertmanager, percent)).toFixed(2)
  const [before, after] = loads.map((load) => load.toFixed(1))
  return [
    'The pipeline in a process of its own, bundled as it ships, with the SQLite log on disk (a commit has reached the ' +
      'disk when it returns) and the webhook channel; its receivers are another process. Memory and the last group ' +
      `are the worst of all rounds, throughput is the median. Load ${before} before, ${after} after.`,
    `Storm: ${stormAlerts} alerts in ${stormSeconds} s in ${stormGroups} groups, a wait of ${stormWaitMs / 1000} s and then ` +
      `an interval of ${stormIntervalMs / 1000} s, to two receivers and one that never answers. A first word counts from ` +
      'the first alert of its group to the message at a healthy receiver.',
    `Throughput: ${throughputAlerts(isQuick)} new alerts in ${throughputGroups} groups, put as fast as the log takes them, ` +
      'until the log and both receivers have all of them. Groups wait for nothing but the rate at which a webhook is sent to.',
    `Latency: ${latencyAlertsPerSecond} alerts a second, each a group of its own that waits for nothing, from when it is ` +
      `handed over until the whole message is there; through Alertmanager from when it is posted. Dogwatch's is ${ratio(50)} ` +
      `times Alertmanager's at p50, ${ratio(99)} times at p99. Dogwatch writes to the disk before it sends and Alertmanager ` +
      'does not: one append and fdatasync of 8 KiB, as often, stands beside them.',
  ]
}
