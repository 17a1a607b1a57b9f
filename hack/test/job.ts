/** One process of the test run: its output is kept until it ends and then printed whole. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { JobResult, SuiteResult } from './result.ts'

const root = new URL('../..', import.meta.url).pathname
/** A job that takes longer hangs: it is killed. */
const deadlineMs = 20 * 60_000
const tailLines = 15

export interface Job {
  readonly name: string
  readonly command: readonly string[]
  /** Absent: the job counts as one test by its exit code. */
  readonly isMocha?: boolean
}

interface RunningJob {
  readonly job: Job
  readonly child: ChildProcess
  readonly outputFile: string
}

const running = new Set<RunningJob>()

/** Never rejects: what goes wrong is a failure in the result. */
export async function runJob(job: Job, env: NodeJS.ProcessEnv): Promise<JobResult> {
  const folder = await mkdtemp(join(tmpdir(), 'dogwatch-test-'))
  const results = join(folder, 'results.json')
  const outputFile = join(folder, 'output')
  const startMs = Date.now()
  const code = await runToEnd(job, outputFile, { ...env, DOGWATCH_TEST_RESULTS: results })
  const output = readFileSync(outputFile, 'utf8')
  const counted = job.isMocha === true && existsSync(results) ? readResult(results) : undefined
  await rm(folder, { recursive: true })
  const outcome = code === 0 ? 'ok' : 'FAILED'
  console.log(
    `\n== ${job.name}\n${output}-- ${job.name}: ${outcome} after ${Math.round((Date.now() - startMs) / 1000)} s`,
  )
  return { name: job.name, ...resultOf(code, output, counted) }
}

function readResult(file: string): SuiteResult {
  return JSON.parse(readFileSync(file, 'utf8')) as SuiteResult
}

function resultOf(code: number, output: string, counted: SuiteResult | undefined): SuiteResult {
  const isTold = code === 0 || (counted !== undefined && counted.failed > 0)
  const failures = isTold ? [] : [{ title: `exit code ${code}; its last lines:`, text: tail(output) }]
  if (counted !== undefined) {
    const all = [...counted.failures, ...failures]
    return { ...counted, failed: counted.failed + failures.length, failures: all }
  }
  return { passed: code === 0 ? 1 : 0, failed: failures.length, skipped: [], failures }
}

function tail(output: string): string {
  const isTelling = (line: string) => line.trim() !== '' && !/^ +at .*(node:internal|node_modules)/.test(line)
  return output.split('\n').filter(isTelling).slice(-tailLines).join('\n')
}

/** The exit code; a job that hangs is killed and counts as failed. */
async function runToEnd(job: Job, outputFile: string, env: NodeJS.ProcessEnv): Promise<number> {
  const [program = '', ...args] = job.command
  const output = await open(outputFile, 'a')
  const say = (text: string) => output.appendFile(`!! ${text}\n`)
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', output.fd, output.fd], detached: true })
  const place = { job, child, outputFile }
  running.add(place)
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), deadlineMs)
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => resolve(say(`${program}: ${error.message}`).then(() => 1)))
    child.once('exit', (exitCode, signal) => resolve(exitCode ?? say(`ended by ${signal}`).then(() => 1)))
  })
  clearTimeout(timer)
  running.delete(place)
  await output.close()
  return code
}

/** With the processes that it started: mocha's own is the child of a first one. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal)
}

/** Who ends the run early still sees how far each running job came. */
export function endRunningJobs(): void {
  for (const { job, child, outputFile } of running) {
    signalGroup(child, 'SIGTERM')
    console.log(`\n== ${job.name}, which had not ended\n${readFileSync(outputFile, 'utf8')}`)
    rmSync(dirname(outputFile), { recursive: true, force: true })
  }
}
