import { setTimeout as sleep } from 'node:timers/promises'
import { PhasedProgram } from '../measure.ts'
import { OperatorProcess } from '../operator.ts'
import { median } from '../report.ts'
import type { BenchContext, BigCluster, Subject, Work } from '../work.ts'

/** Time to the first complete picture of nodes and pods, and the memory that it takes to keep it. */
export const firstSync: Work = {
  name: 'first-sync',
  title: 'First sync of the operator against a client-go informer program',
  async run(context) {
    const big = await context.bigCluster()
    const samples: Record<Side, Sample[]> = { operator: [], json: [], protobuf: [] }
    const rounds = context.isQuick ? 2 : 4
    for (let round = 0; round < rounds; round++) {
      for (const side of sides) samples[side].push(await runners[side](context, big))
    }
    const counted = (side: Side) => samples[side].slice(1)
    const time = (side: Side) => median(counted(side).map(({ syncedMs }) => syncedMs))
    const rss = (side: Side) => median(counted(side).map(({ rssBytes }) => rssBytes))
    const informerRss = Math.min(rss('json'), rss('protobuf'))
    return {
      subjects: [
        subject('dogwatch operator', counted('operator')),
        subject('informers, JSON', counted('json')),
        subject('informers, protobuf', counted('protobuf')),
      ],
      bars: [
        { what: 'time / JSON', unit: 'x', comparison: '<=', limit: 0.4, value: time('operator') / time('json') },
        {
          what: 'time / protobuf',
          unit: 'x',
          comparison: '<=',
          limit: 1.5,
          value: time('operator') / time('protobuf'),
        },
        { what: 'RSS / informers', unit: 'x', comparison: '<=', limit: 0.2, value: rss('operator') / informerRss },
        { what: 'RSS with crashes watched', unit: 'MB', comparison: '<=', limit: 200, value: rss('operator') / 1e6 },
      ],
      notes: [
        `From the start of the process until nodes and pods are complete. RSS is read ${settleMs(context) / 1000} s later, when nothing ` +
          'changes. The first round is not counted.',
        'The operator is the bundle that ships, with the policies and crash routes of `examples` at work: it also watches ' +
          'namespaces, Jobs, quotas and its own kinds, has judged every node and looked at every pod. The informer program keeps whole objects and judges nothing.',
      ],
    }
  },
}

const sides = ['operator', 'json', 'protobuf'] as const
type Side = (typeof sides)[number]

interface Sample {
  readonly syncedMs: number
  /** Until then. */
  readonly cpuMs: number
  readonly rssBytes: number
  readonly peakBytes: number
}

const settleMs = ({ isQuick }: BenchContext): number => (isQuick ? 2_000 : 5_000)

const runners: Record<Side, (context: BenchContext, big: BigCluster) => Promise<Sample>> = {
  operator: runOperator,
  json: (context, big) => runInformers(context, big, 'application/json'),
  protobuf: (context, big) => runInformers(context, big, 'application/vnd.kubernetes.protobuf'),
}

async function runOperator(context: BenchContext, { cluster, size }: BigCluster): Promise<Sample> {
  const operator = new OperatorProcess(context, cluster.kubeconfigPath)
  try {
    const syncedMs = await operator.untilSynced({ ...size })
    const cpuMs = operator.cpuMs()
    await sleep(settleMs(context))
    return { syncedMs, cpuMs, ...operator.memory() }
  } finally {
    await operator.stop()
  }
}

async function runInformers(context: BenchContext, { cluster }: BigCluster, contentType: string): Promise<Sample> {
  const args = ['--kubeconfig', cluster.kubeconfigPath, '--nodes', '--content-type', contentType]
  const program = new PhasedProgram([context.programs.informer, ...args, '--settle-ms', String(settleMs(context))])
  try {
    const { atMs, cpuMs } = await program.next('synced')
    const { rssBytes, peakBytes } = await program.next('settled')
    return { syncedMs: atMs, cpuMs, rssBytes, peakBytes }
  } finally {
    await program.stop()
  }
}

function subject(name: string, samples: readonly Sample[]): Subject {
  return {
    name,
    timesMs: samples.map(({ syncedMs }) => syncedMs),
    cpuMs: samples.map(({ cpuMs }) => cpuMs),
    rssBytes: samples.map(({ rssBytes }) => rssBytes),
    peakBytes: samples.map(({ peakBytes }) => peakBytes),
  }
}
