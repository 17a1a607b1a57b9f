/**
 * Runs every check and every test: `node hack/test/run.ts [unit|integration|e2e ...] [--full]`.
 *
 * The unit tests share one process. Each file of test/integration and test/e2e has its own, so that one that crashes takes
 * no other with it. The last line is `N passed, N failed, N skipped`; the exit code says whether anything failed.
 */
import { existsSync } from 'node:fs'
import { glob, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeReliability } from '../faults/reliability.ts'
import { endRunningJobs, type Job, runJob } from './job.ts'
import { reportLines } from './report.ts'
import type { JobResult } from './result.ts'

const root = new URL('../..', import.meta.url).pathname

const checks: readonly Job[] = [
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

const slowFolders = ['test/integration/', 'test/e2e/']

const stages: Record<string, () => Promise<Job[]>> = {
  checks: async () => [...checks],
  unit: async () => [mochaJob('unit', await filesOf('test/**/*.test.ts', slowFolders))],
  integration: async () => (await filesOf('test/integration/**/*.test.ts')).map((file) => mochaJob(file, [file])),
  e2e: async () => (await filesOf('test/e2e/**/*.test.ts')).map((file) => mochaJob(file, [file])),
}

function mochaJob(name: string, files: readonly string[]): Job {
  return { name, isMocha: true, command: ['mocha', '--reporter', './hack/test/reporter.ts', ...files] }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false } },
})
const chosen = positionals.length === 0 ? Object.keys(stages) : positionals
const env = {
  ...process.env,
  DOGWATCH_TEST: values.full ? 'full' : 'short',
  PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
}
const faultFolder = values.full ? await mkdtemp(join(tmpdir(), 'dogwatch-faults-')) : undefined
if (faultFolder !== undefined) Object.assign(env, { DOGWATCH_FAULT_RECORDS: join(faultFolder, 'records') })
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endRunningJobs()
    process.exit(1)
  })
}
const results: JobResult[] = []
for (const name of chosen) {
  const stage = stages[name]
  if (stage === undefined) throw new Error(`There is no stage ${name}; there are ${Object.keys(stages).join(', ')}`)
  for (const job of await stage()) results.push(await runJob(job, env))
}
if (faultFolder !== undefined) {
  if (existsSync(join(faultFolder, 'records'))) writeReliability(join(faultFolder, 'records'))
  await rm(faultFolder, { recursive: true })
}
console.log(`\n${reportLines(results).join('\n')}`)
process.exitCode = results.every(({ failed }) => failed === 0) ? 0 : 1
