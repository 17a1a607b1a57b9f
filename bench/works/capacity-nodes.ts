import { type Cost, measureCommand } from '../measure.ts'
import { programEnvironment } from '../programs.ts'
import { median } from '../report.ts'
import type { BenchContext, Subject, Work } from '../work.ts'

/** The command that people wait for, against the least that anybody must wait for: the bytes themselves. */
export const capacityNodes: Work = {
  name: 'capacity-nodes',
  title: '`dogwatch capacity nodes` against `kubectl get --raw` of the same two lists',
  async run(context) {
    const { cluster } = await context.bigCluster()
    const env = { ...programEnvironment, KUBECONFIG: cluster.kubeconfigPath }
    const { measure, dogwatch, kubectl } = context.programs
    const lists = `'${kubectl}' get --raw /api/v1/nodes && exec '${kubectl}' get --raw /api/v1/pods`
    const [ours, theirs] = await inTurn(context, [
      () => measureCommand(measure, [dogwatch, 'capacity', 'nodes'], env),
      () => measureCommand(measure, ['sh', '-c', lists], env),
    ])
    return {
      subjects: [subject('dogwatch capacity nodes', ours), subject('kubectl get --raw, both lists', theirs)],
      bars: [
        { what: "time / kubectl's", unit: 'x', comparison: '<=', limit: 1.5, value: wall(ours) / wall(theirs) },
        { what: 'peak memory', unit: 'MB', comparison: '<=', limit: 200, value: peak(ours) / 1e6 },
      ],
      notes: ['Both write to /dev/null and are run in turn; the first run of each is not counted.'],
    }
  },
}

type Run = () => Promise<Cost>

async function inTurn({ isQuick }: BenchContext, [a, b]: readonly [Run, Run]): Promise<[Cost[], Cost[]]> {
  const results: [Cost[], Cost[]] = [[], []]
  const rounds = isQuick ? 4 : 8
  for (let round = 0; round < rounds; round++) {
    results[0].push(await a())
    results[1].push(await b())
  }
  return [results[0].slice(1), results[1].slice(1)]
}

const wall = (costs: readonly Cost[]): number => median(costs.map(({ wallMs }) => wallMs))
const peak = (costs: readonly Cost[]): number => Math.max(...costs.map(({ peakBytes }) => peakBytes))

function subject(name: string, costs: readonly Cost[]): Subject {
  return {
    name,
    timesMs: costs.map(({ wallMs }) => wallMs),
    cpuMs: costs.map(({ userMs, systemMs }) => userMs + systemMs),
    peakBytes: costs.map(({ peakBytes }) => peakBytes),
  }
}
