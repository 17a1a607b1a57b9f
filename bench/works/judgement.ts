import { mustRun } from '../../hack/testbed/run-command.ts'
import type { Work } from '../work.ts'

const program = new URL('../judge.ts', import.meta.url).pathname

/** Last line of `bench/judge.ts`. */
interface JudgeResult {
  readonly nodes: number
  readonly pods: number
  readonly policies: number
  readonly rules: number
  readonly changes: number
  readonly changeMeanMs: number
  readonly changeP50Ms: number
  readonly changeP99Ms: number
  readonly changeMaxMs: number
  readonly fullP50Ms: number
  readonly timesLess: number
}

/** Watching a big cluster is cheap only if a change costs what changed. */
export const judgement: Work = {
  name: 'judgement',
  title: 'Judgement after one pod has changed, 10 policies, against full re-evaluation',
  async run(context) {
    await context.stopBigCluster()
    const env = { ...process.env, QUICK: context.isQuick ? '1' : '' }
    const { stdout } = await mustRun(process.execPath, ['--expose-gc', program], { env })
    const result: JudgeResult = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    const { changeMeanMs, changeP50Ms, changeP99Ms, changeMaxMs, fullP50Ms, timesLess } = result
    return {
      subjects: [
        {
          name: 'one changed pod',
          figures: { 'mean ms': changeMeanMs, 'p50 ms': changeP50Ms, 'p99 ms': changeP99Ms, 'max ms': changeMaxMs },
        },
        { name: 'everything again', figures: { 'p50 ms': fullP50Ms } },
      ],
      bars: [
        { what: 'p99', unit: 'ms', comparison: '<=', limit: 1, value: changeP99Ms },
        { what: 'times less than everything', unit: 'x', comparison: '>=', limit: 100, value: timesLess },
      ],
      notes: [
        `${result.nodes} nodes, ${result.pods} pods, ${result.policies} policies with ${result.rules} rules, ` +
          `${result.changes} changes, in one process without a cluster. Means are compared.`,
      ],
    }
  },
}
