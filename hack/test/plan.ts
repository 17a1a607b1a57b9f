/** Every check and every test as jobs, and what is known of the files: which take long, and which bear no company. */
import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import type { Job } from './job.ts'
import type { Turn } from './turns.ts'

export type PlannedJob = Job & Turn

const root = join(import.meta.dirname, '../..')

/** These have the machine's one real node. They come first: they are many minutes of which none runs beside another. */
export const nodeFiles: readonly string[] = [
  'test/e2e/in-cluster.test.ts',
  'test/e2e/crash-cases.test.ts',
  'test/e2e/crash-logs.test.ts',
  'test/e2e/node.test.ts',
]

/** What these measure would be another's too. */
export const loneFiles: readonly string[] = ['test/integration/watch-cache-churn.test.ts']

/** Longest first, so that no long one is left to run by itself in the end; those not named come after, by name. */
export const longFiles: readonly string[] = [
  'test/integration/watch-cache.test.ts',
  'test/integration/crash-history-away.test.ts',
  'test/integration/testbed.test.ts',
  'test/integration/operator.test.ts',
  'test/integration/operator-faults.test.ts',
  'test/integration/elasticsearch-history.test.ts',
  'test/integration/api.test.ts',
  'test/integration/operator-usage.test.ts',
  'test/integration/operator-receivers.test.ts',
  'test/integration/crash-kills.test.ts',
  'test/integration/documents.test.ts',
  'test/integration/cli.test.ts',
  'test/integration/mysql-crash-history.test.ts',
  'test/integration/notification-log-faults.test.ts',
]

const stages = {
  checks: async () => [...checks],
  unit: async () => [mochaJob('unit', await filesOf('test/**/*.test.ts', ['test/integration/', 'test/e2e/']))],
  integration: async () => (await filesOf('test/integration/**/*.test.ts')).map(fileJob),
  e2e: async () => (await filesOf('test/e2e/**/*.test.ts')).map(fileJob),
} satisfies Record<string, () => Promise<PlannedJob[]>>

export type Stage = keyof typeof stages

export const stageNames = Object.keys(stages) as readonly Stage[]

/** In the order in which they are to start. */
export async function planJobs(chosen: readonly Stage[]): Promise<PlannedJob[]> {
  const jobs = (await Promise.all(chosen.map((stage) => stages[stage]()))).flat()
  const order = [...checks.map(({ name }) => name), ...nodeFiles, 'unit', ...longFiles]
  const rank = ({ name }: PlannedJob) => (order.includes(name) ? order.indexOf(name) : order.length)
  return jobs.toSorted((one, other) => rank(one) - rank(other))
}

const checks: readonly PlannedJob[] = [
  { name: 'lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: ['tsc'] },
  { name: 'generated files are current', command: ['node', 'hack/generate.ts', '--check'] },
]

async function filesOf(pattern: string, exclude: readonly string[] = []): Promise<string[]> {
  const files: string[] = []
  for await (const file of glob(pattern, { cwd: root })) {
    if (!exclude.some((prefix) => file.startsWith(prefix))) files.push(file)
  }
  return files.sort()
}

function mochaJob(name: string, files: readonly string[]): PlannedJob {
  return { name, isMocha: true, command: ['mocha', '--reporter', './hack/test/reporter.ts', ...files] }
}

function fileJob(file: string): PlannedJob {
  const job = mochaJob(file, [file])
  if (nodeFiles.includes(file)) return { ...job, needs: 'node' }
  return loneFiles.includes(file) ? { ...job, needs: 'machine' } : job
}
