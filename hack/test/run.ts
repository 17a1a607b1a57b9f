/**
 * Runs every check and every test: `node hack/test/run.ts [unit|integration|e2e ...] [--full]`.
 *
 * The unit tests share one process. Each file of test/integration and test/e2e has its own, so that one that crashes takes
 * no other with it. The last line is `N passed, N failed, N skipped`; the exit code says whether anything failed.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { glob, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeReliability } from '../faults/reliability.ts'
import type { SuiteResult } from './reporter.ts'

const root = new URL('../..', import.meta.url).pathname
const fileDeadlineMs = 20 * 60_000

interface Job {
  readonly name: string
  readonly command: readonly string[]
  /** Absent: the job counts as one test by its exit code. */
  readonly isMocha?: boolean
}

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

async function runJob(job: Job, env: NodeJS.ProcessEnv): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), 'dogwatch-test-'))
  const results = join(folder, 'results.json')
  const startMs = Date.now()
  console.log(`\n== ${job.name}`)
  const code = await runToEnd(job.command, { ...env, DOGWATCH_TEST_RESULTS: results })
  const counted =
    job.isMocha === true && existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as SuiteResult) : undefined
  await rm(folder, { recursive: true })
  console.log(`-- ${job.name}: ${code === 0 ? 'ok' : 'FAILED'} after ${Math.round((Date.now() - startMs) / 1000)} s`)
  if (counted === undefined) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] }
  const crashed = code !== 0 && counted.failed === 0
  return crashed ? { ...counted, failed: 1 } : counted
}

/** The exit code; a job that hangs is killed and counts as failed. */
function runToEnd(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
  const timer = setTimeout(() => {
    console.log(`!! no end after ${fileDeadlineMs / 60_000} minutes: killed`)
    child.kill('SIGKILL')
  }, fileDeadlineMs)
  return new Promise((resolve) => {
    child.once('error', (error) => {
      clearTimeout(timer)
      console.log(`!! ${program}: ${error.message}`)
      resolve(1)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      resolve(code ?? 1)
    })
  })
}

function report(results: readonly (SuiteResult & { name: string })[]): boolean {
  const sum = (pick: (result: SuiteResult) => number) => results.reduce((total, result) => total + pick(result), 0)
  const failed = sum((result) => result.failed)
  console.log('')
  for (const { name, skipped } of results) {
    for (const { title, reason } of skipped) console.log(`skipped: ${name}: ${title}: ${reason}`)
  }
  for (const result of results) if (result.failed > 0) console.log(`FAILED: ${result.name}`)
  console.log(
    `${sum((result) => result.passed)} passed, ${failed} failed, ${sum((result) => result.skipped.length)} skipped`,
  )
  return failed === 0
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
const results: (SuiteResult & { name: string })[] = []
for (const name of chosen) {
  const stage = stages[name]
  if (stage === undefined) throw new Error(`There is no stage ${name}; there are ${Object.keys(stages).join(', ')}`)
  for (const job of await stage()) results.push({ name: job.name, ...(await runJob(job, env)) })
}
if (faultFolder !== undefined) {
  if (existsSync(join(faultFolder, 'records'))) writeReliability(join(faultFolder, 'records'))
  await rm(faultFolder, { recursive: true })
}
process.exitCode = report(results) ? 0 : 1
